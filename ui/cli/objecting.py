"""``paraph object``: tell the agency what is wrong with a contract. Nothing is signed."""

from __future__ import annotations

import sys
from typing import Final
from uuid import uuid4

import click

from signer.agency.schema import MAX_OBJECTION
from signer.errors import SignerError
from signer.model import Objection, Wrong
from signer.objections import can_wait, tidy
from ui import contract_words
from ui.bootstrap import App
from ui.cli.contracts import agency_option, chosen_agency
from ui.cli.face import Face, problem, speaking
from ui.cli.words import _

_WORDS: Final = {
    "pay": Wrong.PAY,
    "hours": Wrong.HOURS,
    "company": Wrong.COMPANY,
    "not-wanted": Wrong.NOT_WANTED,
    "other": Wrong.OTHER,
}


@click.command("object", help=_("Tell the agency what is wrong with a contract (TASK). Nothing is signed."))
@click.argument("task")
@click.option(
    "--wrong", type=click.Choice(list(_WORDS)), multiple=True, required=True, help=_("What is wrong; can be repeated.")
)
@click.option("--text", default="", metavar="TEXT", help=_("What you want to add; “-” reads it from standard input."))
@agency_option
@speaking
def object_command(*, face: Face, app: App, task: str, wrong: tuple[str, ...], text: str, agency_id: str | None) -> int:
    """Send an objection; what cannot be sent now is kept and sent later."""
    agency = chosen_agency(app, agency_id)
    words = tidy(sys.stdin.read(2 * MAX_OBJECTION) if text == "-" else text)
    if len(words) > MAX_OBJECTION:
        raise click.UsageError(_("Write at most {count} characters.").format(count=MAX_OBJECTION))
    reasons = tuple(dict.fromkeys(_WORDS[each] for each in wrong))
    try:
        app.tell_wrong(Objection(uuid4(), agency.id, task, reasons, words))
    except SignerError as error:
        kept = can_wait(error.code)
        face.trouble(error.code, meaning=_("It is not sent yet. Your words are kept on this computer.") if kept else "")
        if kept:
            face.say(_("Send it again with: paraph outbox deliver"))
        face.result({"task": task, "sent": False, "kept": kept} | problem(error.code))
        return error.code.kind.value
    said = _("{agency} knows: {wrong}").format(agency=agency.name, wrong=contract_words.reasons(reasons))
    face.say(said, "ok")
    face.say(_("Nothing was signed. The agency answers you; the contract stays in your list."))
    face.result({"task": task, "sent": True})
    return 0
