"""Something is wrong, said at a terminal; and contracts that the agency replaced, by real processes."""

from __future__ import annotations

import json
import re
from pathlib import Path

from agency.publishing import withdraw
from agency.store import ObjectionRow
from signer.errors import Kind
from tests.integration.conftest import Desk


def settings_of(desk: Desk) -> Path:
    return desk.home / "config" / "settings.toml"


def heard(desk: Desk, task: str) -> list[str]:
    with desk.office.store.reading() as session:
        return [row.text for row in session.query(ObjectionRow).filter_by(contract_id=task)]


def test_the_agency_is_told_and_the_contract_stays(desk: Desk) -> None:
    task = desk.open_contract()
    told = desk.paraph("object", task, "--wrong", "pay", "--wrong", "hours", "--text", "We said 17 euros.", "--json")
    assert (told.returncode, json.loads(told.stdout)) == (0, {"task": task, "sent": True})
    assert heard(desk, task) == ["We said 17 euros."]
    listed = json.loads(desk.paraph("tasks", "--json").stdout)["tasks"]
    assert [each["told"] for each in listed if each["task"] == task] == [["pay", "hours"]]


def test_words_that_cannot_leave_are_kept_and_leave_later(desk: Desk) -> None:
    task, settings = desk.open_contract(), settings_of(desk)
    reachable = settings.read_text("utf-8")
    settings.write_text(re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:1", reachable), "utf-8")
    told = desk.paraph("object", task, "--wrong", "other", "--text", "Ask me first.")
    assert told.returncode == Kind.NETWORK.value, told.stderr
    assert "Your words are kept on this computer" in " ".join(told.stderr.replace("│", "").split())
    settings.write_text(reachable, "utf-8")
    assert "what you wrote" in desk.paraph("outbox", "deliver").stderr
    assert heard(desk, task) == ["Ask me first."]


def test_words_about_no_contract_are_not_kept(desk: Desk) -> None:
    desk.open_contract()
    told = desk.paraph("object", "C-0", "--wrong", "other", "--json")
    assert (told.returncode, json.loads(told.stdout)["kept"]) == (Kind.AGENCY.value, False)
    assert "what you wrote" not in desk.paraph("outbox", "deliver").stderr


def test_an_old_contract_leads_to_its_new_version(desk: Desk) -> None:
    old = desk.open_contract()
    new = desk.publish(replaces=old, hourly_pay="17.05")
    done = desk.sign(old)
    assert done.returncode == 0, done.stderr
    assert [entry["task"] for entry in desk.submissions()] == [new]


def test_a_withdrawn_contract_is_shown_as_such(desk: Desk) -> None:
    task = desk.open_contract()
    withdraw(desk.office, task)
    listed = desk.paraph("tasks").stdout
    (line,) = [line for line in listed.splitlines() if task in line]
    assert "withdrawn" in line
