"""Languages that nobody speaks: every text longer, with strange letters and brackets, made from the source at run time.

What stays plain English was forgotten by the catalogues; what lacks a bracket was cut off or put together.
"""

from __future__ import annotations

import gettext
import re
from math import ceil
from typing import Final

_STRANGE: Final = str.maketrans("aceginosuyzACEGINOSUYZ", "áçéğîñöšüýžÁÇÉĞÎÑÖŠÜÝŽ")
_TOKEN: Final = re.compile(r"(\{[^}]*\}|&&|&)")  # what is filled in later, and Qt's mark of a key, stay as they are
_MORE: Final = 0.4  # the length that a translation may need more than English
_FILL: Final = "~lorém ipšüm dölör"


class Pseudo(gettext.NullTranslations):
    """A catalogue that answers every text with itself, longer and strange."""

    def gettext(self, message: str) -> str:
        """Make a text strange."""
        return strange(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Make the right one strange."""
        return strange(msgid1 if n == 1 else msgid2)


def strange(text: str) -> str:
    """Write a text with accents, in brackets, and 40 % longer."""
    parts = _TOKEN.split(text)
    letters = "".join(part if _TOKEN.fullmatch(part) else part.translate(_STRANGE) for part in parts)
    more = max(1, ceil(len(text) * _MORE) - len("[]"))
    return f"[{letters}{(_FILL * (more // len(_FILL) + 1))[:more]}]"
