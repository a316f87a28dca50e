"""The back office is told what happens: every event, in order, signed, until it takes it; by a real receiver."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from agency import publishing, webhooks
from agency.commands import events
from agency.office import Office, utc_now
from eidcard.simulator.people import ADULT
from signer.errors import ErrorCode, SignerError
from tests.agency.receiver import Receiver, receiving
from tests.agency.world import AgencyServer

OLD, NEW = "whsec_" + base64.b64encode(b"o" * 32).decode(), "whsec_" + base64.b64encode(b"n" * 32).decode()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def secrets(tmp_path: Path) -> tuple[Path, Path]:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text(OLD)
    new.write_text(NEW + "\n")
    return old, new


@pytest.fixture
def office(agency_server: AgencyServer, receiver: Receiver, secrets: tuple[Path, Path]) -> Office:
    """An agency whose back office listens; nothing has happened yet."""
    changes = {"webhook_url": receiver.url, "webhook_secrets": secrets[:1]}
    settings = agency_server.office.settings.model_copy(update=changes)
    agency_server.serve(replace(agency_server.office, settings=settings))
    webhooks.standing(agency_server.office)  # from now on
    return agency_server.office


def test_a_contract_from_publishing_to_the_signature_is_told_in_order(
    agency_server: AgencyServer, office: Office, receiver: Receiver
) -> None:
    worker = agency_server.worker(agency_server.publish())
    worker.client.get(f"/v1/contracts/{worker.contract_id}/document")
    receipt = worker.signed().put().json()["receipt"]

    assert webhooks.deliver_due(office) == 3
    assert receiver.types == ["contract.published", "contract.opened", "contract.signed"]
    last = receiver.events[-1]
    assert (last["specversion"], last["subject"]) == ("1.0", worker.contract_id)
    assert last["data"]["sha256"] == receipt["signedSha256"]
    assert last["data"]["late"] == "False"
    assert receiver.got[0][0]["content-type"].startswith("application/cloudevents+json")


def test_nothing_personal_is_told(agency_server: AgencyServer, office: Office, receiver: Receiver) -> None:
    worker = agency_server.worker(agency_server.publish(mail="jana@post.example"))
    worker.signed().put()
    webhooks.deliver_due(office)
    told = b"".join(body for _, body in receiver.got).decode()
    for secret in (ADULT.national_number, ADULT.surname, "jana@", "16.42", "Delfour"):
        assert secret not in told


def test_another_programs_library_finds_the_signature_right_and_a_changed_event_wrong(
    agency_server: AgencyServer, office: Office, receiver: Receiver
) -> None:
    agency_server.publish()
    webhooks.deliver_due(replace(office, now=utc_now))  # the library has a clock of its own
    headers, body = receiver.got[0]
    Webhook(OLD).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(body.replace(b"published", b"withdrawn"), headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(body, headers)


def test_while_a_secret_is_changed_both_are_good(
    agency_server: AgencyServer, office: Office, receiver: Receiver, secrets: tuple[Path, Path]
) -> None:
    both = replace(office, settings=office.settings.model_copy(update={"webhook_secrets": secrets}))
    agency_server.publish()
    webhooks.deliver_due(replace(both, now=utc_now))
    headers, body = receiver.got[0]
    for secret in (OLD, NEW):
        Webhook(secret).verify(body, headers)


@pytest.mark.parametrize("status", [500, 429, 404, 302])
def test_what_is_not_taken_is_sent_again_with_the_same_id_and_nothing_overtakes_it(
    agency_server: AgencyServer, office: Office, receiver: Receiver, status: int
) -> None:
    receiver.status, receiver.headers = status, {"Location": receiver.url + "/elsewhere"}
    contract = agency_server.publish()
    publishing.withdraw(office, contract)
    assert webhooks.deliver_due(office) == 0
    assert webhooks.deliver_due(office) == 0  # not due yet
    assert receiver.types == ["contract.published"]

    receiver.status = 204
    agency_server.clock.turn(timedelta(seconds=7))
    assert webhooks.deliver_due(office) == 2
    assert receiver.types == ["contract.published", "contract.published", "contract.withdrawn"]
    ids = [headers["webhook-id"] for headers, _ in receiver.got]
    assert ids[0] == ids[1] != ids[2]
    assert [event["id"] for event in receiver.events] == ids


def test_a_back_office_that_is_away_is_asked_less_and_less_often(
    agency_server: AgencyServer, office: Office, receiver: Receiver
) -> None:
    away = replace(office, settings=office.settings.model_copy(update={"webhook_url": "http://127.0.0.1:1/"}))
    agency_server.publish()
    waits = []
    for number in range(1, 15):
        webhooks.deliver_due(away)
        now = webhooks.standing(away)
        assert (now.attempts, now.last_status) == (number, 0)
        waits.append((now.next_try_at - agency_server.clock.now()).total_seconds())
        agency_server.clock.turn(now.next_try_at - agency_server.clock.now())
    assert 3.75 <= waits[0] <= 6.25
    assert all(2700 <= wait <= 4500 for wait in waits[-2:])
    assert receiver.got == []


def test_what_is_not_taken_for_days_is_set_aside_and_can_be_told_again(
    agency_server: AgencyServer, office: Office, receiver: Receiver
) -> None:
    receiver.status = 500
    contract = agency_server.publish()
    webhooks.deliver_due(office)
    agency_server.clock.turn(webhooks.GIVE_UP)
    webhooks.deliver_due(office)
    publishing.withdraw(office, contract)
    aside = webhooks.standing(office).aside
    assert len(aside) == 1

    receiver.status = 204
    receiver.got.clear()
    webhooks.deliver_due(office)
    assert receiver.types == ["contract.withdrawn"]
    assert webhooks.send_again(office) == aside[0]
    assert webhooks.deliver_due(office) == 2
    assert receiver.types == ["contract.withdrawn", "contract.published", "contract.withdrawn"]
    assert webhooks.standing(office).aside == ()


def test_several_processes_send_each_event_once(
    agency_server: AgencyServer, office: Office, receiver: Receiver
) -> None:
    for _ in range(5):
        agency_server.publish()
    with ThreadPoolExecutor(4) as several:
        sent = list(several.map(lambda _: webhooks.deliver_due(office), range(4)))
    sent.append(webhooks.deliver_due(office))  # what a loser of the lease left
    assert sum(sent) == 5
    ids = [headers["webhook-id"] for headers, _ in receiver.got]
    assert len(ids) == len(set(ids)) == 5


def test_a_process_that_died_while_sending_is_followed_by_another(
    agency_server: AgencyServer, office: Office, receiver: Receiver
) -> None:
    agency_server.publish()

    def die(url: str, body: bytes, headers: dict[str, str]) -> int:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        webhooks.deliver_due(office, die)
    assert webhooks.deliver_due(office) == 0  # the lease may belong to somebody who lives
    agency_server.clock.turn(webhooks.LEASE)
    assert webhooks.deliver_due(office) == 1
    assert receiver.types == ["contract.published"]


def test_an_old_agency_is_not_told_of_years_gone_by(
    agency_server: AgencyServer, receiver: Receiver, secrets: tuple[Path, Path]
) -> None:
    agency_server.publish()
    changes = {"webhook_url": receiver.url, "webhook_secrets": secrets[:1]}
    settings = agency_server.office.settings.model_copy(update=changes)
    office = replace(agency_server.office, settings=settings)
    assert webhooks.deliver_due(office) == 0
    assert webhooks.send_again(office, 1) == 1
    assert webhooks.deliver_due(office) == 1


def test_a_wait_that_a_wrong_clock_noted_is_over(
    agency_server: AgencyServer, office: Office, receiver: Receiver
) -> None:
    agency_server.clock.turn(timedelta(days=400))
    receiver.status = 500
    agency_server.publish()
    webhooks.deliver_due(office)
    agency_server.clock.turn(-timedelta(days=400))
    receiver.status = 204
    assert webhooks.deliver_due(office) == 1


SECRETS: dict[str, Callable[[Path], None]] = {
    "that is not there": lambda _: None,
    "that is no base64": lambda file: _write(file, "whsec_!!!"),
    "that is short": lambda file: _write(file, "whsec_" + base64.b64encode(b"short").decode()),
}


def _write(file: Path, text: str) -> None:
    file.write_text(text)


@pytest.mark.parametrize("make", SECRETS.values(), ids=SECRETS)
def test_a_secret_is_refused_without_being_told(tmp_path: Path, make: Callable[[Path], None]) -> None:
    file = tmp_path / "secret"
    make(file)
    with pytest.raises(SignerError) as refusal:
        webhooks.read_secrets((file,))
    assert refusal.value.code is ErrorCode.SETTINGS_BROKEN
    assert str(file) in refusal.value.detail
    assert "!!!" not in str(refusal.value)


def test_the_command_tells_how_far_it_is(agency_server: AgencyServer, office: Office) -> None:
    agency_server.publish()
    data = ["--data", str(agency_server.data)]
    listed = CliRunner().invoke(events.command, ["list", *data])
    assert listed.exit_code == 0, listed.output
    assert listed.output.startswith("Told: line 0 of 1")
    again = CliRunner().invoke(events.command, ["resend", *data, "--from", "1"])
    assert again.output == "Next: line 1\n"
    assert office.settings.webhook_url
