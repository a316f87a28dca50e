"""What preflight and a verdict cost, by document size and on many pages: time and memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from benchmarks import Contestant, Figure, World, count, race, subject
from benchmarks._contracts import Desk, large, long
from benchmarks._memory import peak_mebibytes, python
from benchmarks.pin_to_signed import SIZES
from signer.model import Document
from signer.pades.preflight import preflight
from signer.pades.validate import validate
from signer.trust.anchors import TrustPolicy

_FEW: Final = 1
_PAGES: Final = 300
_PREFLIGHT: Final = """
import sys
from pathlib import Path
from signer.model import Document
from signer.pades.rehearsal import rehearse
rehearse(Document(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])), None)
"""
_VALIDATE: Final = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from eidcard.simulator.pki import TestPki
from signer.pades.validate import validate
from signer.trust.anchors import TrustPolicy
pki = TestPki.load(Path(sys.argv[2]))
assert validate(Path(sys.argv[1]), TrustPolicy(frozenset(), pki.roots), datetime.now(UTC))[0].intact
"""


@subject("judging", "Preflight (a child process) and verdict, by size and on 300 pages")
def judging(world: World) -> Iterable[Figure]:
    """Time both, and look at the memory of a process that does nothing else."""
    sizes = SIZES if world.effort.rounds > 1 else dict(list(SIZES.items())[:_FEW])
    for label, size in sizes.items():
        desk = Desk.of(world, f"judging-{size}")
        yield from _figures(world, desk, large(desk.folder, size), label)
    if world.effort.rounds > 1:
        desk = Desk.of(world, "judging-pages")
        yield from _figures(world, desk, long(desk.folder, _PAGES), f"{_PAGES} pages")


def _figures(world: World, desk: Desk, document: Document, label: str) -> Iterator[Figure]:
    signed, policy = desk.sign(document), TrustPolicy(frozenset(), test_roots=world.pki.roots)
    contestants: dict[str, Contestant] = {
        f"{label}: preflight": lambda: preflight(document, None),
        f"{label}: verdict": lambda: validate(signed, policy, datetime.now(UTC)),
    }
    yield from race(contestants, world.effort.less(5))
    facts = (document.path, document.sha256, str(document.size), str(document.page_count))
    yield count(f"memory: {label}: preflight", "MiB", peak_mebibytes(python(_PREFLIGHT, *facts)))
    command = python(_VALIDATE, signed, world.pki.folder)
    yield count(f"memory: {label}: verdict", "MiB", peak_mebibytes(command))
