"""From the PIN to the signed file on disk, by document size, beside what else signs the same bytes."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final
from unittest.mock import patch

from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509 import load_der_x509_certificate

from benchmarks import Contestant, Figure, Prepared, World, count, race, subject
from benchmarks._contracts import Desk, large, pem_files
from benchmarks._memory import peak_mebibytes, python
from eidcard.simulator.people import ADULT
from eidcard.simulator.profiles import Generation
from signer.model import Document
from signer.pades import sign
from signer.pades.sign import PreparedSignature

SIZES: Final = {"100 kB": 100_000, "200 kB": 200_000, "1 MB": 1_000_000, "10 MB": 10_000_000, "100 MB": 100_000_000}
_FEW: Final = 2  # sizes, when a run only shows that all subjects work
_FLOOR: Final = "read, hash, write, fsync"
_IMPORTED: Final = "import signer.pades.sign, signer.pades.validate"
_SIGN: Final = """
import sys
from pathlib import Path
from benchmarks._contracts import Desk, bound
from eidcard.simulator.pki import TestPki
desk = Desk.with_card(Path(sys.argv[1]), TestPki.load(Path(sys.argv[2])))
desk.sign(bound(Path(sys.argv[3])))
"""


@subject("pin-to-signed", "From the PIN to the signed file (P-384, the card's own time taken out; pdfsig: RSA-2048)")
def pin_to_signed(world: World) -> Iterable[Figure]:
    """Time what comes after the PIN: to written, and to checked by two parsers; everything before is prepared."""
    store = _nss_store(world)
    sizes = SIZES if world.effort.rounds > 1 else dict(list(SIZES.items())[:_FEW])
    yield count("memory: Python with our libraries, signing nothing", "MiB", peak_mebibytes(python(_IMPORTED)))
    for label, size in sizes.items():
        desk = Desk.of(world, f"pin-{size}")
        yield from _times(world, desk, large(desk.folder, size), label, store)


def _times(world: World, desk: Desk, document: Document, label: str, store: Path) -> Iterator[Figure]:
    effort = world.effort.less(5) if document.size > 5_000_000 else world.effort
    floor, ssl, poppler = f"{label}: {_FLOOR}", f"{label}: openssl cms -sign", f"{label}: pdfsig -add-signature"
    with pem_files(world, desk.folder) as (certificate, key):
        by_openssl = _openssl(document.path, certificate, key, desk.folder / "signature.der")
        by_pdfsig = _pdfsig(document.path, desk.folder / "pdfsig.pdf", store)
        contestants: dict[str, Contestant] = {
            floor: lambda: _copy(document.path, desk.folder / "copy.pdf"),
            ssl: lambda: subprocess.run(by_openssl, check=True, capture_output=True),
            poppler: lambda: subprocess.run(by_pdfsig, check=True, capture_output=True),
            f"{label}: PIN to written": Prepared(lambda: _signed(desk, document), lambda given: _written(desk, *given)),
            f"{label}: PIN to checked": Prepared(lambda: _signed(desk, document), lambda given: desk.finish(*given)),
        }
        yield from race(contestants, effort, floor, ssl, poppler)
        ours = python(_SIGN, desk.folder, world.pki.folder, document.path)
        peers = (f"memory: {ssl}", f"memory: {poppler}")
        yield count(peers[0], "MiB", peak_mebibytes(by_openssl))
        yield count(peers[1], "MiB", peak_mebibytes(by_pdfsig))
        yield count(f"memory: {label}: prepared, signed, checked", "MiB", peak_mebibytes(ours), *peers)


def _signed(desk: Desk, document: Document) -> tuple[PreparedSignature, bytes]:
    prepared = desk.prepare(document)
    return prepared, desk.card_step(prepared)


def _written(desk: Desk, prepared: PreparedSignature, signature: bytes) -> None:
    """Finish without the check, which the product never does: to see what the check costs."""
    with patch.object(sign, "check_signed"):
        desk.finish(prepared, signature)


def _copy(source: Path, target: Path) -> None:
    digest = hashlib.sha256()
    with source.open("rb") as original, target.open("wb") as output:
        while chunk := original.read(1 << 20):
            digest.update(chunk)
            output.write(chunk)
        output.flush()
        os.fsync(output.fileno())


def _openssl(document: Path, certificate: Path, key: Path, target: Path) -> list[str]:
    options = ["-sign", "-binary", "-cades", "-md", "sha384", "-outform", "DER", "-out", str(target)]
    return ["openssl", "cms", *options, "-in", str(document), "-signer", str(certificate), "-inkey", str(key)]


def _pdfsig(document: Path, target: Path, store: Path) -> list[str]:
    where = ["-nssdir", f"sql:{store}", "-nick", "worker", "-new-signature-field-name", "Bench"]
    return ["pdfsig", str(document), str(target), "-add-signature", *where]


def _nss_store(world: World) -> Path:
    """Put a test person's RSA key where poppler 22.12 finds it; it signs with no other kind."""
    person, folder = world.pki.person(ADULT, Generation.V1_7), world.new_folder("nss")
    assert person.signature is not None
    certificate, *chain = (load_der_x509_certificate(der) for der in (person.signature.certificate, *person.chain))
    bundle, lock = folder / "worker.p12", BestAvailableEncryption(b"benchmark")
    bundle.write_bytes(serialize_key_and_certificates(b"worker", person.signature.key, certificate, chain, lock))
    for command in (
        ("certutil", "-N", "-d", f"sql:{folder}", "--empty-password"),
        ("pk12util", "-i", str(bundle), "-d", f"sql:{folder}", "-W", "benchmark"),
    ):
        subprocess.run(command, check=True, capture_output=True)
    bundle.unlink()
    return folder
