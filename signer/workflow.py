"""The way of one contract from "open" to "delivered": states, events, effects, and one table of transitions.

Pure: ``handle(state, event)`` gives the next state and the effects to perform (``signer.perform``); a face renders
the state and posts events. Every pair of state and event is decided: in TRANSITIONS, or in IGNORED with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
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


@dataclass(frozen=True, slots=True)
class Door:
    """Where one logs in to read a contract, and the ways that are open there, in the agency's order."""

    target: Target
    ways: tuple[str, ...]

    @property
    def takes_card(self) -> bool:
        """Whether an eID opens it."""
        return "eid" in self.ways

    @property
    def takes_code(self) -> bool:
        """Whether a code that is mailed opens it."""
        return "code" in self.ways


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
class LookingForLogin:
    """The link only told which contract it is about: a card is looked for to log in with."""

    door: Door
    because: ErrorCode | None = None


@dataclass(frozen=True, slots=True)
class AwaitingLoginCard:
    """No card that can log in; goes on by itself when readers or cards change."""

    door: Door
    because: ErrorCode


@dataclass(frozen=True, slots=True)
class AwaitingLoginPin:
    """The card needs its PIN to say who somebody is; it is not the PIN of the signature, which is asked on its own."""

    door: Door
    key: KeyInfo
    because: ErrorCode | None = None


@dataclass(frozen=True, slots=True)
class SendingCode:
    """The agency is asked to mail a code."""

    door: Door


@dataclass(frozen=True, slots=True)
class AwaitingCode:
    """A code is on its way to this address, most of which is hidden."""

    door: Door
    mail: str
    because: ErrorCode | None = None


@dataclass(frozen=True, slots=True)
class LoggingIn:
    """The card answers the agency's question, or the agency looks at a code (``key`` is None then)."""

    door: Door
    key: KeyInfo | None = None
    mail: str = ""


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
    | LookingForLogin
    | AwaitingLoginCard
    | AwaitingLoginPin
    | SendingCode
    | AwaitingCode
    | LoggingIn
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
class LoginNeeded:
    """The agency shows the contract only to whoever it is for: these are the ways to say who one is."""

    ways: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CodeWanted:
    """Somebody wants a code by mail, or another one."""


@dataclass(frozen=True, slots=True)
class CardWanted:
    """Somebody wants to log in with the card after all."""


@dataclass(frozen=True, slots=True)
class CodeSent:
    """A code is on its way."""

    mail: str


@dataclass(frozen=True, slots=True)
class CodeEntered:
    """Somebody typed a code."""

    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """The agency knows who is there."""


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
    | LoginNeeded
    | CodeWanted
    | CardWanted
    | CodeSent
    | CodeEntered
    | LoggedIn
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
    """Fetch, inspect and preflight; answered by Opened, LoginNeeded or Failed."""

    target: Target


@dataclass(frozen=True, slots=True)
class FindLoginKey:
    """Find a card that can log in; answered by KeyFound or Failed."""


@dataclass(frozen=True, slots=True)
class LogIn:
    """Let the card answer the agency's question; answered by LoggedIn or Failed. The PIN is wiped in any case."""


@dataclass(frozen=True, slots=True)
class SendCode:
    """Let the agency mail a code; answered by CodeSent or Failed."""


@dataclass(frozen=True, slots=True)
class LogInByCode:
    """Give the agency the code; answered by LoggedIn or Failed."""

    code: str = field(repr=False)


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


Effect: TypeAlias = (
    OpenPaper | FindLoginKey | LogIn | SendCode | LogInByCode | FindKey | WatchCard | AskPin | Sign | Deliver | LetGo
)

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


def _log_in_first(state: Opening, event: LoginNeeded) -> Next:
    door = Door(state.target, event.ways)
    if door.takes_card:
        return _look_for_login(door)
    if door.takes_code:
        return _send_code(door)
    return Refused(state.target, ErrorCode.AGENCY_NO_LOGIN), ()


def _look_for_login(door: Door, because: ErrorCode | None = None) -> Next:
    return LookingForLogin(door, because), (FindLoginKey(),)


def _send_code(door: Door) -> Next:
    return SendingCode(door), (LetGo(), SendCode())


def _ask_login_pin(state: LookingForLogin, event: KeyFound) -> Next:
    return AwaitingLoginPin(state.door, event.key, state.because), (AskPin(event.key),)


