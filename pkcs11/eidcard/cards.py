"""The eID among all readers and cards: which one signs, and if none does, the one reason that helps."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeVar

from eidcard.applet import Applet, EidApplet
from eidcard.card_details import IDENTITY_ALONE, CardDetails, Wanted, read_details
from eidcard.card_key import CardKey
from eidcard.connection import CardConnection
from eidcard.known_cards import KnownCards
from eidcard.pcsc import PcscContext, ReaderState
from eidcard.pin_change import PinChange
from eidcard.traffic import Exchange, TracedConnection
from eidcard.virtual_readers import is_virtual
from signer.errors import ErrorCode, SignerError
from signer.model import KeyUse
from signer.ports import SigningKey

_T = TypeVar("_T")

# When no card can sign, each reader has a reason of its own; the first of these is told. One that is not here (a card
# that was pulled while it was read, ...) comes before NOT_AN_EID: it is news of a card that could have been the one.
_MOST_TELLING: Final = (
    ErrorCode.PIN_BLOCKED,
    ErrorCode.CARD_CANNOT_SIGN,
    ErrorCode.CARD_TOO_OLD,
    ErrorCode.CARD_IN_USE,
    ErrorCode.CARD_UNRESPONSIVE,
    ErrorCode.NOT_AN_EID,
    ErrorCode.NO_CARD,
    ErrorCode.NO_READER,
)
_RANK: Final = {code: rank for rank, code in enumerate(_MOST_TELLING)}
_RANK_OF_OTHERS: Final = _RANK[ErrorCode.CARD_UNRESPONSIVE] + 0.5


class CardPresence(Enum):
    """What is in a reader."""

    EMPTY = "empty"
    CARD = "card"
    EID = "eid"
    MUTE = "mute"  # a card that does not answer
    IN_USE = "in-use"  # kept by another program


@dataclass(frozen=True, slots=True)
class ReaderReport:
    """One reader, for support."""

    name: str
    presence: CardPresence
    atr: str  # upper-case hex; empty without a card
    applet: Applet | None  # None unless it is an eID


class PcscCardService:
    """``signer.ports.CardService`` over PC/SC; for one thread, which it neither makes nor leaves.

    ``recorder`` is told each command to a card (eidcard.traffic); ``known`` spares reading cards a second time.
    """

    def __init__(self, recorder: Callable[[Exchange], None] | None = None, known: KnownCards | None = None) -> None:
        self._context = PcscContext()
        self._known = known
        self._recorder = recorder

    def find_key(self, use: KeyUse = KeyUse.SIGNING) -> SigningKey:
        """Give the key of the first card that can sign; the caller closes it.

        Raises SignerError SERVICE_STOPPED, NO_READER, NO_CARD, CARD_UNRESPONSIVE, NOT_AN_EID, CARD_IN_USE,
        CARD_CANNOT_SIGN or CARD_TOO_OLD.
        """
        return self._first(
            lambda reader: self._owned(reader, lambda connection: CardKey.open(connection, self._known, use))
        )

    def card_details(self, wanted: Wanted = IDENTITY_ALONE) -> CardDetails:
        """Read the first eID for a screen; raises as ``find_key``, but for cards that cannot sign."""

        def read(reader: str) -> CardDetails:
            with closing(self._connect(reader)) as connection:
                return read_details(connection, wanted)

        return self._first(read)

    def pin_change(self) -> PinChange:
        """Give the first eID whose PIN can be changed; the caller closes it.

        Raises as ``find_key``, but for cards that cannot sign; and PIN_BLOCKED.
        """
        return self._first(lambda reader: self._owned(reader, PinChange.open))

    def borrow(self, use: Callable[[CardConnection], _T]) -> _T:
        """Let somebody else speak to the first card, of whatever kind; raises as ``find_key`` when there is none."""

        def lend(reader: str) -> _T:
            with closing(self._connect(reader)) as connection:
                return use(connection)

        return self._first(lend)

    def readers(self) -> tuple[ReaderReport, ...]:
        """Tell of every reader what is in it; raises SignerError SERVICE_STOPPED."""
        return tuple(self._report(state) for state in self._states())

    def wait_for_change(self, timeout_s: float) -> bool:
        """Sleep until readers or cards differ from what was found last, at most ``timeout_s`` seconds."""
        return self._context.wait_for_change(timeout_s)

    def close(self) -> None:
        """Let go of PC/SC; harmless when done twice."""
        self._context.close()

    def _first(self, use: Callable[[str], _T]) -> _T:
        reasons = [SignerError(ErrorCode.NO_READER)]
        for state in self._states():
            if is_virtual(state.reader):
                continue
            try:
                _require_card(state)
                return use(state.reader)
            except SignerError as error:
                if error.code is ErrorCode.SERVICE_STOPPED:
                    raise
                reasons.append(error)
        raise min(reasons, key=lambda reason: _RANK.get(reason.code, _RANK_OF_OTHERS))

    def _states(self) -> tuple[ReaderState, ...]:
        """Look at the readers; a context that outlived its service is made anew before anybody is told to start it.

        Windows stops the service with the last reader, and starts it with the next.
        """
        try:
            return self._context.readers()
        except SignerError as error:
            if error.code is not ErrorCode.SERVICE_STOPPED:
                raise
            return self._context.readers()

    def _connect(self, reader: str) -> CardConnection:
        return TracedConnection(self._context.connect(reader), self._recorder)

    def _owned(self, reader: str, open_on: Callable[[CardConnection], _T]) -> _T:
        """Hand a connection over to what is opened on it; closed when that fails."""
        connection = self._connect(reader)
        try:
            return open_on(connection)
        except BaseException:
            connection.close()
            raise

    def _report(self, state: ReaderState) -> ReaderReport:
        applet: Applet | None = None
        try:
            _require_card(state)
            with closing(self._connect(state.reader)) as connection:
                applet = EidApplet.open(connection).version
            presence = CardPresence.EID
        except SignerError as error:
            if error.code is ErrorCode.SERVICE_STOPPED:
                raise
            presence = _PRESENCE_BY_CODE.get(error.code, CardPresence.CARD)
        return ReaderReport(state.reader, presence, state.atr.hex().upper(), applet)


_PRESENCE_BY_CODE: Final = {
    ErrorCode.NO_CARD: CardPresence.EMPTY,
    ErrorCode.NO_READER: CardPresence.EMPTY,
    ErrorCode.CARD_REMOVED: CardPresence.EMPTY,
    ErrorCode.CARD_UNRESPONSIVE: CardPresence.MUTE,
    ErrorCode.CARD_IN_USE: CardPresence.IN_USE,
}


def _require_card(state: ReaderState) -> None:
    """See that a card is there: Windows answers a connection to an empty reader as if a card had been pulled."""
    if state.mute:
        raise SignerError(ErrorCode.CARD_UNRESPONSIVE, state.reader)
    if not state.present:
        raise SignerError(ErrorCode.NO_CARD, state.reader)
