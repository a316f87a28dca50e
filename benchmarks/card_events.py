"""How soon a card that comes or goes is told, and how much of that is ours and not PC/SC's."""

from __future__ import annotations

import queue
import time
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from benchmarks import Figure, World, subject
from eidcard.monitor import CardMonitor, CardState, Situation
from eidcard.simulator.card import SimulatedCard
from eidcard.simulator.people import ADULT
from eidcard.simulator.vpcd import VpcdLink
from tests.bare_loop import BareLoop

_DEADLINE_S: Final = 10.0
_IN, _OUT = "PC/SC's own event: card in", "PC/SC's own event: card out"


class _Told:
    """What the monitor tells, with the moment at which it did."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[tuple[float, Situation]] = queue.SimpleQueue()

    def take(self, situation: Situation) -> None:
        self._queue.put((time.monotonic(), situation))

    def until(self, state: CardState) -> float:
        """Wait until this is told; gives when it was."""
        while True:
            at, situation = self._queue.get(timeout=_DEADLINE_S)
            if situation.state is state:
                return at


@subject("card-events", "From the hand at the reader to what is told (pcscd looks at a virtual reader every 400 ms)")
def card_events(world: World) -> Iterable[Figure]:
    """Put a card in and pull it out, with the least possible watcher beside ours."""
    link = VpcdLink(SimulatedCard(world.pki.person(ADULT)), world.pcscd.port)
    told, taken = _Told(), defaultdict[str, list[float]](list)
    with CardMonitor(told.take):
        told.until(CardState.NO_CARD)
        with BareLoop() as bare:
            for _ in range(world.effort.less(3).rounds):
                start = time.monotonic()
                link.insert()
                reading, ready = told.until(CardState.READING), told.until(CardState.READY)
                seen = bare.seen.get(timeout=_DEADLINE_S)
                _note(taken, start, {_IN: seen, "card in, to ready": ready})
                _note(taken, seen, {"our share: card in, to told": reading, "our share: card in, to ready": ready})
                start = time.monotonic()
                link.remove()
                gone, seen = told.until(CardState.NO_CARD), bare.seen.get(timeout=_DEADLINE_S)
                _note(taken, start, {_OUT: seen, "card out, to told": gone})
                _note(taken, seen, {"our share: card out, to told": gone})
    return [Figure(name, "ms", tuple(samples), _PEERS.get(name, ())) for name, samples in taken.items()]


def _note(taken: defaultdict[str, list[float]], start: float, moments: dict[str, float]) -> None:
    for name, moment in moments.items():
        taken[name].append(1000 * (moment - start))


_PEERS: Final = {"card in, to ready": (_IN,), "card out, to told": (_OUT,)}
