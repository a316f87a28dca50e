"""What each level costs: time, and bytes that are added to the signed file."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks import Contestant, Figure, Prepared, World, count, race, subject
from benchmarks._contracts import contract
from eidcard.simulator.pki import TestPki
from eidcard.simulator.services import served_pki
from signer.clock import SystemClock
from signer.pades.extend import Means, add_validation_data, renew, stamp_document, stamp_signature
from signer.pades.extender import FileExtender
from signer.trust.anchors import TrustPolicy
from signer.trust.services import ServiceDoor
from signer.trust.stamping import DIGEST
from tests.signing_desk import SigningDesk

_SIZE: Final = 200_000
_CARDS: Final = {"1.8": "P-384", "1.7": "RSA-2048"}
_ROUND_TRIP: Final = "a time-stamp alone, checked"
_STEPS: Final[dict[str, Callable[[Path, Means], None]]] = {
    "B-B to B-T, inside": stamp_signature,
    "B-T to B-LT": add_validation_data,
    "B-LT to B-LTA": stamp_document,
    "renewal": renew,
}


@subject("levels", "From level to level (200 kB; OCSP and time-stamps by certomancer on loopback, in this process)")
def levels(world: World) -> Iterable[Figure]:
    """Time each step beside one time-stamp, and count the bytes that it adds."""
    pki = world.closing.enter_context(served_pki(world.new_folder("levels") / "pki"))
    for generation, key in _CARDS.items():
        yield from _steps(world, pki, generation, key)


def _steps(world: World, pki: TestPki, generation: str, key: str) -> Iterator[Figure]:
    desk = SigningDesk(world.new_folder(f"levels-{generation}"), pki, generation, now=datetime.now(UTC))
    means, peer = _means(pki), f"{key}: {_ROUND_TRIP}"
    source = contract(desk.folder, _SIZE).path
    signed = desk.sign(source)
    yield count(f"{key}: B-B adds", "bytes", signed.stat().st_size - source.stat().st_size)
    contestants: dict[str, Contestant] = {peer: lambda: _stamp(means)}
    for name, step in _STEPS.items():
        before = desk.folder / f"{name.replace(' ', '-')}.pdf"
        shutil.copyfile(signed, before)
        step(signed, means)
        yield count(f"{key}: {name} adds", "bytes", signed.stat().st_size - before.stat().st_size)
        contestants[f"{key}: {name}"] = _timed(before, desk.folder / "work.pdf", step, means)
    yield from race(contestants, world.effort.less(3), peer)


def _timed(before: Path, work: Path, step: Callable[[Path, Means], None], means: Means) -> Prepared:
    def fresh() -> Path:
        shutil.copyfile(before, work)
        return work

    return Prepared(fresh, lambda path: step(path, means))


def _means(pki: TestPki) -> Means:
    urls = pki.time_stamp_urls
    door = ServiceDoor(frozenset()).knowing(pki.url, *urls)
    policy = TrustPolicy(frozenset(), test_roots=pki.roots)
    return FileExtender(policy, door, urls, SystemClock()).means()


def _stamp(means: Means) -> None:
    asyncio.run(means.timestamps.async_timestamp(hashlib.sha256(b"a signature's value").digest(), DIGEST))
