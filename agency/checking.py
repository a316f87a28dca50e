"""Checking a signature by the rules of signer.pades and the roots that this agency trusts."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

from agency.office import Signatory, SignatureCheck
from agency.settings import Settings
from signer.pades.validate import verify_submission
from signer.trust.anchors import TrustPolicy

_CERTIFICATES: Final = {".pem", ".crt", ".cer", ".der"}


def signature_check(settings: Settings) -> SignatureCheck:
    """Build the check of one agency: Belgian roots always, a folder of test roots where this is a TEST agency.

    Raises SignerError SETTINGS_BROKEN when a root cannot be read.
    """
    folder = settings.test_roots
    roots = sorted(file for file in folder.iterdir() if file.suffix in _CERTIFICATES) if folder else []
    policy = TrustPolicy.load(test_roots=roots)

    def check(original: Path, signed: Path, at: datetime, field: str | None) -> Signatory:
        found = verify_submission(original, signed, policy, at, field)
        return Signatory(found.certificate, found.signer_name, found.claimed_at, found.level.value, found.test)

    return check
