"""``paraph-agency publish``: a PDF and its data, for one worker."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path
from typing import Final

import click

from agency import publishing
from agency.commands import options
from agency.people import InvalidNationalNumberError
from signer.model import Caution
from signer.pades.reasons import caution

_LONGEST: Final = 64  # bytes: eleven digits, their separators and a line end fit easily

_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("publish")
@options.data
@click.option("--pdf", required=True, type=_file, help="The contract.")
@click.option("--contract-json", required=True, type=_file, help="Its data; `paraph-agency sample` writes an example.")
@click.option("--replaces", metavar="ID", help="The contract in whose place it comes, and which cannot be signed then.")
@click.option("--mail", help="The worker's address, for a code to log in with; or `mail` in the contract's data.")
@click.option(
    "--number-fd", type=int, help="File descriptor with the worker's national number; standard input if absent."
)
def command(
    data: Path, pdf: Path, contract_json: Path, replaces: str | None, mail: str | None, number_fd: int | None
) -> None:
    """Publish a contract; prints its id.

    The worker's national number is read from a descriptor, never from an argument: arguments can be read by others.
    """
    draft, number = publishing.read_draft(contract_json), _national_number(number_fd)
    changes = {"replaces": replaces, "mail": mail}
    draft = publishing.changed(draft, {name: value for name, value in changes.items() if value is not None})
    with options.opened(data) as office:
        try:
            click.echo(publishing.publish(office, pdf, draft, number, partial(publishing.examine, tell=_warn)))
        except InvalidNationalNumberError as error:
            raise click.ClickException(str(error)) from error


def _warn(which: Caution) -> None:
    click.echo(f"warning, as the worker will see: {caution(which)}", err=True)


def _national_number(descriptor: int | None) -> str:
    if descriptor is None and sys.stdin.isatty():
        return str(click.prompt("National number", hide_input=True, err=True))
    with os.fdopen(sys.stdin.fileno() if descriptor is None else descriptor, "rb", closefd=False) as source:
        return source.read(_LONGEST).decode("ascii", errors="replace")
