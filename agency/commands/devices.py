"""``paraph-agency devices``: the workers' own computers, and taking one away that was lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from agency import devices
from agency.commands import options
from agency.office import Office
from agency.problems import ProblemError, ProblemType
from agency.store import AliasRow, DeviceRow


@click.group("devices")
def command() -> None:
    """Tell which computers fetch contracts by themselves, and revoke one."""


@command.command("list")
@options.data
@options.as_json
def list_command(data: Path, *, as_json: bool) -> None:
    """List the computers, the newest first; a worker is told by the pseudonym of the audit log."""
    with options.opened(data) as office:
        rows = _rows(office)
    if as_json:
        click.echo(json.dumps({"items": rows, "total": len(rows)}, indent=2))
        return
    table = Table("Device", "Worker", "Enrolled", "Last used", "Revoked", box=None)
    for row in rows:
        times = (row[name] or "" for name in ("enrolledAt", "lastUsedAt", "revokedAt"))
        table.add_row(row["id"], row["worker"][:12], *(time[:19] for time in times))
    Console().print(table)


@command.command("revoke")
@options.data
@click.argument("device_id", metavar="DEVICE")
def revoke_command(data: Path, device_id: str) -> None:
    """Let a computer fetch nothing any more, from this moment."""
    with options.opened(data) as office, office.store.writing() as session:
        row = session.get(DeviceRow, device_id)
        if row is None:
            raise ProblemError(ProblemType.NOT_FOUND, device_id)
        devices.revoke(session, row, office.now(), by="office")


def _rows(office: Office) -> list[dict[str, Any]]:
    query = select(DeviceRow, AliasRow).join(AliasRow, AliasRow.person_id == DeviceRow.person_id)
    with office.store.reading() as session:
        found = session.execute(query.order_by(DeviceRow.enrolled_at.desc(), DeviceRow.id)).all()
    return [_row(device, person) for device, person in found]


def _row(device: DeviceRow, person: AliasRow) -> dict[str, Any]:
    return {
        "id": device.id,
        "worker": person.alias,
        "enrolledAt": device.enrolled_at.isoformat(),
        "lastUsedAt": device.last_used_at and device.last_used_at.isoformat(),
        "revokedAt": device.revoked_at and device.revoked_at.isoformat(),
    }
