"""``paraph outbox``: what was signed, what still waits, and delivering it now."""

from __future__ import annotations

from typing import Final

import click
from rich.table import Table

from signer.errors import ErrorCode, SignerError
from signer.outbox import Entry, EntryState
from ui.bootstrap import App
from ui.cli.face import SIGNED_NOT_DELIVERED, Face, speaking
from ui.cli.plain import plain
from ui.cli.words import _, plural, when

_STATE: Final = {
    EntryState.SIGNING: _("not finished"),
    EntryState.QUEUED: _("waiting to be delivered"),
    EntryState.DELIVERED: _("delivered"),
    EntryState.PARKED: _("kept; the agency did not take it"),
}
_STYLE: Final = {EntryState.DELIVERED: "ok", EntryState.QUEUED: "soon", EntryState.PARKED: "late"}


@click.group("outbox", help=_("What was signed on this computer, and whether the agency has it."))
def outbox_command() -> None:
    """Group what is about the outbox."""


@outbox_command.command("list", help=_("List what was signed and where it stands."))
@speaking
def list_command(*, face: Face, app: App) -> None:
    """List every submission, oldest first."""
    entries = app.outbox().all()
    face.result({"submissions": [_facts(entry) for entry in entries]})
    if face.as_json:
        return
    if not entries:
        face.out.print(plain(_("Nothing was signed on this computer yet.")))
        return
    table = Table(box=None)
    for heading in (_("Task"), _("Contract"), _("Signed"), _("State"), _("Support code")):
        table.add_column(plain(heading), header_style="quiet")
    for entry in entries:
        signed = when(entry.signed.claimed_at) if entry.signed else "–"
        state = f"[{_STYLE.get(entry.state, 'quiet')}]{plain(_STATE[entry.state])}[/]"
        table.add_row(plain(entry.contract_id), plain(entry.title), signed, state, entry.last_error or "")
    face.out.print(table)


@outbox_command.command("deliver", help=_("Deliver now what waits, whether its next try is due or not."))
@speaking
def deliver_command(*, face: Face, app: App) -> int:
    """Deliver everything that waits, once."""
    results = app.deliver_now()
    for result in results:
        if result.receipt:
            moment = when(result.receipt.received_at)
            text = _("{task}: delivered on {when}").format(task=result.contract_id, when=moment)
            face.say(f"✓ {text}", "ok")
        elif result.code:
            face.say(_("{task}: not delivered yet").format(task=result.contract_id), "soon")
            face.trouble(result.code)
    if not results:
        face.say(_("Nothing waits to be delivered."))
    left = [entry for entry in app.outbox().all() if entry.state in {EntryState.QUEUED, EntryState.PARKED}]
    if left:
        face.say(plural("{count} signature is kept here.", "{count} signatures are kept here.", len(left)))
    face.result({"delivered": [str(each.submission_id) for each in results if each.delivered], "kept": len(left)})
    return SIGNED_NOT_DELIVERED if left else 0


@outbox_command.command("receipt", help=_("Print the agency's receipt of a contract, as JSON."))
@click.argument("task")
@speaking
def receipt_command(*, face: Face, app: App, task: str) -> None:
    """Print the transaction proof as the agency sent it; FILE_MISSING when there is none."""
    receipts = [entry.receipt for entry in app.outbox().all() if entry.contract_id == task and entry.receipt]
    if not receipts:
        raise SignerError(ErrorCode.FILE_MISSING)
    face.out.print(receipts[-1].proof, markup=False, soft_wrap=True)


def _facts(entry: Entry) -> dict[str, object]:
    return {
        "submissionId": str(entry.submission_id),
        "agency": entry.agency_id,
        "task": entry.contract_id,
        "state": entry.state.value,
        "file": str(entry.path),
        "attempts": entry.attempts,
        "lastError": entry.last_error,
        "nextTryAt": entry.next_try_at and entry.next_try_at.isoformat(),
        "receivedAt": entry.receipt and entry.receipt.received_at.isoformat(),
    }
