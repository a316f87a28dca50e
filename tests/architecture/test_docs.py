"""What the pages say of files, commands and exit codes is so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import pytest

from signer.errors import Kind
from ui.cli.commands import paraph
from ui.cli.face import LEVEL_PENDING, NOT_PASSED, SIGNED_NOT_DELIVERED, STOPPED

TOP: Final = Path(__file__).resolve().parents[2]
PAGES: Final = [*TOP.glob("*.md"), *(TOP / "docs").rglob("*.md")]
CLI: Final = (TOP / "docs" / "cli.md").read_text("utf-8")
ROOMS: Final = "agency|benchmarks|docs|pkcs11|resources|scripts|signer|tests|ui"
USAGE: Final = 2  # click's own
_BESIDE: Final = (SIGNED_NOT_DELIVERED, STOPPED, NOT_PASSED, LEVEL_PENDING)

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


@every_page
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@every_page
def test_files_that_are_named_are_there(page: Path) -> None:
    named = re.findall(rf"`((?:{ROOMS})/[\w./-]*)`", page.read_text("utf-8"))
    assert [name for name in named if not (TOP / name).exists()] == []


def commands(group: click.Group, *before: str) -> Iterator[tuple[str, click.Command]]:
    with click.Context(group) as context:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            if isinstance(command, click.Group):
                yield from commands(command, *before, name)
            elif command is not None:
                yield " ".join((*before, name)), command


def test_every_command_is_described_and_takes_json_as_the_page_says() -> None:
    found = dict(commands(paraph))
    assert [name for name in found if f"`paraph {name}" not in CLI] == []
    without = {name for name, each in found.items() if "--json" not in [flag for p in each.params for flag in p.opts]}
    assert without == {"demo"}


def test_every_exit_code_is_described_and_no_other() -> None:
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", CLI, re.MULTILINE)}
    assert codes == {0, USAGE, *_BESIDE, *(kind.value for kind in Kind)}


def test_every_make_command_that_a_page_names_is_there() -> None:
    makefile = (TOP / "Makefile").read_text("utf-8")
    named = {name for page in PAGES for name in re.findall(r"`make ([a-z]+)", page.read_text("utf-8"))}
    assert {name for name in named if f"\n{name}:" not in makefile} == set()
