"""What both sides say after all kills: is anything lost, doubled, unreadable, or answered in two ways?"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from agency.office import Office
from agency.store import Contract, SubmissionRow
from signer.files import sha256_of
from signer.outbox import Entry, EntryState, Keeping, Outbox
from signer.pades.validate import verify_submission
from signer.trust.anchors import TrustPolicy
from ui.bootstrap import App


@dataclass(frozen=True, slots=True)
class Verdict:
    """Contract ids with each fault; all empty is what it should be."""

    lost: tuple[str, ...]  # promised to the worker, or whole on the disk, and not with the agency
    doubled: tuple[str, ...]  # two signatures under one contract, on either side
    unreadable: tuple[str, ...]  # a file that is not what was signed, or does not hold
    other_receipt: tuple[str, ...]  # the two sides remember different receipts
    left_open: tuple[str, ...]  # PDFs on the disk of a computer that seals
    signed: int

    @property
    def faults(self) -> int:
        """How many faults in all."""
        return sum(map(len, (self.lost, self.doubled, self.unreadable, self.other_receipt, self.left_open)))


def audit(app: App, office: Office, promised: Iterable[str], contracts: Iterable[str]) -> Verdict:
    """Compare the worker's outbox with the agency's archive, for these contracts."""
    ours = set(contracts)
    with office.store.reading() as session:
        rows = [row for row in session.scalars(select(SubmissionRow)) if row.contract_id in ours]
        signed = {row.id for row in session.scalars(select(Contract)) if row.id in ours and row.state == "signed"}
    outbox = app.outbox()
    entries = [entry for entry in outbox.all() if entry.contract_id in ours]
    kept = [entry for entry in entries if entry.state is not EntryState.SIGNING or entry.path.exists()]
    at_agency, here = Counter(row.contract_id for row in rows), Counter(entry.contract_id for entry in kept)
    delivered = {entry.contract_id: entry for entry in kept if entry.state is EntryState.DELIVERED}
    policy = app.trust()
    return Verdict(
        lost=tuple(sorted((set(promised) | set(here)) - (signed & set(delivered) & set(at_agency)))),
        doubled=tuple(sorted(id_ for counter in (at_agency, here) for id_, count in counter.items() if count > 1)),
        unreadable=tuple(sorted(row.contract_id for row in rows if not _holds(row, office, outbox, delivered, policy))),
        other_receipt=tuple(sorted(row.contract_id for row in rows if not _same_receipt(row, delivered))),
        left_open=tuple(sorted(open_files(app.folders.data.parent))) if outbox.seals else (),
        signed=len(rows),
    )


def _holds(
    row: SubmissionRow, office: Office, outbox: Outbox, delivered: dict[str, Entry], policy: TrustPolicy
) -> bool:
    entry, archived = delivered.get(row.contract_id), Path(office.documents.place(row.signed_sha256))
    if entry is None or not archived.exists():
        return False
    hashes = {sha256_of(archived), row.signed_sha256}
    if entry.keeping is not Keeping.ERASED:
        with outbox.opened(entry) as ours:
            hashes.add(sha256_of(ours.path))
    original = Path(office.documents.place(entry.terms.original_sha256))
    verify_submission(original, archived, policy, row.received_at, entry.terms.field)  # raises when it does not hold
    return len(hashes) == 1


def open_files(folder: Path) -> Iterator[str]:
    """Name what has a PDF in it, below a folder."""
    for file in folder.rglob("*"):
        if file.is_file() and b"%PDF-" in file.read_bytes():
            yield str(file)


def _same_receipt(row: SubmissionRow, delivered: dict[str, Entry]) -> bool:
    entry = delivered.get(row.contract_id)
    if entry is None or entry.receipt is None:
        return False
    given = json.loads(row.receipt)
    if entry.keeping is Keeping.ERASED:  # the proof names the signer
        ours = entry.receipt
        told = (str(ours.submission_id), ours.signed_sha256, ours.received_at)
        return told == (row.id, given["signedSha256"], row.received_at) and not ours.proof
    remembered = json.loads(entry.receipt.proof)
    return bool(remembered.get("receipt", remembered) == given)
