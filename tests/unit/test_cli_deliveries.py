"""``paraph outbox``: whoever is left with a signature here knows what becomes of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from signer.errors import ErrorCode
from signer.outbox import EntryState, Outbox
from tests.outbox_world import put_in
from ui.cli.deliveries import outbox_command


@pytest.fixture
def outbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Outbox:
    monkeypatch.setenv("PARAPH_HOME", str(tmp_path))
    return Outbox.open(tmp_path / "data" / "outbox")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(outbox_command, arguments)


def test_what_the_agency_did_not_take_says_whom_to_call_and_how_to_try_again(outbox: Outbox) -> None:
    signed = put_in(outbox)
    outbox.park(signed.submission_id, ErrorCode.AGENCY_REFUSED)
    result = run("deliver")
    assert result.exit_code == 0
    assert "Nothing waits to be delivered." in result.output
    assert "paraph outbox deliver --again" in " ".join(result.output.split())


def test_what_the_agency_did_not_take_can_be_tried_again(outbox: Outbox) -> None:
    signed = put_in(outbox)
    outbox.park(signed.submission_id, ErrorCode.AGENCY_REFUSED)
    result = run("deliver", "--again", "--json")
    answer = json.loads(result.stdout)
    assert result.exit_code == 11
    assert (answer["waiting"], answer["problems"]) == (1, [{"task": "c-1", "supportId": "AGY-001"}])
    assert outbox.entry(signed.submission_id).state is EntryState.QUEUED


def test_what_another_copy_delivers_is_not_called_nothing(outbox: Outbox) -> None:
    signed = put_in(outbox)
    assert outbox.lease(signed.submission_id, datetime.now(UTC))
    result = run("deliver")
    assert result.exit_code == 11
    assert "Another Paraph was delivering just now" in result.output
    assert "Nothing waits" not in result.output


def test_a_receipt_that_is_not_there_is_not_called_a_file(outbox: Outbox) -> None:
    put_in(outbox)
    result = run("receipt", "c-1")
    assert result.exit_code == 7
    assert "FILE-006" in result.output
    assert "paraph outbox list" in result.output


def test_a_narrow_terminal_cuts_nothing_off(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    signed = put_in(outbox, contract_id="C-0123456789abcdef")
    outbox.park(signed.submission_id, ErrorCode.AGENCY_REFUSED)
    shown = run("list").stdout
    assert "…" not in shown
