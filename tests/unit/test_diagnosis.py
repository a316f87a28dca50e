"""What is found is judged by tables and thresholds; a check that fails or hangs hides none of the others."""

from __future__ import annotations

import os
import shlex
import stat
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from eidcard.cards import CardPresence, ReaderReport
from eidcard.module_probe import ModuleReport, TokenReport
from eidcard.pcsc import ReaderDriver
from eidcard.simulator.people import ADULT
from eidcard.simulator.pki import TestPki
from signer.errors import ErrorCode, SignerError
from signer.i18n import LANGUAGES, translator
from signer.model import AgencyInfo, KeyInfo, Mechanism, PinEntry, Signer
from signer.outbox_rows import EntryState
from signer.paths import Folders
from signer.settings import Proxy, Settings
from signer.trust.lists import ListTrouble, TrustedList, TrustedLists
from tests.release_side import ReleaseSide
from ui.diagnosis import hardware, machine, network
from ui.diagnosis.diagnose import LANES, diagnose
from ui.diagnosis.findings import Check, Finding, Grade, Says, Surroundings, worst
from ui.diagnosis.network import Answered
from ui.diagnosis.words import CHECKS, WORDS, words

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
AGENCY = AgencyInfo("horizon", "Horizon", "https://agency.example")
MIB = 1024 * 1024


@pytest.fixture
def here(tmp_path: Path) -> Surroundings:
    folders = Folders(tmp_path / "config", tmp_path / "data", tmp_path / "state", tmp_path / "cache", tmp_path / "none")
    return Surroundings(folders, Settings())


def grade_and_words(finding: Finding) -> tuple[Grade, Says | ErrorCode]:
    return finding.grade, finding.says


# ── the whole ──


def test_every_sentence_and_every_check_has_words() -> None:
    assert set(WORDS) == set(Says)
    assert set(CHECKS) == set(Check)
    assert {check for lane in LANES for check, _ in lane} == set(Check) - {Check.TIME}  # which the agencies tell


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
def test_every_sentence_is_told_in_every_language(language: str) -> None:
    gettext = translator(language).gettext
    findings = [Finding(Check.CARD, Grade.PROBLEM, says) for says in Says if says is not Says.VERSIONS]

    untold = [f.id for f in findings if words(f, gettext).title == words(f, str).title]
    no_remedy = [f.id for f in findings if words(f, str).remedy and words(f, gettext).remedy == words(f, str).remedy]

    assert (untold, no_remedy) == ([], [])


def test_what_is_not_well_has_a_remedy_and_what_is_well_has_none() -> None:
    problem = Finding(Check.READER, Grade.PROBLEM, ErrorCode.NO_READER)

    assert words(problem, str).remedy
    assert not words(replace(problem, grade=Grade.OK), str).remedy


def test_the_worst_finding_counts() -> None:
    grades = [Grade.OK, Grade.PROBLEM, Grade.WARNING]

    assert worst(Finding(Check.CARD, grade, Says.CARD_READY) for grade in grades) is Grade.PROBLEM
    assert worst([]) is Grade.OK


def test_findings_come_in_the_order_of_the_checks_whatever_lane_they_ran_in(here: Surroundings) -> None:
    def look(check: Check) -> Any:
        return lambda _: [Finding(check, Grade.OK, Says.VERSIONS)]

    lanes = [[(check, look(check))] for check in reversed(Check)]

    assert [finding.check for finding in diagnose(here, lanes)] == list(Check)


def test_a_check_that_fails_says_so_and_keeps_what_it_had_found(here: Surroundings) -> None:
    def broken(_: Surroundings) -> Iterator[Finding]:
        yield Finding(Check.READER, Grade.OK, Says.READER_FOUND)
        raise KeyError("850730-033-28")

    def fine(_: Surroundings) -> Iterator[Finding]:
        yield Finding(Check.CARD, Grade.OK, Says.CARD_READY)

    found = diagnose(here, [[(Check.READER, broken), (Check.CARD, fine)]])

    assert [each.says for each in found] == [Says.READER_FOUND, Says.NOT_CHECKED, Says.CARD_READY]
    assert found[1].facts == {"because": "KeyError"}


