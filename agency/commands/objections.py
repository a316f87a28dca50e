"""``paraph-agency objections``: what workers say is wrong, newest first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import select

from agency import objections
from agency.commands import options
from agency.office import Office
from agency.store import Contract, ObjectionRow


@click.command("objections")
@options.data
@options.as_json
def command(data: Path, *, as_json: bool) -> None:
    """List what workers say is wrong with a contract, newest first; answer by withdrawing or replacing it."""
    with options.opened(data) as office:
        rows = _rows(office)
    if as_json:
        click.echo(json.dumps({"items": rows, "total": len(rows)}, indent=2))
    else:
        Console().print(_table(rows))


def _rows(office: Office) -> list[dict[str, Any]]:
    query = (
        select(ObjectionRow, Contract)
        .join(Contract, Contract.id == ObjectionRow.contract_id)
        .order_by(ObjectionRow.received_at.desc(), ObjectionRow.id)
    )
    with office.store.reading() as session:
        return [_row(objection, contract) for objection, contract in session.execute(query)]


def _row(objection: ObjectionRow, contract: Contract) -> dict[str, Any]:
    told = objections.as_resource(objection).model_dump(mode="json", by_alias=True)
    about = {"company": contract.company, "state": contract.state, "startsAt": contract.starts_at.isoformat()}
    return {"contractId": contract.id, **about, **told}


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table("Contract", "State", "Starts", "Told", "Wrong", "In the worker's words", box=None)
    for row in rows:
        cells = (
            row["contractId"],
            row["state"],
            row["startsAt"][:16],
            row["receivedAt"][:16],
            ", ".join(row["reasons"]),
        )
        table.add_row(*map(Text, cells), Text(row["text"]))  # a Text is never markup, whoever wrote it
    return table
