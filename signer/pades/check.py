"""Straight after signing: two parsers must agree that the new signature is there, whole and good."""

from __future__ import annotations

import hashlib
from pathlib import Path

from asn1crypto import cms
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from signer.certificates import mechanism_of, verify_digest
from signer.errors import ErrorCode, SignerError
from signer.model import Document
from signer.pades import pdfium
from signer.pades.difference import adds_only_a_signature
from signer.pades.integrity import integrity_of
from signer.pades.opening import open_pdf, pdf_errors, strict_then_lax


def check_signed(path: Path, original: Document, certificate: bytes) -> None:
    """Check a file that we just signed, before anybody is told; raises SignerError SIGNATURE_INVALID.

    ``certificate`` (DER) is the signer's. The original must be a byte prefix, everything after it one signature
    that covers the whole file, and every earlier signature must stand as it stood.
    """
    try:
        with pdf_errors():
            require_prefix(path, original)
            strict_then_lax(lambda strict: _open_and_ask(path, strict=strict))
            second_opinion(path, certificate)
    except SignerError as error:
        raise SignerError(ErrorCode.SIGNATURE_INVALID, error.detail or error.code.name) from error


def require_prefix(path: Path, original: Document) -> None:
    """Raise SignerError SIGNATURE_INVALID unless the file starts with the bytes that were shown."""
    digest, left = hashlib.sha256(), original.size
    with path.open("rb") as file:
        while left and (chunk := file.read(min(left, 1 << 20))):
            digest.update(chunk)
            left -= len(chunk)
    require(not left and digest.hexdigest() == original.sha256, "the original is not its beginning")


def first_opinion(reader: PdfFileReader, revisions: int) -> EmbeddedPdfSignature:
    """Ask pyHanko about the newest signature and all before it; raises SignerError SIGNATURE_INVALID.

    ``revisions`` is how many the original has: one more must have been added, with one signature and no more.
    """
    require(reader.total_revisions == revisions + 1, "not one revision was added")
    signatures: list[EmbeddedPdfSignature] = reader.embedded_signatures
    require(bool(signatures) and signatures[-1].signed_revision == revisions, "no signature was added")
    *earlier, newest = signatures
    ours = integrity_of(newest)
    require(ours.intact, "not intact")
    require(ours.covers_whole_file, "does not cover the whole file")
    require(all(integrity_of(signature).stands for signature in earlier), "it breaks an earlier signature")
    require(adds_only_a_signature(reader, revisions - 1, newest.field_name), "more than a signature was added")
    return newest


def _open_and_ask(path: Path, *, strict: bool) -> None:
    with path.open("rb") as stream:
        reader = open_pdf(stream, strict=strict).reader
        first_opinion(reader, reader.total_revisions - 1)


def second_opinion(path: Path, certificate: bytes) -> None:
    """Find the signature with PDFium, and recompute digest and signature; raises SignerError SIGNATURE_INVALID."""
    content = path.read_bytes()
    whole = [seen for seen in pdfium.signatures_seen(path) if _covers(seen.byte_range, seen.contents, len(content))]
    require(len(whole) == 1, "the second parser does not find one signature over the whole file")
    (_, first, start, _), contents = whole[0].byte_range, whole[0].contents
    # /Contents must be what stands in the gap, else two readers would see two signatures.
    require(bytes.fromhex(content[first + 1 : start - 1].decode()) == contents, "the gap holds something else")
    message = cms.ContentInfo.load(contents)
    require(not any(contents[len(message.dump()) :]), "something hides behind the signature")  # no digest covers it
    signed_data = message["content"]
    signer_info = signed_data["signer_infos"][0]
    attributes = signer_info["signed_attrs"].untag()
    mechanism = mechanism_of(certificate)
    covered = hashlib.new(mechanism.digest_algorithm, content[:first])
    covered.update(content[start:])
    values = {attribute["type"].native: attribute["values"][0] for attribute in attributes}
    require(values["message_digest"].native == covered.digest(), "the digest differs")
    attributes_digest = hashlib.new(mechanism.digest_algorithm, attributes.dump()).digest()
    verify_digest(certificate, mechanism, attributes_digest, signer_info["signature"].native)


def _covers(byte_range: tuple[int, ...], contents: bytes, size: int) -> bool:
    if len(byte_range) != 4:
        return False
    zero, first, start, rest = byte_range
    return zero == 0 and start - first == 2 * len(contents) + 2 and start + rest == size


def require(holds: bool, detail: str) -> None:  # noqa: FBT001 (an assertion with a name)
    """Raise SignerError SIGNATURE_INVALID unless it holds."""
    if not holds:
        raise SignerError(ErrorCode.SIGNATURE_INVALID, detail)