def test_a_mishap_with_a_code_is_told_by_its_code(here: Surroundings) -> None:
    def broken(_: Surroundings) -> Iterator[Finding]:
        raise SignerError(ErrorCode.STORE_DAMAGED)

    assert [each.says for each in diagnose(here, [[(Check.OUTBOX, broken)]])] == [ErrorCode.STORE_DAMAGED]


def test_a_check_that_hangs_is_left_behind_with_those_after_it(here: Surroundings) -> None:
    free = threading.Event()

    def hanging(_: Surroundings) -> Iterator[Finding]:
        free.wait(30)
        return iter(())

    def fine(_: Surroundings) -> Iterator[Finding]:
        yield Finding(Check.DISK, Grade.OK, Says.DISK_ROOM)

    begun = time.monotonic()
    found = diagnose(here, [[(Check.READER, hanging), (Check.CARD, fine)], [(Check.DISK, fine)]], patience_s=0.2)
    free.set()

    assert time.monotonic() - begun < 10

    assert [(each.check, each.says) for each in found] == [
        (Check.READER, Says.NOT_CHECKED),
        (Check.CARD, Says.NOT_CHECKED),
        (Check.DISK, Says.DISK_ROOM),
    ]


def test_who_gives_up_gets_what_there_is_at_once(here: Surroundings) -> None:
    free, given_up = threading.Event(), threading.Event()

    def hanging(_: Surroundings) -> Iterator[Finding]:
        given_up.set()
        free.wait(30)
        return iter(())

    begun = time.monotonic()
    found = diagnose(here, [[(Check.READER, hanging)]], given_up=given_up)
    free.set()

    assert time.monotonic() - begun < 10
    assert [each.says for each in found] == [Says.NOT_CHECKED]


def test_settings_that_cannot_be_read_are_a_finding_and_the_usual_ones_stand_in(tmp_path: Path) -> None:
    folders = Folders(tmp_path, tmp_path, tmp_path, tmp_path, tmp_path / "none")
    folders.settings_file.write_text("[card]\nvai = 'card'\n")

    where = Surroundings.here(folders)
    [finding] = machine.settings(where)

    assert where.settings == Settings()
    assert grade_and_words(finding) == (Grade.PROBLEM, ErrorCode.SETTINGS_BROKEN)
    assert finding.facts["because"] == "card.vai"


# ── the computer ──


@pytest.mark.parametrize(
    ("free", "grade", "says"),
    [
        (0, Grade.PROBLEM, ErrorCode.DISK_FULL),
        (100 * MIB - 1, Grade.PROBLEM, ErrorCode.DISK_FULL),
        (100 * MIB, Grade.WARNING, Says.DISK_SOON_FULL),
        (1024 * MIB, Grade.OK, Says.DISK_ROOM),
    ],
)
def test_room_on_the_disk(free: int, grade: Grade, says: Says | ErrorCode) -> None:
    assert grade_and_words(machine.judge_disk("data", free)) == (grade, says)


@pytest.mark.parametrize(
    ("name", "writable", "mode", "grade", "says"),
    [
        ("data", True, 0o40700, Grade.OK, Says.FOLDER_WRITABLE),
        ("data", True, None, Grade.OK, Says.FOLDER_WRITABLE),
        ("data", False, 0o40500, Grade.PROBLEM, ErrorCode.FILE_NOT_WRITABLE),
        ("config", False, 0o40755, Grade.OK, Says.FOLDER_WRITABLE),
        ("cache", True, 0o40777, Grade.WARNING, Says.FOLDER_OPEN),
        ("cache", True, 0o40777 | stat.S_ISVTX, Grade.OK, Says.FOLDER_WRITABLE),
    ],
)
def test_folders(
    tmp_path: Path, name: str, writable: bool, mode: int | None, grade: Grade, says: Says | ErrorCode
) -> None:
    finding = machine.judge_folder(name, tmp_path, writable=writable, mode=mode)

    assert grade_and_words(finding) == (grade, says)


def test_looking_at_folders_makes_none_and_leaves_nothing(here: Surroundings, tmp_path: Path) -> None:
    assert [finding.grade for finding in machine.folders(here)] == [Grade.OK] * 4
    assert [finding.says for finding in machine.outbox(here)] == [Says.OUTBOX_CLEAR]
    assert list(tmp_path.iterdir()) == []


