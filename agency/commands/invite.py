"""``paraph-agency invite``: the address that a message to the worker links to."""

from __future__ import annotations

from pathlib import Path

import click

from agency import invitations
from agency.commands import options


@click.command("invite")
@options.data
@options.contract
@click.option("--url", default="", help="Where this server is reached, such as https://contracts.agency.example.")
def command(data: Path, contract_id: str, url: str) -> None:
    """Print the address of the page for the worker; it may be opened any number of times."""
    with options.opened(data) as office:
        click.echo(url.rstrip("/") + invitations.invite(office, contract_id))
