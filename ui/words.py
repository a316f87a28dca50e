"""The language that this process speaks, and how it writes numbers, days and spans of time; for every face."""

from __future__ import annotations

import gettext
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from signer.i18n import translator

if TYPE_CHECKING:
    from babel import Locale

_current: gettext.NullTranslations = gettext.NullTranslations()
_language: str = "en"

_WORK: Final = "Europe/Brussels"
# How these languages are written in Belgium; English as in Europe. The others are written as at home.
_PLACES: Final = {"nl": "nl_BE", "fr": "fr_BE", "de": "de_BE", "en": "en_GB"}


def use(language: str, catalogue: gettext.NullTranslations | None = None) -> None:
    """Speak this language from now on, by its catalogue or by the one that is given."""
    global _current, _language
    _current, _language = catalogue or translator(language), language


def language() -> str:
    """Give the code of the language that is spoken now."""
    return _language


def _(text: str) -> str:
    """Translate an English source text."""
    return _current.gettext(text) if text else ""


def plural(one: str, many: str, count: int) -> str:
    """Translate with the right plural and put ``{count}`` in."""
    return _current.ngettext(one, many, count).format(count=count)


def money(euros: str) -> str:
    """Write an amount of euros; every digit that was given stays, since nothing is rounded here."""
    from babel.numbers import format_currency  # noqa: PLC0415 - see _locale

    written = format_currency(Decimal(euros), "EUR", locale=_locale(_language), decimal_quantization=False)
    return _without_marks(written)


def when(moment: datetime) -> str:
    """Write a moment in the computer's zone: day, date and time."""
    return _written(moment.astimezone())


def when_at_work(moment: datetime) -> str:
    """Write a moment of a job by the clocks in Belgium, as the contract does; says so where the computer's differ."""
    there = moment.astimezone(ZoneInfo(_WORK))
    text = _written(there)
    return text if there.utcoffset() == moment.astimezone().utcoffset() else _("{when} in Belgium").format(when=text)


def weekday(moment: datetime) -> str:
    """Write the day of the week, shortened."""
    return _alone(moment, "ccc")


def month(moment: datetime) -> str:
    """Write the month, shortened."""
    return _alone(moment, "LLL")


def day(moment: datetime) -> str:
    """Write a day without its year, in the computer's zone: Mon 23 Nov."""
    return _skeleton(moment.astimezone(), "MMMEd")


def full_date(day: date) -> str:
    """Write a day with its year: 31 Jan 2034."""
    return _skeleton(datetime(day.year, day.month, day.day, tzinfo=UTC), "yMMMd")


def clock(moment: datetime) -> str:
    """Write the time of day, in the computer's zone."""
    return _skeleton(moment.astimezone(), "Hm")


def _written(moment: datetime) -> str:
    both = str(_locale(_language).datetime_formats["short"])
    return both.format(_skeleton(moment, "Hm"), _skeleton(moment, "yMEd"))


def _skeleton(moment: datetime, skeleton: str) -> str:
    """Write what a skeleton names, in the language's own order and signs (UTS 35, date field symbols)."""
    from babel.dates import format_skeleton  # noqa: PLC0415 - see _locale

    return _without_marks(format_skeleton(skeleton, moment, tzinfo=moment.tzinfo, locale=_locale(_language)))


def _without_marks(text: str) -> str:
    """Leave out marks of direction: no screen shows them (``ui.harmless``), and these texts read well without."""
    return text.translate({0x200E: None, 0x200F: None})


def _alone(moment: datetime, field: str) -> str:
    from babel.dates import format_date  # noqa: PLC0415 - see _locale

    return format_date(moment, field, locale=_locale(_language)).rstrip(".")


@cache
def _locale(language: str) -> Locale:
    """Give what the Unicode CLDR knows of a language; looked up late, since many commands write no date at all."""
    from babel import Locale  # noqa: PLC0415 - a window's first paint does not wait for it

    return Locale.parse(_PLACES.get(language, language))


def how_long(span: timedelta) -> str:
    """Write a span of time in its two largest units."""
    minutes = max(0, int(abs(span).total_seconds() // 60))
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return _("{days} d {hours} h").format(days=days, hours=hours)
    if hours:
        return _("{hours} h {minutes} min").format(hours=hours, minutes=minutes)
    return _("{minutes} min").format(minutes=minutes)