def _no_login_key(state: LookingForLogin, event: Failed) -> Next:
    return AwaitingLoginCard(state.door, _still(state.because, event.code)), (LetGo(), WatchCard())


def _look_for_login_again(state: AwaitingLoginCard, _: CardChanged | Retry) -> Next:
    return _look_for_login(state.door, _kept(state.because))


def _card_changed_at_login_pin(state: AwaitingLoginPin, _: CardChanged) -> Next:
    return LookingForLogin(state.door, ErrorCode.CARD_REMOVED), (LetGo(), FindLoginKey())


def _log_in(state: AwaitingLoginPin, _: PinEntered) -> Next:
    return LoggingIn(state.door, state.key), (LogIn(),)


def _logged_in(state: LoggingIn, _: LoggedIn) -> Next:
    return Opening(state.door.target), (LetGo(), OpenPaper(state.door.target))


def _login_pin_again(state: LoggingIn, event: Failed) -> Next:
    assert state.key is not None
    key = state.key if event.tries_left is None else replace(state.key, tries_left=event.tries_left)
    return AwaitingLoginPin(state.door, key, event.code), (AskPin(key),)


def _login_card_again(state: LoggingIn, event: Failed) -> Next:
    return LookingForLogin(state.door, event.code), (LetGo(), FindLoginKey())


def _other_login_card(state: LoggingIn, event: Failed) -> Next:
    return AwaitingLoginCard(state.door, event.code), (LetGo(), WatchCard())


def _code_again(state: LoggingIn, event: Failed) -> Next:
    return AwaitingCode(state.door, state.mail, event.code), ()


def _cannot_log_in(state: LoggingIn | SendingCode, event: Failed) -> Next:
    """Begin again from the contract, or stop; a PIN that was typed is spent, whatever the network did after it."""
    because = event.code
    if because.retriable:
        return Unavailable(state.door.target, because), (LetGo(),)
    return Refused(state.door.target, because, event.detail), (LetGo(),)


_AFTER_FAILED_LOGIN: Final[Mapping[ErrorCode | Kind, Handler]] = {
    ErrorCode.PIN_BLOCKED: _other_login_card,
    ErrorCode.CARD_OF_ANOTHER: _other_login_card,
    ErrorCode.CARD_TOO_OLD: _other_login_card,
    ErrorCode.CARD_CANNOT_SIGN: _other_login_card,
    ErrorCode.AGENCY_CODE_WRONG: _code_again,
    ErrorCode.AGENCY_CODE_ENDED: _code_again,
    Kind.PIN: _login_pin_again,
    Kind.CARD: _login_card_again,
    Kind.MODULE: _login_card_again,
    Kind.CERTIFICATE: _other_login_card,
}


def _login_failed(state: LoggingIn, event: Failed) -> Next:
    by_code = _AFTER_FAILED_LOGIN.get(event.code) or _AFTER_FAILED_LOGIN.get(event.code.kind) or _cannot_log_in
    return by_code(state, event)


def _want_code(state: LookingForLogin | AwaitingLoginCard | AwaitingLoginPin | AwaitingCode, _: CodeWanted) -> Next:
    return _send_code(state.door) if state.door.takes_code else (state, ())


def _want_card(state: AwaitingCode, _: CardWanted) -> Next:
    return _look_for_login(state.door) if state.door.takes_card else (state, ())


def _await_code(state: SendingCode, event: CodeSent) -> Next:
    return AwaitingCode(state.door, event.mail), ()


def _enter_code(state: AwaitingCode, event: CodeEntered) -> Next:
    return LoggingIn(state.door, mail=state.mail), (LogInByCode(event.code),)


def _stop_at_door(
    state: LookingForLogin | AwaitingLoginCard | AwaitingLoginPin | SendingCode | AwaitingCode, _: Cancel
) -> Next:
    return Stopped(state.door.target), (LetGo(),)


def _was_read(state: Reading, event: ReadToTheEnd) -> Next:
    if event.sha256 != state.paper.document.sha256:
        return Refused(state.paper.target, ErrorCode.DOCUMENT_NOT_AS_SHOWN), ()
    return LookingForCard(state.paper), (FindKey(state.paper),)


def _ask_pin(state: LookingForCard, event: KeyFound) -> Next:
    return AwaitingPin(state.paper, event.key, state.because), (AskPin(event.key),)


