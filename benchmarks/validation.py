"""How long a verdict on a signed file takes."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks import Contestant, Figure, World, race, subject
from benchmarks._contracts import Desk, contract
from signer.pades.validate import validate
from signer.trust.anchors import TrustPolicy

_SIZES: Final = {"200 kB": 200_000, "1 MB": 1_000_000}


@subject("validation", "A verdict on a signed file (P-384, trusted test root)")
def validation(world: World) -> Iterable[Figure]:
    """Time our verdict beside pdfsig's, which looks for no tampering, as a process that knows no root."""
    policy = TrustPolicy(frozenset(), test_roots=world.pki.roots)
    for label, size in _SIZES.items():
        yield from _verdicts(world, policy, label, size)


def _verdicts(world: World, policy: TrustPolicy, label: str, size: int) -> list[Figure]:
    desk = Desk.of(world, f"validation-{size}")
    signed = desk.sign(contract(desk.folder, size))
    peer = f"{label}: pdfsig"
    (verdict,) = validate(signed, policy, datetime.now(UTC))
    assert verdict.intact
    assert verdict.trusted
    contestants: dict[str, Contestant] = {
        peer: lambda: _pdfsig(signed),
        f"{label}: our verdict": lambda: validate(signed, policy, datetime.now(UTC)),
    }
    return race(contestants, world.effort, peer)


def _pdfsig(signed: Path) -> None:
    done = subprocess.run(["pdfsig", str(signed)], capture_output=True, text=True, check=False)
    if "Signature is Valid" not in done.stdout:
        raise AssertionError(f"pdfsig says: {done.stdout}{done.stderr}")
