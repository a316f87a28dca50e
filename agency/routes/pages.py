"""The page that a message to the worker links to: for any device, without scripts, silent about the contract."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Annotated, Final, NamedTuple

from fastapi import APIRouter, Header, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader

from agency import invitations
from agency.languages import preferred
from agency.office import Office
from agency.problems import ProblemError, ProblemType
from agency.rates import count_visit
from agency.routes.dependencies import OfficeDep
from signer.i18n import mark, translator

# Pages for people are no part of the API that its document describes.
router = APIRouter(include_in_schema=False)

_PAGES: Final = Environment(loader=PackageLoader("agency", "pages"), autoescape=True)


class _Words(NamedTuple):
    title: str
    meaning: str
    button: str = ""
    hints: tuple[str, ...] = ()


_NEEDS: Final = (
    mark("You need a computer, a card reader, your eID and its PIN. On a phone you can read this, but not sign."),
    mark(
        "Does nothing open? Install Paraph first, then come back to this page. Your agency tells you where to get it."
    ),
)
_WAITS: Final = _Words(
    mark("A contract is ready for you"),
    mark("Read it and sign it with your eID before the job starts."),
    mark("Read and sign the contract"),
    _NEEDS,
)
_OPENS: Final = _Words(
    mark("Paraph opens now"),
    mark("Your contract opens in Paraph. The link works once, for 15 minutes; this page makes a new one at any time."),
    mark("Open Paraph"),
    _NEEDS,
)
_REFUSED: Final[Mapping[ProblemType, _Words]] = {
    ProblemType.LINK_UNKNOWN: _Words(
        mark("We do not know this link"),
        mark("Open the link in our message again, or copy it whole. Or call us: we send you a new one."),
    ),
    ProblemType.ALREADY_SIGNED: _Words(
        mark("This contract is signed"),
        mark("There is nothing left to do. You find your copy in Paraph, under Signed."),
    ),
    ProblemType.WITHDRAWN: _Words(
        mark("This contract was withdrawn"),
        mark("You cannot sign it any more. Call us if you do not know why, or wait for a new message from us."),
    ),
    ProblemType.TOO_MANY: _Words(
        mark("You opened this very often"), mark("Wait a quarter of an hour, then try again. Your contract stays here.")
    ),
}

Languages = Annotated[str, Header(alias="Accept-Language")]


@router.get("/open/{token}")
def get_page(request: Request, office: OfficeDep, token: str, languages: Languages = "") -> HTMLResponse:
    """Show where the contract is to be signed; uses nothing up, however often it is looked at."""
    try:
        count_visit(request)
        _require_open(invitations.state_of(office, token))
    except ProblemError as error:
        return _refused(office, error.problem, languages)
    return waiting(office, languages)


def waiting(office: Office, languages: str) -> HTMLResponse:
    """Write the page of a contract that waits."""
    return _page(office, _WAITS, languages)


@router.post("/open/{token}")
def open_client(request: Request, office: OfficeDep, token: str, languages: Languages = "") -> HTMLResponse:
    """Make the link that opens the client; made at this click, since it lives for 15 minutes."""
    try:
        count_visit(request)
        return _page(office, _OPENS, languages, link=invitations.deep_link(office, token))
    except ProblemError as error:
        return _refused(office, error.problem, languages)


def _require_open(state: str) -> None:
    if state != "open":
        raise ProblemError(ProblemType.ALREADY_SIGNED if state == "signed" else ProblemType.WITHDRAWN)


def _refused(office: Office, problem: ProblemType, languages: str) -> HTMLResponse:
    return _page(office, _REFUSED[problem], languages, status=problem.value.status)


def _page(office: Office, words: _Words, languages: str, *, link: str = "", status: int = 200) -> HTMLResponse:
    language, nonce = preferred(languages), secrets.token_urlsafe(16)
    say, about = translator(language).gettext, office.settings
    says = _Words(
        say(words.title), say(words.meaning), say(words.button) if words.button else "", tuple(map(say, words.hints))
    )
    html = _PAGES.get_template("open.html").render(
        language=language,
        nonce=nonce,
        says=says,
        link=link,
        agency=about.name,
        contact=" · ".join(filter(None, (about.telephone, about.mail))),
        test=about.test,
    )
    headers = {
        # The address holds a token: nobody else is told of it, and nothing is loaded from anywhere.
        "Content-Security-Policy": f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
        "Content-Language": language,
        "Vary": "Accept-Language",
    }
    return HTMLResponse(html, status, headers)
