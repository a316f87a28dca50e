"""Whatever goes wrong in a command ends in words and an exit code, never in a traceback."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from signer.errors import ErrorCode, Kind, SignerError
from ui.bootstrap import App
from ui.cli.face import Face, speaking


def run(error: Exception, *arguments: str) -> Result:
    @click.command()
    @speaking
    def command(*, face: Face, app: App) -> None:
        del face, app
        raise error

    return CliRunner().invoke(command, arguments)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARAPH_HOME", str(tmp_path))


@pytest.mark.parametrize("code", list(ErrorCode), ids=lambda code: code.name)
def test_a_mishap_is_told_with_its_support_code(code: ErrorCode) -> None:
    result = run(SignerError(code, "a detail for support alone"))
    assert result.exit_code == code.kind.value
    assert code.support_id in result.output
    assert "Traceback" not in result.output


def test_a_mistake_of_ours_is_told_like_any_other() -> None:
    result = run(RuntimeError("what nobody foresaw"))
    assert result.exit_code == Kind.INTERNAL.value
    assert "INT-001" in result.output
    assert "what nobody foresaw" not in result.output


def test_a_machine_gets_the_mishap_as_json() -> None:
    result = run(SignerError(ErrorCode.NO_CARD), "--json")
    assert json.loads(result.stdout)["error"]["supportId"] == "CARD-003"


def test_clicks_own_refusals_stay_clicks() -> None:
    result = run(click.UsageError("choose another name"))
    assert result.exit_code == 2
    assert "choose another name" in result.output
