"""A module that behaves as the official Belgian one (integration/beid_shim.c), and the person at its PIN window."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from eidcard.simulator.people import ADULT
from eidcard.simulator.pki import TestPki
from eidcard.simulator.profiles import Generation
from tests.softhsm import Entry, SoftToken, eid_entries, make_token

SOURCE: Final = Path(__file__).parent / "integration" / "beid_shim.c"
_FLAGS: Final = ("-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", "-O0")


def build_shim(folder: Path) -> Path:
    """Compile the module; a quarter of a second, once a worker."""
    library = folder / "beid_shim.so"
    subprocess.run(["gcc", *_FLAGS, "-o", str(library), str(SOURCE), "-ldl"], check=True)
    return library


def official_token(folder: Path, pki: TestPki) -> SoftToken:
    """An eID as the official module lists it: every key seen without a log-in, one more labelled Card."""
    person = pki.person(ADULT, Generation.V1_8)
    card = Entry("Card", b"\x01" + bytes(7), None, person.authentication.key)
    return make_token(folder, "BELPIC", [card, *eid_entries(person)], hidden=False)


@dataclass
class Middleware:
    """What the person at the module's window does, and how often it was opened; the card goes in and out by a file."""

    folder: Path
    module: Path
    patch: pytest.MonkeyPatch
    _insertion: int = 0

    def __post_init__(self) -> None:
        self.patch.setenv("BEID_SHIM_LOG", str(self.folder / "windows"))

    def answers(self, value: int) -> None:
        """Let every window end with this return value."""
        self.patch.setenv("BEID_SHIM_ANSWER", f"{value:x}")

    @property
    def windows(self) -> list[str]:
        """The windows that were opened so far."""
        log = self.folder / "windows"
        return log.read_text().split() if log.exists() else []

    def insert(self, which: int | None = None) -> None:
        """Put the card in, or ``which`` one of several."""
        self._insertion += 1
        self._card.write_text(f"{self._insertion} {'' if which is None else which}\n")

    def pull(self) -> None:
        """Take it out."""
        self._card.unlink()

    @property
    def _card(self) -> Path:
        card = self.folder / "card"
        self.patch.setenv("BEID_SHIM_CARD", str(card))
        return card
