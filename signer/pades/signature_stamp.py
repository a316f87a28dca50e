"""A time-stamp inside a signature that exists already: an unsigned attribute in the room that /Contents reserved.

pyHanko has no call for it. The signed bytes stay, so the signature stays good; the file's hash does not.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import BinaryIO, Final, NamedTuple

from asn1crypto import cms
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from signer.errors import ErrorCode, SignerError

_TOKEN: Final = "signature_time_stamp_token"  # noqa: S105 - RFC 5126, 6.1.1


class Gap(NamedTuple):
    """Where /Contents stands in a file: from its opening to behind its closing bracket."""

    start: int
    end: int


def gap_of(signature: EmbeddedPdfSignature) -> Gap:
    """Give the bytes that the signature's digest leaves out."""
    _, start, end, _ = signature.byte_range
    return Gap(int(start), int(end))


def covers_whole_file(signature: EmbeddedPdfSignature, size: int) -> bool:
    """Tell whether nothing stands behind a signature: only then may its time-stamp still be put in."""
    first, *_, start, length = signature.byte_range
    return bool(first == 0 and start + length == size)


def tokens_of(signature: EmbeddedPdfSignature) -> list[cms.SignedData]:
    """Give the time-stamps that are inside a signature."""
    return list(extract_tst_data_iter(signature.signer_info, signed=False))


def time_of(token: cms.SignedData) -> datetime:
    """Give the time that a time-stamp proves."""
    moment: datetime = token["encap_content_info"]["content"].parsed["gen_time"].native
    return moment


def stamps_bytes(token: cms.SignedData, stamped: bytes) -> bool:
    """Tell whether a time-stamp is about these bytes."""
    told = token["encap_content_info"]["content"].parsed["message_imprint"].native
    return bool(told["hashed_message"] == imprint(stamped, told["hash_algorithm"]["algorithm"]))


def imprint(value: bytes, algorithm: str) -> bytes:
    """Hash a signature's value, which is what its time-stamp is about (RFC 5126, 6.1.1)."""
    return hashlib.new(algorithm, value).digest()


def with_token(contents: bytes, token: cms.ContentInfo) -> bytes:
    """Give a signature's CMS (DER) with the token among its unsigned attributes; everything else stays to the byte."""
    message = cms.ContentInfo.load(contents)
    signer_info = message["content"]["signer_infos"][0]
    attribute = cms.CMSAttribute({"type": _TOKEN, "values": [token]})
    present = signer_info["unsigned_attrs"]
    signer_info["unsigned_attrs"] = cms.CMSAttributes([*(present if present.native else ()), attribute])
    return bytes(message.dump())


def fill(output: BinaryIO, gap: Gap, contents: bytes) -> None:
    """Write the CMS into the gap, zeros behind it; raises SignerError TIMESTAMP_UNAVAILABLE when it does not fit."""
    room = gap.end - gap.start - 2
    digits = contents.hex().encode()
    if len(digits) > room:
        raise SignerError(ErrorCode.TIMESTAMP_UNAVAILABLE, "the time-stamp outgrows its room")
    output.seek(gap.start + 1)
    output.write(digits.ljust(room, b"0"))
