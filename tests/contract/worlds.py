"""The worlds in which the contract of SigningKey is tried: each has a key, its PIN, and what can go wrong there.

To add one: a context manager that gives a KeyWorld, and a row in WORLDS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Final, Protocol

import pytest

from eidcard import pinpad
from eidcard.cards import PcscCardService
from eidcard.pin import Pin
from eidcard.pkcs11_cards import Pkcs11CardService
from eidcard.simulator.card import SimulatedCard
from eidcard.simulator.direct import SimulatedReader, SimulatorCardService
from eidcard.simulator.people import ADULT
from eidcard.simulator.pinpad import SimulatedPinpad
from eidcard.simulator.pki import TestPki
from eidcard.simulator.profiles import Generation
from eidcard.simulator.stack import READER_NAME
from signer.model import KeyUse, PinEntry
from signer.ports import CardService
from tests.pins import typed
from tests.readers import InsertCard, InsertedCard
from tests.softhsm import MODULE, SoftToken, eid_entries, make_token

RIGHT_PIN: Final = "314159265358"
WRONG_PIN: Final = "271828182845"
CARD_TRIES: Final = 3


class KeyWorld(Protocol):
    """A key somewhere, fresh for each test."""

    right_pin: str
    wrong_pin: str
    cards: CardService

    def pull(self) -> None:
        """Take the card away; only called where the row says that it can be."""

    def give(self, digits: str) -> Pin | None:
        """Have a person type a PIN where it is asked for; gives it where we ask."""


@dataclass(frozen=True)
class World:
    """One row: how to enter the world, and which parts of the contract it can show."""

    name: str
    enter: Callable[[pytest.FixtureRequest], AbstractContextManager[KeyWorld]]
    tries: int | None = None  # PIN tries of a fresh key, where they can be told and end
    pin_entry: PinEntry = PinEntry.OURS
    can_be_pulled: bool = False
    use: KeyUse = KeyUse.SIGNING  # the key that logs in promises the same


@dataclass
class SimulatedWorld:
    """A simulated card in this process."""

    reader: SimulatedReader
    cards: CardService
    right_pin: str = RIGHT_PIN
    wrong_pin: str = WRONG_PIN

    def pull(self) -> None:
        """Take the card out."""
        self.reader.remove()

    def give(self, digits: str) -> Pin | None:
        """Type it on the reader's keys, where it has any."""
        if self.reader.pinpad is None:
            return typed(digits)
        self.reader.pinpad.press(digits)
        return None


def card_of(request: pytest.FixtureRequest, applet: str) -> SimulatedCard:
    """A fresh card of a made-up person."""
    pki: TestPki = request.getfixturevalue("test_pki")
    return SimulatedCard(pki.person(ADULT, applet), pin=RIGHT_PIN)


@contextmanager
def simulator(request: pytest.FixtureRequest, *, applet: str, keys: bool = False) -> Iterator[KeyWorld]:
    """A card in this process, as ``paraph demo --no-pcsc`` has it; ``keys``: of the reader, by a control code."""
    reader = SimulatedReader(card_of(request, applet), SimulatedPinpad() if keys else None)
    yield SimulatedWorld(reader, SimulatorCardService(reader))


@dataclass
class ReaderWorld:
    """A simulated card in a virtual reader, behind a real pcscd."""

    inserted: InsertedCard
    cards: CardService
    right_pin: str = RIGHT_PIN
    wrong_pin: str = WRONG_PIN

    def pull(self) -> None:
        """Take the card out."""
        self.inserted.remove()

    def give(self, digits: str) -> Pin | None:
        """Type it on the reader's keys, where it has any."""
        keys = self.inserted.link.pinpad
        if keys is None:
            return typed(digits)
        keys.press(digits)
        return None


