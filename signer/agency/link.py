"""The deep link ``paraph://open/<agencyId>/<token>``: it locates, and can lead nowhere but to an agency known here."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from signer.errors import ErrorCode, SignerError

_LONGEST: Final = 256  # characters; 21 + 64 + 128 are the longest that can be right
_LINK: Final = re.compile(
    # A browser may write scheme and host in capitals, and put a slash at the end (RFC 3986, 6.2).
    r"(?i:paraph://open)/(?P<agency_id>[A-Za-z0-9._-]{1,64})/(?P<token>[A-Za-z0-9_-]{16,128})/?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Link:
    """Which agency, and the one-time token for it."""

    agency_id: str
    token: str = field(repr=False)


def parse_link(text: str) -> Link:
    """Read a deep link; raises SignerError LINK_NOT_OURS, whose text never repeats the link."""
    found = _LINK.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        raise SignerError(ErrorCode.LINK_NOT_OURS)
    return Link(found["agency_id"], found["token"])
