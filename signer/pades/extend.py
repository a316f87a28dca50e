"""Raising a signed file, step by step, to the level that was asked; each step leaves the old whole file or the new one.

B-B to B-T: a signature time-stamp in the room that the signature reserved, which rewrites bytes, or a document
time-stamp behind it. Everything after that appends: validation data (B-LT), document time-stamps (B-LTA, renewal).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, TypeVar

from asn1crypto import cms
from asn1crypto import x509 as asn1
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import extract_certificate_info
from pyhanko.sign.signers.pdf_signer import PdfTimeStamper
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    InsufficientRevinfoError,
    PathBuildingError,
    RevokedError,
    ValidationError,
)
from pyhanko_certvalidator.fetchers import FetcherBackend
from pyhanko_certvalidator.path import ValidationPath

from signer.errors import ErrorCode, Kind, SignerError
from signer.files import copy_into, file_errors, sha256_of, write_whole
from signer.model import Document, Level, Reached
from signer.pades import signature_stamp
from signer.pades.check import check_appended, check_stamped
from signer.pades.levels import SecurityStore, chain_of, level_of
from signer.pades.opening import open_pdf, pdf_errors, strict_then_lax
from signer.trust.anchors import TrustPolicy
from signer.trust.context import online_context, with_issuers
from signer.trust.stamping import DIGEST, LARGEST_TOKEN

_LOG: Final = logging.getLogger("paraph.extend")
_CHUNK: Final = 1 << 20  # bytes
_ENDS_THE_WAY_UP: Final = {ErrorCode.EVIDENCE_REFUSED, ErrorCode.EXTENSION_INVALID}  # as silence does
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Means:
    """What extending needs of the world."""

    policy: TrustPolicy
    timestamps: TimeStamper  # signer.trust.stamping.TimeStamps
    revocation: FetcherBackend  # OCSP answers, revocation lists, issuers' certificates
    now: Callable[[], datetime]


def level_now(path: Path) -> Level:
    """Tell the level of a file's newest signature.

    Raises SignerError DOCUMENT_NOT_SIGNED, or of the kinds DOCUMENT and FILE.
    """
    level = _look(path, lambda reader: level_of(_newest(reader)))
    if level is None:
        raise SignerError(ErrorCode.DOCUMENT_NOT_SIGNED, "no PAdES signature")
    return level


def signer_of_newest(path: Path) -> bytes:
    """Give the certificate (DER) of a file's newest signature; raises as ``level_now``."""
    return _look(path, lambda reader: _Target.of(_newest(reader)).certificate)


def extend(path: Path, asked: Level, means: Means, *, rewrite: bool) -> Reached:
    """Take the steps that are missing, one after the other, as far as the services let us; gives where it stands.

    ``rewrite`` allows a signature time-stamp inside the signature: only while nobody has the file, or a hash of it.
    Raises SignerError of the kinds DOCUMENT and FILE: then the file is as it was before that step.
    """
    level = level_now(path)
    while not level.reaches(asked):
        before = level
        try:
            _next_step(path, level, means, rewrite=rewrite)
        except SignerError as error:
            if error.code not in _ENDS_THE_WAY_UP and error.code.kind is not Kind.NETWORK:
                raise
            _LOG.info("stays at %s: %s", level.value, error)
            return Reached(level, error.code)
        level = level_now(path)
        if level is before:  # a certificate of which nobody says anything: nothing more can be had
            return Reached(level, ErrorCode.REVOCATION_UNAVAILABLE)
    return Reached(level)


def _next_step(path: Path, level: Level, means: Means, *, rewrite: bool) -> None:
    if level is Level.B_B and rewrite and _covers_all(path):
        stamp_signature(path, means)
    elif level is Level.B_T:
        add_validation_data(path, means)
    else:
        stamp_document(path, means)


def stamp_signature(path: Path, means: Means) -> None:
    """B-B to B-T: put a time-stamp on the signature's value into the signature (RFC 5126, 6.1.1).

    Rewrites bytes in the room that the signature left, and no other byte. Raises SignerError TIMESTAMP_UNAVAILABLE,
    EXTENSION_INVALID, or of the kinds DOCUMENT and FILE.
    """
    target = _look(path, lambda reader: _Target.of(_newest(reader)))
    token = asyncio.run(means.timestamps.async_timestamp(signature_stamp.imprint(target.value, DIGEST), DIGEST))
    stamped = signature_stamp.with_token(target.contents, token)

    def write(output: BinaryIO) -> None:
        copy_into(path, output)
        signature_stamp.fill(output, target.gap, stamped)

    write_whole(path, write, check=lambda new: check_stamped(new, path, target.gap, target.certificate))


