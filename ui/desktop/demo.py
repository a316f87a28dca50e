"""The window in the demo world: an agency with a contract, a reader with a simulated card; PIN 1234. All TEST."""

from __future__ import annotations

import subprocess
import sys

import click

from signer.model import Level
from ui.demo.world import PcscdUnavailableError, Wish, demo_world


@click.command()
@click.option("--card", type=click.Choice(["1.7", "1.8"]), default="1.8")
@click.option("--language", type=click.Choice(["nl", "fr", "de"]), default="nl")
@click.option("--level", type=click.Choice([level.value for level in Level]), default="B-B")
def main(card: str, language: str, level: str) -> None:
    """Build the world, and open the window by the link that the agency's page would give."""
    wish = Wish(applet=card, language=language, level=level)
    try:
        with demo_world(wish) as world:
            link = world.agency.link(world.contract_id)
            command = [sys.executable, "-m", "ui.desktop", link]
            sys.exit(subprocess.run(command, env=dict(world.environment), check=False).returncode)  # noqa: S603
    except PcscdUnavailableError as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    main()
