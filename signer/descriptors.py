"""An agency's descriptor: who it is and where it is, signed by a key that the release pins.

The file holds the descriptor as a text, and a signature over that very text, so that nobody has to agree on how JSON is
written: Ed25519 (RFC 8032) over a prefix that no other text of ours begins with, and the text.
"""

from __future__ import annotations

import base64
import hashlib
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from pydantic import AfterValidator, AwareDatetime, Base64Bytes, Field, ValidationError, model_validator

from signer.agency.schema import Identifier, Wire
from signer.errors import ErrorCode, SignerError
from signer.paths import resource

LARGEST: Final = 16 * 1024  # bytes of a file: many times what is in one

_PREFIX: Final = b"paraph agency descriptor, version 1\n"
_PATH: Final = r"(/[A-Za-z0-9._~-]+)*/?"
_ADDRESS: Final = re.compile(rf"https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{{1,5}})?{_PATH}")
_LOOPBACK: Final = re.compile(rf"http://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{{1,5}})?{_PATH}")
_LEAST_CONTRAST: Final = 4.5  # WCAG 2.2, 1.4.3


def _line(text: str) -> str:
    """Take one line that can be printed: no control character, and nothing that turns the direction of writing."""
    if not text.isprintable() or text != text.strip():
        raise ValueError("one line that can be printed")
    return text


Line = Annotated[str, Field(max_length=100), AfterValidator(_line)]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]


class Colours(Wire):
    """The colours in which an agency is shown beside its name; text can be read on its background."""

    background: Colour
    text: Colour

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        darker, lighter = sorted(map(_luminance, (self.background, self.text)))
        if (lighter + 0.05) / (darker + 0.05) < _LEAST_CONTRAST:
            raise ValueError("too little contrast to be read")
        return self


class Descriptor(Wire):
    """What is signed; a field that this version does not know is passed over."""

    id: Identifier
    name: Annotated[Line, Field(min_length=1)]
    url: Annotated[str, Field(max_length=200)]
    telephone: Line = ""
    mail: Line = ""
    colours: Colours | None = None
    issued_at: AwareDatetime
    not_after: AwareDatetime | None = None  # from then on the agency is not talked to, until a newer one comes

    @model_validator(mode="after")
    def _has_a_safe_address(self) -> Self:
        if not (_ADDRESS.fullmatch(self.url) or _LOOPBACK.fullmatch(self.url)):
            raise ValueError("an address is https://host/path")
        return self

    @property
    def host(self) -> str:
        """The host, and the port where it is not the usual one."""
        return urlsplit(self.url).netloc

    @property
    def on_this_machine(self) -> bool:
        """Whether it is an address without TLS, as the demo world's agency has."""
        return not self.url.startswith("https:")

    def has_ended(self, now: datetime) -> bool:
        """Tell whether its time is over."""
        return self.not_after is not None and now >= self.not_after


@dataclass(frozen=True, slots=True)
class SignedDescriptor:
    """A descriptor whose signature was good, the text that was signed, and the file that it came in."""

    descriptor: Descriptor
    text: str = field(repr=False)
    content: bytes = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """What two people can compare on the telephone: half a SHA-256 of the text, in groups of four."""
        digest = hashlib.sha256(self.text.encode()).hexdigest()[:32]
        return " ".join(digest[at : at + 4] for at in range(0, len(digest), 4))


class _File(Wire):
    descriptor: str
    signature: Base64Bytes


def read(content: bytes, keys: Iterable[Ed25519PublicKey], *, test: bool = False) -> SignedDescriptor:
    """Read a descriptor's file; only a TEST world takes an address on this machine without TLS.

    Raises SignerError DESCRIPTOR_BROKEN, or DESCRIPTOR_NOT_SIGNED when none of the keys signed it.
    """
    try:
        file = _File.model_validate_json(content[: LARGEST + 1])
    except ValidationError as error:
        raise SignerError(ErrorCode.DESCRIPTOR_BROKEN, _places(error)) from error
    if not any(_is_signed(file, key) for key in keys):
        raise SignerError(ErrorCode.DESCRIPTOR_NOT_SIGNED)
    descriptor = parse(file.descriptor)
    if descriptor.on_this_machine and not test:
        raise SignerError(ErrorCode.DESCRIPTOR_BROKEN, "url: without TLS")
    return SignedDescriptor(descriptor, file.descriptor, content)


def parse(text: str) -> Descriptor:
    """Read a descriptor before anybody signs it; raises SignerError DESCRIPTOR_BROKEN, naming the places."""
    try:
        return Descriptor.model_validate_json(text)
    except ValidationError as error:
        raise SignerError(ErrorCode.DESCRIPTOR_BROKEN, _places(error)) from error


def sign(text: str, key: Ed25519PrivateKey) -> bytes:
    """Write the file of a descriptor; raises SignerError DESCRIPTOR_BROKEN for what no client would take."""
    parse(text)
    signature = base64.b64encode(key.sign(_PREFIX + text.encode()))
    return _File(descriptor=text, signature=signature).model_dump_json(indent=2).encode() + b"\n"


def release_keys(file: Path | None = None) -> tuple[Ed25519PublicKey, ...]:
    """Give the keys that ship with the program."""
    table = tomllib.loads((file or resource("agencies", "release-keys.toml")).read_text("utf-8"))
    return tuple(Ed25519PublicKey.from_public_bytes(base64.b64decode(each, validate=True)) for each in table["keys"])


def keys_in(files: Sequence[Path]) -> tuple[Ed25519PublicKey, ...]:
    """Read the keys (PEM) that a TEST world adds; raises SignerError SETTINGS_BROKEN."""
    try:
        keys = [load_pem_public_key(file.read_bytes()) for file in files]
    except (OSError, ValueError) as error:
        raise SignerError(ErrorCode.SETTINGS_BROKEN, "test.descriptor_keys") from error
    return tuple(key for key in keys if isinstance(key, Ed25519PublicKey))


def _is_signed(file: _File, key: Ed25519PublicKey) -> bool:
    try:
        key.verify(file.signature, _PREFIX + file.descriptor.encode())
    except (InvalidSignature, UnicodeEncodeError):
        return False
    return True


def _places(error: ValidationError) -> str:
    return ", ".join(".".join(map(str, each["loc"])) or each["msg"] for each in error.errors())


def _luminance(colour: str) -> float:
    """Give the relative luminance of #rrggbb (WCAG 2.2)."""
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
