"""The release side's part of an agency's descriptor (docs/agencies.md): make a key once, sign what you checked.

    python scripts/sign_descriptor.py make-key KEY.pem
    python scripts/sign_descriptor.py sign KEY.pem DESCRIPTOR.json

The first prints the public half, for resources/agencies/release-keys.toml; the second writes ID.paraph-agency beside
the descriptor, and prints its fingerprint. The pass phrase is asked. The key belongs on a computer of its own, and
never in the repository.
"""

from __future__ import annotations

import base64
import os
import sys
from collections.abc import Callable
from getpass import getpass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from signer.descriptors import parse, read, sign
from signer.errors import SignerError
from signer.known_agencies import SUFFIX

_LEAST: Final = 12  # characters of a pass phrase


def make_key(file: str) -> None:
    """Write a new key that only this user can read, and never over another."""
    phrase = _asked()
    if len(phrase) < _LEAST or phrase != _asked("again "):
        sys.exit(f"the same pass phrase twice, of at least {_LEAST} characters")
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(phrase))
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(pem)
    print(base64.b64encode(key.public_key().public_bytes_raw()).decode())


def sign_file(key_file: str, descriptor_file: str) -> None:
    """Sign the very text of a file that somebody read and checked; the result lies beside it."""
    pem, source = Path(key_file).read_bytes(), Path(descriptor_file)
    text = source.read_text("utf-8")
    of = parse(text)
    key = load_pem_private_key(pem, _asked() if b"ENCRYPTED" in pem else None)
    if not isinstance(key, Ed25519PrivateKey):
        sys.exit("not an Ed25519 key")
    content = sign(text, key)
    target = source.with_name(of.id + SUFFIX)
    target.write_bytes(content)
    signed = read(content, [key.public_key()], test=True)
    print(f"{of.name}, {of.host}\n{target}\n{signed.fingerprint}")


def _asked(which: str = "") -> bytes:
    return getpass(f"Pass phrase {which}of the key: ").encode()


_COMMANDS: Final[dict[tuple[str, int], Callable[..., None]]] = {("make-key", 1): make_key, ("sign", 2): sign_file}


def main(arguments: list[str]) -> None:
    """Run one command."""
    command = _COMMANDS.get((arguments[0] if arguments else "", len(arguments) - 1))
    if command is None:
        sys.exit(__doc__)
    try:
        command(*arguments[1:])
    except (SignerError, OSError, ValueError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
