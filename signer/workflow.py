"""The way of one contract from "open" to "delivered": states, events, effects, and one table of transitions.

Pure: ``handle(state, event)`` gives the next state and the effects to perform (``signer.perform``); a face renders
the state and posts events. Every pair of state and event is decided: in TRANSITIONS, or in IGNORED with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, Final, TypeAlias

from signer.errors import ErrorCode, Kind
from signer.model import Caution, Contract, Document, KeyInfo, Receipt, SignedContract, SigningTerms

# ── what is signed ────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class AgencyTarget:
    """A contract that waits at the agency; its signature is delivered there."""

    contract_id: str


@dataclass(frozen=True, slots=True)
class FileTarget:
    """A PDF of the worker's own; the signed copy is written to ``output``."""

    path: Path
    output: Path


Target: TypeAlias = AgencyTarget | FileTarget


@dataclass(frozen=True, slots=True)
class Paper:
    """A document that passed preflight, what to know of it, and what the agency says of it (None for a local file)."""

    target: Target
    document: Document
    contract: Contract | None = None
    terms: SigningTerms | None = None
    cautions: tuple[Caution, ...] = ()
    before: Contract | None = None  # the version that this contract replaces
    fetched_at: datetime | None = None  # when it was fetched ahead, where the agency could not be asked now


class Step(Enum):
    """The real steps of a signing, each reported when it is done."""

    PREPARED = "prepared"
    CARD_SIGNED = "card-signed"
    CHECKED = "checked"  # and written whole


# ── states ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing is open."""


@dataclass(frozen=True, slots=True)
class Opening:
    """The document is fetched and checked, before anybody is asked anything."""

    target: Target


@dataclass(frozen=True, slots=True)
class Unavailable:
    """It could not be opened now, and can be tried again."""

    target: Target
    because: ErrorCode


@dataclass(frozen=True, slots=True)
class Reading:
    """The document is on screen and is to be read to the end."""

    paper: Paper


@dataclass(frozen=True, slots=True)
class LookingForCard:
    """The card is read and everything but the PIN is prepared; ``because`` tells what came before."""

    paper: Paper
    because: ErrorCode | None = None


@dataclass(frozen=True, slots=True)
class AwaitingCard:
    """No card that can sign this; goes on by itself when readers or cards change."""

    paper: Paper
    because: ErrorCode


@dataclass(frozen=True, slots=True)
class AwaitingPin:
    """Nothing but the PIN is missing; ``because`` tells why it is asked again."""

    paper: Paper
    key: KeyInfo
    because: ErrorCode | None = None


@dataclass(frozen=True, slots=True)
class Signing:
    """The card signs; ``done`` are the steps that are behind us."""

    paper: Paper
    key: KeyInfo
    done: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivering:
    """Signed, checked, written and queued; on its way to the agency."""

    paper: Paper
    signed: SignedContract


@dataclass(frozen=True, slots=True)
class AwaitingNetwork:
    """Signed and kept; delivered later, by itself. The worker may leave."""

    paper: Paper
    signed: SignedContract
    because: ErrorCode | None


@dataclass(frozen=True, slots=True)
class NotAccepted:
    """Signed and kept, but the agency does not take it; people must speak with each other."""

    paper: Paper
    signed: SignedContract
    because: ErrorCode


@dataclass(frozen=True, slots=True)
class Done:
    """Signed; and delivered, with the agency's receipt, unless it is a local file."""

    paper: Paper
    signed: SignedContract
    receipt: Receipt | None


@dataclass(frozen=True, slots=True)
class Refused:
    """This document is not signed, and why; nothing was signed. ``detail`` is for whoever made the document."""

    target: Target
    because: ErrorCode
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The worker stopped; nothing was signed."""

    target: Target


State: TypeAlias = (
    Idle
    | Opening
    | Unavailable
    | Reading
    | LookingForCard
    | AwaitingCard
    | AwaitingPin
    | Signing
    | Delivering
    | AwaitingNetwork
    | NotAccepted
    | Done
    | Refused
    | Stopped
)

# ── events ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Open:
    """Somebody wants to read and sign this."""

    target: Target


@dataclass(frozen=True, slots=True)
class Opened:
    """Fetched, and preflight found nothing against signing it."""

    paper: Paper


@dataclass(frozen=True, slots=True)
class ReadToTheEnd:
    """The last page was reached; ``sha256`` is of the bytes that were on screen."""

    sha256: str


@dataclass(frozen=True, slots=True)
class KeyFound:
    """A key that may sign this contract is ready, and the digest is prepared."""

    key: KeyInfo


@dataclass(frozen=True, slots=True)
class CardChanged:
    """A reader or card came or went."""


@dataclass(frozen=True, slots=True)
class PinEntered:
    """The PIN is in the performer's hands, or will be asked for by the reader or the middleware."""