def test_a_folder_where_a_file_is_cannot_be_used(here: Surroundings, tmp_path: Path) -> None:
    in_the_way = Path("/proc/self/status")
    where = replace(here, folders=replace(here.folders, data=in_the_way / "paraph"))

    problems = [finding for finding in machine.folders(where) if finding.grade is Grade.PROBLEM]

    assert [(each.subject, each.says) for each in problems] == [("data", ErrorCode.FILE_NOT_WRITABLE)]


@pytest.mark.parametrize(
    ("counted", "grade", "says"),
    [
        ({}, Grade.OK, Says.OUTBOX_CLEAR),
        ({EntryState.DELIVERED: 9, EntryState.SIGNING: 1}, Grade.OK, Says.OUTBOX_CLEAR),
        ({EntryState.QUEUED: 1}, Grade.WARNING, Says.OUTBOX_WAITS),
        ({EntryState.QUEUED: 1, EntryState.PARKED: 1}, Grade.WARNING, Says.OUTBOX_PARKED),
    ],
)
def test_what_waits_in_the_outbox(counted: dict[EntryState, int], grade: Grade, says: Says) -> None:
    assert grade_and_words(machine.judge_outbox(counted)) == (grade, says)


def test_a_damaged_outbox_is_a_problem(here: Surroundings) -> None:
    folder = here.folders.outbox
    (folder / "outbox.sqlite3").write_bytes(b"no database at all" * 100)

    [finding] = machine.outbox(here)

    assert grade_and_words(finding) == (Grade.PROBLEM, ErrorCode.STORE_DAMAGED)


def test_whoever_trusts_more_than_the_government_is_told(here: Surroundings) -> None:
    settings = Settings.model_validate({"trust": {"extra_roots": ["a.pem"]}, "test": {"roots": ["b.der"]}})

    assert [finding.says for finding in machine.trust(here)] == [Says.TRUST_PINNED]
    assert [finding.says for finding in machine.trust(replace(here, settings=settings))] == [
        Says.TRUST_TEST,
        Says.TRUST_EXTRA,
    ]


LIST = TrustedList("BE", 7, datetime(2026, 11, 1, tzinfo=UTC), datetime(2027, 4, 1, tzinfo=UTC), "")


@pytest.mark.parametrize(
    ("found", "grade", "says", "facts"),
    [
        (None, Grade.OK, Says.LISTS_NOT_USED, {}),
        (TrustedLists(), Grade.OK, Says.LISTS_MISSING, {}),
        (
            TrustedLists((LIST,), (), datetime(2026, 11, 24, tzinfo=UTC)),
            *(Grade.OK, Says.LISTS_CURRENT),
            {"trouble": None, "issued": "2026-11-01", "nextUpdate": "2027-04-01", "fetched": "2026-11-24"},
        ),
        (
            TrustedLists((), (("EU", ListTrouble.EXPIRED),), datetime(2026, 11, 24, tzinfo=UTC)),
            *(Grade.WARNING, Says.LISTS_USELESS),
            {"trouble": "expired", "fetched": "2026-11-24"},
        ),
    ],
    ids=["test world", "missing", "current", "expired"],
)
def test_the_trusted_lists_are_told_with_their_dates(
    found: TrustedLists | None, grade: Grade, says: Says, facts: dict[str, str]
) -> None:
    finding = machine.judge_lists(found)
    assert grade_and_words(finding) == (grade, says)
    assert finding.facts == facts


def test_to_tell_of_the_trusted_lists_nothing_is_fetched_or_made(here: Surroundings) -> None:
    assert [finding.says for finding in machine.lists(here)] == [Says.LISTS_MISSING]
    assert not (here.folders.cache / "lists").exists()


def test_versions_are_those_that_run(here: Surroundings) -> None:
    [finding] = machine.versions(here)

    assert finding.facts["pyscard"] and finding.facts["paraph"] and finding.facts["pcscLite"]  # noqa: PT018 - one fact


# ── the network ──


@pytest.mark.parametrize(
    ("seconds", "grade", "says"),
    [
        (0, Grade.OK, Says.TIME_RIGHT),
        (-120, Grade.OK, Says.TIME_RIGHT),
        (121, Grade.WARNING, Says.TIME_WRONG),
        (-900, Grade.WARNING, Says.TIME_WRONG),
        (901, Grade.PROBLEM, Says.TIME_WRONG),
    ],
)
def test_the_clock(seconds: int, grade: Grade, says: Says) -> None:
    finding = network.judge_clock(NOON, [timedelta(seconds=seconds)])

    assert grade_and_words(finding) == (grade, says)
    assert finding.facts["offsetSeconds"] == seconds