@contextmanager
def card_in_reader(request: pytest.FixtureRequest, *, applet: str) -> Iterator[KeyWorld]:
    """A card spoken to directly over PC/SC."""
    insert_card: InsertCard = request.getfixturevalue("insert_card")
    inserted = insert_card(applet, pin=RIGHT_PIN)
    with closing(PcscCardService()) as cards:
        yield ReaderWorld(inserted, cards)


@contextmanager
def pinpad_reader(request: pytest.FixtureRequest, *, applet: str) -> Iterator[KeyWorld]:
    """A reader with keys, reached by PPDU over PC/SC.

    Such readers are known by their names, and libpcsclite never finds a second daemon in the same process: so here the
    worker's one reader is taken for such a one. A reader of the right name is in integration/test_pinpad_reader.py.
    """
    insert_card: InsertCard = request.getfixturevalue("insert_card")
    monkeypatch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
    monkeypatch.setattr(pinpad, "_PPDU_READERS", (READER_NAME.lower(),))
    inserted = insert_card(applet, pin=RIGHT_PIN)
    inserted.link.pinpad = SimulatedPinpad()
    with closing(PcscCardService()) as cards:
        yield ReaderWorld(inserted, cards)


@dataclass
class SoftHsmWorld:
    """A token of SoftHSM2, a generic PKCS#11 module: it counts no tries, and cannot be pulled."""

    cards: CardService
    right_pin: str = RIGHT_PIN
    wrong_pin: str = WRONG_PIN

    def pull(self) -> None:
        """Never called: its row says so."""
        raise NotImplementedError

    def give(self, digits: str) -> Pin | None:
        """Type it at our own prompt."""
        return typed(digits)


@cache
def soft_token(folder: Path, generation: Generation) -> SoftToken:
    """A token made once for a worker, since its tests leave it as it was."""
    person = TestPki.load(folder).person(ADULT, generation)
    return make_token(folder.parent / f"soft-{generation}", "TEST", eid_entries(person), user_pin=RIGHT_PIN)


@contextmanager
def softhsm(request: pytest.FixtureRequest, *, generation: Generation) -> Iterator[KeyWorld]:
    """A key behind a PKCS#11 module."""
    pki: TestPki = request.getfixturevalue("test_pki")
    with soft_token(pki.folder, generation).use(), closing(Pkcs11CardService(MODULE)) as cards:
        yield SoftHsmWorld(cards)


_LOG_IN: Final = KeyUse.LOGGING_IN
WORLDS: Final = (
    World("card-1.7", partial(card_in_reader, applet="1.7"), tries=CARD_TRIES, can_be_pulled=True),
    World("card-1.8", partial(card_in_reader, applet="1.8"), tries=CARD_TRIES, can_be_pulled=True),
    World("simulator-1.7", partial(simulator, applet="1.7"), tries=CARD_TRIES, can_be_pulled=True),
    World("simulator-1.8", partial(simulator, applet="1.8"), tries=CARD_TRIES, can_be_pulled=True),
    World("pinpad-1.7", partial(pinpad_reader, applet="1.7"), CARD_TRIES, PinEntry.PINPAD, can_be_pulled=True),
    World("pinpad-1.8", partial(pinpad_reader, applet="1.8"), CARD_TRIES, PinEntry.PINPAD, can_be_pulled=True),
    World(
        "simulator-with-keys",
        partial(simulator, applet="1.8", keys=True),
        CARD_TRIES,
        PinEntry.PINPAD,
        can_be_pulled=True,
    ),
    World("softhsm-RSA-2048", partial(softhsm, generation=Generation.V1_7)),
    World("softhsm-P-384", partial(softhsm, generation=Generation.V1_8)),
    World("card-1.7-log-in", partial(card_in_reader, applet="1.7"), CARD_TRIES, can_be_pulled=True, use=_LOG_IN),
    World("card-1.8-log-in", partial(card_in_reader, applet="1.8"), CARD_TRIES, can_be_pulled=True, use=_LOG_IN),
    World("softhsm-P-384-log-in", partial(softhsm, generation=Generation.V1_8), use=_LOG_IN),
)