@dataclass(frozen=True, slots=True)
class StepDone:
    """One step of the signing is behind us."""

    step: Step


@dataclass(frozen=True, slots=True)
class Signed:
    """The signature was made, validated, written whole, and queued where it has to be delivered."""

    signed: SignedContract


@dataclass(frozen=True, slots=True)
class Delivered:
    """The agency has it, and its receipt fits what was sent."""

    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Failed:
    """An effect failed; ``tries_left`` is told with a wrong PIN, ``detail`` with a document that is refused."""

    code: ErrorCode
    tries_left: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Retry:
    """Somebody asked to try again."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """Somebody wants to stop."""


Event: TypeAlias = (
    Open
    | Opened
    | ReadToTheEnd
    | KeyFound
    | CardChanged
    | PinEntered
    | StepDone
    | Signed
    | Delivered
    | Failed
    | Retry
    | Cancel
)

# ── effects ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class OpenPaper:
    """Fetch, inspect and preflight; answered by Opened or Failed."""

    target: Target


@dataclass(frozen=True, slots=True)
class FindKey:
    """Find the card, check that it may sign this, prepare the digest; answered by KeyFound or Failed."""

    paper: Paper


@dataclass(frozen=True, slots=True)
class WatchCard:
    """Post CardChanged when a reader or card comes or goes."""


@dataclass(frozen=True, slots=True)
class AskPin:
    """Let the face ask for the PIN; answered by PinEntered, CardChanged or Cancel."""

    key: KeyInfo


@dataclass(frozen=True, slots=True)
class Sign:
    """The card step; answered by StepDone, then Signed or Failed. The PIN is wiped in any case."""

    paper: Paper
    key: KeyInfo


@dataclass(frozen=True, slots=True)
class Deliver:
    """Send the increment; answered by Delivered or Failed."""

    signed: SignedContract


@dataclass(frozen=True, slots=True)
class LetGo:
    """Let go of the card, wipe a PIN that was not used, forget what was prepared."""


Effect: TypeAlias = OpenPaper | FindKey | WatchCard | AskPin | Sign | Deliver | LetGo

Next: TypeAlias = tuple[State, tuple[Effect, ...]]
Handler: TypeAlias = Callable[[Any, Any], Next]

# ── transitions ───────────────────────────────────────────────────────────────────────────────────────────────────


def _open(_: State, event: Open) -> Next:
    return Opening(event.target), (OpenPaper(event.target),)


def _open_instead(_: State, event: Open) -> Next:
    return Opening(event.target), (LetGo(), OpenPaper(event.target))


def _show(state: Opening, event: Opened) -> Next:
    if event.paper.target != state.target:
        return state, ()  # a late answer about something that is no longer wanted
    return Reading(event.paper), ()


def _could_not_open(state: Opening, event: Failed) -> Next:
    if event.code.retriable:
        return Unavailable(state.target, event.code), ()
    return Refused(state.target, event.code, event.detail), ()


def _open_again(state: Unavailable, _: Retry) -> Next:
    return Opening(state.target), (OpenPaper(state.target),)


def _was_read(state: Reading, event: ReadToTheEnd) -> Next:
    if event.sha256 != state.paper.document.sha256:
        return Refused(state.paper.target, ErrorCode.DOCUMENT_NOT_AS_SHOWN), ()
    return LookingForCard(state.paper), (FindKey(state.paper),)


def _ask_pin(state: LookingForCard, event: KeyFound) -> Next:
    return AwaitingPin(state.paper, event.key, state.because), (AskPin(event.key),)


def _no_key(state: LookingForCard, event: Failed) -> Next:
    if event.code.kind is Kind.DOCUMENT:
        return Refused(state.paper.target, event.code, event.detail), (LetGo(),)
    still_out = state.because is ErrorCode.CARD_REMOVED and event.code is ErrorCode.NO_CARD
    code = ErrorCode.CARD_REMOVED if still_out else event.code
    return AwaitingCard(state.paper, code), (LetGo(), WatchCard())


def _look_for_card(state: AwaitingCard, _: CardChanged | Retry) -> Next:
    return LookingForCard(state.paper, _kept(state.because)), (FindKey(state.paper),)


def _kept(because: ErrorCode) -> ErrorCode | None:
    """Keep "the card was pulled out" until it is back; other reasons are gone once something changed."""
    return because if because is ErrorCode.CARD_REMOVED else None


def _card_changed_at_pin(state: AwaitingPin, _: CardChanged | Retry) -> Next:
    return LookingForCard(state.paper, ErrorCode.CARD_REMOVED), (LetGo(), FindKey(state.paper))


def _sign(state: AwaitingPin, _: PinEntered) -> Next:
    return Signing(state.paper, state.key), (Sign(state.paper, state.key),)


def _tick(state: Signing, event: StepDone) -> Next:
    return replace(state, done=(*state.done, event.step)), ()


def _signed(state: Signing, event: Signed) -> Next:
    if isinstance(state.paper.target, FileTarget):
        return Done(state.paper, event.signed, None), (LetGo(),)
    return Delivering(state.paper, event.signed), (LetGo(), Deliver(event.signed))


def _pin_again(state: Signing, event: Failed) -> Next:
    key = state.key if event.tries_left is None else replace(state.key, tries_left=event.tries_left)
    return AwaitingPin(state.paper, key, event.code), (AskPin(key),)


def _card_again(state: Signing, event: Failed) -> Next:
    return LookingForCard(state.paper, event.code), (LetGo(), FindKey(state.paper))


def _other_card(state: Signing, event: Failed) -> Next:
    return AwaitingCard(state.paper, event.code), (LetGo(), WatchCard())


def _give_up(state: Signing, event: Failed) -> Next:
    return Refused(state.paper.target, event.code, event.detail), (LetGo(),)


# After a failed signing nothing was signed; the PIN is only ever asked again, never sent again.
_AFTER_FAILED_SIGNING: Final[Mapping[ErrorCode | Kind, Handler]] = {
    ErrorCode.PIN_BLOCKED: _other_card,
    ErrorCode.SIGNATURE_INVALID: _give_up,
    ErrorCode.CARD_TOO_OLD: _other_card,
    ErrorCode.CARD_CANNOT_SIGN: _other_card,
    Kind.PIN: _pin_again,
    Kind.CARD: _card_again,
    Kind.MODULE: _card_again,
    Kind.CERTIFICATE: _other_card,
    Kind.DOCUMENT: _give_up,
    Kind.FILE: _pin_again,
    Kind.NETWORK: _pin_again,
    Kind.AGENCY: _give_up,
    Kind.INTERNAL: _pin_again,
}


def _signing_failed(state: Signing, event: Failed) -> Next:
    by_code = _AFTER_FAILED_SIGNING.get(event.code) or _AFTER_FAILED_SIGNING[event.code.kind]
    return by_code(state, event)


def _delivered(state: Delivering | AwaitingNetwork, event: Delivered) -> Next:
    if event.receipt.submission_id != state.signed.submission_id:
        return state, ()  # the outbox delivered something else meanwhile
    signed = replace(state.signed, sha256=event.receipt.signed_sha256, level=event.receipt.level)  # stamped on the way
    return Done(state.paper, signed, event.receipt), ()


def _not_delivered(state: Delivering, event: Failed) -> Next:
    if event.code.retriable:
        return AwaitingNetwork(state.paper, state.signed, event.code), ()
    return NotAccepted(state.paper, state.signed, event.code), ()


def _deliver_again(state: AwaitingNetwork, _: Retry) -> Next:
    return Delivering(state.paper, state.signed), (Deliver(state.signed),)


def _deliver_later(state: Delivering, _: Cancel) -> Next:
    return AwaitingNetwork(state.paper, state.signed, None), ()


def _stop_opening(state: Opening | Unavailable, _: Cancel) -> Next:
    return Stopped(state.target), ()


def _stop(state: Reading | LookingForCard | AwaitingCard | AwaitingPin, _: Cancel) -> Next:
    return Stopped(state.paper.target), (LetGo(),)


TRANSITIONS: Final[Mapping[tuple[type[State], type[Event]], Handler]] = {
    (Idle, Open): _open,
    (Opening, Open): _open,
    (Opening, Opened): _show,
    (Opening, Failed): _could_not_open,
    (Opening, Cancel): _stop_opening,
    (Unavailable, Open): _open,
    (Unavailable, Retry): _open_again,
    (Unavailable, Cancel): _stop_opening,
    (Reading, Open): _open,
    (Reading, ReadToTheEnd): _was_read,
    (Reading, Cancel): _stop,
    (LookingForCard, KeyFound): _ask_pin,
    (LookingForCard, Failed): _no_key,
    (LookingForCard, Cancel): _stop,
    (AwaitingCard, Open): _open_instead,
    (AwaitingCard, CardChanged): _look_for_card,
    (AwaitingCard, Retry): _look_for_card,
    (AwaitingCard, Cancel): _stop,
    (AwaitingPin, Open): _open_instead,
    (AwaitingPin, PinEntered): _sign,
    (AwaitingPin, CardChanged): _card_changed_at_pin,
    (AwaitingPin, Cancel): _stop,
    (Signing, StepDone): _tick,
    (Signing, Signed): _signed,
    (Signing, Failed): _signing_failed,
    (Delivering, Delivered): _delivered,
    (Delivering, Failed): _not_delivered,
    (Delivering, Cancel): _deliver_later,
    (AwaitingNetwork, Open): _open,
    (AwaitingNetwork, Delivered): _delivered,
    (AwaitingNetwork, Retry): _deliver_again,
    (NotAccepted, Open): _open,
    (Done, Open): _open,
    (Refused, Open): _open,
    (Stopped, Open): _open,
}

_STATES: Final[tuple[type[State], ...]] = State.__args__
_FINAL: Final[tuple[type[State], ...]] = (NotAccepted, Done, Refused, Stopped)


def _pairs(event: type[Event], *states: type[State]) -> frozenset[tuple[type[State], type[Event]]]:
    return frozenset((state, event) for state in states)


def _elsewhere(event: type[Event], *states: type[State]) -> frozenset[tuple[type[State], type[Event]]]:
    return _pairs(event, *(state for state in _STATES if state not in states))


IGNORED: Final[Mapping[str, frozenset[tuple[type[State], type[Event]]]]] = {
    "one contract at a time: a signing that has begun is finished first": _pairs(
        Open, LookingForCard, Signing, Delivering
    ),
    "a late answer of an effect that nobody waits for any more": (
        _elsewhere(Opened, Opening)
        | _elsewhere(KeyFound, LookingForCard)
        | _elsewhere(StepDone, Signing)
        | _elsewhere(Signed, Signing)
        | _elsewhere(Delivered, Delivering, AwaitingNetwork)
        | _elsewhere(Failed, Opening, LookingForCard, Signing, Delivering)
    ),
    "only the page with the document can say that it was read": _elsewhere(ReadToTheEnd, Reading),
    "only the page with the PIN can say that it was entered": _elsewhere(PinEntered, AwaitingPin),
    "nobody waits for a card here; while one is used, its own answer tells that it went": _elsewhere(
        CardChanged, AwaitingCard, AwaitingPin
    ),
    "there is nothing to try again": _elsewhere(Retry, Unavailable, AwaitingCard, AwaitingNetwork),
    "a signature that the card is making is not abandoned half-way": _pairs(Cancel, Signing),
    "there is nothing to stop": _pairs(Cancel, Idle, AwaitingNetwork, *_FINAL),
}


def handle(state: State, event: Event) -> Next:
    """Decide what an event means in a state: the next state, and the effects to perform in their order."""
    handler = TRANSITIONS.get((type(state), type(event)))
    return handler(state, event) if handler else (state, ())
