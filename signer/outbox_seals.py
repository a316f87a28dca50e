"""What of the outbox lies sealed on the disk: for the agency, and for this user where the system keeps their key.

Of a signature that waits there are two files: what it added to the original, sealed to the agency and to this user,
which is sent as it lies there; and the original, sealed to this user alone, so that the whole can be put together
again. What is appended later is one file more each. A sealed file has its own SHA-256 in its name: a new one never
takes the place of the old one, and the row tells which one counts.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from signer.errors import ErrorCode, SignerError
from signer.files import file_errors, write_whole
from signer.model import SignedContract, SigningTerms
from signer.outbox_rows import Keeping
from signer.sealing import CertificateRecipient, HomeKey, Recipient, seal, unseal

_SUFFIX: Final = ".cms"
_ORIGINAL: Final = "original"
_OPENED: Final = "opened-"  # folders of what is opened for a moment


@dataclass(frozen=True, slots=True)
class Seals:
    """How this computer seals: to each agency, and to its user unless many people use it.

    Where one person uses it and there is no key of theirs, files lie open, for this user alone.
    """

    workspace: Path  # where what is opened lies for a moment
    shared: bool = False
    find_key: Callable[[], HomeKey | None] = field(default=lambda: None, repr=False)

    @property
    def home(self) -> HomeKey | None:
        """This user's own key."""
        return None if self.shared else self.find_key()

    @property
    def active(self) -> bool:
        """Whether anything is sealed here."""
        return self.shared or self.home is not None

    def wrong(self, *, delivered: bool) -> frozenset[Keeping]:
        """Tell how no signed file should lie here: what waits is not open, and many people keep nothing."""
        if not self.shared:
            return frozenset() if delivered else frozenset({Keeping.OPEN})
        return frozenset(Keeping) - {Keeping.ERASED} if delivered else frozenset({Keeping.OPEN, Keeping.SEALED})

    def sealed(self, signed: SignedContract, terms: SigningTerms) -> Path | None:
        """Seal what waits, beside the open file, which stays; None where the agency takes nothing sealed.

        Gives the file that is to be sent. Raises SignerError STORE_DAMAGED when the open file is not what was signed,
        or of the kind FILE.
        """
        home = self.home
        if terms.sealing_key is None or not (self.shared or home):
            return None
        whole = _read(signed.path)
        if hashlib.sha256(whole).hexdigest() != signed.sha256:
            raise SignerError(ErrorCode.STORE_DAMAGED, "the signed file has changed")
        original, increment = whole[: signed.increment_offset], whole[signed.increment_offset :]
        if home:
            write_whole(original_of(signed.path), seal(original, [home]))
        return put(signed.path, seal(increment, self._recipients(terms.sealing_key)))

    def sealed_anew(self, changed: SignedContract, terms: SigningTerms, beside: Path) -> Path:
        """Seal what a time-stamp changed, beside what was sealed before; gives the file that is to be sent."""
        assert terms.sealing_key
        return put(beside, seal(_read(changed.path)[changed.increment_offset :], self._recipients(terms.sealing_key)))

    def sealed_piece(self, path: Path, start: int, end: int, beside: Path) -> Path:
        """Seal what was appended, for this user: the agency gets it open."""
        return put(beside, seal(_read(path)[start:end], [self._mine()]))

    @contextmanager
    def opened(self, signed: SignedContract, pieces: Sequence[Path]) -> Iterator[SignedContract]:
        """Put the whole signed file together for a moment; what is done to it is not kept by itself.

        Raises SignerError SEAL_NOT_OURS when only the agency can open it, STORE_DAMAGED, or of the kind FILE.
        """
        assert signed.sealed
        files = [original_of(signed.path), signed.sealed, *pieces]
        if not files[0].exists():
            raise SignerError(ErrorCode.SEAL_NOT_OURS)
        mine = [self._mine()]
        with file_errors():
            folder = Path(mkdtemp(prefix=_OPENED, dir=self.workspace))
        try:
            whole = folder / signed.path.name
            write_whole(whole, b"".join(unseal(_read(each), mine) for each in files))
            yield replace(signed, path=whole)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _recipients(self, sealing_key: bytes) -> list[Recipient]:
        agency, home = CertificateRecipient.of(sealing_key), self.home
        return [agency, home] if home else [agency]

    def _mine(self) -> HomeKey:
        home = self.home
        if home is None:
            raise SignerError(ErrorCode.SEAL_NOT_OURS)
        return home


def original_of(path: Path) -> Path:
    """Give where the sealed original of a signed file lies; it is there when this user can open it."""
    return path.with_suffix(f".{_ORIGINAL}{_SUFFIX}")


def put(beside: Path, sealed: bytes) -> Path:
    """Put a sealed file beside the place of the open one, under its own hash."""
    file = beside.with_suffix(f".{hashlib.sha256(sealed).hexdigest()}{_SUFFIX}")
    write_whole(file, sealed)
    return file


def read_sealed(file: Path) -> bytes:
    """Read a sealed file to send it; raises SignerError FILE_MISSING, or STORE_DAMAGED when it was changed."""
    sealed = _read(file)
    if hashlib.sha256(sealed).hexdigest() != file.suffixes[-2][1:]:
        raise SignerError(ErrorCode.STORE_DAMAGED, "a sealed file has changed")
    return sealed


def erase(path: Path, keep: Iterable[Path] = ()) -> None:
    """Erase what there is of a signed file, open and sealed, but for the files to keep."""
    kept = set(keep)
    with file_errors():
        for file in (path, *path.parent.glob(f"{path.stem}.*{_SUFFIX}")):
            if file not in kept:
                file.unlink(missing_ok=True)


def _read(file: Path) -> bytes:
    with file_errors(ErrorCode.FILE_NOT_READABLE):
        return file.read_bytes()
