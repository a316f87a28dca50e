"""``paraph sign``: the workflow with a terminal as its face."""

from __future__ import annotations

import os
import re
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

import click

from signer import workflow as w
from signer.errors import ErrorCode, SignerError
from signer.files import sha256_of, signed_name
from signer.model import AgencyInfo, Caution, Level, Reached
from signer.pades.reasons import refusal
from signer.ports import CardService
from ui.bootstrap import App
from ui.cli.contracts import agency_option, chosen_agency, require_free
from ui.cli.extending import LEVELS, raise_file
from ui.cli.face import LEVEL_PENDING, SIGNED_NOT_DELIVERED, STOPPED, Face, problem, speaking
from ui.cli.several import Ending, Several
from ui.cli.terminal import Terminal, Wishes
from ui.cli.words import _
from ui.hand import Hand
from ui.levels import level_line, pending_line


def _sha256(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    if not all(re.fullmatch(r"[0-9a-fA-F]{64}", value) for value in values):
        raise click.BadParameter(_("a SHA-256 has 64 hexadecimal digits"))
    return values


@click.command(
    "sign", help=_("Read and sign contracts that wait at the agency (TASK), or PDFs of your own; several with one PIN.")
)
@click.argument("what", metavar="TASK|FILE.pdf ...", nargs=-1, required=True)
@click.option(
    "--via",
    type=click.Choice(["auto", "card", "pkcs11"]),
    help=_("The card itself, or a PKCS#11 module; auto takes the card when it is an eID."),
)
@click.option("--module", type=click.Path(path_type=Path), help=_("The PKCS#11 module (implies --via pkcs11)."))
@click.option("--pin-fd", type=int, metavar="N", help=_("Read the PIN from this file descriptor, one line a try."))
@click.option(
    "--read",
    "read",
    metavar="SHA256",
    multiple=True,
    callback=_sha256,
    help=_("You have read the document with this SHA-256 (for scripts); one for each document, in their order."),
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help=_("Save the signed PDF as this file."))
@click.option("--level", type=LEVELS, help=_("For a PDF of your own: the level to reach."))
@agency_option
@speaking
def sign_command(  # noqa: PLR0913 - one argument an option
    *,
    face: Face,
    app: App,
    what: tuple[str, ...],
    via: str | None,
    module: Path | None,
    pin_fd: int | None,
    read: tuple[str, ...],
    out: Path | None,
    level: str | None,
    agency_id: str | None,
) -> int:
    """Take one contract, or several, from "open" to "delivered"."""
    if out and len(what) > 1:
        raise click.UsageError(_("--out is for one document."))
    targets = [_target_of(each, out) for each in what]
    at_agency = any(isinstance(target, w.AgencyTarget) for target in targets)
    if level and at_agency:
        raise click.UsageError(_("The agency says which level it asks for; --level is for a PDF of your own."))
    if len(read) != len(what) and (read or not face.interactive):
        raise click.UsageError(_("Read the document first (paraph show), then give its SHA-256 with --read."))
    agency = chosen_agency(app, agency_id) if at_agency else None
    wishes = [Wishes(_unseen(pin_fd), each) for each in read or [None] * len(what)]
    with closing(app.cards("pkcs11" if module else via, module)) as cards:
        endings = _signed(face, app, cards, agency, targets, wishes)
    asked, ends = Level(level or Level.B_B), zip(endings, targets, strict=True)
    told = [_told(face, app, ending, target, asked) for ending, target in ends]
    if out and isinstance(targets[0], w.AgencyTarget) and isinstance(endings[0].state, _SIGNED):
        told[0].outcome.update(_save_copy(face, endings[0].state, out))
    face.result(told[0].outcome if len(told) == 1 else {"documents": [each.outcome for each in told]})
    return next((each.exit_code for each in told if each.exit_code), 0)


def _signed(
    face: Face,
    app: App,
    cards: CardService,
    agency: AgencyInfo | None,
    targets: list[w.Target],
    wishes: list[Wishes],
) -> list[Ending]:
    if len(targets) > 1:
        return Several(face, app, cards, agency).go(targets, wishes)
    hand = Hand()
    terminal = Terminal(face, app, cards, hand, wishes[0])
    state = terminal.run(app.performer(cards, agency, hand, terminal.note).perform, w.Open(targets[0]))
    return [Ending(state, terminal.because)]


class _Told(NamedTuple):
    outcome: dict[str, object]
    exit_code: int


def _told(face: Face, app: App, ending: Ending, target: w.Target, level: Level) -> _Told:
    state, because = ending.state, ending.because
    standing = _raised(face, app, state, level) if isinstance(state, w.Done) else {}
    pending = standing.get("pending") and isinstance(target, w.FileTarget)
    return _Told(_outcome(state, because) | standing, LEVEL_PENDING if pending else _exit_code(state, because))


def _raised(face: Face, app: App, state: w.Done, asked: Level) -> dict[str, object]:
    """Raise what was signed to the level that is asked, tell which it has now, and describe that for a machine."""
    reached = _at_agency(app, state) if state.receipt else _of_ones_own(face, app, state, asked)
    asked = state.receipt.level_asked if state.receipt else asked
    face.say(level_line(reached.level), "" if reached.level.reaches(asked) else "soon")
    if state.receipt and (line := pending_line(reached.level, asked)):
        face.say(line)
    elif reached.because:
        face.trouble(reached.because)
    return {
        "level": reached.level.value,
        "levelAsked": asked.value,
        "pending": not reached.level.reaches(asked),
        "signedSha256": _whole_sha256(app, state),
    }


def _whole_sha256(app: App, state: w.Done) -> str:
    """Hash what was signed, with what was appended."""
    if state.receipt is None:
        return sha256_of(state.signed.path)
    return app.outbox().entry(state.signed.submission_id).whole_sha256 or state.signed.sha256


def _at_agency(app: App, state: w.Done) -> Reached:
    """Append what the agency still lacks; what cannot be had now is tried again with every delivery."""
    assert state.receipt
    results = app.extend_delivered(state.signed.submission_id)
    level = results[0].level if results else None
    return Reached(level or state.receipt.level, results[0].code if results else None)


def _of_ones_own(face: Face, app: App, state: w.Done, asked: Level) -> Reached:
    if asked is Level.B_B:
        return Reached(Level.B_B)
    try:
        return raise_file(face, app, state.signed.path, asked, rewrite=True)
    except SignerError as error:  # it is signed in any case, and whole
        return Reached(app.extender().level_of(state.signed.path), error.code)


_SIGNED: Final = (w.Done, w.AwaitingNetwork, w.NotAccepted)


def _unseen(descriptor: int | None) -> int | None:
    """Take a descriptor, unless it is a terminal: that would show the PIN, so it is asked there as always."""
    return None if descriptor is not None and os.isatty(descriptor) else descriptor


def _target_of(what: str, out: Path | None) -> w.Target:
    path = Path(what)
    if out:
        require_free(out)
    if path.suffix.lower() != ".pdf":
        return w.AgencyTarget(what)
    return w.FileTarget(path, out or signed_name(path))


def _save_copy(face: Face, state: w.Done | w.AwaitingNetwork | w.NotAccepted, out: Path) -> dict[str, object]:
    """Save a copy for the worker; when that fails, the signature in the outbox is as safe as before."""
    from signer.files import write_whole  # noqa: PLC0415 - quick start

    try:
        write_whole(out, state.signed.path.read_bytes())
    except SignerError as error:
        face.trouble(error.code, meaning=_("Your copy was not saved. The signed contract itself is safe."))
        return {"savedAs": None}
    face.say(_("Saved: {path}").format(path=out), whole=True)
    return {"savedAs": str(out)}


def _outcome(state: w.State, because: ErrorCode | None) -> dict[str, object]:
    """Describe the end for a machine."""
    names = {w.Done: "done", w.AwaitingNetwork: "signed-not-delivered", w.NotAccepted: "not-accepted"}
    outcome: dict[str, object] = {"state": names.get(type(state), "not-signed")}
    if isinstance(state, _SIGNED):
        signed = state.signed
        outcome |= {
            "submissionId": str(signed.submission_id),
            "signedFile": None if signed.sealed else str(signed.path),
            "signedSha256": signed.sha256,
            "originalSha256": signed.original_sha256,
            "level": signed.level.value,
            "claimedAt": signed.claimed_at.isoformat(),
            "test": signed.test,
        }
    if isinstance(state, w.Done) and state.receipt:
        outcome["receivedAt"] = state.receipt.received_at.isoformat()
        outcome["provenAt"] = state.receipt.proven_at and state.receipt.proven_at.isoformat()
        outcome["late"] = state.receipt.late
        outcome["timeliness"] = state.receipt.timeliness.value
    if isinstance(state, w.Refused) and (line := refusal(state.because, state.detail)):
        outcome["forAgency"] = line
    cautions: tuple[Caution, ...] = state.paper.cautions if isinstance(state, _SIGNED) else ()
    outcome["cautions"] = [each.value for each in cautions]
    reason = because or getattr(state, "because", None)
    return outcome | (problem(reason) if reason else {})


def _exit_code(state: w.State, because: ErrorCode | None) -> int:
    if isinstance(state, w.Done):
        return 0
    if isinstance(state, w.AwaitingNetwork):
        return SIGNED_NOT_DELIVERED
    reason = because or getattr(state, "because", None)
    return reason.kind.value if reason else STOPPED
