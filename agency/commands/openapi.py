"""``paraph-agency openapi``: the API's description, sorted, for docs/api/openapi.json."""

from __future__ import annotations

import click

from agency.openapi import document


@click.command("openapi")
def command() -> None:
    """Print the OpenAPI document that docs/api/openapi.json holds."""
    click.echo(document(), nl=False)