def _no_key(state: LookingForCard, event: Failed) -> Next:
    if event.code.kind is Kind.DOCUMENT:
        return Refused(state.paper.target, event.code, event.detail), (LetGo(),)
    return AwaitingCard(state.paper, _still(state.because, event.code)), (LetGo(), WatchCard())


def _still(before: ErrorCode | None, now: ErrorCode) -> ErrorCode:
    """Say "the card was pulled out" as long as there is none."""
    return ErrorCode.CARD_REMOVED if before is ErrorCode.CARD_REMOVED and now is ErrorCode.NO_CARD else now


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
    (Opening, LoginNeeded): _log_in_first,
    (Opening, Cancel): _stop_opening,
    (Unavailable, Open): _open,
    (Unavailable, Retry): _open_again,
    (Unavailable, Cancel): _stop_opening,
    (LookingForLogin, KeyFound): _ask_login_pin,
    (LookingForLogin, Failed): _no_login_key,
    (LookingForLogin, CodeWanted): _want_code,
    (LookingForLogin, Cancel): _stop_at_door,
    (AwaitingLoginCard, Open): _open_instead,
    (AwaitingLoginCard, CardChanged): _look_for_login_again,
    (AwaitingLoginCard, Retry): _look_for_login_again,
    (AwaitingLoginCard, CodeWanted): _want_code,
    (AwaitingLoginCard, Cancel): _stop_at_door,
    (AwaitingLoginPin, Open): _open_instead,
    (AwaitingLoginPin, PinEntered): _log_in,
    (AwaitingLoginPin, CardChanged): _card_changed_at_login_pin,
    (AwaitingLoginPin, CodeWanted): _want_code,
    (AwaitingLoginPin, Cancel): _stop_at_door,
    (SendingCode, CodeSent): _await_code,
    (SendingCode, Failed): _cannot_log_in,
    (SendingCode, Cancel): _stop_at_door,
    (AwaitingCode, Open): _open_instead,
    (AwaitingCode, CodeEntered): _enter_code,
    (AwaitingCode, CodeWanted): _want_code,
    (AwaitingCode, CardWanted): _want_card,
    (AwaitingCode, Cancel): _stop_at_door,
    (LoggingIn, LoggedIn): _logged_in,
    (LoggingIn, Failed): _login_failed,
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
    "one contract at a time: a signing or a log-in that has begun is finished first": _pairs(
        Open, LookingForLogin, SendingCode, LoggingIn, LookingForCard, Signing, Delivering
    ),
    "a late answer of an effect that nobody waits for any more": (
        _elsewhere(Opened, Opening)
        | _elsewhere(LoginNeeded, Opening)
        | _elsewhere(CodeSent, SendingCode)
        | _elsewhere(LoggedIn, LoggingIn)
        | _elsewhere(KeyFound, LookingForCard, LookingForLogin)
        | _elsewhere(StepDone, Signing)
        | _elsewhere(Signed, Signing)
        | _elsewhere(Delivered, Delivering, AwaitingNetwork)
        | _elsewhere(Failed, Opening, LookingForLogin, SendingCode, LoggingIn, LookingForCard, Signing, Delivering)
    ),
    "only the page with the document can say that it was read": _elsewhere(ReadToTheEnd, Reading),
    "only the page with the PIN can say that it was entered": _elsewhere(PinEntered, AwaitingPin, AwaitingLoginPin),
    "only the page with the code can say that it was entered": _elsewhere(CodeEntered, AwaitingCode),
    "only who is asked for a card can want a code instead, and the other way round": (
        _elsewhere(CodeWanted, LookingForLogin, AwaitingLoginCard, AwaitingLoginPin, AwaitingCode)
        | _elsewhere(CardWanted, AwaitingCode)
    ),
    "nobody waits for a card here; while one is used, its own answer tells that it went": _elsewhere(
        CardChanged, AwaitingLoginCard, AwaitingLoginPin, AwaitingCard, AwaitingPin
    ),
    "there is nothing to try again": _elsewhere(Retry, Unavailable, AwaitingLoginCard, AwaitingCard, AwaitingNetwork),
    "what the card is doing with a PIN is not abandoned half-way": _pairs(Cancel, LoggingIn, Signing),
    "there is nothing to stop": _pairs(Cancel, Idle, AwaitingNetwork, *_FINAL),
}


def handle(state: State, event: Event) -> Next:
    """Decide what an event means in a state: the next state, and the effects to perform in their order."""
    handler = TRANSITIONS.get((type(state), type(event)))
    return handler(state, event) if handler else (state, ())
