"""The Extender of production: signer.pades.extend with the services that the settings name.

pyHanko is imported when something is to be extended: most deliveries need nothing of it.
"""
# ruff: noqa: PLC0415 - the reason stands above

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from signer.files import sha256_of
from signer.http import Limits
from signer.model import Document, Level, Reached, SignedContract
from signer.ports import Clock

_LIMITS_WHILE_A_PERSON_WAITS: Final = Limits(connect_s=2, read_s=3, total_s=4, answer=128 * 1024)  # of one service

if TYPE_CHECKING:  # only for their names: see above
    from signer.pades.extend import Means
    from signer.trust.anchors import TrustPolicy
    from signer.trust.services import ServiceDoor


@dataclass(frozen=True, slots=True)
class FileExtender:
    """Extends files with time-stamps of these services, in their order; other hosts are those behind the door."""

    policy: TrustPolicy
    door: ServiceDoor
    time_stamps: tuple[str, ...]
    clock: Clock

    def stamp(self, signed: SignedContract, clock_offset: timedelta) -> SignedContract:
        """Put a time-stamp into the signature; see ``signer.ports.Extender``."""
        from signer.pades.check import check_signed
        from signer.pades.extend import level_now, signer_of_newest, stamp_signature

        if sha256_of(signed.path) == signed.sha256:
            stamp_signature(signed.path, self._quick().means(clock_offset))
        else:  # a crash came between the file and the note of it
            original = Document(signed.path, signed.original_sha256, signed.increment_offset, 0)
            check_signed(signed.path, original, signer_of_newest(signed.path))
        level, size = level_now(signed.path), signed.path.stat().st_size
        return replace(signed, sha256=sha256_of(signed.path), size=size, level=level)

    def append(self, path: Path, asked: Level, clock_offset: timedelta) -> Reached:
        """Append what the level needs; see ``signer.ports.Extender``."""
        from signer.pades.extend import extend

        return extend(path, asked, self.means(clock_offset), rewrite=False)

    def raise_file(self, path: Path, asked: Level, *, rewrite: bool) -> Reached:
        """Raise a file of one's own; ``rewrite`` allows a time-stamp inside the signature, where nobody has it yet."""
        from signer.pades.extend import extend

        return extend(path, asked, self.means(), rewrite=rewrite)

    def level_of(self, path: Path) -> Level:
        """Tell which level a file has; raises SignerError of the kinds DOCUMENT and FILE."""
        from signer.pades.extend import level_now

        return level_now(path)

    def renew(self, path: Path) -> None:
        """Renew the last document time-stamp of a file; see ``signer.pades.extend.renew``."""
        from signer.pades.extend import renew

        renew(path, self.means())

    def renew_in_time(self, path: Path, margin: timedelta) -> bool:
        """Renew it when it ends soon; see ``signer.pades.extend.renew_in_time``."""
        from signer.pades.extend import renew_in_time

        return renew_in_time(path, self.means(), margin)

    def _quick(self) -> FileExtender:
        from signer.trust.services import Service

        limits = {**self.door.limits, Service.TIME_STAMP: _LIMITS_WHILE_A_PERSON_WAITS}
        return replace(self, door=replace(self.door, limits=limits))

    def means(self, clock_offset: timedelta = timedelta()) -> Means:
        """Give what one extension needs; none of the answers is remembered, since older ones say nothing about now."""
        from signer.pades.extend import Means
        from signer.trust.answers import Answers
        from signer.trust.fetchers import TrustFetchers
        from signer.trust.stamping import TimeStamps
        from signer.trust.time_stamps import HttpTimeStamper

        fetchers = TrustFetchers(self.door, Answers(), self.clock)
        stampers = [HttpTimeStamper(url, self.door) for url in self.time_stamps]
        stamps = TimeStamps(stampers, self.policy, lambda: self.clock.now() + clock_offset, fetchers)
        return Means(self.policy, stamps, fetchers, lambda: self.clock.now() + clock_offset)
