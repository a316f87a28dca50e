"""Checking a signature by the rules of signer.pades and the roots that this agency trusts, and the card behind it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from agency.office import Signatory, SignatureCheck
from agency.settings import Settings
from signer.agency.schema import LevelName
from signer.clock import SystemClock
from signer.model import Level
from signer.pades.extender import FileExtender
from signer.pades.validate import standing_believed, verify_extension, verify_submission
from signer.trust.anchors import FOR_LOGGING_IN, TrustPolicy, chain_to_root
from signer.trust.answers import Answers
from signer.trust.fetchers import TrustFetchers
from signer.trust.revocation import BackgroundCheck
from signer.trust.services import ServiceDoor, belgian_time_stamps
from signer.trust.stamping import believed

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
    time_stamps = settings.time_stamps or belgian_time_stamps()
    door = ServiceDoor.belgian(*(_LOOPBACK if settings.test else ())).knowing(*time_stamps)
    return _Checks(FileExtender(TrustPolicy.load(test_roots=roots), door, time_stamps, SystemClock()))


class _Checks:
    """``agency.office.SignatureCheck`` with the means of one agency."""

    def __init__(self, extender: FileExtender) -> None:
        self._extender = extender
        self._policy = extender.policy
        self._fetchers = TrustFetchers(extender.door, Answers(), extender.clock)
        self._counts = believed(self._policy, self._fetchers)

    def __call__(self, original: Path, signed: Path, at: datetime, field: str | None) -> Signatory:
        """Check a signature, and what is known of its card."""
        found = verify_submission(original, signed, self._policy, at, field)
        learned = BackgroundCheck(found.chain, self._fetchers, at).result(_PATIENCE_S)
        if learned is not None:
            learned.require_not_revoked()
        standing = standing_believed(signed, self._counts)
        return Signatory(
            certificate=found.certificate,
            name=found.signer_name,
            claimed_at=found.claimed_at,
            proven_at=standing.proven_at,
            level=_named(standing.level),
            test=found.test,
            revocation_checked=learned is not None and learned.known,
        )

    def login(self, certificate: bytes, chain: tuple[bytes, ...], at: datetime) -> None:
        """Check the certificate of somebody's authentication key, and what is known of the card."""
        believed_chain = chain_to_root(self._policy, certificate, chain, at, FOR_LOGGING_IN)
        learned = BackgroundCheck(believed_chain.certificates, self._fetchers, at).result(_PATIENCE_S)
        if learned is not None:
            learned.require_not_revoked()

    def extension(self, before: Path, after: Path) -> LevelName:
        """Check what was appended."""
        return _named(verify_extension(before, after, self._counts))

    def renew(self, path: Path, margin: timedelta) -> bool:
        """Renew what ends soon."""
        return self._extender.renew_in_time(path, margin)

    def extend(self, path: Path, asked: LevelName) -> LevelName:
        """Append what is missing."""
        return _named(self._extender.append(path, Level(asked), timedelta()).level)


def _named(level: Level | None) -> LevelName:
    return (level or Level.B_B).value
