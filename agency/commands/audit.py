"""``paraph-agency audit``: what happened, and whether the log still says all of it."""

from __future__ import annotations

import json
from pathlib import Path

import click

from agency import audit
from agency.commands import options


@click.command("audit")
@options.data
@click.option("--contract", "contract_id", help="Of this contract alone.")
@options.as_json
def command(data: Path, contract_id: str | None, *, as_json: bool) -> None:
    """Print the audit log; exit code 1 when a line was changed or taken out."""
    with options.opened(data) as office, office.store.reading() as session:
        for row in audit.lines(session, contract_id):
            told = {"at": row.at.isoformat(), "event": row.happening, "contractId": row.contract_id}
            told |= {"pseudonym": row.pseudonym, **json.loads(row.facts)}
            facts = " ".join(f"{name}={value}" for name, value in json.loads(row.facts).items())
            click.echo(
                json.dumps(told) if as_json else f"{row.at:%Y-%m-%d %H:%M:%S} {row.contract_id} {row.happening} {facts}"
            )
        broken, head = audit.first_broken(session), audit.head(session)
    if broken is not None:
        raise click.ClickException(f"line {broken} of the log does not follow from those before it")
    click.echo(f"The log holds. Newest line: {head}", err=True)
