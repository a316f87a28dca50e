"""Contracts as they go out: the row itself, its versions before and after, and what the worker said of it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from agency import objections
from agency.store import Contract, ObjectionRow, ReplacementRow
from signer.agency.schema import ContractResource, ObjectionResource


def resources(session: Session, contracts: Sequence[Contract]) -> list[ContractResource]:
    """Give contracts as resources, with three questions to the database however many they are."""
    ids = [contract.id for contract in contracts]
    after = dict(_replacements(session, ids, new=False))
    before = {new: old for old, new in _replacements(session, ids, new=True)}
    told = _last_objections(session, ids)
    return [_resource(each, before.get(each.id), after.get(each.id), told.get(each.id)) for each in contracts]


def _replacements(session: Session, ids: list[str], *, new: bool) -> list[tuple[str, str]]:
    side = ReplacementRow.new_id if new else ReplacementRow.old_id
    found = session.execute(select(ReplacementRow.old_id, ReplacementRow.new_id).where(side.in_(ids)))
    return [(old_id, new_id) for old_id, new_id in found]


def _last_objections(session: Session, ids: list[str]) -> dict[str, ObjectionResource]:
    mine = select(ObjectionRow).where(ObjectionRow.contract_id.in_(ids)).order_by(ObjectionRow.received_at)
    return {row.contract_id: objections.as_resource(row) for row in session.scalars(mine)}


def _resource(
    contract: Contract, replaces: str | None, replaced_by: str | None, objection: ObjectionResource | None
) -> ContractResource:
    return ContractResource(
        id=contract.id,
        href=f"/v1/contracts/{contract.id}",
        title=contract.title,
        job=contract.job,
        company=contract.company,
        place=contract.place,
        starts_at=contract.starts_at,
        ends_at=contract.ends_at,
        hourly_pay=contract.hourly_pay,
        language=contract.language,
        state=contract.state,
        sha256=contract.sha256,
        size=contract.size,
        page_count=contract.page_count,
        replaces=replaces,
        replaced_by=replaced_by,
        objection=objection,
    )
