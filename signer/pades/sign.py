"""Signing in two steps, so that the card is held for nothing but the hash: prepare, (card), finish."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner
from pyhanko.stamp.base import BaseStampStyle
from pyhanko.stamp.noop import NoOpStampStyle

from signer.certificates import verify_digest
from signer.errors import ErrorCode, SignerError
from signer.files import DRAFTS, file_errors, move_whole
from signer.model import Document, Mechanism, Signer
from signer.pades import cms
from signer.pades.appearance import PanelStyle, panel_lines
from signer.pades.check import check_signed
from signer.pades.fields import new_field, require_empty_field, rotation_of, takes_visible_field
from signer.pades.opening import open_pdf, pdf_errors, strict_then_lax
from signer.pades.room import Place, any_place, free_place

_CHUNK: Final = 1 << 20  # bytes; memory stays flat for files of any size


@dataclass(frozen=True, slots=True)
class SignatureRequest:
    """Who signs, how, where and when; ``field`` None makes a new one, ``language`` is the document's.

    ``qualified``: the trusted list says so too; the panel then says it, for all time.
    """

    signer: Signer
    mechanism: Mechanism
    field: str | None
    claimed_at: datetime
    language: str
    test: bool
    qualified: bool = False
    visible: bool = True  # a panel on the page; a test has one in any case


@dataclass(frozen=True, slots=True)
class PreparedSignature:
    """A document that lacks nothing but the card's answer to ``digest``."""

    document: Document
    request: SignatureRequest
    digest: bytes
    attributes: bytes  # DER of the signed attributes
    draft: Path
    gap: tuple[int, int]  # where /Contents starts and ends in the draft

    @property
    def prepared_at(self) -> datetime:
        """The claimed time that is written in it."""
        return self.request.claimed_at

    def discard(self) -> None:
        """Delete the draft; harmless when done twice."""
        self.draft.unlink(missing_ok=True)


def prepare(document: Document, request: SignatureRequest, folder: Path) -> PreparedSignature:
    """Build the signed document with a gap for the signature, as a draft in ``folder``.

    Raises SignerError DOCUMENT_NOT_AS_SHOWN when the file is no longer what was shown, another DOCUMENT code when
    it cannot be signed (preflight tells so earlier), or a FILE code.
    """
    with pdf_errors(), file_errors():
        return strict_then_lax(lambda strict: _prepare(document, request, folder, strict=strict))


def finish(prepared: PreparedSignature, signature: bytes, target: Path) -> None:
    """Put the card's answer (ECDSA as DER) in, check the result with two parsers, and write it whole to ``target``.

    The draft itself becomes the signed file: after the PIN nothing is copied, so the disk cannot fill up then.
    Raises SignerError CARD_SIGNED_WRONG (the draft stays: the card can be asked again), SIGNATURE_INVALID, or a
    FILE code (the draft is gone); in all cases nothing is left at ``target`` that was not there before.
    """
    request = prepared.request
    verify_digest(request.signer.certificate, request.mechanism, prepared.digest, signature)
    content = cms.assemble(request.signer, request.mechanism, prepared.attributes, signature)

    def write(output: BinaryIO) -> None:
        PreparedByteRangeDigest(b"", *prepared.gap).fill_with_cms(output, content)

    certificate = request.signer.certificate
    move_whole(prepared.draft, target, write, check=lambda path: check_signed(path, prepared.document, certificate))


def _prepare(document: Document, request: SignatureRequest, folder: Path, *, strict: bool) -> PreparedSignature:
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=DRAFTS.partition("*")[0], suffix=".pdf")
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "w+b") as output:
            _copy_as_shown(document, output)
            prepared = _build(output, request, document.path, strict=strict)
        attributes = cms.signed_attributes(request.signer, request.mechanism, prepared.document_digest)
        # A chain that outgrows its room is to be noticed before the card has signed.
        cms.assemble(request.signer, request.mechanism, attributes, bytes(request.mechanism.max_signature_size))
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    digest = cms.digest_to_sign(request.mechanism, attributes)
    gap = (prepared.reserved_region_start, prepared.reserved_region_end)
    return PreparedSignature(document, request, digest, attributes, draft, gap)


def _copy_as_shown(document: Document, output: BinaryIO) -> None:
    """Copy the original while hashing it, so that what is signed is what was shown, whoever else writes there."""
    digest = hashlib.sha256()
    with document.path.open("rb") as original:
        while chunk := original.read(_CHUNK):
            digest.update(chunk)
            output.write(chunk)
    if digest.hexdigest() != document.sha256:
        raise SignerError(ErrorCode.DOCUMENT_NOT_AS_SHOWN)


def _build(output: BinaryIO, request: SignatureRequest, original: Path, *, strict: bool) -> PreparedByteRangeDigest:
    """Append the signature's revision in place; what is hashed is read back from the file."""
    writer = IncrementalPdfFileWriter.from_reader(open_pdf(output, strict=strict).reader)
    signer = _signer(writer, request, original)
    session = signer.init_signing_session(writer, existing_fields_only=request.field is not None)
    session.system_time = request.claimed_at  # of /M, and nowhere in the CMS
    to_sign = session.prepare_tbs_document(None, bytes_reserved=2 * cms.ROOM)
    prepared, _ = to_sign.digest_tbs_document(in_place=True, chunk_size=_CHUNK)
    return prepared


def _signer(writer: IncrementalPdfFileWriter, request: SignatureRequest, original: Path) -> PdfSigner:
    if request.field is None:
        place = _place(writer.prev, request, original)
        spec, rotation = new_field(writer, place), place.rotation if place else 0
    else:
        require_empty_field(writer.prev, request.field)
        spec, rotation = None, rotation_of(writer.prev, request.field)
    metadata = PdfSignatureMetadata(
        field_name=request.field if spec is None else spec.sig_field_name,
        md_algorithm=request.mechanism.digest_algorithm,
        subfilter=SigSeedSubFilter.PADES,
        cades_signed_attr_spec=cms.ATTRIBUTES.cades_signed_attrs,
    )
    signer = cms.external_signer(request.signer, bytes(request.mechanism.max_signature_size))
    return PdfSigner(metadata, signer, stamp_style=_style(request, rotation), new_field_spec=spec)


def _place(reader: PdfFileReader, request: SignatureRequest, original: Path) -> Place | None:
    """Find where a new panel goes; one that would lie over text is left out, unless it says TEST."""
    if not takes_visible_field(reader) or not (request.visible or request.test):
        return None
    return free_place(original) or (any_place(original) if request.test else None)


def _style(request: SignatureRequest, rotation: int) -> BaseStampStyle:
    if not (request.visible or request.test):
        return NoOpStampStyle()
    qualified = request.qualified and not request.test
    name, moment = request.signer.name, request.claimed_at
    lines = panel_lines(name, moment, request.language, qualified=qualified, test=request.test)
    return PanelStyle(lines=lines, rotation=rotation)
