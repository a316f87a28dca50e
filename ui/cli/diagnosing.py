"""``paraph diagnose``: what keeps this computer from signing, each with its remedy; works when all else is broken."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import click
from rich.padding import Padding

from signer.errors import ErrorCode, SignerError
from ui.cli.face import NOT_PASSED, Face, problem
from ui.cli.plain import plain
from ui.cli.words import _, plural
from ui.diagnosis.bundle import facts_of, technical, write_bundle
from ui.diagnosis.diagnose import diagnose
from ui.diagnosis.findings import Finding, Grade, Surroundings, worst
from ui.diagnosis.words import CHECKS, words

_MARKS: Final = {Grade.OK: ("✓", "ok"), Grade.WARNING: ("!", "soon"), Grade.PROBLEM: ("✗", "late")}


@click.command("diagnose", help=_("Look for what keeps this computer from signing, and tell what to do."))
@click.option("--json", "as_json", is_flag=True, help=_("Answer with one JSON object."))
@click.option(
    "--bundle",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.zip",
    help=_("Save the findings as this file, with nothing personal in it, to send to a helpdesk."),
)
def diagnose_command(*, as_json: bool, bundle: Path | None) -> None:
    """Look, tell, and end with 0 when nothing keeps anybody from signing."""
    if bundle and bundle.exists():
        raise click.UsageError(_("{name} exists already; choose another name.").format(name=bundle.name))
    face = Face(as_json=as_json)
    face.say(_("Looking at card readers, network and folders …"), "quiet")
    findings = diagnose(Surroundings.here())
    result = facts_of(findings)
    for told, finding in zip(result["findings"], findings, strict=True):
        title, remedy = words(finding, _)
        told.update(title=title, remedy=remedy)
    if not as_json:
        _show(face, findings)
    mishap = _save(face, bundle, findings) if bundle else None
    face.result(result | {"worst": worst(findings).value} | (problem(mishap) if mishap else {}))
    if mishap:
        sys.exit(mishap.kind.value)
    sys.exit(NOT_PASSED if worst(findings) is Grade.PROBLEM else 0)


def _show(face: Face, findings: tuple[Finding, ...]) -> None:
    for finding in findings:
        mark, style = _MARKS[finding.grade]
        title, remedy = words(finding, _)
        about = f" ({plain(finding.subject)})" if finding.subject else ""
        face.out.print(f"[{style}]{mark}[/{style}] {plain(_(CHECKS[finding.check]))} – {plain(title)}{about}")
        if remedy:
            face.out.print(_indented(f"[act]→[/act] {plain(remedy)}"))
        code = finding.id if isinstance(finding.says, ErrorCode) else ""
        details = " ".join(filter(None, (code, technical(finding))))
        if details:
            face.out.print(_indented(plain(details)), style="quiet")
    count = sum(finding.grade is Grade.PROBLEM for finding in findings)
    if count:
        face.out.print(plain(plural("{count} problem was found.", "{count} problems were found.", count)), style="late")
    else:
        face.out.print(plain(_("No problem was found.")), style="ok")


def _indented(text: str) -> Padding:
    return Padding(text, (0, 0, 0, 2))


def _save(face: Face, target: Path, findings: tuple[Finding, ...]) -> ErrorCode | None:
    try:
        write_bundle(target, findings, _)
    except SignerError as error:
        face.trouble(error.code)
        return error.code
    face.say(_("Saved as {file}. There is nothing personal in it.").format(file=target.name))
    return None
