"""Simulated cards in the worker's real reader, for tests: what ``insert_card`` of conftest gives."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import Final, Protocol

from eidcard.pcsc import PcscContext
from eidcard.simulator.card import SimulatedCard
from eidcard.simulator.people import ADULT, Person
from eidcard.simulator.pin_state import DEFAULT_PIN
from eidcard.simulator.vpcd import VpcdLink

DEADLINE_S: Final = 10.0


class InsertedCard:
    """A simulated card at the worker's reader; both ways wait until PC/SC has seen it."""

    def __init__(self, card: SimulatedCard, port: int, pin: str) -> None:
        self.card = card
        self.link = VpcdLink(card, port)
        self.pin = pin

    def insert(self) -> None:
        """Put it in."""
        self.link.insert()
        wait_for_card(present=True)

    def remove(self) -> None:
        """Pull it out; also after a fault has."""
        self.link.remove()
        wait_for_card(present=False)


class InsertCard(Protocol):
    """Puts a new card in the one reader; a second card needs the first one removed."""

    def __call__(
        self,
        applet: str = "1.8",
        person: Person = ADULT,
        pin: str = DEFAULT_PIN,
        state_file: Path | None = None,
    ) -> InsertedCard: ...


def wait_for_card(*, present: bool) -> None:
    """Wait until PC/SC shows a card in any reader, or none in all; fails after a deadline."""
    deadline = time.monotonic() + DEADLINE_S
    with closing(PcscContext()) as context:
        while any(state.present for state in context.readers()) is not present:
            assert time.monotonic() < deadline, f"no card seen as {'present' if present else 'gone'}"
            context.wait_for_change(0.5)
