"""Is a signature intact, and was the document changed after it? No word here of who signed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum
from typing import Final

from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from signer.pades.difference import AFTER_SIGNING

TIMESTAMP_TYPE: Final = "/DocTimeStamp"


class Changes(Enum):
    """What happened to a document after a signature."""

    NONE = "none"
    PERMITTED = "permitted"  # by the signature's own rules: other signatures, forms filled in
    FORBIDDEN = "forbidden"


@dataclass(frozen=True, slots=True)
class Integrity:
    """What can be said of one signature without trusting anybody."""

    field: str
    digest_matches: bool
    signature_verifies: bool
    covers_whole_file: bool
    changes: Changes

    @property
    def intact(self) -> bool:
        """Whether the signed bytes are the bytes that were signed."""
        return self.digest_matches and self.signature_verifies

    @property
    def stands(self) -> bool:
        """Whether it is intact and nothing happened after it that it forbids."""
        return self.intact and self.changes is not Changes.FORBIDDEN


def integrity_of(signature: EmbeddedPdfSignature) -> Integrity:
    """Examine one signature with pyHanko's difference policy."""
    signature.compute_integrity_info(diff_policy=AFTER_SIGNING)
    summary = signature.summarise_integrity_info()
    digest_matches, verifies = _cms_integrity(signature)
    return Integrity(
        field=str(signature.field_name),  # not an object that holds the file
        digest_matches=digest_matches,
        signature_verifies=verifies,
        covers_whole_file=summary["coverage"] == SignatureCoverageLevel.ENTIRE_FILE,
        changes=_changes(docmdp_ok=bool(summary["docmdp_ok"]), difference=summary["diff_result"]),
    )


def _cms_integrity(signature: EmbeddedPdfSignature) -> tuple[bool, bool]:
    document_digest = signature.compute_digest()
    if signature.sig_object_type != TIMESTAMP_TYPE:
        return validate_sig_integrity(signature.signer_info, signature.signer_cert, "data", document_digest)
    content = signature.signed_data["encap_content_info"]["content"]
    imprint = content.parsed["message_imprint"]["hashed_message"].native
    token_digest = hashlib.new(signature.md_algorithm, bytes(content)).digest()
    intact, valid = validate_sig_integrity(signature.signer_info, signature.signer_cert, "tst_info", token_digest)
    return intact and imprint == document_digest, valid


def _changes(*, docmdp_ok: bool, difference: object) -> Changes:
    if not docmdp_ok:
        return Changes.FORBIDDEN
    untouched = isinstance(difference, DiffResult) and difference.modification_level is ModificationLevel.NONE
    return Changes.NONE if untouched else Changes.PERMITTED
