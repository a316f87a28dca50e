"""Several contracts with one PIN entry, in a window: each is read, then all are signed, then all are delivered.

Each goes through the one workflow. From the PIN on, the states of one contract follow those of the other: the PIN that
is lent answers the question for it, and the card gets a VERIFY for each. The first mishap ends it: the PIN is wiped, no
other is given to the card, and what is signed stays signed and is delivered.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final, NamedTuple, TypeAlias

from PySide6.QtCore import Signal

from signer import workflow as w
from signer.errors import ErrorCode
from signer.model import KeyInfo, PinEntry
from signer.ports import ErasablePin
from ui.hand import LendingHand
from ui.qt.signing import SigningSession

Kept: TypeAlias = (
    w.Delivering | w.AwaitingNetwork | w.NotAccepted | w.Done
)  # what is signed, and how far its delivery is
_KEPT: Final = (w.AwaitingNetwork, w.NotAccepted, w.Done)
_AT_THE_SAME: Final = (w.LookingForCard, w.AwaitingCard, w.AwaitingPin)  # Reading was before, with the same paper


class Read(NamedTuple):
    """A contract that was read to its end, and the SHA-256 of what was on the screen."""

    paper: w.Paper
    sha256: str


class Phase(Enum):
    """How far it is."""

    SIGNING = auto()
    DELIVERING = auto()
    ENDED = auto()


@dataclass(frozen=True, slots=True)
class Several:
    """Contracts that are signed with one PIN entry: what is signed, and where it stopped."""

    read: tuple[Read, ...]
    key: KeyInfo  # of the card that the PIN was typed for
    phase: Phase = Phase.SIGNING
    signed: tuple[Kept, ...] = ()  # the first of them
    because: ErrorCode | None = None  # why the one after these was not signed
    tries_left: int | None = None  # after a wrong PIN

    @property
    def papers(self) -> tuple[w.Paper, ...]:
        """What is signed, or was to be."""
        return tuple(each.paper for each in self.read)

    @property
    def stopped_at(self) -> w.Paper | None:
        """The contract at which it stopped."""
        return self.read[len(self.signed)].paper if self.because else None

    def mishap(self, state: w.State) -> ErrorCode | None:
        """Tell why nothing more may be signed; another card than the one of the PIN is a reason too."""
        if isinstance(state, w.AwaitingPin) and state.because is None and not self._is_same(state.key):
            return ErrorCode.CARD_REMOVED
        because: ErrorCode | None = getattr(state, "because", None)
        return because

    def holds_back(self, state: w.State, effect: w.Effect) -> bool:
        """Whether an effect waits until all are signed, or is of no more use.

        A slow network must not keep the PIN; and the late answer of a look for the card that went would be taken for
        that of a delivery.
        """
        in_vain = isinstance(effect, w.FindKey) and self.mishap(state) is not None
        return self.phase is Phase.SIGNING and (in_vain or isinstance(effect, w.Deliver))

    def _is_same(self, key: KeyInfo) -> bool:
        ours, its = self.key, key
        return (ours.signer.certificate, ours.place, ours.pin_entry) == (
            its.signer.certificate,
            its.place,
            its.pin_entry,
        )


class SeveralSession(SigningSession):
    """A session that puts contracts aside when they are read, and signs them with the one that is read last."""

    left_out = Signal(int)  # how many that were read are only in the list again

    def __init__(self, hand: LendingHand) -> None:
        super().__init__(hand)
        hand.lends = False
        self._lender = hand
        self.aside: tuple[Read, ...] = ()
        self.several: Several | None = None  # until something else is opened

    @property
    def phase(self) -> Phase | None:
        """How far the signing of several is; None for one alone."""
        return self.several.phase if self.several else None

    # ── reading ──

    def open(self, target: w.Target, agency_id: str | None) -> None:
        """Begin with something else: what was put aside is in the list, as before."""
        if (type(self._state), w.Open) in w.TRANSITIONS:
            self.several = None
            self.leave_out()
        super().open(target, agency_id)

    def read_next(self, sha256: str, contract_id: str) -> None:
        """Put the contract on the screen aside as read, and open another one of its agency."""
        state = self._state
        if isinstance(state, w.Reading) and state.paper.document.sha256 == sha256:
            self.aside = (*self.aside, Read(state.paper, sha256))
            self.post(w.Open(w.AgencyTarget(contract_id)))

    def step_back(self) -> bool:
        """Go back to the contract that was read last, with its reading; False when there is none to go back to."""
        state = self._state
        if not self.aside or isinstance(state, w.Signing | w.Delivering):
            return False
        if isinstance(state, _AT_THE_SAME):
            self._want(w.LetGo())
            self._state = w.Reading(state.paper)
        else:
            *before, last = self.aside
            self.aside, self._state = tuple(before), w.Reading(last.paper)
        self._tell()
        return True

    def leave_out(self) -> None:
        """Put nothing aside any more, and tell how many are only in the list again."""
        count, self.aside = len(self.aside), ()
        if count:
            self.left_out.emit(count)

    # ── signing ──

    def enter_pin(self, pin: ErasablePin | None) -> None:
        """Hand the PIN over; to all that were read, when some were put aside."""
        state = self._state
        if self.aside and isinstance(state, w.AwaitingPin):
            this = Read(state.paper, state.paper.document.sha256)  # the workflow has compared it
            self.several = Several((this, *self.aside), state.key)
            self.aside, self._lender.lends = (), state.key.pin_entry is PinEntry.OURS
        super().enter_pin(pin)

    def _takes(self, event: w.Event) -> bool:
        """Once the PIN is in, only a mishap stops what was begun."""
        return not (isinstance(event, w.Cancel) and self.phase is Phase.SIGNING)

    def forget(self) -> None:
        """Wipe a PIN that is lent, and let nothing more be signed."""
        self._lender.forget()
        self._lender.lends = False
        self.several = None

    def _want(self, effect: w.Effect) -> None:
        if not (self.several and self.several.holds_back(self._state, effect)):
            super()._want(effect)

    def _tell(self) -> None:
        several, state = self.several, self._state
        if several and several.phase is Phase.SIGNING:
            self._sign_on(several, state)
        elif several and several.phase is Phase.DELIVERING and isinstance(state, _KEPT):
            self._take_in(several, state)
        else:
            super()._tell()
            if isinstance(state, w.Reading) and not (state.paper.terms and state.paper.terms.one_pin):
                self.leave_out()

    def _sign_on(self, several: Several, state: w.State) -> None:
        because = several.mishap(state)
        if because:
            self._stop(several, because)
        elif isinstance(state, w.AwaitingPin):
            self.post(w.PinEntered())
        elif isinstance(state, w.Delivering):
            self._sign_next(replace(several, signed=(*several.signed, state)))
        else:
            super()._tell()

    def _sign_next(self, several: Several) -> None:
        self.several = several
        ahead = several.read[len(several.signed) :]
        if not ahead:
            self._deliver(several)
            return
        self._state = w.Reading(ahead[0].paper)
        self.post(w.ReadToTheEnd(ahead[0].sha256))

    def _stop(self, several: Several, because: ErrorCode) -> None:
        tries = self._state.key.tries_left if isinstance(self._state, w.AwaitingPin) else None
        self._state, effects = w.handle(self._state, w.Cancel())
        for effect in effects:
            super()._want(effect)
        self._deliver(replace(several, because=because, tries_left=tries))

    # ── delivering ──

    def _deliver(self, several: Several) -> None:
        self._lender.forget()
        self._lender.lends = False
        self.several = replace(several, phase=Phase.DELIVERING)
        self._deliver_next(self.several, is_answered=True)

    def _take_in(self, several: Several, state: Kept) -> None:
        ours = state.signed.submission_id
        signed = tuple(state if each.signed.submission_id == ours else each for each in several.signed)
        self.several = replace(several, signed=signed)
        self._deliver_next(self.several, is_answered=not isinstance(state, w.AwaitingNetwork))

    def _deliver_next(self, several: Several, *, is_answered: bool) -> None:
        """Deliver one more; an agency that did not answer is asked later, and not once more for each."""
        waits = next((each for each in several.signed if isinstance(each, w.Delivering)), None)
        if waits is None:
            self.several = replace(several, phase=Phase.ENDED)
            super()._tell()
            return
        self._state = waits
        if is_answered:
            super()._want(w.Deliver(waits.signed))
            super()._tell()
        else:
            self.post(w.Cancel())
