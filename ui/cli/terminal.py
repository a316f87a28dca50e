"""The workflow's face on a terminal: states become lines, questions are asked at the keyboard."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeAlias

import click

from signer import workflow as w
from signer.errors import ErrorCode, Kind, SignerError
from signer.model import PinEntry, Withdrawal
from signer.pades.reasons import refusal
from signer.ports import CardService, ErasablePin
from ui.bootstrap import App
from ui.cli.contracts import summary
from ui.cli.face import Face
from ui.cli.pin_prompt import ask_pin, read_pin
from ui.cli.plain import harmless
from ui.cli.words import _, how_long, plural, when
from ui.contract_words import changes, kept_ahead
from ui.hand import Hand
from ui.messages import (
    CAUTIONS,
    CAUTIONS_TITLE,
    LAST_TRY,
    LOGIN_PIN,
    NUMBER_NOTICE,
    STEPS,
    TIMELINESS,
    WITHDRAWAL_UNKNOWN,
    message,
)

Perform: TypeAlias = Callable[[w.Effect], w.Event | None]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line said of how to go about it."""

    pin_descriptor: int | None
    read_sha256: str | None


class Terminal:
    """Renders states as lines, asks at the keyboard, and posts events."""

    opens = True  # a document, once one is logged in

    def __init__(self, face: Face, app: App, cards: CardService, hand: Hand, wishes: Wishes) -> None:
        self._face = face
        self._app = app
        self._cards = cards
        self._hand = hand
        self._wishes = wishes
        self._state: w.State = w.Idle()
        self._because: ErrorCode | None = None  # why it stopped where nobody could be asked
        self._stop_asked = False  # while the card signed, which is finished first

    def note(self, event: w.Event) -> None:
        """Take in what an effect reports while it works."""
        self._post(event)

    def _post(self, event: w.Event) -> tuple[w.Effect, ...]:
        before = self._state
        self._state, effects = w.handle(before, event)
        if self._state != before:
            render = _RENDER.get(type(self._state))
            if render:
                render(self, self._state)
        return effects

    def run(self, perform: Perform, event: w.Event) -> w.State:
        """Go on until nobody has anything to do; gives the last state. Ctrl-C stops, and loses nothing."""
        try:
            self._run(perform, event)
        except KeyboardInterrupt:
            self._post(w.Cancel())
            if isinstance(self._state, w.Signing):
                self._face.say(_("Stopped while signing. If the card had signed, it is kept: paraph outbox list"))
        finally:
            perform(w.LetGo())
        return self._state

    def _run(self, perform: Perform, first: w.Event) -> None:
        event: w.Event | None = first
        while event is not None:
            effects = self._post(event)
            if self._stop_asked:
                raise KeyboardInterrupt
            answers = [self._answer(effect, perform) for effect in effects]
            event = next((answer for answer in answers if answer is not None), None)
            if event is None and type(self._state) in _ASK:
                event = _ASK[type(self._state)](self, self._state)

    @property
    def state(self) -> w.State:
        """What it came to."""
        return self._state

    @property
    def because(self) -> ErrorCode | None:
        """Why it stopped where nobody could be asked."""
        return self._because

    def _answer(self, effect: w.Effect, perform: Perform) -> w.Event | None:
        if isinstance(effect, w.AskPin):
            return self._ask_pin(effect)
        if isinstance(effect, w.WatchCard):
            return self._wait_for_card()
        if isinstance(effect, w.Sign | w.LogIn):
            with self._finished_first():
                return perform(effect)
        return perform(effect)

    @contextmanager
    def _finished_first(self) -> Iterator[None]:
        """Let the first Ctrl-C wait for the card: a signature that it is making is not thrown away half-way."""

        def wait(*_: object) -> None:
            self._stop_asked = True
            signal.signal(signal.SIGINT, signal.default_int_handler)  # the second one stops at once
            self._face.say("")
            self._face.say(_TEXT_FINISHING, "quiet")

        before = signal.signal(signal.SIGINT, wait)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    # ── asking ──

    def ask_whether_read(self, state: w.Reading) -> w.Event:
        """Ask whether the document was read to the end; a script names the SHA-256 that it showed."""
        document = state.paper.document
        if self._wishes.read_sha256 is not None:
            return w.ReadToTheEnd(self._wishes.read_sha256.lower())
        from signer.pades.text import pages_of  # noqa: PLC0415 - quick start

        if state.paper.contract:
            summary(self._face, state.paper.contract, self._app.clock.now() + _offset(state.paper))
            for line in changes(state.paper.before, state.paper.contract):
                self._face.say(line, "soon")
        how = _for_less(_("Space shows more, q goes on"))
        os.environ.setdefault("LESS", f"-R -Ps{how}")  # less itself tells nobody
        click.echo_via_pager("\n\n".join(map(harmless, pages_of(document.path))))
        question = plural("Have you read the page?", "Have you read all {count} pages?", document.page_count)
        return w.ReadToTheEnd(document.sha256) if self._confirm(question) else w.Cancel()

    def ask_again(self, _state: w.Unavailable) -> w.Event | None:
        """Ask whether to try opening again."""
        return self._retry_or_stop()

    def ask_code(self, state: w.AwaitingCode) -> w.Event:
        """Ask for the code of the message; where nobody can be asked, stop and say why."""
        if not self._face.interactive:
            self._because = state.because or ErrorCode.AGENCY_LOGIN_NEEDED
            return w.Cancel()
        try:
            code: str = click.prompt(_("Code (Enter asks for a new one)"), default="", show_default=False, err=True)
        except click.Abort:
            raise KeyboardInterrupt from None
        return w.CodeEntered(code.strip()) if code.strip() else w.CodeWanted()

    def _retry_or_stop(self) -> w.Event:
        if self._face.interactive and self._confirm(_("Try again?")):
            return w.Retry()
        self._because = getattr(self._state, "because", None)
        return w.Cancel()

    def _confirm(self, question: str) -> bool:
        """Ask a yes-or-no question by the first letters of the language's own words; Enter is no."""
        yes, no = _("yes"), _("no")
        try:
            answer: str = click.prompt(f"{question} [{yes}/{no}]", default=no, show_default=False, err=True)
        except click.Abort:
            self._face.say("")
            raise KeyboardInterrupt from None
        return answer.strip().lower()[:1] == yes[:1]

    def _wait_for_card(self) -> w.Event:
        """Wait for a reader or card; where nobody can act, stop and say why."""
        if not self._face.interactive:
            return self._retry_or_stop()
        self._face.say(_("Waiting for the card. Ctrl-C stops."), "quiet")
        try:
            while not self._cards.wait_for_change(5.0):
                pass
        except KeyboardInterrupt:
            return w.Cancel()
        except SignerError:
            return self._retry_or_stop()
        return w.CardChanged()

    def _ask_pin(self, effect: w.AskPin) -> w.Event:
        state = self._state
        because = state.because if isinstance(state, w.AwaitingPin | w.AwaitingLoginPin) else None
        if not self._worth_a_try(effect.key.tries_left):
            return w.Cancel()
        if effect.key.pin_entry is not PinEntry.OURS:
            return self._announce_foreign_pin(effect.key.pin_entry, because)
        try:
            pin = self._read_pin()
        except SignerError as error:
            self._face.trouble(error.code)
            self._because = error.code
            return self._ask_pin(effect) if self._face.interactive else w.Cancel()
        if pin is None:
            self._because = because or (None if self._at_keyboard else ErrorCode.PIN_CANCELLED)
            return w.Cancel()
        self._hand.put(pin)
        return w.PinEntered()

    def _announce_foreign_pin(self, entry: PinEntry, because: ErrorCode | None) -> w.Event:
        if because is not None and not (self._face.interactive and self._confirm(_("Try again?"))):
            self._because = because
            return w.Cancel()
        self._face.say(_FOREIGN_PIN[entry], "act")
        return w.PinEntered()

    def _worth_a_try(self, tries_left: int | None) -> bool:
        """Warn before the last try; a script has decided already, but who stands at the reader's keys reads along."""
        if tries_left != 1 or self._wishes.pin_descriptor is not None:
            return True
        self._face.say(f"{_(LAST_TRY.title)}. {_(LAST_TRY.meaning)} {_(LAST_TRY.next_step)}", "late")
        return not self._face.interactive or self._confirm(_("Go on?"))

    @property
    def _at_keyboard(self) -> bool:
        return self._face.interactive and self._wishes.pin_descriptor is None

    def _read_pin(self) -> ErasablePin | None:
        descriptor = self._wishes.pin_descriptor
        if descriptor is not None:
            try:
                return read_pin(descriptor)
            except (OSError, ValueError) as error:  # a negative number is the latter
                text = _("No PIN can be read from file descriptor {number}.").format(number=descriptor)
                raise click.UsageError(text) from error
        if not self._face.interactive:
            self._face.say(_("Give the PIN with --pin-fd, or run this on a terminal."))
            return None
        return ask_pin(_("PIN of your eID: "))

    # ── showing ──

    def show_opening(self, _state: w.Opening) -> None:
        """Say that the document is on its way."""
        if self.opens:
            self._face.say(_("Opening the document and checking it …"), "quiet")

    def show_trouble(
        self, state: w.Unavailable | w.AwaitingLoginCard | w.AwaitingCard | w.Refused | w.NotAccepted
    ) -> None:
        """Tell the mishap and its next step."""
        told = refusal(state.because, state.detail) if isinstance(state, w.Refused) else ""
        self._face.trouble(state.because, detail=_("For the agency: {line}").format(line=told) if told else "")
        if isinstance(state, w.Unavailable) and state.because is ErrorCode.FILE_NOT_WRITABLE:
            self._face.say(_("Name another place with --out FILE.pdf"))

    def show_login_pin(self, state: w.AwaitingLoginPin) -> None:
        """Say that this PIN tells the agency who somebody is, and that signing will ask for it on its own."""
        if state.because in {None, ErrorCode.CARD_REMOVED}:
            self._tick(_("Card found: {name} ({place})").format(name=state.key.signer.name, place=state.key.place))
            self._face.say(f"{_(LOGIN_PIN.meaning)} {_(LOGIN_PIN.next_step)}")
        else:
            self._face.trouble(state.because, title=self._title(state.because, state.key.tries_left))

    def show_logging_in(self, _state: w.LoggingIn) -> None:
        """Say that the agency is asked."""
        self._face.say(_("Logging in …"), "quiet")

    def show_code(self, state: w.AwaitingCode) -> None:
        """Say where the code went, or what was wrong with it."""
        if state.because:
            self._face.trouble(state.because)
        else:
            self._tick(_("A code of 6 digits is on its way to {mail}.").format(mail=state.mail))

    def show_reading(self, state: w.Reading) -> None:
        """Say that it can be signed."""
        pages = plural("{count} page", "{count} pages", state.paper.document.page_count)
        self._tick(_("The document can be signed ({pages})").format(pages=pages))
        if line := kept_ahead(state.paper):
            self._face.say(line, "soon")
        if state.paper.cautions:
            self._face.say(_(CAUTIONS_TITLE), "soon")
        for each in state.paper.cautions:
            self._face.say(f"• {_(CAUTIONS[each])}")
        self._warn_of_the_clock(_offset(state.paper))

    def _warn_of_the_clock(self, offset: timedelta) -> None:
        """Say that the clock is wrong while it can still be set: its time goes into the signature as it is."""
        if abs(offset) > _CLOCK_TOLERANCE:
            late = _("This computer's clock is {time} behind. Set it right first: your signature gets its time.")
            early = _("This computer's clock is {time} ahead. Set it right first: your signature gets its time.")
            self._face.say((late if offset > timedelta(0) else early).format(time=how_long(offset)), "late")

    def show_pin(self, state: w.AwaitingPin) -> None:
        """Say whose card it is, why the PIN is asked again, and how many tries are left."""
        if state.because in {None, ErrorCode.CARD_REMOVED}:
            self._tick(_("Card found: {name} ({place})").format(name=state.key.signer.name, place=state.key.place))
            if state.key.tells_number and state.because is None:
                self._face.say(_(NUMBER_NOTICE), "quiet")
            if state.key.withdrawal is Withdrawal.UNKNOWN:
                self._face.say(_(WITHDRAWAL_UNKNOWN[type(state.paper.target)]), "quiet")
        if state.because is ErrorCode.CARD_REMOVED:  # it is back: its title would ask for what is done
            self._face.say(message(state.because, _).meaning)
        elif state.because:
            self._face.trouble(state.because, title=self._title(state.because, state.key.tries_left))

    def _title(self, because: ErrorCode, tries: int | None) -> str:
        title = message(because, _).title
        if tries is None or because.kind is not Kind.PIN:
            return title
        return f"{title}, {plural('{count} try left', '{count} tries left', tries)}"

    def show_signing(self, state: w.Signing) -> None:
        """Tick the step that was just done."""
        if state.done:
            self._tick(_(STEPS[state.done[-1]]))
        else:
            self._face.say(_("Signing. Leave the card in."), "quiet")

    def show_delivering(self, _state: w.Delivering) -> None:
        """Say that the signature is made and safe."""
        self._tick(_("Signed. Delivering it to the agency …"))

    def show_waiting(self, state: w.AwaitingNetwork) -> None:
        """Say that it is signed and will be delivered."""
        self._tick(_("Signed. Waiting for the network: it is kept, and delivered later. You may close."))
        if state.because:
            self._face.trouble(state.because)
        self._face.say(_("Deliver it with: paraph outbox deliver"))

    def show_done(self, state: w.Done) -> None:
        """Say the end of it, with the server's time."""
        if state.receipt is None:
            self._face.say("✓ " + _("Signed: {path}").format(path=state.signed.path), "ok", whole=True)
            return
        signed = _("Signed on {when}, by the clock of this computer").format(when=when(state.signed.claimed_at))
        self._face.say(signed, "quiet")
        if state.receipt.proven_at:
            self._face.say(_("Proven by a time-stamp: {when}").format(when=when(state.receipt.proven_at)), "quiet")
        self._tick(_("Delivered on {when}").format(when=when(state.receipt.received_at)))
        if not state.signed.sealed:  # else it is gone with this program
            self._face.say(_("The signed contract: {path}").format(path=state.signed.path), "quiet", whole=True)
        if state.receipt.late:
            self._face.say(_(TIMELINESS[state.receipt.timeliness]), "late")

    def show_stopped(self, _state: w.Stopped) -> None:
        """Say that nothing happened."""
        self._face.say(_("Stopped. Nothing was signed."))

    def _tick(self, text: str) -> None:
        self._face.say(f"✓ {text}", "ok")


