"""One contract, one signature: also when it waits to be delivered, and when two copies sign at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from eidcard.simulator.faults import Stall
from tests.integration.conftest import RIGHT, WRONG, Desk
from tests.integration.test_cli_signing import PSO, Relay, settings_url, use_address


def test_what_waits_to_be_delivered_is_not_signed_a_second_time(desk: Desk) -> None:
    task = desk.open_contract()
    address = settings_url(desk)
    with Relay(address) as relay:
        use_address(desk, relay.url)
        relay.refuse_after(b"PUT /v1/submissions/")
        assert desk.sign(task).returncode == 11
    use_address(desk, address)
    again = desk.sign(task)
    assert again.returncode == 9
    assert "AGY-012" in again.stderr
    assert len(desk.submissions()) == 1


def test_a_signing_that_came_to_nothing_is_not_on_the_list(desk: Desk) -> None:
    assert desk.sign(desk.open_contract(), pins=(WRONG,)).returncode == 4
    assert desk.submissions() == []


def test_two_copies_that_sign_one_contract_at_once_make_one_signature(desk: Desk) -> None:
    task = desk.open_contract()
    desk.card.plan(Stall(1.0, ins=PSO))
    with ThreadPoolExecutor() as pool:
        copies = [pool.submit(desk.sign, task, pins=(RIGHT, RIGHT)) for _ in range(2)]
    assert sorted(copy.result().returncode for copy in copies) == [0, 9]
    assert [each["state"] for each in desk.submissions()] == ["delivered"]
    assert len(desk.signed_files()) == 1
