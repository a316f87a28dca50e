"""``paraph open``, ``tasks`` and ``show``: what waits at the agency."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

import click
from rich.table import Table

from signer.errors import SignerError
from signer.model import AgencyInfo, Contract, Standing
from ui.bootstrap import App
from ui.cli.face import Face, speaking
from ui.cli.plain import plain
from ui.cli.words import _, how_long, money, plural, when_at_work
from ui.contract_words import told
from ui.messages import STANDING, STATES

_STYLE: Final = {Standing.IN_TIME: "", Standing.SOON: "soon", Standing.LATE: "late"}

agency_option = click.option("--agency", "agency_id", metavar="ID", help=_("Which agency, when there are several."))


def chosen_agency(app: App, agency_id: str | None) -> AgencyInfo:
    """Give the agency that was named, or the only one there is; raises SignerError AGENCY_UNKNOWN."""
    known = [agency.id for agency in app.settings.agencies]
    if agency_id is None and len(known) > 1:
        raise click.UsageError(_("Say which agency with --agency: {ids}").format(ids=", ".join(known)))
    return app.settings.agency(agency_id)


def require_free(file: Path) -> None:
    """Make sure that a file can be put there, before there is anything to put; nothing is ever written over."""
    if file.exists():
        raise click.UsageError(_("{name} exists already; choose another name.").format(name=file.name))
    if not file.absolute().parent.is_dir():
        raise click.UsageError(_("There is no folder {name}.").format(name=file.parent))


@click.command("tasks", help=_("List the contracts that wait for your signature, soonest first."))
@agency_option
@speaking
def tasks_command(*, face: Face, app: App, agency_id: str | None) -> None:
    """List what is to be signed."""
    agency = chosen_agency(app, agency_id)
    contracts, is_kept = _tasks(app, agency)
    if is_kept:
        face.say(_("No connection with the agency. You see what was fetched ahead."), "soon")
    now, to_sign = app.clock.now(), [contract for contract in contracts if contract.open]
    face.result({"agency": agency.id, "tasks": [facts(contract, now) for contract in contracts]})
    if face.as_json:
        return
    if not contracts:
        face.out.print(plain(_("There is nothing to sign at {agency}.").format(agency=agency.name)))
        return
    title = plural("{count} contract to sign", "{count} contracts to sign", len(to_sign))
    table = Table(title=plain(f"{agency.name}: {title}"), title_justify="left", title_style="bold", box=None)
    for heading in (_("Task"), _("Job"), _("Company"), _("Starts"), _("Time left")):
        table.add_column(plain(heading), header_style="quiet", overflow="fold", no_wrap=heading == _("Task"))
    for contract in contracts:
        style = _STYLE[contract.standing(now)] if contract.open else "quiet"
        left = plain(_time_left(contract, now))
        cells = (contract.id, contract.job, contract.company, when_at_work(contract.starts_at))
        table.add_row(*map(plain, cells), f"[{style}]{left}[/]" if style else left)
    face.out.print(table)


def _tasks(app: App, agency: AgencyInfo) -> tuple[list[Contract], bool]:
    """Give what waits; where nobody answers what was fetched ahead, and that it is that."""
    from signer.ahead import nobody_answers  # noqa: PLC0415 - quick start

    try:
        return list(app.gateway(agency).tasks()), False
    except SignerError as error:
        ahead = app.ahead() if nobody_answers(error.code) else None
        kept = [each.contract for each in ahead.all() if each.terms.agency_id == agency.id] if ahead else []
        if not kept:
            raise
        return kept, True


def _bring(app: App, agency: AgencyInfo, task: str, document: Callable[[Contract], Path]) -> Contract:
    """Bring a contract's document to its place, where nobody answers from what was fetched ahead."""
    from signer.ahead import nobody_answers  # noqa: PLC0415 - quick start

    gateway = app.gateway(agency)
    try:
        contract = gateway.contract(task)
        gateway.download(contract, document(contract))
    except SignerError as error:
        ahead = app.ahead() if nobody_answers(error.code) else None
        kept = ahead.find(agency.id, task) if ahead else None
        if ahead is None or kept is None:
            raise
        ahead.bring(kept, document(kept.contract))
        return kept.contract
    return contract


