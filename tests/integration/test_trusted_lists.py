"""Trusted lists are believed for their signatures, while they are current; "qualified" is said where they agree."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from werkzeug import Response

from eidcard.simulator.people import ADULT
from eidcard.simulator.pki import PersonCredentials, TestPki
from signer.http import Limits
from signer.paths import HOME_VARIABLE, Folders, user_folders
from signer.trust.lists import Anchor, ListShelf, ListTrouble, read_list
from signer.trust.qualified import Purpose, Qualification, QualifiedStatus, qualified_status
from signer.trust.services import Service, ServiceDoor
from tests import papers
from tests.clocks import TurnedClock
from tests.made_up_lists import GRANTED, WITHDRAWN, ListServer, ListSigner, MadeUpList, list_server
from tests.signing_desk import SigningDesk
from ui.bootstrap import App
from ui.cli.validating import judged
from ui.diagnosis import machine
from ui.diagnosis.findings import Says, Surroundings
from ui.verdicts import lines

SHORT = Limits(connect_s=1, read_s=0.3, total_s=1, answer=1024 * 1024)
DOOR = replace(ServiceDoor(frozenset()), limits=dict.fromkeys(Service, SHORT))
OPERATOR, STATE, NOBODY = ListSigner(), ListSigner("TEST Belgian List Operator"), ListSigner("TEST Nobody")


@dataclass
class Lists:
    """Both lists on a server, and the shelf for which they are meant."""

    server: ListServer
    folder: Path
    adult: PersonCredentials
    clock: TurnedClock

    def __post_init__(self) -> None:
        self.of_lists = MadeUpList("EU", pointers=(("BE", f"{self.server.url}/be.xml", STATE.certificate),))
        self.national = MadeUpList("BE", services=((self.adult.ca, GRANTED),))
        self.publish()

    def publish(self) -> None:
        self.server.put("eu.xml", OPERATOR.sign(self.of_lists.xml()))
        self.server.put("be.xml", STATE.sign(self.national.xml()))

    @property
    def shelf(self) -> ListShelf:
        """As another process would open it."""
        anchor = Anchor(f"{self.server.url}/eu.xml", (NOBODY.certificate, OPERATOR.certificate))
        return ListShelf(anchor, self.folder, DOOR, self.clock)

    def status(self, at: datetime | None = None) -> QualifiedStatus:
        assert self.adult.signature
        chain = (self.adult.signature.certificate, *self.adult.chain)
        return qualified_status(chain, self.shelf.lists(), at or self.clock.now())


@pytest.fixture(scope="module")
def server() -> Iterator[ListServer]:
    with list_server() as server:
        yield server


@pytest.fixture
def lists(server: ListServer, tmp_path: Path, test_pki: TestPki) -> Iterator[Lists]:
    yield Lists(server, tmp_path, test_pki.person(ADULT), TurnedClock(datetime.now(UTC).replace(microsecond=0)))
    server.pages.clear()


def test_where_list_and_certificate_agree_the_signature_is_qualified(lists: Lists) -> None:
    found = lists.shelf.refresh()
    assert (found.troubles, found.fetched_at) == ((), lists.clock.now())
    status = lists.status()
    assert (status.qualification, status.purpose, status.in_device) == (
        Qualification.QUALIFIED,
        Purpose.SIGNATURE,
        True,
    )
    assert status.is_qualified_signature
    assert status.list_issued_at == lists.national.issued_at.replace(microsecond=0)


def test_without_a_list_a_claim_stays_a_claim(lists: Lists) -> None:
    status = lists.status()
    assert (status.qualification, status.trouble) == (Qualification.CLAIMED, ListTrouble.MISSING)
    assert not status.is_qualified_signature


def test_a_certificate_that_claims_nothing_is_not_made_qualified_by_a_list(lists: Lists) -> None:
    lists.shelf.refresh()
    chain = (lists.adult.authentication.certificate, *lists.adult.chain)
    assert qualified_status(chain, lists.shelf.lists(), lists.clock.now()).qualification is Qualification.NOT_CLAIMED


@pytest.mark.parametrize("services", ["none", "another's", "withdrawn", "later"])
def test_where_the_list_does_not_agree_it_is_said(lists: Lists, services: str) -> None:
    changed = {
        "none": lambda: replace(lists.national, services=((lists.adult.register.certificate, GRANTED),)),
        "another's": lambda: replace(lists.national, services=((STATE.certificate, GRANTED),)),
        "withdrawn": lambda: replace(lists.national, services=((lists.adult.ca, WITHDRAWN),)),
        "later": lambda: replace(lists.national, started_at=lists.clock.now() + timedelta(days=1)),
    }
    lists.national = changed[services]()
    lists.publish()
    assert lists.shelf.refresh().troubles == ()
    assert lists.status().qualification is Qualification.CONTRADICTED


def of_lists(change: Callable[[Lists], bytes]) -> Callable[[Lists], None]:
    return lambda lists: lists.server.put("eu.xml", change(lists))


def national(change: Callable[[Lists], bytes]) -> Callable[[Lists], None]:
    return lambda lists: lists.server.put("be.xml", change(lists))


def tampered(signed: bytes) -> bytes:
    assert b"made up" in signed
    return signed.replace(b"made up", b"changed")


def wrapped(lists: Lists) -> bytes:
    """Hide the signed list inside another one, which a careless reader would take."""
    signed = STATE.sign(lists.national.xml()).split(b"?>", 1)[1].strip()
    return (
        replace(lists.national, services=(), id="outer", sequence=99)
        .xml()
        .encode()
        .replace(b"</TrustServiceStatusList>", signed + b"</TrustServiceStatusList>")
    )


def page(lists: Lists, path: str, response: Callable[[], Response]) -> None:
    lists.server.pages[path] = response


PAST = timedelta(days=400)
LIES: dict[str, tuple[str, ListTrouble, Callable[[Lists], None]]] = {
    "unsigned list of lists": ("EU", ListTrouble.UNTRUSTED, of_lists(lambda it: it.of_lists.xml().encode())),
    "list of lists signed by nobody": (
        "EU",
        ListTrouble.UNTRUSTED,
        of_lists(lambda it: ListSigner("TEST List Operator").sign(it.of_lists.xml())),
    ),
    "tampered list of lists": (
        "EU",
        ListTrouble.UNTRUSTED,
        of_lists(lambda it: tampered(OPERATOR.sign(it.of_lists.xml()))),
    ),
    "expired list of lists": (
        "EU",
        ListTrouble.EXPIRED,
        of_lists(lambda it: OPERATOR.sign(replace(it.of_lists, next_update=it.clock.now() - timedelta(days=1)).xml())),
    ),
    "a national list in its place": (
        "EU",
        ListTrouble.UNTRUSTED,
        of_lists(lambda it: OPERATOR.sign(it.national.xml())),
    ),
    "list of lists is rubbish": ("EU", ListTrouble.GARBLED, of_lists(lambda _: b"\x00\xff not a list")),
    "list of lists is a portal's page": ("EU", ListTrouble.GARBLED, of_lists(lambda _: b"<html>Log in</html>")),
    "list of lists is huge": ("EU", ListTrouble.GARBLED, of_lists(lambda _: b"<a>" + b" " * 2_000_000 + b"</a>")),
    "list of lists is a bomb": ("EU", ListTrouble.GARBLED, of_lists(lambda _: bomb())),
    "list of lists is gone": ("EU", ListTrouble.GARBLED, lambda it: page(it, "eu.xml", lambda: Response(status=404))),
    "list of lists is slow": (
        "EU",
        ListTrouble.UNREACHABLE,
        lambda it: page(it, "eu.xml", lambda: Response((it.server.over.wait(5) and b"") or b"")),
    ),
    "unsigned national list": ("BE", ListTrouble.UNTRUSTED, national(lambda it: it.national.xml().encode())),
    "national list of another operator": (
        "BE",
        ListTrouble.UNTRUSTED,
        national(lambda it: OPERATOR.sign(it.national.xml())),
    ),
    "tampered national list": (
        "BE",
        ListTrouble.UNTRUSTED,
        national(lambda it: tampered(STATE.sign(it.national.xml()))),
    ),
    "national list of another country": (
        "BE",
        ListTrouble.UNTRUSTED,
        national(lambda it: STATE.sign(replace(it.national, territory="NL").xml())),
    ),
    "expired national list": (
        "BE",
        ListTrouble.EXPIRED,
        national(lambda it: STATE.sign(replace(it.national, next_update=it.clock.now() - PAST).xml())),
    ),
    "national list is gone": ("BE", ListTrouble.GARBLED, lambda it: page(it, "be.xml", lambda: Response(status=404))),
}


def bomb() -> bytes:
    levels = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE a [<!ENTITY a0 "boom">{levels}]><a>&a9;</a>'.encode()


@pytest.mark.parametrize("lie", LIES)
def test_a_list_that_should_not_be_believed_is_named_and_makes_nobody_qualified(lists: Lists, lie: str) -> None:
    territory, trouble, tell = LIES[lie]
    tell(lists)
    assert lists.shelf.refresh().troubles == ((territory, trouble),)
    status = lists.status()
    assert status.qualification is Qualification.CLAIMED
    assert not status.is_qualified_signature


@pytest.mark.parametrize(
    "lie",
    [
        "list of lists signed by nobody",
        "list of lists is gone",
        "tampered national list",
        "expired national list",
        "national list is gone",
    ],
)
def test_a_lie_takes_nothing_from_the_lists_that_are_here(lists: Lists, lie: str) -> None:
    lists.shelf.refresh()
    LIES[lie][2](lists)
    found = lists.shelf.refresh()
    assert dict(found.troubles)[LIES[lie][0]] is LIES[lie][1]
    assert lists.status().is_qualified_signature


def test_an_outer_list_around_the_signed_one_is_not_read(lists: Lists) -> None:
    found = read_list(wrapped(lists), [STATE.certificate], lists.clock.now())
    assert found.sequence == lists.national.sequence


def test_an_older_list_is_not_taken_for_the_newer_one(lists: Lists) -> None:
    lists.national = replace(lists.national, sequence=8, services=((lists.adult.ca, WITHDRAWN),))
    lists.publish()
    lists.shelf.refresh()
    lists.national = replace(lists.national, sequence=7, services=((lists.adult.ca, GRANTED),))
    lists.publish()
    assert lists.shelf.refresh().troubles == (("BE", ListTrouble.OLDER),)
    assert lists.status().qualification is Qualification.CONTRADICTED


def test_what_was_put_on_the_disk_by_others_is_not_believed(lists: Lists) -> None:
    lists.shelf.refresh()
    (lists.folder / "BE.xml").write_bytes(NOBODY.sign(lists.national.xml()))
    assert lists.shelf.lists().troubles == (("BE", ListTrouble.UNTRUSTED),)
    assert lists.status().qualification is Qualification.CLAIMED


def test_lists_are_old_after_a_day_and_of_no_use_after_their_end(lists: Lists) -> None:
    lists.shelf.refresh()
    assert lists.shelf.is_fresh()
    lists.clock.turn(timedelta(days=1))
    assert not lists.shelf.is_fresh()
    assert lists.status().is_qualified_signature
    lists.clock.turn(timedelta(days=160))
    assert lists.status().trouble is ListTrouble.EXPIRED


def test_a_signer_whose_certificate_ended_is_not_believed(lists: Lists) -> None:
    ended = ListSigner(ended=True)
    lists.server.put("eu.xml", ended.sign(lists.of_lists.xml()))
    anchor = Anchor(f"{lists.server.url}/eu.xml", (ended.certificate,))
    found = ListShelf(anchor, lists.folder, DOOR, lists.clock).refresh()
    assert found.trouble is ListTrouble.UNTRUSTED


def test_a_place_that_cannot_be_written_to_costs_the_lists_and_nothing_else(lists: Lists) -> None:
    (lists.folder / "file").write_bytes(b"")
    lists.folder = lists.folder / "file" / "nowhere"
    assert lists.shelf.refresh().trouble is ListTrouble.MISSING


def test_the_commission_s_signers_are_pinned() -> None:
    anchor = Anchor.european()
    assert anchor.url == "https://ec.europa.eu/tools/lotl/eu-lotl.xml"
    assert len(anchor.signers) >= 2
    assert anchor.territories == ("BE",)


def test_to_validate_the_lists_are_fetched_when_they_are_needed_and_not_offline(
    lists: Lists, test_pki: TestPki, tmp_path: Path
) -> None:
    (tmp_path / "desk").mkdir()
    signed = SigningDesk(tmp_path / "desk", test_pki).sign(
        papers.contract(tmp_path / "contract.pdf", pages=1), "signed.pdf"
    )
    app = App(home(lists, tmp_path, test_roots=test_pki.roots))
    (offline,), (online,) = (judged(app, signed, offline=each) for each in (True, False))
    assert offline.qualified.qualification is Qualification.CLAIMED
    assert online.qualified.is_qualified_signature
    assert "A qualified electronic signature, says the trusted list of" in " ".join(lines(online))


def home(lists: Lists, folder: Path, test_roots: tuple[bytes, ...] = ()) -> Folders:
    """Make somebody's home whose settings name these lists."""
    folders = user_folders({HOME_VARIABLE: str(folder / "home")})
    folders.settings_file.parent.mkdir(parents=True)
    roots = [folder / f"root-{number}.der" for number, _ in enumerate(test_roots)]
    for path, der in ((folder / "operator.der", OPERATOR.certificate), *zip(roots, test_roots, strict=True)):
        path.write_bytes(der)
    trust = {"list_of_lists": f"{lists.server.url}/eu.xml", "list_signers": [str(folder / "operator.der")]}
    tables = {"trust": trust} | ({"test": {"roots": list(map(str, roots))}} if roots else {})
    text = "".join(
        f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items())
        for name, table in tables.items()
    )
    folders.settings_file.write_text(text)
    return folders


