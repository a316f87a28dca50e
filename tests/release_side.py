"""The release side of tests: a key that vouches for agencies, made at run time, and a TEST world that pins it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from signer.descriptors import Descriptor, sign
from signer.known_agencies import SUFFIX
from signer.paths import Folders, user_folders

MADE_AT: Final = datetime(2026, 11, 1, 12, tzinfo=UTC)


def described(**changes: Any) -> Descriptor:
    """Describe an agency."""
    facts = {"id": "noord", "name": "Noord Interim", "url": "https://noord.example", "issued_at": MADE_AT}
    return Descriptor.model_validate(facts | changes)


@dataclass
class ReleaseSide:
    """A home folder in a TEST world, and the key that its settings pin."""

    home: Path
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    settings: str = ""  # more of the user's file

    def __post_init__(self) -> None:
        public = self.home / "release.pem"
        self.home.mkdir(exist_ok=True)
        public.write_bytes(self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        for folder in (self.folders.config, self.folders.machine):
            folder.mkdir()
        text = f'{self.settings}welcome = false\n[test]\ndescriptor_keys = ["{public}"]\n'
        self.folders.settings_file.write_text(text)

    @property
    def folders(self) -> Folders:
        return user_folders({"PARAPH_HOME": str(self.home)})

    def signed(self, **changes: Any) -> bytes:
        """Vouch for an agency."""
        return sign(described(**changes).model_dump_json(by_alias=True, exclude_none=True), self.key)

    def put(self, folder: Path, days: int = 0, **changes: Any) -> Path:
        """Put a descriptor, made so many days later than others, into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{changes.get('id', 'noord')}{SUFFIX}"
        file.write_bytes(self.signed(issued_at=MADE_AT + timedelta(days=days), **changes))
        return file
