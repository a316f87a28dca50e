"""``paraph extend``: raise a signed PDF of one's own to a higher level, also days after it was signed."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from signer.model import Level, Reached
from ui.bootstrap import App
from ui.cli.face import LEVEL_PENDING, Face, problem, speaking
from ui.cli.words import _
from ui.levels import level_line

LEVELS: Final = click.Choice([level.value for level in Level])


@click.command(
    "extend", help=_("Add proof of the time, and what is needed to check it for years, to a signed PDF of your own.")
)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--level", type=LEVELS, default=Level.B_LTA.value, show_default=True, help=_("The level to reach."))
@click.option("--append", is_flag=True, help=_("Somebody has this file already: only add at its end."))
@click.option("--renew", is_flag=True, help=_("Add a new time-stamp before the last one ends."))
@speaking
def extend_command(*, face: Face, app: App, file: Path, level: str, append: bool, renew: bool) -> int:
    """Raise a file in place: what it was before is in it, or in its place untouched."""
    if renew:
        app.extender().renew(file)
    return tell(face, raise_file(face, app, file, Level(level), rewrite=not append), Level(level), file)


def raise_file(face: Face, app: App, file: Path, asked: Level, *, rewrite: bool) -> Reached:
    """Raise a file as far as the services let us, and say that it is at it."""
    face.say(_("Adding proof to the signature …"), "quiet")
    return app.extender().raise_file(file, asked, rewrite=rewrite)


def tell(face: Face, reached: Reached, asked: Level, file: Path) -> int:
    """Say where the file stands; gives the exit code."""
    facts: dict[str, object] = {"file": str(file), "level": reached.level.value, "levelAsked": asked.value}
    face.say(level_line(reached.level), "ok" if reached.level.reaches(asked) else "soon")
    if reached.because:
        face.trouble(reached.because)
        facts |= problem(reached.because)
    face.result(facts)
    return 0 if reached.level.reaches(asked) else LEVEL_PENDING
