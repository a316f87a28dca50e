"""The language of this process, and the texts that click shows of its own."""

from __future__ import annotations

import gettext
import os
from datetime import datetime, timedelta
from typing import Final

from signer.i18n import DOMAIN, mark, translator
from signer.paths import resource

_current: gettext.NullTranslations = gettext.NullTranslations()
_language: str = "en"

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
    mark("Aborted!"),
)

_DECIMAL_SIGN: Final = {"en": "."}  # a comma in our other languages (Unicode CLDR)


def use(language: str) -> None:
    """Speak this language from now on; called once, before the commands are loaded."""
    global _current, _language
    _current, _language = translator(language), language
    os.environ["LANGUAGE"] = language
    gettext.bindtextdomain(DOMAIN, str(resource("locale")))
    gettext.textdomain(DOMAIN)


def _(text: str) -> str:
    """Translate an English source text."""
    return _current.gettext(text) if text else ""


def plural(one: str, many: str, count: int) -> str:
    """Translate with the right plural and put ``{count}`` in."""
    return _current.ngettext(one, many, count).format(count=count)


def decimal(number: str) -> str:
    """Write a decimal number with the language's sign."""
    return number.replace(".", _DECIMAL_SIGN.get(_language, ","))


def when(moment: datetime) -> str:
    """Write a moment in the computer's zone: day, date and time."""
    local = moment.astimezone()
    days = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
    return f"{days[local.weekday()]} {local:%d/%m/%Y %H:%M}"


def how_long(span: timedelta) -> str:
    """Write a span of time in its two largest units."""
    minutes = max(0, int(abs(span).total_seconds() // 60))
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return _("{days} d {hours} h").format(days=days, hours=hours)
    if hours:
        return _("{hours} h {minutes} min").format(hours=hours, minutes=minutes)
    return _("{minutes} min").format(minutes=minutes)
