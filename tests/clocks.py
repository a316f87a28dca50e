"""A clock that belongs to the test."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass
class TurnedClock:
    """Stands still until it is turned."""

    time: datetime

    def now(self) -> datetime:
        return self.time

    def turn(self, by: timedelta) -> None:
        self.time += by
