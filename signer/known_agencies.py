"""Where agencies' descriptors lie, and which of them count: the administrator's, then the newest one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from signer.errors import ErrorCode, SignerError
from signer.files import file_errors, write_whole
from signer.paths import Folders, private_folder, resource
from signer.settings import Agency
from signer.settings_file import Layers

if TYPE_CHECKING:  # cryptography is loaded when there is a descriptor to check: quick start
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from signer.descriptors import SignedDescriptor

SUFFIX: Final = ".paraph-agency"
_BUNDLED: Final = resource("agencies")


class Place(Enum):
    """Who put a descriptor on this computer; the value is its rank."""

    BUNDLED = 0  # it came with the program
    USER = 1
    MACHINE = 2  # an administrator: nothing of the others replaces it


@dataclass(frozen=True, slots=True)
class Found:
    """One file: what it describes, or why it does not count."""

    place: Place
    file: Path
    signed: SignedDescriptor | None
    code: ErrorCode | None = None


@dataclass(frozen=True, slots=True)
class Shelf:
    """The descriptors of one user on one machine, as the settings let them count."""

    folders: Folders
    layers: Layers
    bundled: Path = _BUNDLED

    def found(self, now: datetime) -> list[Found]:
        """Read every file there is, the best one of each agency first; never raises for what is in them."""
        found = [self._read(place, file, now) for place, file in self._files()]
        return sorted(found, key=_rank, reverse=True)

    def counting(self, now: datetime) -> list[SignedDescriptor]:
        """Give the descriptor of each agency that counts, but for those that the settings name."""
        best: dict[str, SignedDescriptor] = {}
        for each in self.found(now):
            if each.signed and each.code is None:
                best.setdefault(each.signed.descriptor.id, each.signed)
        named = {agency.id for agency in self.layers.settings.agencies}
        return [signed for name, signed in sorted(best.items()) if name not in named]

    def judge(self, content: bytes, now: datetime) -> SignedDescriptor:
        """Check what somebody wants to add, before anybody is asked whether they want it.

        Raises SignerError DESCRIPTOR_BROKEN, DESCRIPTOR_NOT_SIGNED, DESCRIPTOR_OLD (also for one whose time is over),
        or AGENCIES_FIXED where an administrator decides.
        """
        from signer.descriptors import read  # noqa: PLC0415 - quick start

        signed = read(content, self._keys(), test=self._is_test)
        new = signed.descriptor
        if self.layers.is_fixed("agencies"):
            raise SignerError(ErrorCode.AGENCIES_FIXED)
        for each in self._of(new.id, now):
            if each.place is Place.MACHINE:
                raise SignerError(ErrorCode.AGENCIES_FIXED)
            if each.signed and each.signed.text != signed.text and each.signed.descriptor.issued_at >= new.issued_at:
                raise SignerError(ErrorCode.DESCRIPTOR_OLD)
        if new.has_ended(now):
            raise SignerError(ErrorCode.DESCRIPTOR_OLD)
        return signed

    def known(self, agency_id: str, now: datetime) -> SignedDescriptor | None:
        """Give the descriptor that counts for an agency."""
        return next((each.signed for each in self._of(agency_id, now) if each.code is None), None)

    def add(self, signed: SignedDescriptor) -> None:
        """Put one that was judged and confirmed into the user's folder; raises SignerError SETTINGS_NOT_SAVED."""
        try:
            folder = private_folder(self.folders.agencies)
            write_whole(folder / f"{signed.descriptor.id}{SUFFIX}", signed.content)
        except SignerError as error:
            raise SignerError(ErrorCode.SETTINGS_NOT_SAVED, error.detail) from error

    def remove(self, agency_id: str, now: datetime, waiting_for: Iterable[str]) -> None:
        """Take an agency that the user added away; ``waiting_for``: the agencies for which something waits here.

        Raises SignerError AGENCY_UNKNOWN, AGENCIES_FIXED for one that somebody else set up, AGENCY_STILL_NEEDED, or
        FILE_NOT_WRITABLE.
        """
        mine = [each for each in self._of(agency_id, now) if each.place is Place.USER]
        if not mine:
            is_known = self._of(agency_id, now) or agency_id in {each.id for each in self.layers.settings.agencies}
            raise SignerError(ErrorCode.AGENCIES_FIXED if is_known else ErrorCode.AGENCY_UNKNOWN)
        if agency_id in waiting_for:
            raise SignerError(ErrorCode.AGENCY_STILL_NEEDED)
        with file_errors():
            for each in mine:
                each.file.unlink(missing_ok=True)

    def _of(self, agency_id: str, now: datetime) -> list[Found]:
        return [each for each in self.found(now) if each.signed and each.signed.descriptor.id == agency_id]

    def _files(self) -> Iterator[tuple[Place, Path]]:
        places = {
            Place.BUNDLED: self.bundled,
            Place.USER: self.folders.agencies,
            Place.MACHINE: self.folders.machine_agencies,
        }
        for place, folder in places.items():
            if place is Place.MACHINE or not self.layers.is_fixed("agencies"):
                yield from ((place, file) for file in sorted(folder.glob(f"*{SUFFIX}")))

    def _read(self, place: Place, file: Path, now: datetime) -> Found:
        from signer.descriptors import read  # noqa: PLC0415 - quick start

        try:
            with file_errors(ErrorCode.FILE_NOT_READABLE):
                content = file.read_bytes()
            signed = read(content, self._keys(), test=self._is_test)
        except SignerError as error:
            return Found(place, file, None, error.code)
        return Found(place, file, signed, ErrorCode.DESCRIPTOR_OLD if signed.descriptor.has_ended(now) else None)

    @property
    def _is_test(self) -> bool:
        return self.layers.settings.test is not None

    def _keys(self) -> Sequence[Ed25519PublicKey]:
        """Give the release's keys; a TEST world, which says so on every face, may add its own."""
        from signer.descriptors import keys_in, release_keys  # noqa: PLC0415 - quick start

        test = self.layers.settings.test
        return (*release_keys(), *(keys_in(test.descriptor_keys) if test else ()))


def with_agencies(layers: Layers, folders: Folders, now: datetime) -> Layers:
    """Give what counts together with the agencies that descriptors add; those of the settings come first."""
    added = tuple(_agency(each) for each in Shelf(folders, layers).counting(now))
    if not added:
        return layers
    settings = layers.settings.model_copy(update={"agencies": (*layers.settings.agencies, *added)})
    return replace(layers, settings=settings)


def _rank(found: Found) -> tuple[bool, bool, float]:
    """Rank what counts above what does not, an administrator's above all, and then the newest."""
    issued = found.signed.descriptor.issued_at.timestamp() if found.signed else 0
    return found.code is None, found.place is Place.MACHINE, issued


def _agency(signed: SignedDescriptor) -> Agency:
    of = signed.descriptor
    colours = (of.colours.background, of.colours.text) if of.colours else None
    return Agency(
        id=of.id,
        name=of.name,
        url=of.url,
        telephone=of.telephone,
        mail=of.mail,
        colours=colours,
    )
