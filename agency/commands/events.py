"""``paraph-agency events``: how far the back office was told, and telling it again."""

from __future__ import annotations

import json
from pathlib import Path

import click

from agency import webhooks
from agency.commands import options


@click.group("events")
def command() -> None:
    """Tell how far the back office was told by webhook, or tell it again."""


@command.command("list")
@options.data
@options.as_json
def list_events(data: Path, *, as_json: bool) -> None:
    """Print the last line of the audit log that was told, and what was set aside."""
    with options.opened(data) as office:
        now = webhooks.standing(office)
    if as_json:
        click.echo(json.dumps(now._asdict() | {"next_try_at": now.next_try_at.isoformat()}))
        return
    click.echo(f"Told: line {now.told} of {now.newest}")
    if now.attempts:
        status = f"status {now.last_status}" if now.last_status else "no answer"
        click.echo(f"Not taken {now.attempts} times ({status}); next try at {now.next_try_at:%Y-%m-%d %H:%M:%S}")
    for sequence in now.aside:
        click.echo(f"Set aside: line {sequence}")


@command.command("resend")
@options.data
@click.option("--from", "first", type=click.IntRange(1), help="Every event from this line of the audit log on.")
def resend(data: Path, first: int | None) -> None:
    """Tell again what was set aside, or everything from a line on; the receiver drops what it has by its id."""
    with options.opened(data) as office:
        click.echo(f"Next: line {webhooks.send_again(office, first)}")
