"""``paraph-agency descriptor``: what the release side is to sign, so that clients know this agency."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click
from pydantic import ValidationError

from agency.commands import options
from signer.descriptors import Colours, Descriptor


@click.command("descriptor")
@options.data
@click.option("--url", required=True, help="The address at which clients find this server, without /v1.")
@click.option(
    "--colours", nargs=2, metavar="BACKGROUND TEXT", help="The agency's own (#rrggbb), in which its name is shown."
)
@click.option(
    "--not-after",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day from which clients no longer talk to this address, unless a newer descriptor says so.",
)
def command(data: Path, url: str, colours: tuple[str, str] | None, not_after: datetime | None) -> None:
    """Print this agency's descriptor, unsigned; scripts/sign_descriptor.py of Paraph's release side signs it."""
    with options.opened(data) as office:
        settings = office.settings
        try:
            made = Descriptor(
                id=settings.id,
                name=settings.name,
                url=url,
                telephone=settings.telephone,
                mail=settings.mail,
                colours=Colours(background=colours[0], text=colours[1]) if colours else None,
                issued_at=datetime.now().astimezone(),
                not_after=not_after.astimezone() if not_after else None,
            )
        except ValidationError as error:
            raise click.UsageError("; ".join(each["msg"] for each in error.errors())) from error
        click.echo(made.model_dump_json(by_alias=True, exclude_none=True, indent=2))
