"""How soon a worker sees the first page of what is to be signed, however long the agency's list is."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import httpx

from agency import tokens
from agency.office import Office, open_office
from agency.store import Contract, Person
from benchmarks import Contestant, Figure, World, count, race, subject
from benchmarks._agency import agency_folder, served

_LENGTHS: Final = (100, 10_000)
_FEW: Final = (10, 200)


@subject("tasks", "Time to the first page of a worker's list, by its length (SQLite)")
def tasks(world: World) -> Iterable[Figure]:
    """Ask for the first hundred of 100 and of 10,000 contracts, beside 10,000 of others."""
    contestants: dict[str, Contestant] = {}
    lengths = _FEW if world.effort.is_trial else _LENGTHS
    for length in lengths:
        data = agency_folder(world, f"tasks-{length}")
        with closing(open_office(data)) as office:
            token = _logged_in(office, length, lengths[-1])
        client = world.closing.enter_context(served(data, 1))
        client.headers["Authorization"] = f"Bearer {token}"
        contestants[f"{length} contracts: first page"] = partial(_first_page, client)
        contestants[f"{length} contracts: all pages"] = partial(_all_pages, client)
        yield count(f"{length} contracts: first page", "bytes", len(client.get("/v1/tasks").content))
    peer = f"{lengths[0]} contracts: first page"
    yield from race(contestants, world.effort.less(3), peer)


def _first_page(client: httpx.Client) -> int:
    return len(client.get("/v1/tasks").raise_for_status().json()["items"])


def _all_pages(client: httpx.Client) -> None:
    path = "/v1/tasks"
    while path:
        path = client.get(path).raise_for_status().json()["next"]


def _logged_in(office: Office, length: int, others: int) -> str:
    """Log in somebody who has so many contracts, beside those of others; gives the session's token."""
    now = datetime.now(UTC)
    with office.store.writing() as session:
        session.add_all([Person(id=1, pseudonym=b"TEST 1"), Person(id=2, pseudonym=b"TEST 2")])
        session.flush()
        session.add_all(_contract(f"mine-{number}", 1, now + timedelta(minutes=number)) for number in range(length))
        session.add_all(_contract(f"other-{number}", 2, now + timedelta(minutes=number)) for number in range(others))
        session.flush()
        link = tokens.make_link(session, session.get_one(Contract, "mine-0"), now)
    with office.store.writing() as session:
        return tokens.spend_link(session, link, now, logs_in=True).token


def _contract(contract_id: str, person: int, starts_at: datetime) -> Contract:
    return Contract(
        id=contract_id,
        person_id=person,
        title="Arbeidsovereenkomst voor uitzendarbeid",
        job="TEST",
        company="TEST",
        place="TEST",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=8),
        hourly_pay="16.42",
        language="nl",
        state="open",
        sha256="0" * 64,
        size=200_000,
        page_count=3,
        field=None,
        salt=b"TEST salt 16 byt",
        expected_hash=bytes(32),
        created_at=starts_at,
        opened_at=None,
    )