_CLOCK_TOLERANCE: Final = timedelta(minutes=5)


def _offset(paper: w.Paper) -> timedelta:
    """Give the agency's clock minus ours; nothing, where no agency was asked."""
    return paper.terms.clock_offset if paper.terms else timedelta(0)


def _for_less(prompt: str) -> str:
    """Write a prompt for less, where these characters mean something (less(1), PROMPTS); ``$`` ends it."""
    return re.sub(r"([?:.%\\$])", r"\\\1", prompt) + "$"


_TEXT_FINISHING: Final = _("The card is signing; this is finished first. Ctrl-C once more stops at once.")

_FOREIGN_PIN: Final = {
    PinEntry.PINPAD: _("Type your PIN on the keys of the reader."),
    PinEntry.DIALOG: _("A window of the eID software will ask for your PIN."),
}

_RENDER: Final[dict[type[w.State], Callable[[Terminal, Any], None]]] = {
    w.Opening: Terminal.show_opening,
    w.Unavailable: Terminal.show_trouble,
    w.AwaitingLoginCard: Terminal.show_trouble,
    w.AwaitingLoginPin: Terminal.show_login_pin,
    w.AwaitingCode: Terminal.show_code,
    w.LoggingIn: Terminal.show_logging_in,
    w.Reading: Terminal.show_reading,
    w.AwaitingCard: Terminal.show_trouble,
    w.AwaitingPin: Terminal.show_pin,
    w.Signing: Terminal.show_signing,
    w.Delivering: Terminal.show_delivering,
    w.AwaitingNetwork: Terminal.show_waiting,
    w.NotAccepted: Terminal.show_trouble,
    w.Done: Terminal.show_done,
    w.Refused: Terminal.show_trouble,
    w.Stopped: Terminal.show_stopped,
}

_ASK: Final[dict[type[w.State], Callable[[Terminal, Any], w.Event | None]]] = {
    w.Reading: Terminal.ask_whether_read,
    w.Unavailable: Terminal.ask_again,
    w.AwaitingCode: Terminal.ask_code,
}
