"""Contracts of a wished size, keys to sign them with, and their signed copies, for what is measured on PDFs."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import load_der_x509_certificate
from PIL import Image
from pyhanko.pdf_utils.generic import StreamObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from benchmarks import World
from eidcard.simulator.card import SimulatedCard
from eidcard.simulator.direct import SimulatedReader, SimulatorCardService
from eidcard.simulator.people import ADULT
from eidcard.simulator.pin_state import DEFAULT_PIN
from eidcard.simulator.pki import TestPki
from signer.model import Document
from signer.pades.sign import PreparedSignature, SignatureRequest, finish, prepare
from signer.ports import SigningKey
from tests.pins import typed

PAGES: Final = 4
_LINES: Final = 50
_SENTENCE: Final = "TEST - a line of a contract that nobody has, of about the length that such lines have in life"


def contract(folder: Path, size: int) -> Document:
    """Write a PDF of four pages of text, filled up to about ``size`` bytes by a picture that cannot be compressed."""
    path = folder / f"contract-{size}.pdf"
    _draw(path, 0)
    bare = path.stat().st_size
    _draw(path, max(1, (size - bare) * 4 // 5 // 3))  # ASCII85 makes five bytes of four; three bytes are a pixel
    content = path.read_bytes()
    return Document(path, hashlib.sha256(content).hexdigest(), len(content), PAGES)


def large(folder: Path, size: int) -> Document:
    """Write a contract of four pages and, for any size, a stream of noise in it that no page shows; quick to make."""
    small = contract(folder, min(size, 100_000))
    if size - small.size < 1000:
        return small
    with small.path.open("r+b") as file:
        writer = IncrementalPdfFileWriter(file)
        writer.add_object(StreamObject(stream_data=os.urandom(size - small.size)))
        writer.write_in_place()
    return bound(small.path)


def long(folder: Path, pages: int) -> Document:
    """Write a contract of many pages of text."""
    path = folder / f"contract-{pages}-pages.pdf"
    canvas = Canvas(str(path), invariant=1, pageCompression=1)
    for page in range(pages):
        for line in range(_LINES):
            canvas.drawString(60, 780 - 14 * line, f"{page}.{line} {_SENTENCE}")
        canvas.showPage()
    canvas.save()
    return replace(bound(path), page_count=pages)


def bound(path: Path) -> Document:
    """Bind a contract that one of these functions wrote."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Document(path, digest, path.stat().st_size, PAGES)


def _draw(path: Path, pixels: int) -> None:
    canvas = Canvas(str(path), invariant=1, pageCompression=1)
    for page in range(PAGES):
        for line in range(_LINES):
            canvas.drawString(60, 780 - 14 * line, f"{page}.{line} {_SENTENCE}")
        if pixels and page == 0:
            noise = Image.frombytes("RGB", (pixels, 1), os.urandom(3 * pixels))
            canvas.drawImage(ImageReader(noise), 60, 20, 400, 20)
        canvas.showPage()
    canvas.save()


@dataclass(frozen=True)
class Desk:
    """A simulated P-384 card in this process, and where drafts and signed files go."""

    folder: Path
    key: SigningKey

    @classmethod
    def of(cls, world: World, name: str) -> Desk:
        """Set one up in a folder of its own."""
        return cls.with_card(world.new_folder(name), world.pki)

    @classmethod
    def with_card(cls, folder: Path, pki: TestPki) -> Desk:
        """Set one up in a folder that is there, with a person of this PKI."""
        card = SimulatedCard(pki.person(ADULT))
        return cls(folder, SimulatorCardService(SimulatedReader(card)).find_key())

    def request(self) -> SignatureRequest:
        """Ask for a signature now, in a new field."""
        info = self.key.info
        return SignatureRequest(info.signer, info.mechanism, None, datetime.now(UTC), "nl", test=True)

    def prepare(self, document: Document) -> PreparedSignature:
        """Make a draft."""
        return prepare(document, self.request(), self.folder)

    def card_step(self, prepared: PreparedSignature) -> bytes:
        """Let the card sign."""
        return self.key.sign_digest(prepared.digest, typed(DEFAULT_PIN))

    def finish(self, prepared: PreparedSignature, signature: bytes) -> Path:
        """Put the signature in, check, write."""
        target = self.folder / "signed.pdf"
        finish(prepared, signature, target)
        return target

    def sign(self, document: Document) -> Path:
        """Go the whole way."""
        prepared = self.prepare(document)
        return self.finish(prepared, self.card_step(prepared))


@contextmanager
def pem_files(world: World, folder: Path) -> Iterator[tuple[Path, Path]]:
    """Give the same person's certificate and key as PEM files, for peers that take those."""
    credential = world.pki.person(ADULT).signature
    assert credential is not None
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(load_der_x509_certificate(credential.certificate).public_bytes(Encoding.PEM))
    key.write_bytes(credential.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    yield certificate, key
    key.unlink()
