"""``paraph readers`` and ``paraph card``: what support asks for first."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Final

import click
from rich.table import Table

from eidcard.card_details import CardDetails, Wanted
from eidcard.cards import CardPresence, PcscCardService, ReaderReport
from eidcard.verification import IdentityVerification, Verdict
from signer.errors import ErrorCode, SignerError
from ui.bootstrap import App
from ui.cli.face import Face, speaking
from ui.cli.plain import plain
from ui.cli.words import _, full_date, plural

_PRESENCE: Final = {
    CardPresence.EMPTY: _("no card"),
    CardPresence.CARD: _("a card that is not a Belgian eID"),
    CardPresence.EID: _("a Belgian eID"),
    CardPresence.MUTE: _("a card that does not answer"),
    CardPresence.IN_USE: _("a card that another program uses"),
}


@click.command("readers", help=_("List the card readers and what is in them."))
@speaking
def readers_command(*, face: Face, app: App) -> None:
    """List the readers; no reader at all is a mishap with a next step."""
    del app
    with closing(PcscCardService()) as cards:
        reports = cards.readers()
    if not reports:
        raise SignerError(ErrorCode.NO_READER)
    face.result({"readers": [_facts(report) for report in reports]})
    if not face.as_json:
        face.out.print(_table(reports))


@click.command("card", help=_("Show the card that is in the reader; numbers are masked."))
@click.option("--all", "everything", is_flag=True, help=_("Show the numbers and the address too, and check them all."))
@click.option("--photo", type=click.Path(path_type=Path, dir_okay=False), help=_("Save the photo as this file (JPEG)."))
@click.option(
    "--record",
    type=click.Path(path_type=Path, dir_okay=False),
    help=_("Save how the card answers as this file, for support; nothing personal is in it."),
)
@click.option("--forget", is_flag=True, help=_("Erase what this computer remembers of cards, and do nothing else."))
@speaking
def card_command(
    *, face: Face, app: App, everything: bool, photo: Path | None, record: Path | None, forget: bool
) -> None:
    """Show the first eID that is found."""
    if forget:
        count = app.forget_cards()
        face.result({"forgotten": count})
        face.say(plural("{count} card is forgotten.", "{count} cards are forgotten.", count))
        return
    for target in filter(None, (photo, record)):
        if target.exists():
            raise click.UsageError(_("{name} exists already; choose another name.").format(name=target.name))
    if record:
        _record(face, app, record)
        return
    wanted = Wanted(
        address=everything,
        photo=everything or photo is not None,
        presence=everything,
        believe=lambda certificate, others: app.trust().vouches_for(certificate, others),
    )
    with closing(app.identity_cards()) as cards:
        details = cards.card_details(wanted)
    if photo:
        _save_photo(details, photo)
    rows = _rows(details, date.isoformat, everything=everything)
    verdicts = {name: verdict.value for name, __, verdict in _verdicts(details.verification)}
    face.result({name: value for name, __, value in rows} | {"verification": verdicts})
    if face.as_json:
        return
    table = Table(show_header=False, box=None)
    table.add_column(style="quiet")
    for __, label, value in _rows(details, full_date, everything=everything):
        table.add_row(plain(label), plain(value))
    for __, label, verdict in _verdicts(details.verification):
        table.add_row(plain(label), plain(_VERDICTS[verdict]), style=_STYLES[verdict])
    face.out.print(table)


def _record(face: Face, app: App, target: Path) -> None:
    """Write the trace, also of a card that stopped answering; then say so."""
    from eidcard.recording import record  # noqa: PLC0415 - quick start
    from signer.files import write_whole  # noqa: PLC0415 - quick start

    with closing(app.identity_cards()) as cards:
        trace, mishap = cards.borrow(record)
    write_whole(target, trace.dump().encode())
    count = len(trace.lines)
    face.say(plural("{count} command is recorded.", "{count} commands are recorded.", count))
    face.say(_("Names, numbers, photo and certificates in the file are made up; you can send it to support."))
    if mishap:
        raise mishap
    face.result({"recorded": count})


def _save_photo(details: CardDetails, target: Path) -> None:
    from signer.files import write_whole  # noqa: PLC0415 - quick start

    assert details.photo is not None
    write_whole(target, details.photo)


def _verdicts(checks: IdentityVerification) -> list[tuple[str, str, Verdict]]:
    """Give name for machines, label for people, and verdict of what was looked at."""
    rows = [
        ("register", _("Register's signature"), checks.register),
        ("nationalNumber", _("National number's check digits"), checks.national_number),
        ("cardNumber", _("Card number's check digits"), checks.card_number),
        ("address", _("Register's signature of the address"), checks.address),
        ("photo", _("Photo"), checks.photo),
        ("presence", _("The chip's own answer"), checks.presence),
    ]
    return [(name, label, verdict) for name, label, verdict in rows if verdict is not None]


_VERDICTS: Final = {
    Verdict.RIGHT: _("right"),
    Verdict.NOT_RIGHT: _("not right"),
    Verdict.UNCHECKED: _("cannot be checked"),
}
_STYLES: Final = {Verdict.RIGHT: "", Verdict.NOT_RIGHT: "late", Verdict.UNCHECKED: "quiet"}


def _table(reports: tuple[ReaderReport, ...]) -> Table:
    table = Table(box=None)
    for heading in (_("Reader"), _("Card"), _("Applet"), "ATR"):
        table.add_column(plain(heading), header_style="quiet", overflow="fold")
    for report in reports:
        applet = report.applet.value if report.applet else ""
        table.add_row(*map(plain, (report.name, _PRESENCE[report.presence], applet, report.atr)))
    return table


def _facts(report: ReaderReport) -> dict[str, object]:
    return {
        "name": report.name,
        "card": report.presence.value,
        "applet": report.applet and report.applet.value,
        "atr": report.atr,
    }


def _rows(details: CardDetails, write: Callable[[date], str], *, everything: bool) -> list[tuple[str, str, str]]:
    """Give name for machines, label for people, and value with its dates written; in the order of the screen."""
    who = details.identity
    tries = details.tries_left
    rows = [
        ("reader", _("Reader"), details.reader),
        ("applet", _("Applet"), details.applet.value),
        ("name", _("Name"), f"{who.first_names} {who.name}".strip()),
        ("nationalNumber", _("National number"), who.national_number if everything else who.masked_national_number),
        ("cardNumber", _("Card number"), who.card_number if everything else who.masked_card_number),
        ("validTo", _("Card valid until"), write(who.valid_to) if who.valid_to else ""),
        ("triesLeft", _("PIN"), plural("{count} try left", "{count} tries left", tries) if tries is not None else "–"),
    ]
    if details.address:
        at = details.address
        rows.append(("address", _("Address"), f"{at.street}, {at.zip_code} {at.municipality}"))
    for certificate in details.certificates:
        name, until = certificate.name, write(certificate.valid_to.date())
        line = _("{name} (until {date}, from {issuer})").format(name=name, date=until, issuer=certificate.issuer)
        rows.append((f"{certificate.role}Certificate", _ROLES[certificate.role], line))
    return rows


_ROLES: Final = {
    "authentication": _("Log-in certificate"),
    "signature": _("Signature certificate"),
    "ca": _("Authority"),
    "root": _("Root"),
    "register": _("Register's certificate"),
}
