"""National numbers: never stored, only a keyed hash of each, and per contract an argon2id for the client to compare.

The register's number is 11 digits; its check is 97 minus the first nine modulo 97, with a 2 before the nine for births
from 2000 (law of 8 August 1983 and its decrees on the National Register).
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
from pathlib import Path
from typing import Final, NamedTuple

from argon2.low_level import Type, hash_secret_raw
from cryptography import x509
from cryptography.x509.oid import NameOID

from signer.errors import ErrorCode, SignerError

TIME_COST: Final = 3  # RFC 9106, 4: the second recommended option, for memory-constrained machines
MEMORY_COST: Final = 65536  # KiB
PARALLELISM: Final = 4

_KEY_BYTES: Final = 32
_SALT_BYTES: Final = 16
_HASH_BYTES: Final = 32
_SEPARATORS: Final = re.compile(r"[ .\-]")
_ELEVEN_DIGITS: Final = re.compile(r"\d{11}", re.ASCII)


class InvalidNationalNumberError(ValueError):
    """What was given is no national number; the text never repeats it."""


class ExpectedHash(NamedTuple):
    """argon2id of one number with the salt of one contract."""

    salt: bytes
    hash: bytes


class People:
    """Turns national numbers into pseudonyms with a key that never leaves the server."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def of(cls, key_file: Path) -> People:
        """Load the server's key, or make it; raises SignerError SETTINGS_BROKEN when others can read it."""
        try:
            descriptor = os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return cls(_read_key(key_file))
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
        return cls(_read_key(key_file))

    def pseudonym(self, number: str) -> bytes:
        """Give the keyed hash (HMAC-SHA-256) of a national number; raises InvalidNationalNumberError."""
        return hmac.digest(self._key, _digits(number).encode(), "sha256")

    def hash_of(self, secret: str) -> bytes:
        """Give the keyed hash of a short secret, which nobody finds by trying without this key."""
        return hmac.digest(self._key, f"code {secret}".encode(), "sha256")

    def pseudonym_of(self, certificate: bytes) -> bytes | None:
        """Give the keyed hash for a signer's certificate (DER, subject serialNumber); None when it holds no number."""
        subject = x509.load_der_x509_certificate(certificate).subject
        values = subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)
        try:
            return self.pseudonym(str(values[0].value)) if values else None
        except InvalidNationalNumberError:
            return None


def expected_hash(number: str) -> ExpectedHash:
    """Hash a number for one contract, with a fresh salt; raises InvalidNationalNumberError."""
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = hash_secret_raw(
        _digits(number).encode(),
        salt,
        time_cost=TIME_COST,
        memory_cost=MEMORY_COST,
        parallelism=PARALLELISM,
        hash_len=_HASH_BYTES,
        type=Type.ID,
    )
    return ExpectedHash(salt, digest)


def _digits(number: str) -> str:
    digits = _SEPARATORS.sub("", number.strip())
    if not _ELEVEN_DIGITS.fullmatch(digits):
        raise InvalidNationalNumberError("a national number has 11 digits")
    nine, check = digits[:9], int(digits[9:])
    if check not in {97 - int(century + nine) % 97 for century in ("", "2")}:
        raise InvalidNationalNumberError("the check digits of this national number are wrong")
    return digits


def _read_key(key_file: Path) -> bytes:
    if os.name == "posix" and key_file.stat().st_mode & 0o077:
        raise SignerError(ErrorCode.SETTINGS_BROKEN, f"others can read {key_file}: chmod 600")
    key = key_file.read_bytes()
    if len(key) != _KEY_BYTES:
        raise SignerError(ErrorCode.SETTINGS_BROKEN, f"{key_file} does not hold {_KEY_BYTES} bytes")
    return key
