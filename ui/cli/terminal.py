"""The workflow's face on a terminal: states become lines, questions are asked at the keyboard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import click

from signer import workflow as w
from signer.errors import ErrorCode, SignerError
from signer.model import PinEntry
from signer.ports import CardService, ErasablePin
from ui.bootstrap import App
from ui.cli.contracts import summary
from ui.cli.face import Face
from ui.cli.pin_prompt import ask_pin, read_pin
from ui.cli.plain import harmless
from ui.cli.words import _, plural, when
from ui.hand import Hand
from ui.messages import LAST_TRY, STEPS, message

Perform: TypeAlias = Callable[[w.Effect], w.Event | None]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line said of how to go about it."""

    pin_descriptor: int | None
    read_sha256: str | None


class Terminal:
    """Renders states as lines, asks at the keyboard, and posts events."""

    def __init__(self, face: Face, app: App, cards: CardService, hand: Hand, wishes: Wishes) -> None:
        self._face = face
        self._app = app
        self._cards = cards
        self._hand = hand
        self._wishes = wishes
        self._state: w.State = w.Idle()
        self._because: ErrorCode | None = None  # why it stopped where nobody could be asked

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
            answers = [self._answer(effect, perform) for effect in self._post(event)]
            event = next((answer for answer in answers if answer is not None), None)
            if event is None and type(self._state) in _ASK:
                event = _ASK[type(self._state)](self, self._state)

    @property
    def because(self) -> ErrorCode | None:
        """Why it stopped where nobody could be asked."""
        return self._because

    def _answer(self, effect: w.Effect, perform: Perform) -> w.Event | None:
        if isinstance(effect, w.AskPin):
            return self._ask_pin(effect)
        if isinstance(effect, w.WatchCard):
            return self._wait_for_card()
        return perform(effect)

    # ── asking ──

    def ask_whether_read(self, state: w.Reading) -> w.Event:
        """Ask whether the document was read to the end; a script names the SHA-256 that it showed."""
        document = state.paper.document
        if self._wishes.read_sha256 is not None:
            return w.ReadToTheEnd(self._wishes.read_sha256.lower())
        if not self._face.interactive:
            self._because = ErrorCode.DOCUMENT_NOT_AS_SHOWN
            self._face.say(_("Read the document first (paraph show), then give its SHA-256 with --read."))
            return w.Cancel()
        from signer.pades.text import pages_of  # noqa: PLC0415 - quick start

        if state.paper.contract:
            summary(self._face, state.paper.contract, self._app.clock.now())
        click.echo_via_pager("\n\n".join(map(harmless, pages_of(document.path))))
        question = plural("Have you read the page?", "Have you read all {count} pages?", document.page_count)
        return w.ReadToTheEnd(document.sha256) if self._confirm(question) else w.Cancel()

    def ask_again(self, _state: w.Unavailable) -> w.Event | None:
        """Ask whether to try opening again."""
        return self._retry_or_stop()

    def _retry_or_stop(self) -> w.Event:
        if self._face.interactive and self._confirm(_("Try again?")):
            return w.Retry()
        self._because = getattr(self._state, "because", None)
        return w.Cancel()

    def _confirm(self, question: str) -> bool:
        """Ask a yes-or-no question by the first letters of the language's own words; Enter is no."""
        yes, no = _("yes"), _("no")
        answer: str = click.prompt(f"{question} [{yes}/{no}]", default=no, show_default=False, err=True)
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
        because = state.because if isinstance(state, w.AwaitingPin) else None
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
            self._because = because
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

    def _read_pin(self) -> ErasablePin | None:
        if self._wishes.pin_descriptor is not None:
            return read_pin(self._wishes.pin_descriptor)
        if not self._face.interactive:
            self._face.say(_("Give the PIN with --pin-fd, or run this on a terminal."))
            return None
        self._face.err.print(_("PIN of your eID: "), end="")
        return ask_pin()

    # ── showing ──

    def show_opening(self, _state: w.Opening) -> None:
        """Say that the document is on its way."""
        self._face.say(_("Opening the document and checking it …"), "quiet")

    def show_trouble(self, state: w.Unavailable | w.AwaitingCard | w.Refused | w.NotAccepted) -> None:
        """Tell the mishap and its next step."""
        self._face.trouble(state.because)

    def show_reading(self, state: w.Reading) -> None:
        """Say that it can be signed."""
        pages = plural("{count} page", "{count} pages", state.paper.document.page_count)
        self._tick(_("The document can be signed ({pages})").format(pages=pages))

    def show_pin(self, state: w.AwaitingPin) -> None:
        """Say whose card it is, why the PIN is asked again, and how many tries are left."""
        if state.because:
            tries = state.key.tries_left
            left = plural("{count} try left", "{count} tries left", tries) if tries is not None else ""
            title = message(state.because, _).title
            self._face.trouble(state.because, title=f"{title}, {left}" if left else title)
        else:
            self._tick(_("Card found: {name} ({place})").format(name=state.key.signer.name, place=state.key.place))

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

    def show_done(self, state: w.Done) -> None:
        """Say the end of it, with the server's time."""
        if state.receipt is None:
            self._tick(_("Signed: {path}").format(path=state.signed.path))
            return
        self._tick(_("Delivered on {when}").format(when=when(state.receipt.received_at)))
        if state.receipt.late:
            self._face.say(_("The agency received it after the job started; it is marked as late."), "late")

    def show_stopped(self, _state: w.Stopped) -> None:
        """Say that nothing happened."""
        self._face.say(_("Stopped. Nothing was signed."))

    def _tick(self, text: str) -> None:
        self._face.say(f"✓ {text}", "ok")


_FOREIGN_PIN: Final = {
    PinEntry.PINPAD: _("Type your PIN on the keys of the reader."),
    PinEntry.DIALOG: _("A window of the eID software will ask for your PIN."),
}

_RENDER: Final[dict[type[w.State], Callable[[Terminal, Any], None]]] = {
    w.Opening: Terminal.show_opening,
    w.Unavailable: Terminal.show_trouble,
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
}
