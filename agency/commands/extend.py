"""``paraph-agency extend``: append what signatures lack of the level that was asked."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import click

from agency import extensions
from agency.checking import signature_check
from agency.commands import options


@click.command("extend")
@options.data
@options.as_json
@click.option("--renew-within", type=click.IntRange(1), metavar="DAYS", help="Renew time-stamps that end by then.")
def command(data: Path, *, as_json: bool, renew_within: int | None) -> None:
    """Append time-stamps and validation data to every signature that is below the level asked; once, now."""
    with options.opened(data, signature_check) as office:
        found = extensions.extend_all(office)
        if renew_within:
            found += extensions.renew_all(office, timedelta(days=renew_within))
    if as_json:
        items = [
            {
                "submissionId": str(each.submission_id),
                "contractId": each.contract_id,
                "level": each.level,
                "levelAsked": each.level_asked,
                "pending": each.pending,
            }
            for each in found
        ]
        click.echo(json.dumps({"items": items, "total": len(items)}, indent=2))
        return
    for each in found:
        state = f"is still pending: {each.level_asked} was asked" if each.pending else "is reached"
        click.echo(f"{each.contract_id}: level {each.level} {state}")
    if not found:
        click.echo("Every signature has the level that was asked.")
