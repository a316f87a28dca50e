"""``paraph-agency keys``: what clients seal to, and when an old key may go."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from agency import tokens
from agency.commands import options
from agency.office import Office


@click.command("keys")
@options.data
@click.option("--new", is_flag=True, help="Make a key; clients seal to it from their next signature on.")
@click.option("--erase", "name", help="Erase this key for good; refused while something sealed to it can arrive.")
@options.as_json
def command(data: Path, *, new: bool, name: str | None, as_json: bool) -> None:
    """List the keys that clients seal to, newest first, and how many signatures can still arrive for each."""
    with options.opened(data) as office:
        office.sealing.newest()
        if new:
            office.sealing.make()
        if name:
            _erase(office, name)
        rows = _rows(office)
    if as_json:
        click.echo(json.dumps({"items": rows, "total": len(rows)}, indent=2))
    else:
        table = Table("Key", "Made", "Can still arrive", box=None)
        for row in rows:
            table.add_row(str(row["id"]), str(row["madeAt"])[:16], str(row["waiting"]))
        Console().print(table)


def _rows(office: Office) -> list[dict[str, str | int]]:
    with office.store.reading() as session:
        return [
            {"id": key.name, "madeAt": key.made_at.isoformat(), "waiting": tokens.still_to_come(session, key.name)}
            for key in office.sealing.all()
        ]


def _erase(office: Office, name: str) -> None:
    rows = _rows(office)
    row = next((each for each in rows if each["id"] == name), None)
    if row is None:
        raise click.BadParameter("there is no such key", param_hint="--erase")
    if row is rows[0]:
        raise click.ClickException("clients seal to this key: make another one first (--new)")
    if row["waiting"]:
        raise click.ClickException(f"{row['waiting']} signatures sealed to this key can still arrive")
    office.sealing.erase(name)
