"""What a signature is worth, in words: the same for a terminal and for a report on paper."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from signer.errors import ErrorCode
from signer.i18n import mark
from signer.pades.integrity import Changes
from signer.pades.verdict import Indication, SignatureVerdict, SignerKind, Unchecked
from signer.trust.qualified import Purpose, Qualification, QualifiedStatus
from ui.words import _, when

_KIND: Final[Mapping[SignerKind, str]] = {
    SignerKind.PERSON: mark("Signed by {name}"),
    SignerKind.SEAL: mark("Sealed by {name}"),
    SignerKind.TIMESTAMP: mark("Time-stamped by {name}"),
}
_RESULT: Final[Mapping[Indication, str]] = {
    Indication.PASSED: mark("This signature is good."),
    Indication.FAILED: mark("This signature is not good."),
    Indication.INDETERMINATE: mark("It is not certain that this signature is good."),
}
_CHANGES: Final[Mapping[Changes, str]] = {
    Changes.NONE: mark("Nothing was changed since."),
    Changes.PERMITTED: mark("Only changes that are allowed were made since, such as a later signature."),
    Changes.FORBIDDEN: mark("The document was changed since, in a way that is not allowed."),
}
_UNCHECKED: Final[Mapping[Unchecked, str]] = {
    Unchecked.REVOCATION: mark("We could not check whether the certificate was withdrawn."),
    Unchecked.TIME: mark("No time-stamp proves the time."),
    Unchecked.QUALIFICATION: mark("The certificate says that it is qualified. We had no trusted list to check that."),
}
_UNTRUSTED: Final[Mapping[ErrorCode, str]] = {  # of a signer's certificate, who is seldom the one who reads this
    ErrorCode.CERTIFICATE_UNTRUSTED: mark("Not trusted: no authority that we trust stands behind the certificate."),
    ErrorCode.CERTIFICATE_EXPIRED: mark("Not trusted any more: the certificate, or who stands behind it, has ended."),
    ErrorCode.CERTIFICATE_NOT_YET_VALID: mark("Not trusted: the certificate is not valid yet."),
    ErrorCode.CERTIFICATE_NOT_FOR_SIGNING: mark("Not trusted: the certificate is not for signatures."),
    ErrorCode.CERTIFICATE_REVOKED: mark("Not trusted: the certificate was withdrawn or suspended."),
    ErrorCode.CERTIFICATE_UNREADABLE: mark("Not trusted: the certificate cannot be read."),
}
_QUALIFIED: Final[Mapping[Purpose, str]] = {
    Purpose.SIGNATURE: mark("A qualified electronic signature, says the trusted list of {when}."),
    Purpose.SEAL: mark("A qualified electronic seal, says the trusted list of {when}."),
}


def headline(verdict: SignatureVerdict) -> str:
    """Say who made it."""
    return _(_KIND[verdict.kind]).format(name=verdict.signer_name)


def result(verdict: SignatureVerdict) -> str:
    """Say in one sentence what it is worth."""
    return _(_RESULT[verdict.indication])


def lines(verdict: SignatureVerdict) -> Iterator[str]:
    """Say what that rests on: one sentence each, the plainest first."""
    yield _("Intact.") if verdict.intact else _("Damaged: the file or the signature was changed.")
    if verdict.intact:
        yield _(_CHANGES[verdict.changes])
    if verdict.claimed_at and verdict.kind is not SignerKind.TIMESTAMP:
        yield _("Time, by the signer's clock: {when}").format(when=when(verdict.claimed_at))
    if verdict.proven_at:
        yield _("A time-stamp proves that it was there on {when}").format(when=when(verdict.proven_at))
    if verdict.root_name:
        yield _("Trusted, by {root}").format(root=verdict.root_name)
    elif verdict.untrusted_because:
        yield _(_UNTRUSTED[verdict.untrusted_because])
    yield from _qualified(verdict.qualified)
    yield from (_(_UNCHECKED[each]) for each in verdict.unchecked)
    yield code(verdict)
    if verdict.test:
        yield _("TEST: this is not a real signature.")


def code(verdict: SignatureVerdict) -> str:
    """Give level and indication in the standard's own words (ETSI EN 319 102-1), for whoever helps."""
    reason = f" ({verdict.sub_indication})" if verdict.sub_indication else ""
    said = f"{verdict.indication.value}{reason}"
    if verdict.kind is SignerKind.TIMESTAMP:
        return said
    return f"{verdict.level.value if verdict.level else _('no PAdES level')}, {said}"


def _qualified(status: QualifiedStatus) -> Iterator[str]:
    told = status.list_issued_at
    if status.qualification is Qualification.CONTRADICTED:
        yield _("The certificate says that it is qualified, but the trusted list does not.")
    if status.qualification is not Qualification.QUALIFIED or told is None:
        return
    if status.is_qualified_signature or status.purpose is Purpose.SEAL:
        yield _(_QUALIFIED[status.purpose]).format(when=when(told))
    else:
        yield _("The certificate is qualified, but that is not enough for a qualified signature.")
