"""The language of this process, and the texts that click shows of its own."""

from __future__ import annotations

import gettext
import os
from typing import Final

import ui.words
from signer.i18n import DOMAIN, LANGUAGE_VARIABLE, mark
from signer.paths import resource
from ui.words import _, full_date, how_long, money, plural, when, when_at_work

__all__ = ["CLICK_TEXTS", "_", "full_date", "how_long", "money", "plural", "use", "when", "when_at_work"]

# Click looks these up in gettext's default domain: ours, after ``use``.
CLICK_TEXTS: Final = (
    mark("Usage:"),
    mark("Options"),
    mark("Commands"),
    mark("Show this message and exit."),
    mark("Show the version and exit."),
    mark("Error: {message}"),
    mark("Try '{command} {option}' for help."),
    mark("Missing argument"),
    mark("Missing option"),
    mark("Missing parameter"),
    mark("Missing command."),
    mark("No such command {name!r}."),
    mark("No such option {name!r}."),
    mark("Invalid value for {param_hint}: {message}"),
    mark("Option {name!r} does not take a value."),
    mark("{name} {filename!r} does not exist."),
    mark("{value!r} is not a valid {number_type}."),
    mark("required"),
    mark("default: {default}"),
)


def use(language: str) -> None:
    """Speak this language from now on; called once, before the commands are loaded."""
    ui.words.use(language)
    os.environ["LANGUAGE"] = os.environ[LANGUAGE_VARIABLE] = language  # for click, and for programs that we start
    gettext.bindtextdomain(DOMAIN, str(resource("locale")))
    gettext.textdomain(DOMAIN)
