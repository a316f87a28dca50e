"""The rehearsal: sign the document once with a throw-away key, and see whether the result would stand."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.crypt.permissions import PdfPermissions, StandardPermissions
from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, StreamObject
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature, read_certification_data

from signer.certificates import signer_of
from signer.errors import ErrorCode, SignerError
from signer.model import Caution, Document, Mechanism
from signer.pades.actions import cautions_about_actions
from signer.pades.fields import require_empty_field
from signer.pades.hidden import cautions_about_hidden
from signer.pades.integrity import integrity_of
from signer.pades.opening import OpenedPdf, entry, open_pdf, pdf_errors, strict_then_lax
from signer.pades.overlap import cautions_about_overlap
from signer.pades.sign import SignatureRequest, finish, prepare
from signer.pades.tree import inherited, pages_of

_NAME: Final = "Ελένη Şükran Łukasiewicz-Đorđević van den Broucke"  # letters of many alphabets, and long
_FILL: Final = (StandardPermissions.ALLOW_FORM_FILLING, StandardPermissions.ALLOW_ANNOTS_FORM_FILLING)
_ADD_FIELD: Final = StandardPermissions.ALLOW_ANNOTS_FORM_FILLING | StandardPermissions.ALLOW_MODIFICATION_GENERIC


def rehearse(document: Document, field: str | None) -> frozenset[Caution]:
    """Refuse by name what cannot be signed well, and tell what to know of the rest.

    Raises SignerError with a DOCUMENT code.
    """
    with pdf_errors():
        cautions = strict_then_lax(lambda strict: _look(document, field, strict=strict))
        cautions |= cautions_about_overlap(document.path)
    _sign_once(document, field)
    return cautions


def _look(document: Document, field: str | None, *, strict: bool) -> frozenset[Caution]:
    with document.path.open("rb") as stream:
        opened = open_pdf(stream, strict=strict)
        reader = opened.reader
        form = entry(reader.root, "/AcroForm")
        if isinstance(form, DictionaryObject) and "/XFA" in form:
            raise SignerError(ErrorCode.DOCUMENT_XFA)
        found = sum(_weigh(page) for page in pages_of(reader))
        if found != document.page_count:  # two readers must see one document
            raise SignerError(ErrorCode.DOCUMENT_BROKEN, f"{found} pages, {document.page_count} shown")
        _require_permission(opened, field)
        for signature in reader.embedded_signatures:
            _require_room(signature, field)
        _require_open(reader)
        if field is not None:
            require_empty_field(reader, field)
        lenient = frozenset() if strict else frozenset({Caution.LENIENT})
        return lenient | cautions_about_hidden(reader) | cautions_about_actions(reader)


def _weigh(page: DictionaryObject) -> int:
    """Count a page, after its content was unpacked: pyHanko's limits stop what would fill a viewer's memory."""
    if not isinstance(inherited(page, "/MediaBox"), ArrayObject):
        raise SignerError(ErrorCode.DOCUMENT_BROKEN, "a page without a size: each reader would choose one")
    content = entry(page, "/Contents")
    for part in content if isinstance(content, ArrayObject) else [content]:
        unpacked = part.get_object() if part is not None else None
        if isinstance(unpacked, StreamObject):
            _ = unpacked.data
    return 1


def _require_permission(opened: OpenedPdf, field: str | None) -> None:
    """Follow /P: filling in a signature field needs less than adding one (ISO 32000-2, table 22)."""
    if "/AuthCode" in opened.reader.trailer:
        raise SignerError(ErrorCode.DOCUMENT_FORBIDS, "PDF MAC")  # ISO/TS 32004: no signature may be added without
    granted = opened.permissions
    if granted is None:
        return
    if not any(_grants(granted, each) for each in (_FILL if field is not None else (_ADD_FIELD,))):
        raise SignerError(ErrorCode.DOCUMENT_FORBIDS, "/P")


def _grants(granted: PdfPermissions, wanted: StandardPermissions) -> bool:
    return isinstance(granted, StandardPermissions) and wanted in granted


def _require_room(signature: EmbeddedPdfSignature, field: str | None) -> None:
    if not integrity_of(signature).stands:
        raise SignerError(ErrorCode.DOCUMENT_CHANGED_AFTER_SIGNING)
    if signature.docmdp_level == MDPPerm.NO_CHANGES:
        raise SignerError(ErrorCode.DOCUMENT_CERTIFIED_CLOSED)
    if field is not None and signature.fieldmdp is not None and signature.fieldmdp.is_locked(field):
        raise SignerError(ErrorCode.DOCUMENT_FIELD_LOCKED)


def _require_open(reader: PdfFileReader) -> None:
    certification = read_certification_data(reader)
    if certification is not None and certification.permission == MDPPerm.NO_CHANGES:
        raise SignerError(ErrorCode.DOCUMENT_CERTIFIED_CLOSED)


def _sign_once(document: Document, field: str | None) -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    now = datetime.now(UTC)
    signer = signer_of(_self_signed(key, now), ())
    request = SignatureRequest(signer, Mechanism.ECDSA_SHA384, field, now, "nl", test=True)
    with tempfile.TemporaryDirectory(prefix="paraph-") as name:
        folder = Path(name)
        prepared = prepare(document, request, folder)
        signature = key.sign(prepared.digest, ec.ECDSA(utils.Prehashed(hashes.SHA384())))
        try:
            finish(prepared, signature, folder / "rehearsal.pdf")
        except SignerError as error:
            raise SignerError(ErrorCode.DOCUMENT_BROKEN, f"rehearsal: {error.detail}") from error


def _self_signed(key: ec.EllipticCurvePrivateKey, now: datetime) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAME)])
    builder = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(minutes=1))
    )
    return builder.sign(key, hashes.SHA384()).public_bytes(serialization.Encoding.DER)
