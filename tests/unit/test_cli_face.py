"""Whatever goes wrong in a command ends in words and an exit code, never in a traceback."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from signer.errors import ErrorCode, Kind, SignerError
from ui.bootstrap import App
from ui.cli.contracts import tasks_command
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


def with_settings(home: Path, text: str, whose: str = "config") -> None:
    (home / whose).mkdir()
    (home / whose / "settings.toml").write_text(text)


TWO_AGENCIES = """
[[agencies]]
id = "zon"
name = "Zon Interim"
url = "https://zon.example"
telephone = "02 000 00 01"
mail = "help@zon.example"
[[agencies]]
id = "maan"
name = "Maan Interim"
url = "https://maan.example"
"""


def test_whom_to_call_is_told_with_the_telephone_and_the_mail(tmp_path: Path) -> None:
    with_settings(tmp_path, TWO_AGENCIES, "machine")
    blocked, no_card = run(SignerError(ErrorCode.PIN_BLOCKED)), run(SignerError(ErrorCode.NO_CARD))
    assert "Zon Interim, 02 000 00 01, help@zon.example" in blocked.output
    assert "Maan" not in blocked.output
    assert "Zon" not in no_card.output


def test_a_mistake_in_the_settings_names_the_file_and_the_place(tmp_path: Path) -> None:
    with_settings(tmp_path, "card = 3")
    person, machine = run(SignerError(ErrorCode.NO_CARD)), run(SignerError(ErrorCode.NO_CARD), "--json")
    assert "settings.toml:card" in "".join(person.output.replace("│", "").split())
    detail = json.loads(machine.stdout)["error"]["detail"]
    assert detail == f"{tmp_path / 'config' / 'settings.toml'}: card"


def test_with_two_agencies_the_command_asks_which(tmp_path: Path) -> None:
    with_settings(tmp_path, TWO_AGENCIES, "machine")
    result = CliRunner().invoke(tasks_command, [])
    assert result.exit_code == 2
    assert "--agency: zon, maan" in result.output


def test_a_reader_that_went_away_is_no_mistake_of_ours() -> None:
    assert isinstance(run(BrokenPipeError()).exception, BrokenPipeError)


def test_json_is_ascii_so_that_no_terminal_and_no_encoding_changes_it(capsys: pytest.CaptureFixture[str]) -> None:
    title = "caf\u00e9 \x9b2J \u202egnp"
    Face(as_json=True).result({"title": title})
    said = capsys.readouterr().out
    assert said.isascii()
    assert json.loads(said) == {"title": title}
