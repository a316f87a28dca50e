"""Clocks that belong to the test."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import monotonic


@dataclass
class TurnedClock:
    """Stands still until it is turned."""

    time: datetime

    def now(self) -> datetime:
        return self.time

    def turn(self, by: timedelta) -> None:
        self.time += by


@dataclass
class TickingClock(TurnedClock):
    """Goes on from now, and can be turned: for who asks services that know the real time, however late a test runs."""

    time: datetime = field(default_factory=lambda: datetime.now(UTC))
    _since: float = field(default_factory=monotonic)

    def now(self) -> datetime:
        return (self.time + timedelta(seconds=monotonic() - self._since)).replace(microsecond=0)
