"""How often one address may knock: links, log-ins and codes are tried by hand, and guessed by machines.

Each address has a bucket that fills steadily; a visit takes one drop (RFC 6585, 4: 429 with Retry-After). Each process
counts for itself. Who is on this very machine is not counted: a proxy there has to say for whom it asks.
"""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections.abc import Callable
from typing import Final

from fastapi import Depends, Request

from agency.problems import ProblemError, ProblemType

_A_MINUTE: Final = 30.0  # visits, of one address: an office with ten computers behind it stays far below
_AT_ONCE: Final = 60.0
_NETWORK_OF_ONE: Final = 64  # bits: what a household has of IPv6 (RFC 6177)
_KNOWN: Final = 10_000  # addresses; full buckets are forgotten first


class Rates:
    """Buckets by address; of several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._left: dict[str, tuple[float, float]] = {}  # drops, and when that was so

    def wait(self, address: str) -> int:
        """Take a drop; gives 0, or the seconds until there is one again."""
        if is_local(address):
            return 0
        with self._lock:
            now = self._clock()
            key = _network(address)
            left = self._drops(key, now)
            if left < 1:
                return math.ceil((1 - left) * 60 / _A_MINUTE)
            if len(self._left) >= _KNOWN:
                self._forget(now)
            self._left[key] = left - 1, now
            return 0

    def _drops(self, key: str, now: float) -> float:
        left, since = self._left.get(key, (_AT_ONCE, now))
        return min(_AT_ONCE, left + (now - since) * _A_MINUTE / 60)

    def _forget(self, now: float) -> None:
        full = [key for key in self._left if self._drops(key, now) >= _AT_ONCE]
        for key in full or list(self._left)[: _KNOWN // 2]:  # a flood of addresses costs them their memory, not ours
            del self._left[key]


def is_local(address: str) -> bool:
    """Tell whether an address is this machine's own, or none at all."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return True


def _network(address: str) -> str:
    found = ipaddress.ip_address(address)
    if found.version == 4:
        return address
    return str(ipaddress.ip_network((found, _NETWORK_OF_ONE), strict=False))


def count_visit(request: Request) -> None:
    """Count a visit; raises ProblemError TOO_MANY."""
    rates: Rates = request.app.state.rates
    again = rates.wait(request.client.host if request.client else "")
    if again:
        raise ProblemError(ProblemType.TOO_MANY, again_s=again)


COUNTED: Final = Depends(count_visit)  # for routes that can be guessed at
