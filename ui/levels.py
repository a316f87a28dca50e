"""What a signature's level means to a person, and what is still pending of the one that was asked; for every face."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from signer.i18n import mark
from signer.model import Level
from ui.words import _

_MEANING: Final[Mapping[Level, str]] = {  # ETSI EN 319 142-1, clause 6
    Level.B_B: mark("signed"),
    Level.B_T: mark("signed, with proof of the time"),
    Level.B_LT: mark("signed, with proof of the time and of the certificates"),
    Level.B_LTA: mark("signed, and can be checked for many years"),
}


def level_line(level: Level) -> str:
    """Say which level a signature has."""
    return _("Level {level}: {meaning}").format(level=level.value, meaning=_(_MEANING[level]))


def pending_line(level: Level, asked: Level) -> str:
    """Say what is still pending of the level that an agency asked; empty when it is reached."""
    if level.reaches(asked):
        return ""
    return _("The agency asked for level {level}. What is missing is added later, by itself.").format(level=asked.value)