def add_validation_data(path: Path, means: Means) -> None:
    """B-T to B-LT: append chains, OCSP answers and revocation lists of the newest signature and its time-stamps.

    Earlier signatures' data are added where they can be had. Raises SignerError REVOCATION_UNAVAILABLE,
    EVIDENCE_REFUSED (the issuers say no, or a certificate leads nowhere), EXTENSION_INVALID, or of the kinds DOCUMENT
    and FILE.
    """

    def add(reader: PdfFileReader) -> None:
        newest = _newest(reader)
        stamps = [
            each for each in reader.embedded_timestamp_signatures if each.signed_revision > newest.signed_revision
        ]
        others = [each for each in reader.embedded_regular_signatures if each.signed_revision < newest.signed_revision]
        writer = IncrementalPdfFileWriter.from_reader(reader)
        _supply(writer, (newest, *stamps), others, means)
        writer.write_in_place()

    _append(path, add)


def stamp_document(path: Path, means: Means) -> None:
    """Append a document time-stamp over all that is there: B-LT to B-LTA, or B-B to B-T.

    Raises SignerError TIMESTAMP_UNAVAILABLE, EXTENSION_INVALID, or of the kinds DOCUMENT and FILE.
    """

    def add(reader: PdfFileReader) -> None:
        _stamp(IncrementalPdfFileWriter.from_reader(reader), means)

    _append(path, add)


def renew(path: Path, means: Means) -> None:
    """Renew the archive time-stamp before its certificate ends: append what proves the last one, and a new one.

    Raises SignerError as ``add_validation_data`` and ``stamp_document`` do; DOCUMENT_NOT_SIGNED when there is no
    document time-stamp to renew.
    """

    def add(reader: PdfFileReader) -> None:
        stamps = reader.embedded_timestamp_signatures
        if not stamps:
            raise SignerError(ErrorCode.DOCUMENT_NOT_SIGNED, "no document time-stamp")
        writer = IncrementalPdfFileWriter.from_reader(reader)
        _supply(writer, (stamps[-1],), (), means)
        _stamp(writer, means)

    _append(path, add)


def renew_in_time(path: Path, means: Means, margin: timedelta) -> bool:
    """Renew when a certificate of the last document time-stamp ends within ``margin``; tells whether that was due.

    Raises SignerError as ``renew`` does.
    """
    ends = _look(path, _time_stamp_ends)
    if ends - means.now() > margin:
        return False
    renew(path, means)
    return True


def _time_stamp_ends(reader: PdfFileReader) -> datetime:
    """Give when the first certificate of the last document time-stamp's chain ends."""
    stamps = reader.embedded_timestamp_signatures
    if not stamps:
        raise SignerError(ErrorCode.DOCUMENT_NOT_SIGNED, "no document time-stamp")
    chain = chain_of(stamps[-1].signed_data, SecurityStore.read(reader).certificates)
    ends: datetime = min(each.not_valid_after for each in chain)
    return ends


class _Target(NamedTuple):
    """What is needed of a signature to stamp it; nothing that holds the file open."""

    gap: signature_stamp.Gap
    contents: bytes  # DER and the zeros behind it
    value: bytes
    certificate: bytes  # DER

    @classmethod
    def of(cls, signature: EmbeddedPdfSignature) -> _Target:
        value, certificate = signature.signer_info["signature"].native, bytes(signature.signer_cert.dump())
        return cls(signature_stamp.gap_of(signature), signature.pkcs7_content, value, certificate)


# ── the steps' parts ──────────────────────────────────────────────────────────────────────────────────────────────


def _append(path: Path, add: Callable[[PdfFileReader], None]) -> None:
    """Write a copy of the file with more at its end in its place, checked."""
    before = Document(path, sha256_of(path), path.stat().st_size, 0)

    def write(output: BinaryIO) -> None:
        def attempt(*, strict: bool) -> None:
            output.seek(0)
            output.truncate()
            copy_into(path, output)
            add(open_pdf(output, strict=strict).reader)

        strict_then_lax(lambda strict: attempt(strict=strict))

    with pdf_errors():
        write_whole(path, write, check=lambda new: check_appended(new, before))