def test_the_page_on_trust_has_each_lie_in_its_table() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "trust.md").read_text("utf-8")
    table = page.split("| the list | outcome |", 1)[1].split("\n\n")[0]
    named = dict(re.findall(r"^\| ([a-z][a-z ']+) \| (\w+) \|$", table, re.MULTILINE))
    assert named == {lie: trouble.value for lie, (_, trouble, _tell) in LIES.items()}


def test_the_window_fetches_the_lists_behind_people_s_backs_and_the_diagnosis_shows_their_dates(
    lists: Lists, tmp_path: Path
) -> None:
    folders = home(lists, tmp_path)
    app = App(folders)
    assert app.trusted_lists().trouble is ListTrouble.MISSING

    for _ in range(2):  # the second time finds them fresh, and asks nobody
        app.keep_lists_fresh()
        for each in [thread for thread in threading.enumerate() if thread.name == "lists"]:
            each.join(30)
        lists.server.pages.clear()

    assert [each.territory for each in app.trusted_lists().national] == ["BE"]
    [finding] = machine.lists(Surroundings.here(folders))
    assert finding.says is Says.LISTS_CURRENT
    assert finding.facts["issued"] == lists.national.issued_at.date().isoformat()
    assert finding.facts["nextUpdate"] == lists.national.next_update.date().isoformat()
