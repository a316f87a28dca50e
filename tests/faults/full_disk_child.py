"""Signs on a disk that fills up; prints, as JSON, how each step ended with each amount of room left."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from signer.errors import ErrorCode, SignerError
from signer.files import write_whole
from signer.model import SignedContract
from signer.outbox import Outbox
from tests.outbox_world import SIGNED, contract, described, put_in, receipt_for, terms

ROOMS = (0, 1, 4, *range(8, 20))  # pages of 4 KiB; SQLite's index of the log alone takes 8


def main(disk: Path) -> None:
    outbox, ballast = Outbox.open(disk / "outbox"), disk / "ballast"
    safe = [put_in(outbox) for _ in range(3)]
    endings = []
    for room in ROOMS:
        _fill(disk, ballast, room)
        found, ended = _try_all(outbox)
        endings.append(ended)
        ballast.unlink()
        safe += [found] if found else []
    outbox.recover(described)
    entries = {entry.submission_id: entry for entry in Outbox.open(disk / "outbox").all()}
    intact = all(entries[each.submission_id].path.read_bytes() == SIGNED for each in safe)
    after = put_in(outbox)
    print(json.dumps({"endings": endings, "intact": intact, "after": outbox.entry(after.submission_id).state.value}))


def _try_all(outbox: Outbox) -> tuple[SignedContract | None, list[str]]:
    """Go through every step that writes; the first that fails ends it."""
    agreed, signed = terms(), None
    ended = []

    def step(name: str, action: Callable[[], object]) -> bool:
        try:
            action()
        except SignerError as error:
            ended.append(f"{name}: {error.code.name}")
            return False
        ended.append(f"{name}: done")
        return True

    path = outbox._folder / f"{agreed.submission_id}.pdf"
    if step("begin", lambda: outbox.begin(agreed, contract())) and step("file", lambda: write_whole(path, SIGNED)):
        signed = described(agreed, path)
        _continue(outbox, signed, step)
    return signed, ended


def _continue(outbox: Outbox, signed: SignedContract, step: Callable[[str, Callable[[], object]], bool]) -> None:
    id_: UUID = signed.submission_id
    if step("queue", lambda: outbox.queue(signed)):
        step("failure", lambda: outbox.record_failure(id_, ErrorCode.NETWORK_TIMEOUT, signed.claimed_at))
        step("delivery", lambda: outbox.record_delivery(id_, receipt_for(signed, proof="x" * 9000)))


def _fill(disk: Path, ballast: Path, room: int) -> None:
    stat = os.statvfs(disk)
    free = stat.f_bavail * stat.f_frsize
    with ballast.open("wb") as file:
        file.write(bytes(max(0, free - room * 4096)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
