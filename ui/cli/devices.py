"""``paraph device``: a computer of one's own, which fetches contracts ahead by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import click
from rich.table import Table

from ui.bootstrap import App
from ui.cli.contracts import agency_option, chosen_agency
from ui.cli.face import Face, speaking
from ui.cli.plain import plain
from ui.cli.words import _, when

if TYPE_CHECKING:  # only for its name: quick start
    from signer.agency.schema import DeviceResource


@click.group("device", help=_("Your own computer, which fetches contracts by itself."))
def device_command() -> None:
    """Group what is about one's own computers."""


@device_command.command("enrol", help=_("Let this computer fetch your contracts by itself; only your own."))
@click.option("--name", metavar="NAME", help=_("What you call it, to tell it from another one."))
@agency_option
@speaking
def enrol_command(*, face: Face, app: App, name: str | None, agency_id: str | None) -> None:
    """Enrol this computer, unless many people use it."""
    if app.enrolments() is None:
        raise click.UsageError(_("Many people use this computer, so no contract is kept on it."))
    agency = chosen_agency(app, agency_id)
    device = app.enrol(agency, name)
    face.say(_("This computer now fetches your contracts of {agency} by itself.").format(agency=agency.name), "ok")
    face.say(_("Undo it with: paraph device revoke"))
    face.result(_facts(device))


@device_command.command("list", help=_("List your computers that fetch contracts by themselves."))
@agency_option
@speaking
def list_command(*, face: Face, app: App, agency_id: str | None) -> None:
    """List them, as the agency knows them."""
    agency = chosen_agency(app, agency_id)
    devices, enrolments = app.gateway(agency).devices(), app.enrolments()
    here = enrolments.of(agency.id) if enrolments else None
    face.result({"devices": [_facts(each) | {"thisOne": bool(here and here.id == each.id)} for each in devices]})
    if face.as_json:
        return
    table = Table(box=None)
    for heading in (_("Name"), _("Enrolled"), _("Used last"), _("State"), _("Device")):
        table.add_column(plain(heading), header_style="quiet", overflow="fold")
    for each in devices:
        state = _("revoked") if each.revoked_at else _("this computer") if here and here.id == each.id else ""
        used = when(each.last_used_at) if each.last_used_at else "–"
        table.add_row(*map(plain, (each.name, when(each.enrolled_at), used, state, str(each.id))))
    face.out.print(table)


@device_command.command("revoke", help=_("Let a computer fetch nothing any more: this one, or the one of an id."))
@click.argument("device", type=click.UUID, required=False)
@agency_option
@speaking
def revoke_command(*, face: Face, app: App, device: UUID | None, agency_id: str | None) -> None:
    """Revoke a computer; this one also erases what it fetched."""
    agency, enrolments = chosen_agency(app, agency_id), app.enrolments()
    here = enrolments.of(agency.id) if enrolments else None
    if device is None and here is None:
        raise click.UsageError(_("This computer is not enrolled; name another one (paraph device list)."))
    if here is not None and device in {None, here.id}:
        app.leave(agency)
    else:
        assert device is not None
        app.gateway(agency).revoke(device)
    face.say(_("Revoked: it fetches nothing any more."), "ok")
    face.result({"revoked": str(device or (here and here.id))})


def _facts(device: DeviceResource) -> dict[str, object]:
    return {
        "id": str(device.id),
        "name": device.name,
        "enrolledAt": device.enrolled_at.isoformat(),
        "lastUsedAt": device.last_used_at and device.last_used_at.isoformat(),
        "revokedAt": device.revoked_at and device.revoked_at.isoformat(),
    }
