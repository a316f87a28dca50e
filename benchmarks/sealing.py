"""What sealing costs when a signature is put away: for the agency and this user, beside OpenSSL's CMS."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding

from agency.sealing import SealingKey, SealingKeys
from benchmarks import Contestant, Figure, World, count, race, subject
from signer.sealing import KEY_BYTES, CertificateRecipient, HomeKey, seal, unseal

_SIZES: Final = {"an increment of 40 kB": 40_000, "a document of 10 MB": 10_000_000}


@subject("sealing", "Sealing and opening (CMS, AES-256-GCM)")
def sealing(world: World) -> Iterable[Figure]:
    """Seal for an agency's RSA key and for this user's own, and open with each; OpenSSL seals for the agency alone."""
    folder = world.new_folder("sealing")
    agency, home = SealingKeys(folder / "keys", "TEST agency").make(), HomeKey(secrets.token_bytes(KEY_BYTES))
    (folder / "to.pem").write_bytes(agency.certificate.public_bytes(Encoding.PEM))
    for label, size in _SIZES.items():
        (folder / "content").write_bytes(content := secrets.token_bytes(size))
        sealed = seal(content, [CertificateRecipient.of(agency.der), home])
        yield count(f"{label}: what the seal adds", "bytes", len(sealed) - size)
        peer = f"{label}: openssl cms -encrypt"
        yield from race(_contestants(label, peer, folder, agency, home, content, sealed), world.effort, peer)


def _contestants(  # noqa: PLR0913, PLR0917 - each is one thing of the table
    label: str, peer: str, folder: Path, agency: SealingKey, home: HomeKey, content: bytes, sealed: bytes
) -> dict[str, Contestant]:
    padding = ["-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256"]
    line = ["openssl", "cms", "-encrypt", "-aes-256-gcm", "-keyid", "-binary", "-outform", "DER", "-in", "content"]
    command = [*line, "-out", "sealed", "-recip", "to.pem", *padding]
    return {
        peer: partial(subprocess.run, command, cwd=folder, check=True),
        f"{label}: seal for both": lambda: seal(content, [CertificateRecipient.of(agency.der), home]),
        f"{label}: open as the agency": partial(unseal, sealed, [agency.opener]),
        f"{label}: open as this user": partial(unseal, sealed, [home]),
    }
