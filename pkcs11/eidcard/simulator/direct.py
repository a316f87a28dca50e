"""A simulated card in this very process: for systems without PC/SC, and for tests that need no daemon."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Final, Self

from eidcard.apdu import CommandApdu, ResponseApdu
from eidcard.card_details import IDENTITY_ALONE, CardDetails, Wanted, read_details
from eidcard.card_key import CardKey
from eidcard.connection import CardConnection
from eidcard.known_cards import KnownCards
from eidcard.pin import PIN_BLOCK_LENGTH, Pin
from eidcard.simulator.card import SimulatedCard
from eidcard.simulator.faults import CardPulledError, CardResetError
from eidcard.simulator.people import PEOPLE
from eidcard.simulator.pinpad import SimulatedPinpad
from eidcard.simulator.pki import TestPki
from eidcard.traffic import Exchange, TracedConnection
from signer.errors import ErrorCode, SignerError
from signer.model import KeyUse
from signer.ports import SigningKey
from signer.settings import Settings

READER_NAME: Final = "TEST reader (simulated)"
# By the tags of FEATURE_VERIFY_PIN_DIRECT and FEATURE_MODIFY_PIN_DIRECT; a reader chooses its own codes.
_PIN_CODES: Final = {0x06: 0x42330006, 0x07: 0x42330007}


class SimulatedReader:
    """A reader that a simulated card can be put in and pulled from; threads can wait for either.

    ``pinpad``: its own keys, reached by a control code.
    """

    def __init__(self, card: SimulatedCard | None = None, pinpad: SimulatedPinpad | None = None) -> None:
        self.pinpad = pinpad
        self._changed = threading.Condition()
        self._card = card
        self._changes = 0

    @property
    def card(self) -> SimulatedCard | None:
        """The card that is in it."""
        return self._card

    @property
    def changes(self) -> int:
        """How often a card came or went."""
        return self._changes

    def insert(self, card: SimulatedCard) -> None:
        """Put a card in, which powers it on."""
        card.power_on()
        self._put(card)

    def remove(self) -> None:
        """Pull the card out; harmless when there is none."""
        if self._card is not None:
            self._card.power_off()
            self._put(None)

    def wait_for_change(self, since: int, timeout_s: float) -> bool:
        """Sleep until ``changes`` is more than ``since``; False when ``timeout_s`` seconds went by."""
        with self._changed:
            return self._changed.wait_for(lambda: self._changes > since, timeout_s)

    def _put(self, card: SimulatedCard | None) -> None:
        with self._changed:
            self._card = card
            self._changes += 1
            self._changed.notify_all()


class SimulatorConnection(CardConnection):
    """A connection to the card that is in a simulated reader now."""

    def __init__(self, reader: SimulatedReader) -> None:
        if reader.card is None:
            raise SignerError(ErrorCode.NO_CARD, READER_NAME)
        self._slot = reader
        self._card: SimulatedCard | None = reader.card
        self._atr = reader.card.atr
        self._insertion = reader.changes
        self._transaction = threading.RLock()

    @property
    def reader(self) -> str:
        """The reader's name, for people."""
        return READER_NAME

    @property
    def atr(self) -> bytes:
        """The card's answer to reset."""
        return self._atr

    def transmit(self, command: CommandApdu) -> ResponseApdu:
        """Send one command; raises CARD_REMOVED, CARD_RESET or CARD_GARBLED."""
        return self._process(command.encode())

    def transmit_pin(self, header: CommandApdu, pin: Pin, new: Pin | None = None) -> ResponseApdu:
        """Send ``header`` with the PIN block; a test PIN leaves copies in this process, as it is the card."""
        pins = (pin,) if new is None else (pin, new)
        blocks = (ctypes.c_ubyte * (PIN_BLOCK_LENGTH * len(pins)))()
        for number, each in enumerate(pins):
            each.write_block(blocks, number * PIN_BLOCK_LENGTH)
        try:
            return self._process(bytes((*header[:4], len(blocks), *blocks)))
        finally:
            ctypes.memset(blocks, 0, len(blocks))

    def features(self) -> bytes:
        """Name the codes by which the reader's keys are reached, where it has keys."""
        if self._slot.pinpad is None:
            return b""
        return b"".join(bytes((tag, 4)) + code.to_bytes(4, "big") for tag, code in _PIN_CODES.items())

    def control(self, code: int, data: bytes) -> bytes:
        """Have the reader ask for the PIN."""
        pinpad = self._slot.pinpad
        if pinpad is None or code not in _PIN_CODES.values():
            return super().control(code, data)
        ask = pinpad.verify if code == _PIN_CODES[0x06] else pinpad.modify
        return self._answer(lambda card: ask(data, card.process))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep other threads from this connection for a while."""
        with self._transaction:
            self._present()
            yield

    def close(self) -> None:
        """Let go of the card; harmless when done twice."""
        self._card = None

    def _process(self, apdu: bytes) -> ResponseApdu:
        try:
            return ResponseApdu.decode(self._answer(lambda card: card.process(apdu)))
        except ValueError as error:
            raise SignerError(ErrorCode.CARD_GARBLED, "shorter than a status word") from error

    def _answer(self, ask: Callable[[SimulatedCard], bytes]) -> bytes:
        try:
            return ask(self._present())
        except CardPulledError as error:
            self._slot.remove()
            raise SignerError(ErrorCode.CARD_REMOVED) from error
        except CardResetError as error:
            raise SignerError(ErrorCode.CARD_RESET) from error

    def _present(self) -> SimulatedCard:
        if self._card is None or self._slot.changes != self._insertion:
            raise SignerError(ErrorCode.CARD_REMOVED)
        return self._card


class SimulatorCardService:
    """``signer.ports.CardService`` on a simulated reader; the rest as ``eidcard.cards.PcscCardService`` has it."""

    def __init__(
        self,
        reader: SimulatedReader,
        recorder: Callable[[Exchange], None] | None = None,
        known: KnownCards | None = None,
    ) -> None:
        self.reader = reader
        self._known = known
        self._recorder = recorder
        self._seen = reader.changes

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Put the card of the demo world in: its person, applet and folder; PIN tries stay in that folder.

        Raises SignerError SETTINGS_BROKEN when the settings name no demo world, or a person who is not there.
        """
        world = settings.test
        if world is None or world.simulator is None or world.person not in PEOPLE:
            raise SignerError(ErrorCode.SETTINGS_BROKEN, "test.simulator, test.person")
        credentials = TestPki.load(world.simulator).person(PEOPLE[world.person], world.applet)
        state_file = world.simulator / f"card-{world.person}-{world.applet}.json"
        return cls(SimulatedReader(SimulatedCard(credentials, state_file=state_file)))

    def find_key(self, use: KeyUse = KeyUse.SIGNING) -> SigningKey:
        """Give the key of the card that is in the reader; raises NO_CARD, CARD_CANNOT_SIGN and those of a removal."""
        connection = self._connect()
        try:
            return CardKey.open(connection, self._known, use)
        except BaseException:
            connection.close()
            raise

    def card_details(self, wanted: Wanted = IDENTITY_ALONE) -> CardDetails:
        """Read the card for a screen; raises NO_CARD."""
        with closing(self._connect()) as connection:
            return read_details(connection, wanted)

    def wait_for_change(self, timeout_s: float) -> bool:
        """Sleep until a card comes or goes since it was last looked for, at most ``timeout_s`` seconds."""
        changed = self.reader.wait_for_change(self._seen, timeout_s)
        self._seen = self.reader.changes
        return changed

    def close(self) -> None:
        """Nothing is held; here for the other services' sake."""

    def _connect(self) -> CardConnection:
        self._seen = self.reader.changes
        return TracedConnection(SimulatorConnection(self.reader), self._recorder)