def test_one_agency_with_a_wrong_clock_does_not_make_ours_wrong() -> None:
    finding = network.judge_clock(NOON, [timedelta(hours=5), timedelta(seconds=1)])

    assert finding.grade is Grade.OK


def test_a_clock_that_nobody_can_compare_is_no_problem() -> None:
    assert grade_and_words(network.judge_clock(NOON, [])) == (Grade.OK, Says.TIME_NOT_COMPARED)


def test_the_proxy_of_the_settings_is_told_and_not_the_systems(
    here: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://systems.example:1")
    by_hand = Proxy(via="manual", address="http://proxy.example:3128")
    for proxy, says in ((Proxy(), "systems.example:1"), (by_hand, "proxy.example:3128"), (Proxy(via="none"), None)):
        there = replace(here, settings=Settings(proxy=proxy))
        found = [finding.facts.get("https") for finding in network.proxies(there)]
        assert found == [says]


@pytest.mark.parametrize(
    ("said", "is_script"),
    [
        ("'auto'\n", True),
        ("'manual'\n", False),
        ("", False),
        ("<dictionary> {\n  ProxyAutoConfigEnable : 1\n  ProxyAutoConfigURLString : http://x/p.pac\n}\n", True),
        ("<dictionary> {\n  ProxyAutoConfigEnable : 0\n  HTTPEnable : 1\n}\n", False),
    ],
)
def test_a_script_that_chooses_the_proxy_is_told_for_nobody_follows_it(
    here: Surroundings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str, *, is_script: bool
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    program = tmp_path / "gsettings"
    program.write_text(f"#!/bin/sh\nprintf '%s' {shlex.quote(said)}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    found = [grade_and_words(each) for each in network.proxies(here)]
    assert found == [(Grade.WARNING, Says.PROXY_SCRIPT) if is_script else (Grade.OK, Says.PROXY_NONE)]
    by_hand = replace(here, settings=Settings(proxy=Proxy(via="none")))
    assert [each.says for each in network.proxies(by_hand)] == [Says.PROXY_NONE]


@pytest.mark.parametrize(
    ("answer", "grade", "says"),
    [
        (Answered(AGENCY, "horizon"), Grade.OK, Says.AGENCY_ANSWERS),
        (Answered(AGENCY, "other"), Grade.PROBLEM, Says.AGENCY_OTHER),
        (Answered(AGENCY, code=ErrorCode.NETWORK_TLS), Grade.PROBLEM, ErrorCode.NETWORK_TLS),
    ],
)
def test_an_agency(answer: Answered, grade: Grade, says: Says | ErrorCode) -> None:
    finding = network.judge_agency(answer)

    assert grade_and_words(finding) == (grade, says)
    assert (finding.facts["host"], finding.facts["tls"]) == ("agency.example", True)


def test_an_agency_s_file_that_does_not_count_is_told_with_its_reason(tmp_path: Path) -> None:
    side = ReleaseSide(tmp_path / "home")
    side.folders.agencies.mkdir()
    (side.folders.agencies / "noord.paraph-agency").write_text("{}")

    told = [each for each in network.agencies_and_clock(Surroundings.here(side.folders)) if each.subject == "noord"]

    assert [grade_and_words(each) for each in told] == [(Grade.WARNING, ErrorCode.DESCRIPTOR_BROKEN)]


def test_no_agency_at_all_is_told(here: Surroundings) -> None:
    assert [finding.says for finding in network.agencies_and_clock(here)] == [
        Says.AGENCY_NONE,
        Says.TIME_NOT_COMPARED,
    ]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://jan:geheim@proxy.example:3128/", "proxy.example:3128"),
        ("jan:geheim@proxy.example:3128", "proxy.example:3128"),
        ("proxy.example", "proxy.example"),
        ("http://jan:geheim@[::1", "?"),
        ("http://proxy.example:notaport", "?"),
    ],
)
def test_a_proxy_is_told_without_its_user_and_password(url: str, shown: str) -> None:
    finding = network.judge_proxies({"https": url, "no": "localhost"})

    assert finding.says is Says.PROXY_SET
    assert finding.facts == {"https": shown, "exceptions": True}


def test_exceptions_alone_are_no_proxy() -> None:
    assert network.judge_proxies({"no": "*"}).says is Says.PROXY_NONE


# ── the hardware ──


@pytest.mark.parametrize(
    ("presence", "grade", "code"),
    [
        (CardPresence.EMPTY, Grade.WARNING, ErrorCode.NO_CARD),
        (CardPresence.CARD, Grade.WARNING, ErrorCode.NOT_AN_EID),
        (CardPresence.IN_USE, Grade.WARNING, ErrorCode.CARD_IN_USE),
        (CardPresence.MUTE, Grade.PROBLEM, ErrorCode.CARD_UNRESPONSIVE),
    ],
)
def test_a_reader_without_an_eid(presence: CardPresence, grade: Grade, code: ErrorCode) -> None:
    finding = hardware.judge_other(ReaderReport("a reader", presence, "", None))

    assert grade_and_words(finding) == (grade, code)


@pytest.mark.parametrize(
    ("tries", "grade", "says"),
    [
        (None, Grade.OK, Says.CARD_READY),
        (3, Grade.OK, Says.CARD_READY),
        (1, Grade.WARNING, Says.CARD_ONE_TRY),
        (0, Grade.PROBLEM, ErrorCode.PIN_BLOCKED),
    ],
)
def test_an_eid_by_the_tries_of_its_pin(tries: int | None, grade: Grade, says: Says | ErrorCode) -> None:
    signer = Signer("Somebody", "Some", "Body", b"", ())
    info = KeyInfo(signer, Mechanism.ECDSA_SHA384, PinEntry.OURS, "a reader", tries, test=True)

    finding = hardware.judge_key(info, {"applet": "1.8"})

    assert grade_and_words(finding) == (grade, says)
    assert "Somebody" not in repr(finding)


@pytest.mark.parametrize(("needed", "grade"), [(True, Grade.PROBLEM), (False, Grade.WARNING)])
def test_a_broken_module_matters_as_much_as_it_is_needed(needed: bool, grade: Grade) -> None:
    report = ModuleReport("/opt/a.so", ErrorCode.MODULE_BROKEN, "the module crashed (SIGSEGV)")

    finding = hardware.judge_module("a", report, needed=needed)

    assert grade_and_words(finding) == (grade, ErrorCode.MODULE_BROKEN)
    assert finding.facts["because"] == "the module crashed (SIGSEGV)"


def test_a_module_that_works_tells_what_is_behind_it_but_not_whose() -> None:
    token = TokenReport("a reader", "Jan's token", 4, None)
    report = ModuleReport("/opt/a.so", None, "", "About", "Maker", "1.0", 2, (token,))

    finding = hardware.judge_module("a", report, needed=False)

    assert (finding.grade, finding.facts["tokens"], finding.facts["signs"]) == (Grade.OK, 1, True)
    assert "Jan" not in repr(finding)


@pytest.mark.parametrize(
    ("needed", "grade", "says"),
    [(True, Grade.PROBLEM, ErrorCode.MODULE_NOT_FOUND), (False, Grade.OK, Says.MODULE_NONE)],
)
def test_a_machine_without_modules(needed: bool, grade: Grade, says: Says | ErrorCode) -> None:
    assert grade_and_words(hardware.judge_no_module(needed=needed)) == (grade, says)


def test_a_driver_that_tells_nothing_has_no_facts() -> None:
    class Quiet:
        def driver(self, _reader: str) -> ReaderDriver:
            return ReaderDriver("ACS", "", "")

    context: Any = Quiet()
    assert hardware._told_by(context, "a reader") == {"vendor": "ACS"}


def test_no_certificate_is_in_a_finding(test_pki: TestPki) -> None:
    signature = test_pki.person(ADULT).signature
    assert signature is not None
    signer = Signer("Somebody", "Some", "Body", signature.certificate, ())
    info = KeyInfo(signer, Mechanism.ECDSA_SHA384, PinEntry.OURS, "a reader", 3, test=True)

    assert set(hardware.judge_key(info, {}).facts) == {"triesLeft", "pinEntry", "test"}
