"""What is known of a chain's certificates: good, withdrawn, suspended or unknown; from which service, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from signer.errors import ErrorCode, SignerError


class Status(Enum):
    """What is known of a certificate."""

    GOOD = "good"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned of one certificate: by which service, at which host, and when that was true."""

    status: Status
    service: str = ""  # OCSP or CRL
    host: str = ""
    as_of: datetime | None = None
    since: datetime | None = None  # when it was revoked or suspended
    because: ErrorCode | None = None  # why it is unknown; None: the certificate names no service


@dataclass(frozen=True, slots=True)
class Revocation:
    """What was learned of a chain, the signer's certificate first; a root cannot be revoked, so it is not in it."""

    checked_at: datetime
    certificates: tuple[Learned, ...]

    @property
    def known(self) -> bool:
        """Whether every certificate was found to be good."""
        return all(each.status is Status.GOOD for each in self.certificates)

    @property
    def because(self) -> ErrorCode | None:
        """Why something is unknown, when that was told."""
        return next((each.because for each in self.certificates if each.because), None)

    def require_not_revoked(self) -> None:
        """Raise SignerError CERTIFICATE_REVOKED, _SUSPENDED or, for an issuer, _UNTRUSTED; unknown is not refused."""
        for number, each in enumerate(self.certificates):
            code = _REFUSALS.get(each.status)
            if code is not None:
                raise SignerError(ErrorCode.CERTIFICATE_UNTRUSTED if number else code, f"by {each.service}")


_REFUSALS: Final = {
    Status.REVOKED: ErrorCode.CERTIFICATE_REVOKED,
    Status.SUSPENDED: ErrorCode.CERTIFICATE_SUSPENDED,
}
