"""``paraph pin change``: another PIN for the eID in the reader."""

from __future__ import annotations

from contextlib import ExitStack, closing

import click

from eidcard.pin import Pin
from eidcard.pin_change import PinChange
from signer.errors import ErrorCode, Kind, SignerError
from ui.bootstrap import App
from ui.cli.face import STOPPED, Face, problem, speaking
from ui.cli.pin_prompt import ask_pin, read_pin
from ui.cli.words import _, plural
from ui.messages import LAST_TRY, message


@click.group(
    "pin",
    help=_("Change the PIN of your eID. A blocked PIN can only be mended by your municipality (the town hall)."),
)
def pin_command() -> None:
    """Everything about the PIN but using it."""


@pin_command.command("change", help=_("Give the eID in the reader another PIN."))
@click.option(
    "--pin-fd", type=int, metavar="N", help=_("Read three lines from this file descriptor: PIN, new PIN, new PIN.")
)
@speaking
def change_command(*, face: Face, app: App, pin_fd: int | None) -> int:
    """Tell the tries left, ask three times, and send once."""
    with closing(app.identity_cards()) as cards, closing(cards.pin_change()) as card:
        return _change(face, card, pin_fd)


def _change(face: Face, card: PinChange, pin_fd: int | None) -> int:
    if card.tries_left is not None:
        face.say(plural("{count} try left", "{count} tries left", card.tries_left), "quiet")
    if not _goes_on(face, card, pin_fd):
        return STOPPED
    try:
        if card.at_reader:
            face.say(_("Type your PIN on the keys of the reader, then your new PIN twice."), "act")
            card.change_at_reader()
        else:
            _change_typed(face, card, pin_fd)
    except SignerError as error:
        return _not_changed(face, error)
    face.result({"changed": True})
    face.say(_("Your PIN is changed."), "ok")
    return 0


def _change_typed(face: Face, card: PinChange, pin_fd: int | None) -> None:
    with ExitStack() as typed:
        pins = [_typed(typed, face, question, pin_fd) for question in _questions()]
        card.change(*pins)


def _questions() -> tuple[str, str, str]:
    return _("PIN of your eID: "), _("New PIN (4 to 12 digits): "), _("New PIN again: ")


def _goes_on(face: Face, card: PinChange, pin_fd: int | None) -> bool:
    """See that somebody can type, and warn before the last try.

    A script that gives the PIN has decided already; who stands at the reader's keys reads along.
    """
    if pin_fd is not None and not card.at_reader:
        return True
    if not face.interactive and not card.at_reader:
        face.say(_("Give the PIN with --pin-fd, or run this on a terminal."))
        return False
    if card.tries_left != 1:
        return True
    face.say(f"{_(LAST_TRY.title)}. {_(LAST_TRY.meaning)} {_(LAST_TRY.next_step)}", "late")
    if not face.interactive:
        return True
    question, yes, no = _("Go on?"), _("yes"), _("no")
    answer: str = click.prompt(f"{question} [{yes}/{no}]", default=no, show_default=False, err=True)
    return answer.strip().lower()[:1] == yes[:1]


def _typed(typed: ExitStack, face: Face, question: str, pin_fd: int | None) -> Pin:
    if pin_fd is None:
        face.err.print(question, end="")
    pin = ask_pin() if pin_fd is None else read_pin(pin_fd)
    if pin is None:
        raise SignerError(ErrorCode.PIN_CANCELLED)
    return typed.enter_context(pin)


def _not_changed(face: Face, error: SignerError) -> int:
    """Tell a mishap in this command's own words: nothing was to be signed here."""
    if error.code.kind is not Kind.PIN:
        raise error
    title = message(error.code, _).title
    if error.tries_left:
        title = f"{title}, {plural('{count} try left', '{count} tries left', error.tries_left)}"
    meaning = "" if error.code in _OWN_MEANING else _("Your PIN was not changed.")
    face.trouble(error.code, title=title, meaning=meaning)
    face.result(problem(error.code))
    return int(error.code.kind.value)


_OWN_MEANING = frozenset({ErrorCode.PIN_BLOCKED, ErrorCode.PIN_FORMAT, ErrorCode.PIN_NOT_REPEATED})
