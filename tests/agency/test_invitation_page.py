"""The page that a message links to: any number of looks use nothing up; its button opens the client, once."""

from __future__ import annotations

import html
import logging
import re
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from agency import invitations, publishing
from agency.routes.pages import waiting
from eidcard.simulator.people import ADULT
from tests.agency.world import AgencyServer, refused


@pytest.fixture
def contract_id(agency_server: AgencyServer) -> str:
    return agency_server.publish()


@pytest.fixture
def address(agency_server: AgencyServer, contract_id: str) -> str:
    return agency_server.url + invitations.invite(agency_server.office, contract_id)


def links_in(page: httpx.Response) -> set[str]:
    return {html.unescape(link) for link in re.findall(r'(?:href="|url=)(paraph:[^"]*)"', page.text)}


def opens(agency_server: AgencyServer, link: str) -> httpx.Response:
    return httpx.post(f"{agency_server.url}/v1/sessions", json={"oneTimeToken": link.rsplit("/", 1)[1]})


def test_looking_uses_nothing_up_and_the_button_opens_this_contract_once(
    agency_server: AgencyServer, contract_id: str, address: str
) -> None:
    looks = [httpx.request(method, address) for method in ("GET", "GET", "HEAD")]
    assert [look.status_code for look in looks] == [200, 200, 405]
    assert not any(links_in(look) for look in looks)

    (link,) = links_in(httpx.post(address))

    assert re.fullmatch(r"paraph://open/horizon/[\w-]{43}", link)
    assert opens(agency_server, link).json()["contractId"] == contract_id
    assert refused(opens(agency_server, link)) == (403, "linkUsed")
    assert links_in(httpx.post(address)) != {link}, "the page makes a new one at any time"


def test_a_link_that_the_page_made_lives_for_15_minutes(agency_server: AgencyServer, address: str) -> None:
    (link,) = links_in(httpx.post(address))
    agency_server.clock.turn(timedelta(minutes=15))
    assert refused(opens(agency_server, link)) == (403, "linkExpired")


@pytest.mark.parametrize(
    ("wanted", "spoken", "title"),
    [
        ("nl-BE,nl;q=0.9,en;q=0.5", "nl", "Er is een contract voor u klaar"),
        ("fr", "fr", "Un contrat est prêt pour vous"),
        ("en;q=0.5, de;q=0.8", "de", "Ein Vertrag ist für Sie bereit"),
        ("xx, *;q=0.1", "en", "A contract is ready for you"),
        (";;q=x,,", "en", "A contract is ready for you"),
    ],
)
def test_it_speaks_the_readers_language(address: str, wanted: str, spoken: str, title: str) -> None:
    page = httpx.get(address, headers={"Accept-Language": wanted})
    assert page.headers["content-language"] == spoken
    assert f"<h1>{title}</h1>" in page.text


def test_it_tells_nothing_of_the_contract_and_loads_nothing(contract_id: str, address: str) -> None:
    page = httpx.get(address)
    for told in ("Magazijnmedewerker", "Delfour", "16.42", contract_id, ADULT.surname):
        assert told not in page.text
    assert not re.search(r"<script|<img|<link|https?:", page.text)
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_what_cannot_be_opened_says_why_and_makes_no_link(agency_server: AgencyServer, contract_id: str) -> None:
    withdrawn = agency_server.url + invitations.invite(agency_server.office, contract_id)
    publishing.withdraw(agency_server.office, contract_id)
    unknown = f"{agency_server.url}/open/nothing"
    for address, status, title in (
        (withdrawn, 410, "This contract was withdrawn"),
        (unknown, 403, "We do not know this link"),
    ):
        for method in ("GET", "POST"):
            page = httpx.request(method, address)
            assert (page.status_code, links_in(page)) == (status, set())
            assert f"<h1>{title}</h1>" in page.text


def test_a_script_that_clicks_all_day_is_told_to_wait(agency_server: AgencyServer, address: str) -> None:
    clicks = [httpx.post(address) for _ in range(21)]
    assert [click.status_code for click in clicks] == [200] * 20 + [429]
    agency_server.clock.turn(timedelta(minutes=16))
    assert httpx.post(address).status_code == 200


def test_the_token_is_not_in_the_log(address: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with httpx.Client() as client:
        client.get(address)
        client.get(address)  # so that the server is done with the first answer, and its line
    lines = [record.getMessage() for record in caplog.records if record.name == "agency.requests"]
    assert any("GET /open/… 200" in line for line in lines)
    assert not any(address.rsplit("/", 1)[1] in line for line in lines)


def test_a_name_with_markup_is_shown_as_text(agency_server: AgencyServer) -> None:
    office = agency_server.office
    settings = office.settings.model_copy(update={"name": "<b>Horizon</b> & Co"})
    page = waiting(replace(office, settings=settings), "")
    assert b"&lt;b&gt;Horizon&lt;/b&gt; &amp; Co" in page.body
    assert b"<b>" not in page.body
