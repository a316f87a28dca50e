"""Mishaps on demand: what befalls a simulated card at a chosen command, as frozen descriptions with a text form.

``card.plan(Pull(at=4), Stall(0.5, ins=0x20))`` in a test is ``--fault pull@4 --fault stall=0.5@verify`` on the command
line. Each strikes once, at the ``at``-th command from then (from 1), or at the ``at``-th with the instruction ``ins``.
"""

from __future__ import annotations

import hashlib
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol

BeforeCommand = Callable[[bytes], bytes | None]


class CardPulledError(Exception):
    """The card was pulled out before it answered."""


class CardResetError(Exception):
    """The card was reset before it saw the command, and has forgotten what was selected, verified and prepared."""


class Resettable(Protocol):
    """What a mishap can do to a card."""

    def reset(self) -> None:
        """Forget what was selected, verified and prepared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishap(ABC):
    """Where it strikes; what happens there is the subclass."""

    at: int = 1
    ins: int | None = None

    @abstractmethod
    def strike(self, card: Resettable, answer: Callable[[], bytes]) -> bytes:
        """Give what comes in place of the card's ``answer``; calling that is what lets the card see the command."""

    @property
    def what(self) -> str:
        """The part of its text form before the ``@``."""
        return type(self).__name__.lower()

    def __str__(self) -> str:
        if self.ins is None:
            return f"{self.what}@{self.at}"
        where = next((name for name, ins in INSTRUCTIONS.items() if ins == self.ins), f"{self.ins:02x}")
        return f"{self.what}@{where}" + (f":{self.at}" if self.at > 1 else "")


@dataclass(frozen=True, slots=True)
class Pull(Mishap):
    """The card is pulled out: before it sees the command or, ``late``, when it has obeyed and not yet answered."""

    late: bool = False

    def strike(self, card: Resettable, answer: Callable[[], bytes]) -> bytes:
        """Raise CardPulledError."""
        del card
        if self.late:
            answer()
        raise CardPulledError

    @property
    def what(self) -> str:
        """Give ``pull`` or ``pull=late``."""
        return "pull=late" if self.late else "pull"


@dataclass(frozen=True, slots=True)
class Answer(Mishap):
    """Something else answers (data and status word); the card does not see the command."""

    content: bytes

    def strike(self, card: Resettable, answer: Callable[[], bytes]) -> bytes:
        """Give the content."""
        del card, answer
        return self.content

    @property
    def what(self) -> str:
        """Give ``sw=`` and the bytes in hex."""
        return f"sw={self.content.hex()}"


@dataclass(frozen=True, slots=True)
class Cut(Mishap):
    """Only the first ``keep`` bytes of the answer arrive."""

    keep: int = 1

    def strike(self, card: Resettable, answer: Callable[[], bytes]) -> bytes:
        """Give a shorter answer."""
        del card
        return answer()[: self.keep]

    @property
    def what(self) -> str:
        """Give ``cut=`` and the bytes that are kept."""
        return f"cut={self.keep}"


@dataclass(frozen=True, slots=True)
class Stretch(Mishap):
    """``by`` bytes more than the card gave stand before the status word."""

    by: int = 1

    def strike(self, card: Resettable, answer: Callable[[], bytes]) -> bytes:
        """Give a longer answer."""
        del card
        whole = answer()
        return whole[:-2] + b"\xff" * self.by + whole[-2:]

    @property
    def what(self) -> str:
        """Give ``stretch=`` and the bytes that are added."""
        return f"stretch={self.by}"


@dataclass(frozen=True, slots=True)
class Garble(Mishap):
    """The data arrive as other bytes, the same for the same ``seed``; without data, the status word does."""

    seed: int = 0

    def strike(self, card: Resettable, answer: Callable[[], bytes]) -> bytes:
        """Give an answer of the same length."""
        del card
        whole = answer()
        rubbish = hashlib.shake_128(b"garble %d" % self.seed).digest(len(whole))
        return rubbish[:-2] + whole[-2:] if len(whole) > 2 else rubbish

    @property
    def what(self) -> str:
        """Give ``garble=`` and the seed."""
        return f"garble={self.seed}"


