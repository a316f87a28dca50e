"""The language that this process speaks, and how it writes numbers, days and spans of time; for every face."""

from __future__ import annotations

import gettext
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from signer.i18n import translator

_current: gettext.NullTranslations = gettext.NullTranslations()
_language: str = "en"

_WORK: Final = "Europe/Brussels"
_DECIMAL_SIGN: Final = {"en": "."}  # a comma in our other languages (Unicode CLDR)


def use(language: str) -> None:
    """Speak this language from now on."""
    global _current, _language
    _current, _language = translator(language), language


def language() -> str:
    """Give the code of the language that is spoken now."""
    return _language


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
    return _written(moment.astimezone())


def when_at_work(moment: datetime) -> str:
    """Write a moment of a job by the clocks in Belgium, as the contract does; says so where the computer's differ."""
    there = moment.astimezone(ZoneInfo(_WORK))
    text = _written(there)
    return text if there.utcoffset() == moment.astimezone().utcoffset() else _("{when} in Belgium").format(when=text)


def _written(moment: datetime) -> str:
    return f"{weekday(moment)} {moment:%d/%m/%Y %H:%M}"


def weekday(moment: datetime) -> str:
    """Write the day of the week, shortened."""
    return (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))[moment.weekday()]


def month(moment: datetime) -> str:
    """Write the month, shortened."""
    first, second = (
        (_("Jan"), _("Feb"), _("Mar"), _("Apr"), _("May"), _("Jun")),
        (_("Jul"), _("Aug"), _("Sep"), _("Oct"), _("Nov"), _("Dec")),
    )
    return (*first, *second)[moment.month - 1]


def day(moment: datetime) -> str:
    """Write a day without its year, in the computer's zone: Mon 23 Nov."""
    local = moment.astimezone()
    return f"{weekday(local)} {local.day} {month(local)}"


def clock(moment: datetime) -> str:
    """Write the time of day, in the computer's zone."""
    return f"{moment.astimezone():%H:%M}"


def how_long(span: timedelta) -> str:
    """Write a span of time in its two largest units."""
    minutes = max(0, int(abs(span).total_seconds() // 60))
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return _("{days} d {hours} h").format(days=days, hours=hours)
    if hours:
        return _("{hours} h {minutes} min").format(hours=hours, minutes=minutes)
    return _("{minutes} min").format(minutes=minutes)