@click.command("show", help=_("Show a contract: its facts, its text, and the file itself with --save."))
@click.argument("task")
@agency_option
@click.option("--text/--no-text", default=True, help=_("Print the document's text."))
@click.option("--save", type=click.Path(path_type=Path, dir_okay=False), help=_("Save the document as this file."))
@speaking
def show_command(*, face: Face, app: App, task: str, agency_id: str | None, text: bool, save: Path | None) -> None:
    """Show what will be signed, by the very bytes that will be signed."""
    from signer.files import sha256_of, write_whole  # noqa: PLC0415 - quick start
    from signer.pades.text import pages_of  # noqa: PLC0415

    if save and not save.exists():
        require_free(save)
    agency = chosen_agency(app, agency_id)
    contract = _bring(app, agency, task, app.original)
    document = app.original(contract)
    if save and not (save.exists() and sha256_of(save) == contract.original_sha256):
        require_free(save)
        write_whole(save, document.read_bytes())
    face.result({**facts(contract, app.clock.now()), "saved": save and str(save)})
    if face.as_json:
        return
    summary(face, contract, app.clock.now())
    if text:
        for number, page in enumerate(pages_of(document), start=1):
            face.out.rule(plain(_("Page {number}").format(number=number)), style="quiet")
            face.out.print(plain(page))


def summary(face: Face, contract: Contract, now: datetime) -> None:
    """Print the facts beside the document; the document itself decides."""
    face.out.print(plain(contract.job), style="bold")
    face.out.print(plain(f"{contract.company}, {contract.place}"), style="quiet")
    if not contract.open:
        face.out.print(plain(_(STATES[contract.state])), style="late")
    if contract.told:
        face.out.print(plain(told(contract.told)), style="soon")
    face.out.print(plain(f"{when_at_work(contract.starts_at)} – {when_at_work(contract.ends_at)}"))
    face.out.print(plain(_("{pay} gross an hour").format(pay=money(contract.hourly_pay))))
    left = left_of(contract, now)
    face.out.print(plain(left[:1].upper() + left[1:]), style=_STYLE[contract.standing(now)])
    pages = plural("{count} page", "{count} pages", contract.page_count)
    face.out.print(plain(f"{contract.title}, {pages}, SHA-256 {contract.original_sha256}"), style="quiet")
    face.out.print(plain(_("A short summary. The document itself decides.")), style="quiet")


def _time_left(contract: Contract, now: datetime) -> str:
    if not contract.open:
        return _(STATES[contract.state])
    return how_long(contract.starts_at - now) if contract.starts_at > now else _("late")


def left_of(contract: Contract, now: datetime) -> str:
    """Write how long is left, or how late it is and what that means."""
    return _(STANDING[contract.standing(now)]).format(time=how_long(contract.starts_at - now))


def facts(contract: Contract, now: datetime) -> dict[str, object]:
    """Describe a contract for a machine, in the API's own names."""
    return {
        "task": contract.id,
        "title": contract.title,
        "job": contract.job,
        "company": contract.company,
        "place": contract.place,
        "startsAt": contract.starts_at.isoformat(),
        "endsAt": contract.ends_at.isoformat(),
        "hourlyPay": contract.hourly_pay,
        "language": contract.language,
        "pageCount": contract.page_count,
        "sha256": contract.original_sha256,
        "standing": contract.standing(now).value,
        "state": contract.state,
        "replaces": contract.replaces,
        "replacedBy": contract.replaced_by,
        "told": [reason.value for reason in contract.told.reasons] if contract.told else [],
    }
