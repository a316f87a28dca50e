"""Straight after signing: two parsers must agree that the new signature is there, whole and good."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from asn1crypto import cms
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from signer.certificates import mechanism_of, verify_digest, verify_prehashed
from signer.errors import ErrorCode, SignerError
from signer.model import Document
from signer.pades import pdfium
from signer.pades.difference import adds_only_a_signature, adds_only_evidence
from signer.pades.integrity import TIMESTAMP_TYPE, integrity_of
from signer.pades.levels import signer_certificate
from signer.pades.opening import open_pdf, pdf_errors, strict_then_lax
from signer.pades.signature_stamp import gap_of, stamps_bytes

_CHUNK: Final = 1 << 20  # bytes
_LARGEST_GAP: Final = 16 << 20  # bytes of hex digits; ours is 32 kB


class Hashed(NamedTuple):
    """A digest of a whole file but one gap."""

    gap: tuple[int, int]
    algorithm: str
    digest: bytes


def check_signed(path: Path, original: Document, certificate: bytes) -> None:
    """Check a file that we just signed, before anybody is told; raises SignerError SIGNATURE_INVALID.

    ``certificate`` (DER) is the signer's. The original must be a byte prefix, everything after it one signature
    that covers the whole file, and every earlier signature must stand as it stood.
    """
    with _called(ErrorCode.SIGNATURE_INVALID):
        found, algorithm = _over_the_whole_file(path), mechanism_of(certificate).digest_algorithm
        beginning, digest = found.digests(original.size, algorithm)
        require(beginning == original.sha256, "the original is not its beginning")
        hashed = Hashed(found.gap, algorithm, digest)
        strict_then_lax(lambda strict: _open_and_ask(path, hashed, strict=strict))
        _verify(found, certificate, digest)


def check_stamped(path: Path, before: Path, gap: tuple[int, int], certificate: bytes) -> None:
    """Check a file whose signature got a time-stamp: as after signing; raises SignerError EXTENSION_INVALID.

    ``before`` is the file without it: outside the gap not a byte differs. ``certificate`` (DER) is the signer's.
    """
    with _called(ErrorCode.EXTENSION_INVALID):
        require(_same_but_for(path, before, gap), "more than the signature's own room was written")
        strict_then_lax(lambda strict: _open_and_ask(path, None, strict=strict))
        second_opinion(path, certificate)
        signer_info = _over_the_whole_file(path).signed_data["signer_infos"][0]
        stamps = list(extract_tst_data_iter(signer_info, signed=False))
        require(bool(stamps), "the time-stamp is not there")
        value = signer_info["signature"].native
        require(all(stamps_bytes(each, value) for each in stamps), "the time-stamp is about something else")


def check_appended(path: Path, before: Document) -> None:
    """Check a file to which validation data or a document time-stamp was added; raises SignerError EXTENSION_INVALID.

    The file before is its beginning, every earlier signature stands, and nothing else was added; a new time-stamp
    covers everything, in the eyes of both parsers.
    """
    with _called(ErrorCode.EXTENSION_INVALID):
        require_prefix(path, before)
        stamped = strict_then_lax(lambda strict: _ask_what_was_added(path, before, strict=strict))
        if stamped:
            second_opinion_on_time_stamp(path)


def require_prefix(path: Path, original: Document) -> None:
    """Raise SignerError SIGNATURE_INVALID unless the file starts with the bytes that were shown."""
    long_enough = path.stat().st_size >= original.size
    same = long_enough and _digest_of(path, 0, original.size).hex() == original.sha256
    require(same, "the original is not its beginning")


def first_opinion(reader: PdfFileReader, revisions: int, hashed: Hashed | None = None) -> EmbeddedPdfSignature:
    """Ask pyHanko about the newest signature and all before it; raises SignerError SIGNATURE_INVALID.

    ``revisions`` is how many the original has: one more must have been added, with one signature and no more.
    ``hashed`` is what the other parser's signature covers: this one's must be the same, and is not hashed again.
    """
    require(reader.total_revisions == revisions + 1, "not one revision was added")
    signatures: list[EmbeddedPdfSignature] = reader.embedded_signatures
    require(bool(signatures) and signatures[-1].signed_revision == revisions, "no signature was added")
    *earlier, newest = signatures
    if hashed is not None:
        require(gap_of(newest) == hashed.gap, "two parsers see two signatures")
        newest.external_digests[hashed.algorithm] = hashed.digest
    ours = integrity_of(newest)
    require(ours.intact, "not intact")
    require(ours.covers_whole_file, "does not cover the whole file")
    require(all(integrity_of(signature).stands for signature in earlier), "it breaks an earlier signature")
    require(adds_only_a_signature(reader, revisions - 1, newest.field_name), "more than a signature was added")
    return newest


def _open_and_ask(path: Path, hashed: Hashed | None, *, strict: bool) -> None:
    with path.open("rb") as stream:
        reader = open_pdf(stream, strict=strict).reader
        first_opinion(reader, reader.total_revisions - 1, hashed)


def second_opinion(path: Path, certificate: bytes) -> None:
    """Find the signature with PDFium, and recompute digest and signature; raises SignerError SIGNATURE_INVALID."""
    found = _over_the_whole_file(path)
    _verify(found, certificate, found.digest(mechanism_of(certificate).digest_algorithm))


def _verify(found: _Found, certificate: bytes, digest: bytes) -> None:
    signer_info = found.signed_data["signer_infos"][0]
    attributes = signer_info["signed_attrs"].untag()
    mechanism = mechanism_of(certificate)
    require(_message_digest(attributes) == digest, "the digest differs")
    attributes_digest = hashlib.new(mechanism.digest_algorithm, attributes.dump()).digest()
    verify_digest(certificate, mechanism, attributes_digest, signer_info["signature"].native)


def second_opinion_on_time_stamp(path: Path) -> None:
    """Find the document time-stamp over the whole file with PDFium, and recompute its imprint and signature.

    Raises SignerError SIGNATURE_INVALID.
    """
    # PDFium takes a time-stamp's /Contents in an encrypted file for encrypted, which it never is (ISO 32000-2, 7.6.2).
    found = _over_the_whole_file(path, garbled=pdfium.is_encrypted(path))
    content = found.signed_data["encap_content_info"]["content"]
    told = content.parsed["message_imprint"].native
    imprint = found.digest(told["hash_algorithm"]["algorithm"])
    require(told["hashed_message"] == imprint, "the time-stamp is about other bytes")
    signer_info = found.signed_data["signer_infos"][0]
    attributes, algorithm = signer_info["signed_attrs"].untag(), signer_info["digest_algorithm"]["algorithm"].native
    digest = hashlib.new(algorithm, bytes(content)).digest()
    require(_message_digest(attributes) == digest, "the time-stamp's digest differs")
    attributes_digest = hashlib.new(algorithm, attributes.dump()).digest()
    certificate = signer_certificate(found.signed_data)
    require(certificate is not None, "the time-stamp is without its certificate")
    assert certificate is not None
    verify_prehashed(certificate, algorithm, attributes_digest, signer_info["signature"].native)


class _Found(NamedTuple):
    """A signature as PDFium and a few bytes see it: its CMS, and where the gap for it is in the file."""

    signed_data: cms.SignedData
    path: Path
    gap: tuple[int, int]

    def digest(self, algorithm: str) -> bytes:
        """Hash what the signature covers."""
        return self.digests(0, algorithm)[1]

    def digests(self, beginning: int, algorithm: str) -> tuple[str, bytes]:
        """Hash the first bytes with SHA-256, as hex, and what the signature covers; the file is read once."""
        first, covered = hashlib.sha256(), hashlib.new(algorithm)
        for start, end in ((0, self.gap[0]), (self.gap[1], None)):
            for at, chunk in _chunks(self.path, start, end):
                covered.update(chunk)
                first.update(chunk[: max(0, beginning - at)])
        return first.hexdigest(), covered.digest()


def _over_the_whole_file(path: Path, *, garbled: bool = False) -> _Found:
    size = path.stat().st_size
    whole = [seen for seen in pdfium.signatures_seen(path) if _covers(seen.byte_range, size)]
    require(len(whole) == 1, "the second parser does not find one signature over the whole file")
    _, first, start, _ = whole[0].byte_range
    require(start - first <= _LARGEST_GAP, "the gap is larger than any signature")
    gap = b"".join(chunk for _, chunk in _chunks(path, first, start))
    require(gap[:1] + gap[-1:] == b"<>", "the gap is no string")
    contents = bytes.fromhex(gap[1:-1].decode())
    # /Contents must be what stands in the gap, else two readers would see two signatures.
    require(garbled or contents == whole[0].contents, "the gap holds something else")
    message = cms.ContentInfo.load(contents)
    require(not any(contents[len(message.dump()) :]), "something hides behind the signature")  # no digest covers it
    return _Found(message["content"], path, (first, start))


def _message_digest(attributes: cms.CMSAttributes) -> bytes:
    values = {attribute["type"].native: attribute["values"][0] for attribute in attributes}
    return bytes(values["message_digest"].native)


def _ask_what_was_added(path: Path, before: Document, *, strict: bool) -> bool:
    """Ask pyHanko; gives whether what was added ends with a document time-stamp."""
    with path.open("rb") as stream:
        reader = open_pdf(stream, strict=strict).reader
        signatures: list[EmbeddedPdfSignature] = reader.embedded_signatures
        earlier = [each for each in signatures if _ends_within(each, before.size)]
        new = signatures[len(earlier) :]
        require(bool(earlier), "there was no signature")
        require(all(integrity_of(each).stands for each in earlier), "it breaks an earlier signature")
        require(all(each.sig_object_type == TIMESTAMP_TYPE for each in new), "a signature was added")
        require(all(integrity_of(each).stands for each in new), "a time-stamp does not hold")
        base = max(each.signed_revision for each in earlier)
        require(adds_only_evidence(reader, base, {each.field_name for each in new}), "more than evidence was added")
        return bool(new) and integrity_of(new[-1]).covers_whole_file


def _ends_within(signature: EmbeddedPdfSignature, size: int) -> bool:
    *_, start, length = signature.byte_range
    return bool(start + length <= size)


def _same_but_for(path: Path, other: Path, gap: tuple[int, int]) -> bool:
    if path.stat().st_size != other.stat().st_size:
        return False
    return all(_digest_of(path, *part) == _digest_of(other, *part) for part in ((0, gap[0] + 1), (gap[1] - 1, None)))


def _digest_of(path: Path, start: int, end: int | None) -> bytes:
    digest = hashlib.sha256()
    for _, chunk in _chunks(path, start, end):
        digest.update(chunk)
    return digest.digest()


def _chunks(path: Path, start: int, end: int | None) -> Iterator[tuple[int, bytes]]:
    """Give a part of a file piece by piece, each with its place: memory stays flat at any size."""
    at, end = start, path.stat().st_size if end is None else end
    with path.open("rb") as file:
        file.seek(start)
        while at < end and (chunk := file.read(min(end - at, _CHUNK))):
            yield at, chunk
            at += len(chunk)


@contextmanager
def _called(code: ErrorCode) -> Iterator[None]:
    """Give whatever is found wrong one name."""
    try:
        with pdf_errors():
            yield
    except SignerError as error:
        raise SignerError(code, error.detail or error.code.name) from error


def _covers(byte_range: tuple[int, ...], size: int) -> bool:
    if len(byte_range) != 4:
        return False
    zero, first, start, rest = byte_range
    return zero == 0 and first < start and start + rest == size


def require(holds: bool, detail: str) -> None:  # noqa: FBT001 (an assertion with a name)
    """Raise SignerError SIGNATURE_INVALID unless it holds."""
    if not holds:
        raise SignerError(ErrorCode.SIGNATURE_INVALID, detail)
