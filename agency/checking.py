"""Checking a signature by the rules of signer.pades and the roots that this agency trusts, and the card behind it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

from agency.office import Signatory, SignatureCheck
from agency.settings import Settings
from signer.clock import SystemClock
from signer.pades.validate import verify_submission
from signer.trust.anchors import TrustPolicy
from signer.trust.answers import Answers
from signer.trust.fetchers import TrustFetchers
from signer.trust.revocation import BackgroundCheck
from signer.trust.services import ServiceDoor

_PATIENCE_S: Final = 8.0  # a client waits 20 s for its answer
_LOOPBACK: Final = ("127.0.0.1",)  # where the services of simulated cards are
_CERTIFICATES: Final = {".pem", ".crt", ".cer", ".der"}


def signature_check(settings: Settings) -> SignatureCheck:
    """Build the check of one agency: Belgian roots always, a folder of test roots where this is a TEST agency.

    A card that was withdrawn or suspended is refused; one of which nothing can be learned now is not, since that is
    no fault of the worker's, and the receipt tells. Raises SignerError SETTINGS_BROKEN when a root cannot be read.
    """
    folder = settings.test_roots
    roots = sorted(file for file in folder.iterdir() if file.suffix in _CERTIFICATES) if folder else []
    policy = TrustPolicy.load(test_roots=roots)
    door = ServiceDoor.belgian(*(_LOOPBACK if settings.test else ()))
    fetchers = TrustFetchers(door, Answers(), SystemClock())

    def check(original: Path, signed: Path, at: datetime, field: str | None) -> Signatory:
        found = verify_submission(original, signed, policy, at, field)
        learned = BackgroundCheck(found.chain, fetchers, at).result(_PATIENCE_S)
        if learned is not None:
            learned.require_not_revoked()
        known = learned is not None and learned.known
        return Signatory(found.certificate, found.signer_name, found.claimed_at, found.level.value, found.test, known)

    return check
