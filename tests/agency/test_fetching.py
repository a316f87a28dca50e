"""Contracts fetched ahead from a real agency: each once, with terms that end, and never longer than they count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from agency import publishing
from agency.store import Contract as ContractRow
from agency.store import UploadCapability
from signer.ahead import Ahead
from signer.errors import ErrorCode, SignerError
from signer.fetching import Fetcher
from signer.outbox import Outbox
from tests.agency.test_client import Desk
from tests.agency.world import AgencyServer


@dataclass
class Home:
    """A worker's own computer."""

    desk: Desk
    ahead: Ahead
    outbox: Outbox
    fetcher: Fetcher

    def fetch(self) -> dict[str, ErrorCode | None]:
        """Fetch, and tell what waits and what keeps it."""
        return {each.contract.id: each.code for each in self.fetcher.fetch(self.desk.agency)}

    @property
    def kept(self) -> list[str]:
        return [each.contract.id for each in self.ahead.all()]


@pytest.fixture
def home(agency_server: AgencyServer, tmp_path: Path) -> Home:
    for name in ("desk", "ahead", "outbox", "workspace"):
        (tmp_path / name).mkdir(mode=0o700)
    desk = Desk(agency_server, tmp_path / "desk")
    ahead, outbox = Ahead(tmp_path / "ahead", desk.clock), Outbox.open(tmp_path / "outbox", desk.clock)
    return Home(desk, ahead, outbox, Fetcher(ahead, outbox, desk.clock, tmp_path / "workspace"))


def agreements(server: AgencyServer) -> int:
    with server.office.store.reading() as session:
        return session.scalars(select(func.count()).select_from(UploadCapability)).one()


def turn(home: Home, by: timedelta) -> None:
    home.desk.clock.turn(by)
    home.desk.server.clock.turn(by)


def test_what_waits_is_fetched_once_with_terms_that_end_when_the_job_starts(home: Home) -> None:
    contract = home.desk.logged_in()
    assert home.fetch() == {contract.id: None}
    (kept,) = home.ahead.all()
    assert (kept.contract, kept.expires_at) == (contract, contract.starts_at)
    home.ahead.bring(kept, home.desk.folder / "shown.pdf")
    assert (home.desk.folder / "shown.pdf").read_bytes() == home.desk.server.sample.read_bytes()
    assert home.fetch() == {contract.id: None}
    assert home.ahead.all() == [kept]
    assert agreements(home.desk.server) == 1


def test_a_signature_made_with_kept_terms_is_delivered_when_the_session_is_long_gone(home: Home) -> None:
    contract = home.desk.logged_in()
    home.fetch()
    (kept,) = home.ahead.all()
    turn(home, timedelta(hours=20))
    home.desk.sessions.forget("horizon")
    signed = home.desk.sign(kept.contract, kept.terms)
    turn(home, timedelta(days=2))
    receipt = home.desk.agency.deliver(signed, kept.terms)
    assert (receipt.contract_id, receipt.submission_id) == (contract.id, kept.terms.submission_id)


def test_what_is_withdrawn_is_erased_with_the_next_look(home: Home) -> None:
    contract = home.desk.logged_in()
    home.fetch()
    publishing.withdraw(home.desk.server.office, contract.id)
    assert home.fetch() == {}
    assert home.kept == []


def test_what_the_agency_says_anew_of_the_same_document_is_noted_without_new_terms(home: Home) -> None:
    contract = home.desk.logged_in()
    home.fetch()
    with home.desk.server.office.store.writing() as session:
        session.get_one(ContractRow, contract.id).place = "Aalst"
    home.fetch()
    (kept,) = home.ahead.all()
    assert kept.contract.place == "Aalst"
    assert agreements(home.desk.server) == 1


def test_a_job_that_has_started_is_not_fetched_and_what_was_is_erased(home: Home) -> None:
    home.desk.logged_in()
    home.fetch()
    turn(home, timedelta(days=1))
    home.desk.agency.open_link(home.desk.server.token(home.desk.server.publish()))
    fresh = home.fetch()
    assert home.kept == list(fresh)
    assert len(fresh) == 1


def test_what_is_signed_here_is_not_fetched_again(home: Home) -> None:
    contract = home.desk.logged_in()
    home.fetch()
    (kept,) = home.ahead.all()
    home.outbox.begin(kept.terms, contract)
    home.outbox.queue(home.desk.sign(contract, kept.terms))
    assert home.fetch() == {}
    assert home.kept == []


def test_a_document_that_cannot_be_signed_is_told_in_advance_and_keeps_no_other_back(home: Home) -> None:
    contract = home.desk.logged_in()
    other = home.desk.server.publish()
    with home.desk.server.office.store.writing() as session:
        session.get_one(ContractRow, contract.id).field = "no such field"
    assert home.fetch() == {contract.id: ErrorCode.DOCUMENT_NO_FIELD, other: None}
    assert home.kept == [other]


def test_nobody_who_is_not_logged_in_fetches_and_what_is_here_stays(home: Home) -> None:
    contract = home.desk.logged_in()
    home.fetch()
    home.desk.sessions.forget("horizon")
    with pytest.raises(SignerError) as raised:
        home.fetch()
    assert raised.value.code is ErrorCode.AGENCY_NOT_LOGGED_IN
    assert home.kept == [contract.id]


def test_a_job_that_has_started_can_still_be_agreed_on_for_the_length_of_a_session(home: Home) -> None:
    late = home.desk.server.publish(in_=timedelta(minutes=-5))
    contract = home.desk.agency.contract(home.desk.agency.open_link(home.desk.server.token(late)))
    terms = home.desk.agency.open_signing(contract, uuid4())
    assert terms.expires_at == home.desk.clock.now() + timedelta(hours=8)