def _supply(
    writer: IncrementalPdfFileWriter,
    needed: tuple[EmbeddedPdfSignature, ...],
    others: list[EmbeddedPdfSignature] | tuple[()],
    means: Means,
) -> None:
    """Put the validation data of signatures into the writer: of ``needed`` all, of ``others`` what can be had."""
    inside = [bytes(each.dump()) for each in _certificates((*needed, *others), writer.prev)]
    known = asyncio.run(with_issuers(means.policy, inside, means.revocation))
    context = online_context(means.policy, known, means.now(), means.revocation)
    first, *later = needed
    proven_at = _proven_at(first, later)
    paths = [path for each in needed for path in _collected(each, context, proven_at)]
    for each in others:
        with suppress(SignerError):
            paths += _collected(each, context, None)
    DocumentSecurityStore.supply_dss_in_writer(writer, None, paths=paths, validation_context=context)


def _certificates(signatures: tuple[EmbeddedPdfSignature, ...], reader: PdfFileReader) -> Iterator[asn1.Certificate]:
    for each in signatures:
        for holder in (each.signed_data, *signature_stamp.tokens_of(each)):
            yield from (one.chosen for one in holder["certificates"] if isinstance(one.chosen, asn1.Certificate))
    yield from SecurityStore.read(reader).certificates


def _proven_at(newest: EmbeddedPdfSignature, stamps: Iterable[EmbeddedPdfSignature]) -> datetime | None:
    """Give the earliest time that a time-stamp proves a signature's existence at."""
    tokens = (*signature_stamp.tokens_of(newest), *(each.signed_data for each in stamps))
    return min((signature_stamp.time_of(each) for each in tokens), default=None)


def _collected(
    signature: EmbeddedPdfSignature, context: ValidationContext, proven_at: datetime | None
) -> list[ValidationPath]:
    """Ask the issuers about a signature's certificates and those of the time-stamps inside."""
    holders = (signature.signed_data, *signature_stamp.tokens_of(signature))
    try:
        return [asyncio.run(_path(each, context, proven_at)) for each in holders]
    except (PathBuildingError, ValidationError) as error:
        # Without the cause: its text has the certificate's subject, and so the national number.
        silent = isinstance(error, InsufficientRevinfoError)
        code = ErrorCode.REVOCATION_UNAVAILABLE if silent else ErrorCode.EVIDENCE_REFUSED
        raise SignerError(code, type(error).__name__) from None


async def _path(signed: cms.SignedData, context: ValidationContext, proven_at: datetime | None) -> ValidationPath:
    """Find the way to a root; a card that was withdrawn after the proven time had signed while it was good."""
    found = extract_certificate_info(signed)
    validator = CertificateValidator(found.signer_cert, found.other_certs, validation_context=context)
    try:
        path: ValidationPath = await validator.async_validate_usage(key_usage=set())  # type: ignore[no-untyped-call]  # pyHanko's
    except RevokedError as error:
        if proven_at is None or error.revocation_dt <= proven_at:
            raise
        path = await anext(context.path_builder.async_build_paths_lazy(found.signer_cert))
    return path


def _stamp(writer: IncrementalPdfFileWriter, means: Means) -> None:
    stamper = PdfTimeStamper(means.timestamps)
    asyncio.run(
        stamper.async_timestamp_pdf(writer, DIGEST, bytes_reserved=2 * LARGEST_TOKEN, in_place=True, chunk_size=_CHUNK)
    )


def _look(path: Path, ask: Callable[[PdfFileReader], _T]) -> _T:
    with pdf_errors(), file_errors(ErrorCode.FILE_NOT_READABLE), path.open("rb") as stream:
        return strict_then_lax(lambda strict: ask(open_pdf(stream, strict=strict).reader))


def _newest(reader: PdfFileReader) -> EmbeddedPdfSignature:
    signatures: list[EmbeddedPdfSignature] = reader.embedded_regular_signatures
    if not signatures:
        raise SignerError(ErrorCode.DOCUMENT_NOT_SIGNED)
    return signatures[-1]


def _covers_all(path: Path) -> bool:
    size = path.stat().st_size
    return _look(path, lambda reader: signature_stamp.covers_whole_file(_newest(reader), size))
