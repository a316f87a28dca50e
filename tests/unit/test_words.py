"""Days, times and amounts as each language writes them, and the language that is spoken."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from signer.i18n import LANGUAGES
from tests.pseudo import Pseudo, strange
from ui import words

SIX = datetime(2026, 11, 23, 6, 0, tzinfo=ZoneInfo("Europe/Brussels"))


@pytest.fixture(autouse=True)
def in_brussels(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Brussels")
    time.tzset()
    yield
    words.use("en")
    monkeypatch.undo()
    time.tzset()


# As the Unicode CLDR 47 has it for these languages in Belgium; spaces in amounts do not break.
@pytest.mark.parametrize(
    ("language", "when", "day", "amount"),
    [
        ("nl", "ma 23/11/2026, 06:00", "ma 23 nov", "€ 1.016,42"),
        ("fr", "lun. 23/11/2026 06:00", "lun. 23 nov.", "1 016,42 €"),
        ("de", "Mo., 23.11.2026, 06:00", "Mo., 23. Nov.", "1.016,42 €"),
        ("en", "Mon, 23/11/2026, 06:00", "Mon 23 Nov", "€1,016.42"),
        ("ro", "lun., 23.11.2026, 06:00", "lun., 23 nov.", "1.016,42 EUR"),
        ("pl", "pon., 23.11.2026, 06:00", "pon., 23 lis", "1 016,42 €"),
        ("ar", "الاثنين، 23/11/2026، 06:00", "الاثنين، 23 نوفمبر", "1,016.42 €"),
    ],
)
def test_days_and_amounts_are_written_as_the_language_does(language: str, when: str, day: str, amount: str) -> None:
    words.use(language)
    assert (words.when(SIX), words.day(SIX), words.clock(SIX)) == (when, day, "06:00")
    assert words.money("1016.42").replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ") == amount


@pytest.mark.parametrize(("language", "written"), [("nl", "31 jan 2034"), ("en", "31 Jan 2034"), ("pl", "31 sty 2034")])
def test_a_day_far_away_has_its_year(language: str, written: str) -> None:
    words.use(language)
    assert words.full_date(date(2034, 1, 31)) == written


def test_an_amount_keeps_every_digit_that_the_contract_has() -> None:
    words.use("nl")
    assert [words.money(each)[2:] for each in ("16", "16.4", "16.4237")] == ["16,00", "16,40", "16,4237"]


def test_each_language_is_called_by_its_own_name() -> None:
    from babel import Locale  # noqa: PLC0415 - the test's own witness

    own = {code: str(Locale.parse(code).get_display_name()).capitalize() for code in LANGUAGES}
    assert own == LANGUAGES


def test_a_command_that_writes_no_date_does_not_wait_for_the_calendar() -> None:
    program = "import sys, ui.cli.main, ui.words; ui.words.use('nl'); ui.words._('Sign'); print('babel' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_language_that_nobody_speaks_is_longer_and_keeps_what_is_filled_in() -> None:
    words.use("en", Pseudo())
    text = words._("Starts in {time}")
    assert text == strange("Starts in {time}")
    assert len(text) >= 1.4 * len("Starts in {time}")
    assert text.format(time="9 h").startswith("[Štártš îñ 9 h")
    assert "3" in words.plural("{count} page", "{count} pages", 3)
