"""PC/SC: readers, cards coming and going, and a connection to one card; the only importer of pyscard.

The functions are those of the PC/SC workgroup's specification, part 5; pcsc-lite's and Windows' differences are noted
where they matter.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from smartcard import scard

from eidcard.apdu import CommandApdu, ResponseApdu
from eidcard.connection import CardConnection
from eidcard.errors import ScardError, translated
from eidcard.pin import Pin
from eidcard.pin_wire import PinWire
from signer.errors import ErrorCode, SignerError

_T0_OR_T1: Final = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
_PCI: Final = {scard.SCARD_PROTOCOL_T0: scard.SCARD_PCI_T0, scard.SCARD_PROTOCOL_T1: scard.SCARD_PCI_T1}

_GET_FEATURES: Final = scard.SCARD_CTL_CODE(3400)  # PC/SC part 10: CM_IOCTL_GET_FEATURE_REQUEST
_VERSION_LENGTH: Final = 4  # bytes
_READERS_CHANGE: Final = "\\\\?PnP?\\Notification"  # a reader that is none: it changes when readers come and go
_SLICE_S: Final = 0.5  # one wait; Python sees Ctrl-C, and we a daemon that died, only between two
_LOOK_FOR_READERS_S: Final = 1.0  # where PC/SC does not tell of new readers; a cable takes longer to plug in
_FOREVER: Final = 0xFFFFFFFF  # milliseconds: INFINITE
_NO_SUCH_READER: Final = scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_IGNORE
_NOTICE_S: Final = 0.6  # within which a card that was pulled is seen to be gone; pcscd looks every 0.2 to 0.4 s
_COUNT_SHIFT: Final = 16  # a state's upper half counts the cards that came and went, or for the above, the readers
# What makes a difference to us. IN USE is not in it: our own connecting changes it, and we would wake ourselves.
_TELLING: Final = (
    0xFFFF0000
    | scard.SCARD_STATE_EMPTY
    | scard.SCARD_STATE_PRESENT
    | scard.SCARD_STATE_MUTE
    | scard.SCARD_STATE_EXCLUSIVE
    | scard.SCARD_STATE_UNAVAILABLE
)
_NOTHING_NEW: Final = {scard.SCARD_E_TIMEOUT, scard.SCARD_E_CANCELLED}
_LOOK_AGAIN: Final = {scard.SCARD_E_UNKNOWN_READER, scard.SCARD_E_NO_READERS_AVAILABLE}


class ReaderState(NamedTuple):
    """A reader, and what PC/SC knows of its card."""

    reader: str
    flags: int
    atr: bytes

    @property
    def present(self) -> bool:
        """A card is in it, whether it answers or not."""
        return bool(self.flags & scard.SCARD_STATE_PRESENT)

    @property
    def mute(self) -> bool:
        """The card does not answer: dirty, upside down, broken."""
        return bool(self.flags & scard.SCARD_STATE_MUTE)

    @property
    def exclusive(self) -> bool:
        """Another program keeps the card for itself."""
        return bool(self.flags & scard.SCARD_STATE_EXCLUSIVE)

    @property
    def cards_seen(self) -> int:
        """How many cards came and went; another number means another insertion."""
        return self.flags >> _COUNT_SHIFT & 0xFFFF

    @property
    def telling(self) -> tuple[str, int]:
        """What must be another for the reader to count as changed."""
        return self.reader, self.flags & _TELLING


class ReaderDriver(NamedTuple):
    """What a driver tells of itself and its reader (PC/SC part 3, 3.1.3); empty where it tells nothing."""

    vendor: str
    model: str
    version: str


class PcscContext:
    """One context of one thread, made when first needed and again when the daemon was restarted."""

    def __init__(self) -> None:
        self._handle: int | None = None
        self._seen: tuple[ReaderState, ...] | None = None  # None: the service was stopped
        self._looked = False
        self._knows_readers_change: bool | None = None

    def readers(self) -> tuple[ReaderState, ...]:
        """List the readers, none if there is none; ``wait_for_change`` waits for what differs from this.

        Raises SignerError SERVICE_STOPPED.
        """
        self._looked, self._seen = True, None
        with self._context() as handle:
            self._seen = _states(handle)
        return self._seen

    def connect(self, reader: str) -> PcscConnection:
        """Open the card in a reader, shared with other programs.

        Raises SignerError NO_CARD, NO_READER, CARD_IN_USE, CARD_UNRESPONSIVE, NOT_AN_EID or SERVICE_STOPPED.
        """
        with self._context() as handle:
            return PcscConnection(handle, reader)

    def driver(self, reader: str) -> ReaderDriver:
        """Ask a reader's driver about itself; the reader alone, so that no card is needed or disturbed.

        Raises SignerError NO_READER, CARD_IN_USE or SERVICE_STOPPED.
        """
        with self._context() as handle:
            alone = (scard.SCARD_SHARE_DIRECT, scard.SCARD_PROTOCOL_UNDEFINED)
            card, _ = _call("SCardConnect", handle, reader, *alone)
            try:
                vendor, model = (_text(card, attribute) for attribute in _NAMES)
                return ReaderDriver(vendor, model, _version(card))
            finally:
                scard.SCardDisconnect(card, scard.SCARD_LEAVE_CARD)

    def wait_for_change(self, timeout_s: float) -> bool:
        """Sleep until something differs from what ``readers`` gave last, or the service stops or starts.

        Gives False when ``timeout_s`` seconds went by.
        """
        if not self._looked:
            self._look()
        deadline = time.monotonic() + timeout_s
        while True:
            before = _telling(self._seen)
            self._look()
            if _telling(self._seen) != before:
                return True
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self._doze(min(left, _SLICE_S))

    def sleep(self, longest_s: float | None = None) -> None:
        """Sleep until PC/SC has news since ``readers``, another thread calls ``wake``, or ``longest_s`` seconds passed.

        Who called looks what the news are. Without a service there is nothing to sleep on: it returns at once.
        """
        if self._seen is None:
            return
        states = [(state.reader, state.flags) for state in self._seen]
        if self._reports_readers():
            states.append((_READERS_CHANGE, len(states) << _COUNT_SHIFT))
        else:
            longest_s = min(_LOOK_FOR_READERS_S, longest_s or _LOOK_FOR_READERS_S)
        milliseconds = _FOREVER if longest_s is None else int(1000 * longest_s)
        status, _ = scard.SCardGetStatusChange(self._handle, milliseconds, states)
        if status not in _NOTHING_NEW | _LOOK_AGAIN | {scard.SCARD_S_SUCCESS}:
            self.close()

    def wake(self) -> None:
        """End the ``sleep`` of another thread; one that has not begun yet is not ended (PC/SC part 5, SCardCancel)."""
        handle = self._handle
        if handle is not None:
            scard.SCardCancel(handle)

    def close(self) -> None:
        """Let go of the context; the next call makes a new one."""
        if self._handle is not None:
            scard.SCardReleaseContext(self._handle)
            self._handle = None

    def _look(self) -> None:
        try:
            self.readers()
        except SignerError as error:
            if error.code is not ErrorCode.SERVICE_STOPPED:
                raise

    def _doze(self, seconds: float) -> None:
        """Sleep until PC/SC has news, at most so long; who called looks what they are."""
        if self._seen is None:
            time.sleep(seconds)  # no service is there to wake us
            return
        self.sleep(seconds)

    def _reports_readers(self) -> bool:
        """Tell whether this system has the reader that is none; macOS has not, and says at once that it is unknown."""
        if self._knows_readers_change is None:
            _, told = scard.SCardGetStatusChange(self._handle, 0, [(_READERS_CHANGE, scard.SCARD_STATE_UNAWARE)])
            self._knows_readers_change = not any(flags & _NO_SUCH_READER for _, flags, _ in told)
        return self._knows_readers_change

    @contextmanager
    def _context(self) -> Iterator[int]:
        try:
            with translated():
                if self._handle is None:
                    (self._handle,) = _call("SCardEstablishContext", scard.SCARD_SCOPE_USER)
                yield self._handle
        except SignerError as error:
            if error.code is ErrorCode.SERVICE_STOPPED:
                self.close()
            raise


class PcscConnection(CardConnection):
    """One card in one reader, shared; opened by PcscContext.

    After CARD_RESET (another program reset the card) it can be used again, from SELECT on. It never repeats a command.
    """

    def __init__(self, context: int, reader: str) -> None:
        self._context = context
        self._reader = reader
        self._pin_wire = PinWire()
        self._card: int | None
        self._card, self._protocol = _call("SCardConnect", context, reader, scard.SCARD_SHARE_SHARED, _T0_OR_T1)

    @property
    def reader(self) -> str:
        """The reader's name, for people."""
        return self._reader

    @property
    def atr(self) -> bytes:
        """The card's answer to reset; waits for a program that keeps the card (pcsc-lite, SCardStatus)."""
        with self._open_card() as card:
            *_, atr = _call("SCardStatus", card)
            return bytes(atr)

    def transmit(self, command: CommandApdu) -> ResponseApdu:
        """Send one command; raises CARD_REMOVED, CARD_RESET, CARD_IN_USE or CARD_GARBLED."""
        with self._open_card() as card:
            (answer,) = _call("SCardTransmit", card, _PCI[self._protocol], list(command.encode()))
            return _decoded(bytes(answer))

    def transmit_pin(self, header: CommandApdu, pin: Pin, new: Pin | None = None) -> ResponseApdu:
        """Send ``header`` with the PIN block, or both, from a buffer that is wiped, never logged or copied."""
        with self._open_card() as card:
            return _decoded(self._pin_wire.send(card, self._protocol, header, (pin,) if new is None else (pin, new)))

    def features(self) -> bytes:
        """Ask the reader what it can do more, by CM_IOCTL_GET_FEATURE_REQUEST; a driver that refuses has nothing."""
        if self._card is None:
            return b""
        status, *values = scard.SCardControl(self._card, _GET_FEATURES, [])
        return bytes(values[0]) if status == scard.SCARD_S_SUCCESS else b""

    def control(self, code: int, data: bytes) -> bytes:
        """Have the reader itself do something; what it says may come late, as it may ask a person."""
        with self._open_card() as card:
            (answer,) = _call("SCardControl", card, code, list(data))
            return bytes(answer)

    def firmware(self) -> int | None:
        """Tell the reader's version as its driver does (SCARD_ATTR_VENDOR_IFD_VERSION: 0xMMmmbbbb)."""
        if self._card is None:
            return None
        status, *values = scard.SCardGetAttrib(self._card, scard.SCARD_ATTR_VENDOR_IFD_VERSION)
        if status != scard.SCARD_S_SUCCESS or not values or len(values[0]) != _VERSION_LENGTH:
            return None
        return int.from_bytes(values[0], "little") >> 16

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep other programs from the card for a while; waits for one that has it."""
        with self._open_card() as card:
            _call("SCardBeginTransaction", card)
        try:
            yield
        finally:
            scard.SCardEndTransaction(card, scard.SCARD_LEAVE_CARD)  # may fail: a card that was pulled has none to end

    def close(self) -> None:
        """Let go of the card as it is; harmless when done twice."""
        if self._card is not None:
            scard.SCardDisconnect(self._card, scard.SCARD_LEAVE_CARD)
            self._card = None

    @contextmanager
    def _open_card(self) -> Iterator[int]:
        if self._card is None:
            raise SignerError(ErrorCode.CARD_REMOVED, "the connection was closed")
        try:
            with translated():
                yield self._card
        except SignerError as error:
            if error.code is ErrorCode.CARD_RESET:
                self._take_up_again(self._card)
            if error.code is ErrorCode.CARD_GARBLED and self._is_pulled():
                raise SignerError(ErrorCode.CARD_REMOVED, error.detail) from error
            raise

    def _take_up_again(self, card: int) -> None:
        with translated():
            (self._protocol,) = _call(
                "SCardReconnect", card, scard.SCARD_SHARE_SHARED, _T0_OR_T1, scard.SCARD_LEAVE_CARD
            )

    def _is_pulled(self) -> bool:
        """Tell what a broken exchange was: PC/SC sees that a card went only when it looks at the reader again."""
        deadline = time.monotonic() + _NOTICE_S
        states: list[tuple[str, int]] = [(self._reader, scard.SCARD_STATE_PRESENT)]
        while (left := deadline - time.monotonic()) > 0:
            status, told = scard.SCardGetStatusChange(self._context, int(1000 * left), states)
            if status != scard.SCARD_S_SUCCESS:
                return False
            states = [(name, flags & ~scard.SCARD_STATE_CHANGED) for name, flags, _ in told]
            if not states[0][1] & scard.SCARD_STATE_PRESENT:
                return True
        return False


def _states(context: int) -> tuple[ReaderState, ...]:
    try:
        (names,) = _call("SCardListReaders", context, [])
        (states,) = _call("SCardGetStatusChange", context, 0, [(name, scard.SCARD_STATE_UNAWARE) for name in names])
    except ScardError as error:
        if error.status in _LOOK_AGAIN:  # none, or one that went between the two calls: its going wakes who waits
            return ()
        raise
    return tuple(ReaderState(name, flags & ~scard.SCARD_STATE_CHANGED, bytes(atr)) for name, flags, atr in states)


def _telling(states: tuple[ReaderState, ...] | None) -> frozenset[tuple[str, int]] | None:
    return None if states is None else frozenset(state.telling for state in states)


def _call(function: str, *arguments: Any) -> list[Any]:  # noqa: ANN401 - pyscard has no types
    """Call one of pyscard's low-level functions; gives what it returns after its status, or raises ScardError."""
    result = getattr(scard, function)(*arguments)
    status, *values = result if isinstance(result, (list, tuple)) else (result,)
    if status != scard.SCARD_S_SUCCESS:
        raise ScardError(function, status)
    return values


_NAMES: Final = (scard.SCARD_ATTR_VENDOR_NAME, scard.SCARD_ATTR_VENDOR_IFD_TYPE)


def _attribute(card: int, attribute: int) -> bytes:
    """Give what a driver says of an attribute; empty when it does not know it, which is no error."""
    status, *values = scard.SCardGetAttrib(card, attribute)
    return bytes(values[0]) if status == scard.SCARD_S_SUCCESS and values else b""


def _text(card: int, attribute: int) -> str:
    return _attribute(card, attribute).rstrip(b"\0").decode(errors="replace").strip()


def _version(card: int) -> str:
    """Write 0xMMmmbbbb as people do, such as 1.5.3; empty when the driver tells none."""
    number = _attribute(card, scard.SCARD_ATTR_VENDOR_IFD_VERSION)
    if len(number) != _VERSION_LENGTH:
        return ""
    value = int.from_bytes(number, "little")
    return f"{value >> 24}.{value >> 16 & 0xFF}.{value & 0xFFFF}"


def _decoded(answer: bytes) -> ResponseApdu:
    try:
        return ResponseApdu.decode(answer)
    except ValueError as error:
        raise SignerError(ErrorCode.CARD_GARBLED, "shorter than a status word") from error