@dataclass(frozen=True, slots=True)
class Reset(Mishap):
    """The card is reset under our feet, as by another program or a dip of the power.

    A card in this process says so, as PC/SC does; in a vpcd reader it goes on from there, having forgotten all.
    """

    def strike(self, card: Resettable, answer: Callable[[], bytes]) -> bytes:
        """Raise CardResetError."""
        del answer
        card.reset()
        raise CardResetError


@dataclass(frozen=True, slots=True)
class Stall(Mishap):
    """The answer comes ``seconds`` late."""

    seconds: float = 1.0

    def strike(self, card: Resettable, answer: Callable[[], bytes]) -> bytes:
        """Give the card's own answer, later."""
        del card
        time.sleep(self.seconds)
        return answer()

    @property
    def what(self) -> str:
        """Give ``stall=`` and the seconds."""
        return f"stall={self.seconds:g}"


class Plan:
    """The mishaps that a card is still to meet; counting begins when the plan is made."""

    def __init__(self, mishaps: Iterable[Mishap] = ()) -> None:
        self._waiting = [(mishap, mishap.at) for mishap in mishaps]

    def due(self, apdu: bytes) -> Mishap | None:
        """Count a command; gives the mishap that strikes at it (the first, where several would)."""
        counted = [(mishap, left - _matches(mishap, apdu)) for mishap, left in self._waiting]
        self._waiting = [(mishap, left) for mishap, left in counted if left]
        return next((mishap for mishap, left in counted if not left), None)


def _matches(mishap: Mishap, apdu: bytes) -> bool:
    return mishap.ins is None or apdu[1:2] == bytes((mishap.ins,))


INSTRUCTIONS: Final[Mapping[str, int]] = {  # what text forms call them
    "select": 0xA4,
    "read": 0xB0,
    "response": 0xC0,
    "data": 0xE4,
    "verify": 0x20,
    "change": 0x24,
    "mse": 0x22,
    "pso": 0x2A,
    "logoff": 0xE6,
    "authenticate": 0x88,
}
_BY_NAME: Final[Mapping[str, Callable[[str], Mishap]]] = {
    "pull": lambda value: Pull(late={"": False, "late": True}[value]),
    "sw": lambda value: Answer(bytes.fromhex(value)),
    "cut": lambda value: Cut(int(value or 1)),
    "stretch": lambda value: Stretch(int(value or 1)),
    "garble": lambda value: Garble(int(value or 0)),
    "reset": lambda value: {"": Reset()}[value],
    "stall": lambda value: Stall(float(value or 1)),
}
GRAMMAR: Final = (
    "pull, pull=late, sw=HEX, cut=KEPT, stretch=ADDED, garble=SEED, reset or stall=SECONDS; then @N for the N-th "
    f"command, or @NAME or @NAME:N for the N-th of a kind ({', '.join(INSTRUCTIONS)})"
)


def parse(text: str) -> Mishap:
    """Read a text form such as ``pull@4``, ``sw=6f00@pso`` or ``cut=1@read:3``; raises ValueError."""
    what, _, where = text.strip().lower().partition("@")
    name, _, value = what.partition("=")
    try:
        at, ins = _place(where or "1")
        return replace(_BY_NAME[name](value), at=at, ins=ins)
    except (KeyError, ValueError) as error:
        raise ValueError(f"no mishap {text!r}: say {GRAMMAR}") from error


def _place(where: str) -> tuple[int, int | None]:
    name, _, count = ("", "", where) if where.isdecimal() else where.partition(":")
    at = int(count or "1")
    if at < 1:
        raise ValueError(where)
    return at, INSTRUCTIONS[name] if name else None
