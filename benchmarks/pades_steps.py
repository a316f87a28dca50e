"""The steps of a PAdES signature, by document size."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from benchmarks import Contestant, Figure, Prepared, World, race, subject
from benchmarks._contracts import Desk, contract, pem_files
from signer.model import Document
from signer.pades.preflight import preflight
from signer.pades.sign import PreparedSignature

SIZES: Final = {"200 kB": 200_000, "1 MB": 1_000_000}
_FLOOR: Final = "read, hash, write, fsync"
_OPENSSL: Final = "openssl cms -sign"
_CHILD: Final = "a child that only imports"
_IMPORTS: Final = [sys.executable, "-P", "-c", "import signer.pades.sign"]


@subject("pades-steps", "The steps of a PAdES signature (P-384, simulated card in this process)")
def pades_steps(world: World) -> Iterable[Figure]:
    """Time each step beside the same bytes written plainly, and signed by OpenSSL (a process, as a script has it)."""
    for label, size in SIZES.items():
        yield from _steps(world, label, size)


def _steps(world: World, label: str, size: int) -> Iterator[Figure]:
    desk = Desk.of(world, f"pades-{size}")
    document = contract(desk.folder, size)

    with pem_files(world, desk.folder) as (certificate, key):
        command = _openssl(document.path, certificate, key)
        contestants: dict[str, Contestant] = {
            f"{label}: {_FLOOR}": lambda: _copy(document.path, desk.folder / "copy.pdf"),
            f"{label}: {_OPENSSL}": lambda: subprocess.run(command, check=True, capture_output=True),
            f"{label}: prepare": lambda: desk.prepare(document).discard(),
            f"{label}: card step": Prepared(lambda: desk.prepare(document), desk.card_step),
            f"{label}: finish, check, write": Prepared(
                lambda: _signed_by_card(desk, document), lambda given: desk.finish(*given)
            ),
            f"{label}: prepare to written": lambda: desk.sign(document),
        }
        yield from race(contestants, world.effort, f"{label}: {_FLOOR}", f"{label}: {_OPENSSL}")
    children: dict[str, Contestant] = {
        f"{label}: {_CHILD}": lambda: subprocess.run(_IMPORTS, check=True),
        f"{label}: preflight (a child that signs it once)": lambda: preflight(document, None),
    }
    yield from race(children, world.effort.less(3), f"{label}: {_CHILD}")


def _signed_by_card(desk: Desk, document: Document) -> tuple[PreparedSignature, bytes]:
    prepared = desk.prepare(document)
    return prepared, desk.card_step(prepared)


def _copy(source: Path, target: Path) -> None:
    content = source.read_bytes()
    hashlib.sha256(content).digest()
    with target.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _openssl(document: Path, certificate: Path, key: Path) -> list[str]:
    options = ["-sign", "-binary", "-cades", "-md", "sha384", "-outform", "DER", "-out", os.devnull]
    return ["openssl", "cms", *options, "-in", str(document), "-signer", str(certificate), "-inkey", str(key)]
