"""How long a simulated card takes: a real one needs roughly 15 ms for each command, and time for each byte."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Pace:
    """Milliseconds for each command, and the bytes a second that go either way (0: no time at all)."""

    milliseconds: float = 0.0
    bytes_per_second: float = 0.0

    def __post_init__(self) -> None:
        if self.milliseconds < 0 or self.bytes_per_second < 0:
            raise ValueError("a card takes no less than no time")

    def seconds(self, sent: int, answered: int) -> float:
        """Work out the time for one command and its answer, of so many bytes."""
        travel = (sent + answered) / self.bytes_per_second if self.bytes_per_second else 0.0
        return self.milliseconds / 1000 + travel

    def take(self, sent: int, answered: int) -> None:
        """Let that time pass."""
        if seconds := self.seconds(sent, answered):
            time.sleep(seconds)


AT_ONCE: Final = Pace()
