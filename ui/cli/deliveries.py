"""``paraph outbox``: what was signed, what still waits, and delivering it now."""

from __future__ import annotations

import json
from collections import Counter
from typing import Final

import click
from rich.table import Table

from signer.delivery import DeliveryResult
from signer.errors import ErrorCode, SignerError
from signer.extending import ExtensionResult
from signer.model import Level
from signer.outbox import Entry, EntryState, Keeping
from ui import background
from ui.bootstrap import App
from ui.cli.face import SIGNED_NOT_DELIVERED, Face, speaking, write_json
from ui.cli.plain import plain
from ui.cli.scheduling import schedule_command
from ui.cli.words import _, plural, when
from ui.levels import level_line, pending_line
from ui.messages import TIMELINESS

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


outbox_command.add_command(schedule_command)


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
    for heading in (_("Task"), _("Contract"), _("Signed"), _("State"), _("Level"), _("Support code")):
        table.add_column(plain(heading), header_style="quiet", overflow="fold")
    for entry in entries:
        signed = when(entry.signed.claimed_at) if entry.signed else "–"
        state = f"[{_STYLE.get(entry.state, 'quiet')}]{plain(_STATE[entry.state])}[/]"
        level = _level(entry)
        table.add_row(plain(entry.contract_id), plain(entry.title), signed, state, level, entry.last_error or "")
    face.out.print(table)


@outbox_command.command("deliver", help=_("Deliver now what waits, whether its next try is due or not."))
@click.option("--again", is_flag=True, help=_("Try again also what the agency did not take."))
@click.option("--due", is_flag=True, help=_("Only what is due by now, quietly: for the system's scheduler."))
@speaking
def deliver_command(*, face: Face, app: App, again: bool, due: bool) -> int:
    """Deliver everything that waits, once."""
    if due:
        background.deliver(app)
        return 0
    results = app.deliver_now(again=again)
    told = app.send_objections()
    for result in results:
        _tell(face, result)
    raised = app.extend_delivered()
    for each in raised:
        _tell_level(face, each)
    left = Counter(entry.state for entry in app.outbox().all())
    waiting, parked = left[EntryState.QUEUED], left[EntryState.PARKED]
    if told:
        names = ", ".join(each.contract_id for each in told)
        face.say(_("The agency has what you wrote about: {tasks}").format(tasks=names), "ok")
    _tell_what_is_left(face, waiting, parked, tried=bool(results))
    delivered = [str(each.submission_id) for each in results if each.delivered]
    face.result(
        {"delivered": delivered, "waiting": waiting, "notTaken": parked, "problems": _problems(results)}
        | {"levels": [_level_facts(each) for each in raised]}
    )
    return SIGNED_NOT_DELIVERED if waiting else _worst(results)


def _tell(face: Face, result: DeliveryResult) -> None:
    if result.receipt:
        moment = when(result.receipt.received_at)
        text = _("{task}: delivered on {when}").format(task=result.contract_id, when=moment)
        face.say(f"✓ {text}", "ok")
        if result.receipt.late:
            face.say(_(TIMELINESS[result.receipt.timeliness]), "late")
    elif result.code:
        face.say(_("{task}: not delivered yet").format(task=result.contract_id), "soon")
        face.trouble(result.code)


def _tell_level(face: Face, result: ExtensionResult) -> None:
    level = result.level or Level.B_B
    face.say(f"{result.contract_id}: {level_line(level)}", "ok" if result.reached else "soon")
    if not result.reached:
        face.say(pending_line(level, result.asked))
    if result.code and not result.code.retriable:  # more than waiting is needed
        face.trouble(result.code)


def _level_facts(result: ExtensionResult) -> dict[str, object]:
    level = result.level.value if result.level else None
    return {"task": result.contract_id, "level": level, "levelAsked": result.asked.value, "pending": not result.reached}


def _level(entry: Entry) -> str:
    """Give the level, and the one that was asked where it is still pending."""
    if entry.level is None:
        return "–"
    return f"{entry.level.value} → {entry.pending.value}" if entry.pending else entry.level.value


def _tell_what_is_left(face: Face, waiting: int, parked: int, *, tried: bool) -> None:
    """Say what stays here, and what becomes of it; nobody is left with a number alone."""
    if waiting and not tried:
        face.say(_("Another Paraph was delivering just now. Try again in a few minutes."))
    elif not waiting and not tried:
        face.say(_("Nothing waits to be delivered."))
    if waiting:
        face.say(
            plural("{count} signature waits to be delivered.", "{count} signatures wait to be delivered.", waiting)
        )
    if parked:
        text = plural(
            "The agency did not take {count} signature. It is kept.",
            "The agency did not take {count} signatures. They are kept.",
            parked,
        )
        face.say(text, "soon")
        face.say(_("Call the agency. When they ask you to, try again with: paraph outbox deliver --again"))


def _problems(results: list[DeliveryResult]) -> list[dict[str, str]]:
    return [{"task": each.contract_id, "supportId": each.code.support_id} for each in results if each.code]


def _worst(results: list[DeliveryResult]) -> int:
    return max((each.code.kind.value for each in results if each.code), default=0)


@outbox_command.command("receipt", help=_("Print the agency's receipt of a contract, as JSON."))
@click.argument("task")
@speaking
def receipt_command(*, face: Face, app: App, task: str) -> None:
    """Print the transaction proof with all that the agency put in it; NO_RECEIPT when there is none."""
    del face  # it is JSON in any case
    receipts = [entry.receipt for entry in app.outbox().all() if entry.contract_id == task and entry.receipt]
    if not receipts or not receipts[-1].proof:
        raise SignerError(ErrorCode.NO_RECEIPT)
    write_json(json.loads(receipts[-1].proof))


def _facts(entry: Entry) -> dict[str, object]:
    return {
        "submissionId": str(entry.submission_id),
        "agency": entry.agency_id,
        "task": entry.contract_id,
        "state": entry.state.value,
        "file": str(entry.path) if entry.keeping is Keeping.OPEN else None,
        "keeping": entry.keeping.value,
        "attempts": entry.attempts,
        "lastError": entry.last_error,
        "nextTryAt": entry.next_try_at and entry.next_try_at.isoformat(),
        "level": entry.level and entry.level.value,
        "levelPending": entry.pending and entry.pending.value,
        "claimedAt": entry.signed and entry.signed.claimed_at.isoformat(),
        "provenAt": entry.receipt and entry.receipt.proven_at and entry.receipt.proven_at.isoformat(),
        "receivedAt": entry.receipt and entry.receipt.received_at.isoformat(),
        "timeliness": entry.receipt and entry.receipt.timeliness.value,
    }
