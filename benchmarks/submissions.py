"""How long the agency works on one submission."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from agency.office import Office
from agency.submissions import receive
from benchmarks import Contestant, Figure, Prepared, World, race, subject
from benchmarks._agency import Counter, agency_office
from benchmarks._contracts import Desk, contract

_SIZES: Final = {"200 kB": 200_000, "1 MB": 1_000_000}


@subject("submissions", "The agency's work on one submission, HTTP left out (SQLite)")
def submissions(world: World) -> Iterable[Figure]:
    """Time from the parsed PUT to the receipt: put together, checked, kept, recorded; and the check in it alone."""
    office = agency_office(world, "agency")
    for label, size in _SIZES.items():
        yield from _times(world, office, label, size)


def _times(world: World, office: Office, label: str, size: int) -> list[Figure]:
    desk = Desk.of(world, f"submissions-{size}")
    document = contract(desk.folder, size)
    signed = desk.sign(document)
    counter = Counter(office, desk, document, signed.read_bytes())
    peer = f"{label}: the check alone"
    contestants: dict[str, Contestant] = {
        f"{label}: pdfsig on the signed file": lambda: subprocess.run(
            ["pdfsig", str(signed)], check=False, capture_output=True
        ),
        peer: lambda: office.check(document.path, signed, datetime.now(UTC), None),
        f"{label}: from PUT to receipt": Prepared(counter.delivery, lambda delivery: receive(office, *delivery)),
    }
    return race(contestants, world.effort, peer)
