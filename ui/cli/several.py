"""``paraph sign`` with several contracts: each is read, then all are signed, then all are delivered.

Where the agencies allow it the PIN is typed once; the card gets a VERIFY for each signature all the same. A wrong PIN
or a card that is pulled out stops at once: what is signed stays signed, and no PIN is tried again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from signer import workflow as w
from signer.errors import ErrorCode
from signer.model import AgencyInfo, PinEntry
from signer.ports import CardService
from ui.bootstrap import App
from ui.cli.face import Face
from ui.cli.terminal import Perform, Terminal, Wishes
from ui.cli.words import _, plural
from ui.hand import LendingHand


@dataclass(frozen=True, slots=True)
class Ending:
    """Where one of the contracts ended, and why where nobody could be asked."""

    state: w.State
    because: ErrorCode | None


class _OneOfSeveral(Terminal):
    """The terminal of one contract: stops after reading, and asks nothing more once the card had a PIN."""

    def __init__(self, face: Face, app: App, cards: CardService, hand: LendingHand, wishes: Wishes) -> None:
        super().__init__(face, app, cards, hand, wishes)
        self._lender = hand
        self._reads = True
        self._spent = False  # the card had the PIN for this one
        self._to_deliver: w.Deliver | None = None

    @property
    def title(self) -> str:
        """What people call it."""
        paper: w.Paper | None = getattr(self._state, "paper", None)
        if paper is None:
            return ""
        return paper.contract.title if paper.contract else paper.document.path.name

    @property
    def ending(self) -> Ending:
        """Where it stands."""
        return Ending(self._state, self._because)

    def read(self, perform: Perform, target: w.Target) -> bool:
        """Open it and have it read; False when it is not to be signed."""
        self.run(perform, w.Open(target))
        self._reads = False
        return isinstance(self._state, w.LookingForCard)

    def sign(self, perform: Perform) -> bool:
        """Sign what was read; False when the others are to be left alone."""
        assert isinstance(self._state, w.LookingForCard)
        paper, found = self._state.paper, perform(w.FindKey(self._state.paper))
        assert found is not None
        self.run(perform, found)
        if paper.terms and not paper.terms.one_pin:
            self._lender.forget()
        return isinstance(self._state, w.Delivering | w.Done)

    def deliver(self, perform: Perform) -> None:
        """Deliver it, if it was signed for an agency."""
        if self._to_deliver is not None:
            answer = perform(self._to_deliver)
            assert answer is not None
            self._post(answer)

    def _answer(self, effect: w.Effect, perform: Perform) -> w.Event | None:
        if isinstance(effect, w.Deliver):
            self._to_deliver = effect  # when all are signed: a slow network must not keep the PIN
            return None
        if isinstance(effect, w.FindKey) and self._reads:
            return None
        self._spent = self._spent or isinstance(effect, w.Sign)
        return super()._answer(effect, perform)

    def _ask_pin(self, effect: w.AskPin) -> w.Event:
        if isinstance(self._state, w.AwaitingLoginPin):
            with self._lender.not_lending():  # it is typed to say who one is, and signs nothing
                return super()._ask_pin(effect)
        if self._spent:
            return self._stop()
        if not self._lender.full or effect.key.pin_entry is not PinEntry.OURS:
            self._lender.card = _card_of(effect)
            return super()._ask_pin(effect)
        if self._lender.card != _card_of(effect):  # a PIN goes to no other card than the one that it was typed for
            self._because = ErrorCode.CARD_OF_ANOTHER
            return w.Cancel()
        return w.PinEntered()

    def _wait_for_card(self) -> w.Event:
        return self._stop() if self._spent or self._lender.full else super()._wait_for_card()

    def _stop(self) -> w.Event:
        self._because = getattr(self._state, "because", None)
        return w.Cancel()


def _card_of(effect: w.AskPin) -> tuple[bytes, str]:
    return effect.key.signer.certificate, effect.key.place


class Several:
    """Takes contracts to their ends; one performer, and so one worker of the card, serves them all."""

    def __init__(self, face: Face, app: App, cards: CardService, agency: AgencyInfo | None) -> None:
        self._face, self._app, self._cards = face, app, cards
        self._hand = LendingHand()
        self._now: _OneOfSeveral | None = None
        self._perform: Perform = app.performer(cards, agency, self._hand, self._note).perform

    def go(self, targets: Sequence[w.Target], wishes: Sequence[Wishes]) -> list[Ending]:
        """Read all, sign what was read, deliver what was signed; gives the endings in the order of the targets."""
        every = [_OneOfSeveral(self._face, self._app, self._cards, self._hand, wish) for wish in wishes]
        ready = [one for one, target in zip(every, targets, strict=True) if self._turn(one).read(self._perform, target)]
        try:
            self._sign(ready)
        finally:
            self._hand.forget()
        for one in ready:
            self._turn(one).deliver(self._perform)
        return [one.ending for one in every]

    def _sign(self, ready: Sequence[_OneOfSeveral]) -> None:
        if ready:
            self._face.say(plural("You sign one contract:", "You sign {count} contracts:", len(ready)), "act")
        for one in ready:
            self._face.say(f"• {one.title}")
        for number, one in enumerate(ready):
            title = one.title
            if not self._turn(one).sign(self._perform):
                self._face.say(_("It stopped at: {title}").format(title=title), "late")
                left = plural("One contract is signed.", "{count} contracts are signed.", number) if number else ""
                self._face.say(left or _("Nothing was signed."))
                return

    def _turn(self, one: _OneOfSeveral) -> _OneOfSeveral:
        self._now = one
        return one

    def _note(self, event: w.Event) -> None:
        assert self._now is not None
        self._now.note(event)
