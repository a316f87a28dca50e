"""``paraph agency``: whom this computer may talk to, by descriptors that somebody vouches for and somebody confirms."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import click
from rich.table import Table

from signer.known_agencies import Found, Place
from signer.settings import Agency
from ui.bootstrap import App
from ui.cli.face import STOPPED, Face, speaking
from ui.cli.plain import plain
from ui.cli.words import _, when
from ui.messages import message

if TYPE_CHECKING:  # only for its name: quick start
    from signer.descriptors import SignedDescriptor

_FROM: Final = {
    Place.BUNDLED: _("with Paraph"),
    Place.USER: _("you"),
    Place.MACHINE: _("the administrator"),
}


@click.group("agency", help=_("List, add and remove the agencies that this computer may talk to."))
def agency_command() -> None:
    """Group what is about agencies."""


@agency_command.command("list", help=_("List the agencies, their hosts, and who set them up."))
@speaking
def list_command(*, face: Face, app: App) -> None:
    """List what counts, then the files that do not, each with the reason."""
    now = app.clock.now()
    found = app.agency_shelf().found(now)
    counts = {each.signed.descriptor.id: each for each in reversed(found) if each.signed and each.code is None}
    unused = [each for each in found if each.code]
    agencies = app.settings.agencies
    face.result(
        {
            "agencies": [_facts(each, counts.get(each.id)) for each in agencies],
            "notUsed": [{"file": str(each.file), "supportId": each.code.support_id} for each in unused if each.code],
        }
    )
    if face.as_json:
        return
    if not agencies:
        face.out.print(plain(_("No agency is set up on this computer")))
    table = Table(box=None)
    for heading in (_("Id"), _("Agency"), _("Host"), _("Set up by")):
        table.add_column(plain(heading), header_style="quiet", overflow="fold")
    for agency in agencies:
        who = counts.get(agency.id)
        cells = (agency.id, agency.name, urlsplit(agency.url).netloc, _FROM[who.place] if who else _("the settings"))
        table.add_row(*map(plain, cells))
    if agencies:
        face.out.print(table)
    for each in unused:
        assert each.code
        face.say(f"{each.file.name}: {message(each.code, _).title} ({each.code.support_id})", "soon")


@agency_command.command("add", help=_("Add an agency by the file that it gave you."))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--yes", is_flag=True, help=_("Ask nothing: for administrators who compared the fingerprint before."))
@speaking
def add_command(*, face: Face, app: App, file: Path, yes: bool) -> int:
    """Show who it is and where, ask, and keep it."""
    signed, known = app.offered_agency(file)
    _show(face, signed, known)
    if not yes and not _agrees(face):
        face.say(_("No agency was added."))
        face.result({"added": None})
        return STOPPED
    app.add_agency(signed)
    face.say(_("{agency} is added. Paraph talks to this agency now.").format(agency=signed.descriptor.name), "ok")
    face.result({"added": _described(signed)})
    return 0


@agency_command.command("remove", help=_("Remove an agency that you added; not while something waits for it."))
@click.argument("agency_id", metavar="ID")
@speaking
def remove_command(*, face: Face, app: App, agency_id: str) -> None:
    """Remove it, with its session and what was fetched ahead."""
    app.remove_agency(agency_id)
    face.say(_("{agency} is removed. Paraph does not talk to it any more.").format(agency=agency_id), "ok")
    face.result({"removed": agency_id})


def _show(face: Face, signed: SignedDescriptor, known: SignedDescriptor | None) -> None:
    new = signed.descriptor
    face.say(new.name, "act")
    face.say(_("Address: {host}").format(host=new.host))
    if known and known.descriptor.host != new.host:
        face.say(_("Until now: {host}").format(host=known.descriptor.host), "late")
    face.say(_("Made on: {when}").format(when=when(new.issued_at)))
    face.say(_("Fingerprint: {fingerprint}").format(fingerprint=signed.fingerprint))
    face.say(_("The agency can tell you its fingerprint on the telephone. Add it only when it is the same."))


def _agrees(face: Face) -> bool:
    if not face.interactive:
        face.say(_("Run this on a terminal, or use --yes."))
        return False
    question, yes, no = _("Add this agency?"), _("yes"), _("no")
    answer: str = click.prompt(f"{question} [{yes}/{no}]", default=no, show_default=False, err=True)
    return answer.strip().lower()[:1] == yes[:1]


def _facts(agency: Agency, found: Found | None) -> dict[str, object]:
    facts: dict[str, object] = {"id": agency.id, "name": agency.name, "url": agency.url}
    if found is None or found.signed is None:
        return facts | {"setUpBy": "settings"}
    return facts | {"setUpBy": found.place.name.lower()} | _described(found.signed)


def _described(signed: SignedDescriptor) -> dict[str, object]:
    of = signed.descriptor
    return {
        "id": of.id,
        "name": of.name,
        "url": of.url,
        "issuedAt": of.issued_at.isoformat(),
        "notAfter": of.not_after and of.not_after.isoformat(),
        "fingerprint": signed.fingerprint,
    }
