"""``paraph-agency link``: the link that the 'Read and sign' step makes."""

from __future__ import annotations

from pathlib import Path

import click

from agency import publishing
from agency.commands import options


@click.command("link")
@options.data
@options.contract
def command(data: Path, contract_id: str) -> None:
    """Print a link that opens the client on one contract: 15 minutes, one use."""
    with options.opened(data) as office:
        click.echo(publishing.link(office, contract_id))
