"""Logging in on the command line, at an agency where a link only tells which contract it is about."""

from __future__ import annotations

import json
import re

import pytest

from eidcard.simulator.faults import Pull
from tests.integration.conftest import RIGHT, WRONG, Desk
from tests.integration.test_cli_terminal import typing

VERIFY = 0x20

pytestmark = pytest.mark.xdist_group("careful agency")  # one world is enough


@pytest.fixture
def desk(careful_desk: Desk) -> Desk:
    return careful_desk


def located(desk: Desk, **changes: object) -> str:
    """Open the link of a fresh contract, where nobody can be asked for a PIN."""
    task = desk.publish(**changes)  # type: ignore[arg-type]  # as the draft has them
    opened = desk.paraph("open", desk.link(task), "--json")
    assert json.loads(opened.stdout) == {"agency": "horizon", "task": task, "loggedIn": False}
    return task


def login_of(desk: Desk, task: str) -> str:
    receipt = json.loads(desk.paraph("outbox", "receipt", task).stdout)
    return str(receipt["login"])


@pytest.mark.parametrize("applet", ["1.7", "1.8"])
def test_the_way_from_a_link_over_the_log_in_to_the_receipt(desk: Desk, applet: str) -> None:
    desk.insert(applet=applet)
    task = located(desk)
    before = desk.paraph("tasks")
    logged_in = desk.paraph("login", "--pin-fd", "0", pins=(RIGHT,))
    signed = desk.sign(task)
    assert before.returncode == 9
    assert "AGY-014" in before.stderr
    assert logged_in.returncode == 0, logged_in.stderr
    assert "This signs nothing" in " ".join(logged_in.stderr.split())
    assert signed.returncode == 0, signed.stderr
    assert login_of(desk, task) == "eid"


def test_signing_asks_for_the_log_in_first_and_for_each_a_pin_of_its_own(desk: Desk) -> None:
    task = located(desk)
    one = desk.sign(task, pins=(RIGHT,))
    assert one.returncode != 0
    assert desk.signed_files() == []
    other = located(desk)
    both = desk.sign(other, pins=(RIGHT, RIGHT))
    assert both.returncode == 0, both.stderr


def test_one_command_opens_the_link_and_logs_in(desk: Desk) -> None:
    task = desk.publish()
    opened = desk.paraph("open", desk.link(task), "--pin-fd", "0", "--json", pins=(RIGHT,))
    assert json.loads(opened.stdout) == {"agency": "horizon", "task": task, "loggedIn": True}
    assert desk.paraph("show", task, "--no-text").returncode == 0


def test_a_wrong_pin_counts_on_the_card_and_is_not_tried_again(desk: Desk) -> None:
    located(desk)
    done = desk.paraph("login", "--pin-fd", "0", pins=(WRONG,))
    assert done.returncode == 4
    assert "Wrong PIN, 2 tries left" in done.stderr
    assert json.loads(desk.paraph("card", "--json").stdout)["triesLeft"] == "2 tries left"
    assert desk.paraph("login", "--pin-fd", "0", pins=(RIGHT,)).returncode == 0


def test_another_persons_card_logs_nobody_in(desk: Desk) -> None:
    located(desk)
    desk.insert("man")
    done = desk.paraph("login", "--pin-fd", "0", "--json", pins=(RIGHT,))
    assert done.returncode == 3
    assert json.loads(done.stdout)["error"]["supportId"] == "CARD-011"
    assert desk.paraph("tasks").returncode == 9


def test_a_card_that_is_pulled_out_at_the_pin_can_be_put_back(desk: Desk) -> None:
    located(desk)
    desk.card.plan(Pull(ins=VERIFY))
    done = desk.paraph("login", "--pin-fd", "0", pins=(RIGHT,))
    assert done.returncode == 3
    desk.insert()
    assert desk.paraph("login", "--pin-fd", "0", pins=(RIGHT,)).returncode == 0


def test_a_child_whose_card_cannot_sign_can_read(desk: Desk) -> None:
    task = desk.publish("minor")
    desk.insert("minor")
    opened = desk.paraph("open", desk.link(task), "--pin-fd", "0", pins=(RIGHT,))
    assert opened.returncode == 0, opened.stderr


def test_a_code_by_mail_opens_the_contract_without_a_card(desk: Desk) -> None:
    desk.remove()
    task = located(desk, mail="worker@post.example")
    with typing(desk, "login", "--code") as session:
        session.expect("on its way to w…@post.example")
        session.expect("new one)")
        session.type("000000\r" if desk.mailed_code() != "000000" else "111111\r")
        session.expect("This is not the right code")
        session.expect("new one)")
        session.type(f"{desk.mailed_code()}\r")
        session.expect("Logged in")
        assert session.end() == 0
    assert desk.paraph("show", task, "--no-text").returncode == 0


def test_nobody_is_called_logged_in_who_opened_no_link_or_has_no_way(desk: Desk) -> None:
    nothing = desk.paraph("login", "--pin-fd", "0", pins=(RIGHT,))
    assert nothing.returncode == 9
    assert "AGY-002" in nothing.stderr
    located(desk)
    (session,) = (desk.home / "state" / "sessions").glob("*.json")
    session.write_text(session.read_text().replace('["eid"]', '["itsme"]').replace('["eid","code"]', '["itsme"]'))
    no_way = desk.paraph("login", "--pin-fd", "0", pins=(RIGHT,))
    assert no_way.returncode == 9
    assert "AGY-018" in no_way.stderr
    assert "Logged in" not in nothing.stderr + no_way.stderr


def test_no_pin_is_asked_when_the_agency_cannot_be_reached(desk: Desk) -> None:
    located(desk)
    settings = desk.home / "config" / "settings.toml"
    settings.write_text(re.sub(r'url = "http://127.0.0.1:\d+"', 'url = "http://127.0.0.1:1"', settings.read_text()))
    done = desk.paraph("login", "--pin-fd", "0", pins=(RIGHT,))
    assert done.returncode == 8
    assert json.loads(desk.paraph("card", "--json").stdout)["triesLeft"] == "3 tries left"
