"""How many signatures an agency's server takes in: real processes, real HTTP, each signature checked whole."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Final

import httpx

from agency.checking import signature_check
from agency.office import open_office
from benchmarks import Figure, World, subject
from benchmarks._agency import Counter, Delivery, agency_folder, served
from benchmarks._contracts import Desk, contract

_SIZE: Final = 200_000
_AT_ONCE: Final = 8  # clients
_EACH: Final = 40  # signatures in one measurement
_FEW: Final = 4
_PROCESSES: Final = (1, 2)


@subject("load", "Deliveries a second at one server, each checked (DATABASE_URL, else SQLite)")
def load(world: World) -> Iterable[Figure]:
    """Deliver by eight clients at once to servers of one and two processes; the check alone, one after the other."""
    desk = Desk.of(world, "load")
    document = contract(desk.folder, _SIZE)
    signed = desk.sign(document)
    data = agency_folder(world, "load-agency")
    rounds, each = world.effort.less(5).rounds, _FEW if world.effort.is_trial else _EACH
    alone = "the check alone, in one process"
    with closing(open_office(data, signature_check)) as office:
        counter = Counter(office, desk, document, signed.read_bytes())
        office.check(document.path, signed, datetime.now(UTC), None)
        started = perf_counter()
        for _ in range(each):
            office.check(document.path, signed, datetime.now(UTC), None)
        yield Figure(alone, "a second", (each / (perf_counter() - started),))
        for processes in _PROCESSES:
            samples = tuple(_deliveries_a_second(data, processes, counter, each) for _ in range(rounds))
            name = f"deliveries, {processes} process{'es' if processes > 1 else ''}"
            yield Figure(name, "a second", samples, (alone,))


def _deliveries_a_second(data: Path, processes: int, counter: Counter, count: int) -> float:
    waiting = [counter.delivery() for _ in range(count + 2 * processes)]
    with served(data, processes) as client, ThreadPoolExecutor(_AT_ONCE) as clients:
        list(clients.map(lambda each: _put(client, each), waiting[count:]))  # what is loaded at the first one
        started = perf_counter()
        list(clients.map(lambda each: _put(client, each), waiting[:count]))
        return count / (perf_counter() - started)


def _put(client: httpx.Client, delivery: Delivery) -> None:
    answer = client.put(
        f"/v1/submissions/{delivery.submission_id}",
        content=delivery.request.model_dump_json(by_alias=True),
        headers={"Authorization": f"Bearer {delivery.capability}", "Content-Type": "application/json"},
    )
    answer.raise_for_status()
