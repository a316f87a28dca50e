"""``paraph outbox schedule``: let the system deliver what waits while Paraph is closed."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import click

from signer.errors import ErrorCode, SignerError
from signer.paths import private_folder
from ui import background
from ui.bootstrap import App
from ui.cli.face import Face, speaking
from ui.cli.words import _, plural


@click.command("schedule", help=_("Let the system deliver what waits every few minutes, also while Paraph is closed."))
@click.option(
    "--every",
    "minutes",
    default=background.USUAL_MINUTES,
    show_default=True,
    type=click.IntRange(5, 720),
    help=_("How many minutes are between two tries."),
)
@click.option("--remove", is_flag=True, help=_("Do so no more."))
@click.option("--status", is_flag=True, help=_("Only tell whether it is so."))
@speaking
def schedule_command(*, face: Face, app: App, minutes: int, remove: bool, status: bool) -> None:
    """Write a definition for the system's scheduler, or take it away."""
    made = _plan(app, minutes)
    if remove:
        background.unschedule(made)
    elif not status:
        _schedule(face, made, minutes)
    scheduled = background.is_scheduled(made)
    if scheduled:
        every = plural("every {count} minute", "every {count} minutes", minutes)
        text = _("The system delivers what waits by itself.")
        face.say(text if status else f"{text[:-1]}, {every}.", "ok")
    else:
        face.say(_("What waits is delivered while Paraph is open, and by: paraph outbox deliver"))
    face.result({"scheduled": scheduled})


def _schedule(face: Face, made: background.Plan, minutes: int) -> None:
    try:
        background.schedule(made)
    except SignerError as error:
        if error.code is ErrorCode.NO_SCHEDULER and sys.platform not in {"win32", "darwin"}:
            line = shlex.join(background.own_command())
            face.say(_("With cron, add this line (crontab -e):"))
            face.say(f"*/{min(minutes, 59)} * * * * {line}", whole=True)
        raise


def _plan(app: App, minutes: int) -> background.Plan:
    return background.plan(
        minutes,
        platform=sys.platform,
        home=Path.home(),
        command=background.own_command(),
        folder=private_folder(app.folders.state),
    )
