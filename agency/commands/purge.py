"""``paraph-agency purge``: erase what has been kept long enough; for the system's own scheduler, once a day."""

from __future__ import annotations

from pathlib import Path

import click

from agency import erasing
from agency.commands import options


@click.command("purge")
@options.data
@click.option("--dry-run", is_flag=True, help="Only list what would go.")
def command(data: Path, *, dry_run: bool) -> None:
    """Erase contracts whose time to be kept is over (keep_signed_days, keep_unsigned_days), and list them."""
    with options.opened(data) as office:
        for contract_id in erasing.overdue(office) if dry_run else erasing.purge(office):
            click.echo(contract_id)
