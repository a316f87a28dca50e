"""What no kill can show, since the system finishes a dead process's writes: the order in which they reach the disk."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

# One line a call, as strace writes it with the paths of descriptors (-y). Each must be met after the one before it.
_OPEN: Final = {
    "the submission is on record": r"fdatasync\(\d+<[^>]*/outbox\.sqlite3-wal>",
    "the signed file's bytes are on disk": r"fsync\(\d+<[^>]*/outbox/\.[^>]*\.part>",
    "it gets its name whole": r'rename\("[^"]*/outbox/\.[^"]*\.part", "[^"]*\.pdf"',
    "the name is on disk": r"fsync\(\d+<[^>]*/outbox>",
    "it is queued": r"fdatasync\(\d+<[^>]*/outbox\.sqlite3-wal>",
}
_SEALED: Final = {
    "what is sealed is on disk": r"fsync\(\d+<[^>]*/outbox/\.[^>]*\.part>",
    "it has its name": r'rename\("[^"]*/outbox/\.[^"]*\.part", "[^"]*\.cms"',
    "that name is on disk": r"fsync\(\d+<[^>]*/outbox>",
    "the sealed file counts": r"fdatasync\(\d+<[^>]*/outbox\.sqlite3-wal>",
    "the open file is erased": r'unlink\("[^"]*/outbox/[^"]*\.pdf"',
}
_SENT: Final = {
    "it is sent": r'sendto\(.*"PUT /v1/submissions/',
    "the receipt is on disk": r"fdatasync\(\d+<[^>]*/outbox\.sqlite3-wal>",
}


def missing_from_order(log: Path, *, sealed: bool) -> list[str]:
    """Name the steps that are not met where they belong."""
    calls = log.read_text().splitlines()
    missing, at = [], 0
    for step, pattern in (_OPEN | (_SEALED if sealed else {}) | _SENT).items():
        found = next((number for number in range(at, len(calls)) if re.search(pattern, calls[number])), None)
        if found is None:
            missing.append(step)
        else:
            at = found + 1
    return missing
