"""The support bundle: the findings as a file that can be sent, with nothing personal in it.

Two guards, one behind the other: only facts that are listed here go in, and what others wrote (names of readers,
paths, makers) goes through ``scrub`` first.
"""

from __future__ import annotations

import getpass
import io
import json
import re
import socket
import zipfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Final

from signer.files import write_whole
from ui.diagnosis.findings import Finding
from ui.diagnosis.words import CHECKS, words

_HIDDEN: Final = "…"
_HEX: Final = re.compile(r"[0-9A-F]{2,66}")

# Anything that could name a person, a card or a session, whoever wrote it.
_TELLTALE: Final = re.compile(
    r"""
      [^\s@]+@[^\s@]+                                # a mail address, or a user before a host
    | [A-Za-z0-9_=+/-]{24,}                          # a token, a key, a piece of a certificate; before its own pieces
    | (?<!\d)\d{2}[ .]?\d{2}[ .]?\d{2}[ -]?\d{3}[ .]?\d{2}(?!\d)  # a national number, as people write it
    | \d{5,}                                         # any other long number
    | (?=[A-Za-z]*\d)[0-9A-Fa-f]{8,}                 # a serial number
    | \([^()]*\d[^()]*\) | \[[^\[\]]*\d[^\[\]]*\]    # what drivers put a reader's serial number in
    """,
    re.VERBOSE | re.ASCII,
)
_SYSTEM_FOLDERS: Final = ("/usr/", "/opt/", "/lib", "/Library/", "/System/", "C:\\Windows\\", "C:\\Program Files")


@dataclass(frozen=True, slots=True)
class Private:
    """What this computer calls its user: none of it goes out."""

    names: tuple[str, ...]

    @classmethod
    def here(cls) -> Private:
        """Collect the home folder, the user's and the computer's name."""
        names = [str(Path("~").expanduser())]
        with suppress(OSError, KeyError, ImportError):  # a user without a name
            names.append(getpass.getuser())
        names.append(socket.gethostname().partition(".")[0])
        return cls(tuple(sorted({name for name in names if len(name) > 2}, key=len, reverse=True)))


def scrub(text: str, private: Private) -> str:
    """Take out of a text whatever could be somebody's."""
    for name in private.names:
        text = re.sub(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", _HIDDEN, text, flags=re.IGNORECASE)
    return _TELLTALE.sub(_HIDDEN, text)


def without_persons(finding: Finding, private: Private) -> Finding:
    """Give a finding that may leave this computer."""
    facts = {
        name: _FACTS[name](fact, private) if isinstance(fact, str) else fact
        for name, fact in finding.facts.items()
        if name in _FACTS
    }
    return replace(finding, subject=scrub(finding.subject, private), facts=facts)


def write_bundle(
    target: Path, findings: Iterable[Finding], gettext: Callable[[str], str], private: Private | None = None
) -> None:
    """Write the ZIP file, whole; raises SignerError DISK_FULL, FILE_MISSING or FILE_NOT_WRITABLE."""
    here = private or Private.here()
    safe = [without_persons(finding, here) for finding in findings]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("diagnosis.json", json.dumps(facts_of(safe), ensure_ascii=False, indent=2) + "\n")
        bundle.writestr("diagnosis.txt", as_text(safe, gettext))
    write_whole(target, content.getvalue())


def facts_of(findings: Iterable[Finding]) -> dict[str, list[dict[str, object]]]:
    """Describe the findings for a machine."""
    return {
        "findings": [
            {
                "check": finding.check.value,
                "grade": finding.grade.value,
                "id": finding.id,
                "subject": finding.subject,
                "facts": dict(finding.facts),
            }
            for finding in findings
        ]
    }


def as_text(findings: Iterable[Finding], gettext: Callable[[str], str]) -> str:
    """Write the findings for a person, who may want to read them before they are sent."""
    return "".join(f"{line}\n" for finding in findings for line in _lines(finding, gettext))


def technical(finding: Finding) -> str:
    """Write the facts in one line, the same in every language."""
    return " ".join(f"{name}={fact}" for name, fact in finding.facts.items() if fact is not None)


def _lines(finding: Finding, gettext: Callable[[str], str]) -> list[str]:
    title, remedy = words(finding, gettext)
    about = f" ({finding.subject})" if finding.subject else ""
    lines = [f"[{finding.grade.value}] {gettext(CHECKS[finding.check])} – {title}{about} <{finding.id}>"]
    lines += [f"    -> {remedy}"] if remedy else []
    lines += [f"    {technical(finding)}"] if finding.facts else []
    return lines


def _path(text: str, private: Private) -> str:
    """Keep a path of the system; of any other, the file's name alone."""
    return text if text.startswith(_SYSTEM_FOLDERS) else f"{_HIDDEN}/{scrub(PurePath(text).name, private)}"


def _atr(text: str, private: Private) -> str:
    """Keep an answer to reset: it names a kind of card, never a card."""
    return text if _HEX.fullmatch(text) else scrub(text, private)


def _as_it_is(text: str, private: Private) -> str:
    del private
    return text


_FACTS: Final[
    dict[str, Callable[[str, Private], str]]
] = {  # every fact that goes in; numbers and yes-or-no as they are
    **dict.fromkeys(("vendor", "model", "driver", "applet", "triesLeft", "pinEntry", "test"), scrub),
    **dict.fromkeys(("maker", "about", "version", "readers", "tokens", "signs", "because", "via", "agencies"), scrub),
    **dict.fromkeys(("host", "tls", "proxy", "http", "https", "all", "exceptions", "zone", "offsetSeconds"), scrub),
    **dict.fromkeys(("there", "writable", "freeMiB", "testRoots", "extraRoots"), scrub),
    **dict.fromkeys(("issued", "nextUpdate", "fetched", "trouble"), _as_it_is),
    **dict.fromkeys(("signing", "queued", "delivered", "parked"), scrub),
    **dict.fromkeys(("paraph", "python", "system", "distribution", "machine", "bits", "frozen", "pcscLite"), _as_it_is),
    **dict.fromkeys(("openssl", "sqlite", "utc"), _as_it_is),
    **dict.fromkeys(("pyscard", "PyKCS11", "pyHanko", "pyhanko-certvalidator", "cryptography"), _as_it_is),
    **dict.fromkeys(("pypdfium2", "requests", "pydantic", "click", "rich"), _as_it_is),
    "path": _path,
    "atr": _atr,
}
