"""Logging in at a terminal, to read: ``paraph login``, and after a link that only tells which contract it is about."""

from __future__ import annotations

from contextlib import closing
from typing import Final

import click

from signer import workflow as w
from signer.agency.link import parse_link
from signer.errors import ErrorCode
from signer.model import AgencyInfo
from ui.bootstrap import App
from ui.cli.contracts import agency_option, chosen_agency
from ui.cli.face import STOPPED, Face, problem, speaking
from ui.cli.terminal import Perform, Terminal, Wishes
from ui.cli.words import _
from ui.hand import Hand

_TARGET: Final = w.AgencyTarget("")  # whichever: it is not opened here

pin_option = click.option(
    "--pin-fd", type=int, metavar="N", help=_("Read the PIN from this file descriptor, one line a try.")
)
code_option = click.option("--code", "by_code", is_flag=True, help=_("Log in by a code that comes by mail."))


class _AtTheDoor(Terminal):
    """A terminal that logs in, and opens nothing then."""

    opens = False
    by_code = False
    logged_in = False

    def begin(self, perform: Perform, ways: tuple[str, ...]) -> None:
        """Log in by one of the ways that are open."""
        self._state = w.Opening(_TARGET)
        self.run(perform, w.LoginNeeded(ways))

    def _answer(self, effect: w.Effect, perform: Perform) -> w.Event | None:
        if isinstance(effect, w.OpenPaper):
            self.logged_in = True
            return None
        if isinstance(effect, w.FindLoginKey) and self.by_code:
            self.by_code = False
            return w.CodeWanted()
        return super()._answer(effect, perform)


def log_in(face: Face, app: App, agency: AgencyInfo, pin_fd: int | None, *, by_code: bool) -> ErrorCode | int | None:
    """Log in where that is needed; gives None when one is logged in, else why not, or the exit code of a stop."""
    ways = app.gateway(agency).login_ways()
    if ways is not None:
        hand = Hand()
        with closing(app.cards()) as cards:
            door = _AtTheDoor(face, app, cards, hand, Wishes(pin_fd, None))
            door.by_code = by_code
            door.begin(app.performer(cards, agency, hand, door.note).perform, ways)
        if not door.logged_in:
            return door.because or getattr(door.state, "because", None) or STOPPED
    face.say("✓ " + _("Logged in with {agency}.").format(agency=agency.name), "ok")
    return None


@click.command("open", help=_("Open the link that the agency's page gave: paraph://open/…"))
@click.argument("link")
@pin_option
@code_option
@speaking
def open_command(*, face: Face, app: App, link: str, pin_fd: int | None, by_code: bool) -> int:
    """Spend a link's one-time token on a session with its agency, and log in to it where that is asked."""
    found = parse_link(link)
    agency = app.settings.agency(found.agency_id)
    gateway = app.gateway(agency)
    contract_id = gateway.open_link(found.token)
    if gateway.login_ways() is not None and not (face.interactive or pin_fd is not None):
        face.say(_("This link is good. To read the contract, log in with: paraph login"))
        face.result({"agency": agency.id, "task": contract_id, "loggedIn": False})
        return 0
    because = log_in(face, app, agency, pin_fd, by_code=by_code)
    if because is not None:
        return told(face, because)
    which = f" --agency {agency.id}" if len(app.settings.agencies) > 1 else ""
    face.say(_("Read and sign it with: paraph sign {task}").format(task=contract_id + which))
    face.result({"agency": agency.id, "task": contract_id, "loggedIn": True})
    return 0


@click.command("login", help=_("Log in with your eID, to read your contracts."))
@agency_option
@pin_option
@code_option
@speaking
def login_command(*, face: Face, app: App, agency_id: str | None, pin_fd: int | None, by_code: bool) -> int:
    """Log in to the session that a link opened."""
    agency = chosen_agency(app, agency_id)
    because = log_in(face, app, agency, pin_fd, by_code=by_code)
    if because is None:
        face.result({"agency": agency.id, "loggedIn": True})
        return 0
    return told(face, because)


def told(face: Face, because: ErrorCode | int) -> int:
    """Tell a machine why nobody is logged in; gives the exit code."""
    if isinstance(because, int):
        return because
    face.result(problem(because))
    return because.kind.value
