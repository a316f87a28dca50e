"""``paraph-agency openapi``: the API's description, sorted, for docs/api/openapi.json."""

from __future__ import annotations

import click

from agency.app import create_app
from agency.openapi import as_text


@click.command("openapi")
def command() -> None:
    """Print the OpenAPI document that docs/api/openapi.json holds."""
    click.echo(as_text(create_app(office=None)), nl=False)
