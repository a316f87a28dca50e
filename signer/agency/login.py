"""What the eID's authentication key signs to log in: an agency's challenge, for that agency's server and nobody else's.

The server is named as the client knows it, not as the challenge says: one that passes another's challenge on gets a
signature for itself, which the other refuses.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from signer.model import Mechanism

NONCE_BYTES: Final = 32

_PURPOSE: Final = "Paraph log-in 1"  # nothing else that an authentication key signs begins so


def server_name(url: str) -> str:
    """Give the name under which a client knows a server: the host of its address, in lower case."""
    return (urlsplit(url).hostname or "").lower()


def challenge_text(server: str, agency_id: str, nonce: bytes, issued_at: datetime) -> bytes:
    """Write what is signed: one fact a line, none of which can hold a line end."""
    facts = (_PURPOSE, server, agency_id, issued_at.astimezone(UTC).isoformat(timespec="seconds"), nonce.hex())
    return "\n".join((*facts, "")).encode()


def challenge_digest(mechanism: Mechanism, text: bytes) -> bytes:
    """Give the digest that the key of this mechanism signs."""
    return hashlib.new(mechanism.digest_algorithm, text).digest()
