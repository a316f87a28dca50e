"""The worlds in which the contract of SigningKey is tried: each has a key, its PIN, and what can go wrong there.

To add one: a context manager that gives a KeyWorld, and a row in WORLDS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

import pytest

from eidcard.simulator.card import SimulatedCard
from eidcard.simulator.direct import SimulatedReader, SimulatorCardService
from eidcard.simulator.people import ADULT
from eidcard.simulator.pki import TestPki
from signer.ports import CardService

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


@dataclass(frozen=True)
class World:
    """One row: how to enter the world, and which parts of the contract it can show."""

    name: str
    enter: Callable[[pytest.FixtureRequest], AbstractContextManager[KeyWorld]]
    tries: int | None = None  # PIN tries of a fresh key, where they can be told and end
    can_be_pulled: bool = False


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


def card_of(request: pytest.FixtureRequest, applet: str) -> SimulatedCard:
    """A fresh card of a made-up person."""
    pki: TestPki = request.getfixturevalue("test_pki")
    return SimulatedCard(pki.person(ADULT, applet), pin=RIGHT_PIN)


@contextmanager
def simulator(request: pytest.FixtureRequest, *, applet: str) -> Iterator[KeyWorld]:
    """A card in this process, as ``paraph demo --no-pcsc`` has it."""
    reader = SimulatedReader(card_of(request, applet))
    yield SimulatedWorld(reader, SimulatorCardService(reader))


WORLDS: Final = (
    World("simulator-1.7", partial(simulator, applet="1.7"), tries=CARD_TRIES, can_be_pulled=True),
    World("simulator-1.8", partial(simulator, applet="1.8"), tries=CARD_TRIES, can_be_pulled=True),
)
