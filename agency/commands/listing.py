"""``paraph-agency list``: what is open, what is signed, soonest first."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from agency.commands import options
from agency.extensions import standing
from agency.office import Office
from agency.store import Contract, EvidenceRow, SubmissionRow
from signer.agency.schema import TransactionProof

_LATE: Final = {"claimedInTime": "late, in time by the signer's clock"}


@click.command("list")
@options.data
@options.as_json
def command(data: Path, *, as_json: bool) -> None:
    """List the contracts: what is open, what is signed and when it arrived."""
    with options.opened(data) as office:
        rows = _rows(office)
    if as_json:
        click.echo(json.dumps({"items": rows, "total": len(rows)}, indent=2))
    else:
        Console().print(_table(rows))


def _rows(office: Office) -> list[dict[str, Any]]:
    query = (
        select(Contract, SubmissionRow)
        .outerjoin(SubmissionRow, SubmissionRow.contract_id == Contract.id)
        .order_by(Contract.starts_at, Contract.id)
    )
    with office.store.reading() as session:
        return [_row(office, session, contract, submission) for contract, submission in session.execute(query)]


def _row(office: Office, session: Session, contract: Contract, submission: SubmissionRow | None) -> dict[str, Any]:
    now = standing(session, submission) if submission is not None else None
    return {
        "id": contract.id,
        "title": contract.title,
        "company": contract.company,
        "state": contract.state,
        "startsAt": contract.starts_at.isoformat(),
        "openedAt": contract.opened_at.isoformat() if contract.opened_at else None,
        "receivedAt": submission.received_at.isoformat() if submission else None,
        "timeliness": TransactionProof.model_validate_json(submission.receipt).told_timeliness if submission else None,
        "late": submission.late if submission else contract.state == "open" and office.now() > contract.starts_at,
        "submissionId": submission.id if submission else None,
        "level": now.level if now else None,
        "levelAsked": now.level_asked if now else office.settings.level,
        "pending": now.pending if now else False,
        "evidence": [_kept(office, each) for each in _evidence(session, contract)],
        "file": office.documents.place(now.sha256 if now else contract.sha256),
    }


def _evidence(session: Session, contract: Contract) -> Iterable[EvidenceRow]:
    """Give the signatures that came after the contract was withdrawn or replaced."""
    kept = select(EvidenceRow).where(EvidenceRow.contract_id == contract.id)
    return session.scalars(kept.order_by(EvidenceRow.received_at))


def _kept(office: Office, row: EvidenceRow) -> dict[str, Any]:
    proof = TransactionProof.model_validate_json(row.proof)
    return {
        "submissionId": row.submission_id,
        "claimedAt": proof.claimed_at.isoformat(),
        "provenAt": proof.proven_at.isoformat() if proof.proven_at else None,
        "receivedAt": row.received_at.isoformat(),
        "file": office.documents.place(row.signed_sha256),
    }


def _state(row: dict[str, Any]) -> str:
    """Say where a contract stands, and what the office must know of it."""
    late = _LATE.get(row["timeliness"], "late") if row["late"] else ""
    return ", ".join(filter(None, (row["state"], late, "signed all the same: kept" if row["evidence"] else "")))


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table("Contract", "Company", "State", "Starts", "Received", "Level", box=None)
    for row in rows:
        level = f"{row['level']}, {row['levelAsked']} asked" if row["pending"] else row["level"] or ""
        times = row["startsAt"][:16], (row["receivedAt"] or "")[:19]
        table.add_row(row["id"], row["company"], _state(row), *times, level)
    return table
