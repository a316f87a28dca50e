"""Several contracts, one PIN entry: a VERIFY for each, and at the first mishap no more of them."""

from __future__ import annotations

import json
import os
from contextlib import closing
from dataclasses import replace
from typing import Final

import pytest

from eidcard.simulator.faults import Pull
from signer import workflow as w
from signer.agency.client import HttpAgency
from signer.paths import HOME_VARIABLE
from tests.integration.conftest import RIGHT, WRONG, Desk
from ui.bootstrap import App
from ui.cli.face import Face
from ui.cli.several import Several
from ui.cli.terminal import Wishes

VERIFY: Final = 0x20
PSO: Final = 0x2A


@pytest.fixture
def given(desk: Desk) -> list[int]:
    """How many digits' blocks the card got: one entry for each VERIFY with a PIN in it."""
    seen: list[int] = []
    desk.card.before_command = lambda apdu: seen.append(len(apdu)) if apdu[1] == VERIFY and len(apdu) > 5 else None
    return seen


def sign_all(desk: Desk, tasks: list[str], *pins: str) -> tuple[int, list[str]]:
    """Sign for a machine; gives the exit code, and how each contract ended."""
    done = desk.paraph(*command(desk, tasks), "--json", pins=pins)
    return done.returncode, [each["state"] for each in json.loads(done.stdout)["documents"]]


def command(desk: Desk, tasks: list[str]) -> list[str]:
    return ["sign", *tasks, *(part for _ in tasks for part in ("--read", desk.examined.sha256)), "--pin-fd", "0"]


def delivered(desk: Desk) -> list[str]:
    return [each["task"] for each in desk.submissions() if each["state"] == "delivered"]


def test_three_contracts_are_signed_and_delivered_with_one_pin(desk: Desk, given: list[int]) -> None:
    tasks = [desk.open_contract() for _ in range(3)]

    assert sign_all(desk, tasks, RIGHT) == (0, ["done"] * 3)

    assert len(given) == 3
    assert delivered(desk) == tasks


def test_a_wrong_pin_stops_at_once_and_is_given_to_the_card_once(desk: Desk, given: list[int]) -> None:
    tasks = [desk.open_contract() for _ in range(2)]

    done = desk.paraph(*command(desk, tasks), pins=(WRONG, RIGHT))

    said = " ".join(done.stderr.split())
    assert done.returncode == 4
    assert "You sign 2 contracts:" in said
    assert "Wrong PIN, 2 tries left" in said
    assert "It stopped at: Arbeidsovereenkomst voor uitzendarbeid" in said
    assert said.endswith("Nothing was signed.")
    assert len(given) == 1
    assert desk.signed_files() == []


def test_a_card_pulled_out_leaves_what_is_signed_signed(desk: Desk) -> None:
    tasks = [desk.open_contract() for _ in range(3)]
    desk.card.plan(Pull(ins=PSO, at=2))

    assert sign_all(desk, tasks, RIGHT, RIGHT, RIGHT) == (3, ["done", "not-signed", "not-signed"])

    assert delivered(desk) == tasks[:1]
    desk.insert()
    assert sign_all(desk, tasks[1:], RIGHT) == (0, ["done", "done"])


def test_what_cannot_be_opened_is_left_out(desk: Desk, given: list[int]) -> None:
    tasks = [desk.open_contract(), desk.open_contract()]

    assert sign_all(desk, [tasks[0], "no-such-contract", tasks[1]], RIGHT) == (9, ["done", "not-signed", "done"])

    assert len(given) == 2


def test_an_agency_that_wants_a_pin_for_each_gets_one_for_each(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process, so that the agency's answer can be another."""
    tasks, understood = [desk.open_contract() for _ in range(2)], HttpAgency._terms
    monkeypatch.setattr(HttpAgency, "_terms", lambda *told: replace(understood(*told), one_pin=False))
    monkeypatch.setenv(HOME_VARIABLE, str(desk.home))
    reader, writer = os.pipe()
    os.write(writer, f"{RIGHT}\n{RIGHT}\n{WRONG}\n".encode())
    app = App()

    with closing(app.cards()) as cards:
        endings = Several(Face(as_json=True), app, cards, app.settings.agency()).go(
            [w.AgencyTarget(task) for task in tasks], [Wishes(reader, desk.examined.sha256)] * 2
        )

    assert [type(ending.state) for ending in endings] == [w.Done, w.Done]
    assert os.read(reader, 100) == f"{WRONG}\n".encode(), "one line for each signature, and no more"
    os.close(reader)
    os.close(writer)
