"""``paraph validate``: what the signatures in a PDF are worth, for a person, a machine, or on paper."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from signer.files import sha256_of
from signer.pades.report import Paragraph, write_report
from signer.pades.validate import validate
from signer.pades.verdict import Indication, SignatureVerdict
from signer.trust.qualified import Qualification
from ui.bootstrap import App
from ui.cli.contracts import require_free
from ui.cli.face import NOT_PASSED, Face, speaking
from ui.cli.plain import plain
from ui.cli.words import _, when
from ui.verdicts import code, headline, lines, result
from ui.words import language

_MARKS: Final = {
    Indication.PASSED: ("✓", "ok"),
    Indication.INDETERMINATE: ("?", "soon"),
    Indication.FAILED: ("✗", "late"),
}
_COLOURS: Final = {
    Indication.PASSED: (0.09, 0.42, 0.22),
    Indication.INDETERMINATE: (0.55, 0.33, 0.0),
    Indication.FAILED: (0.7, 0.1, 0.1),
}
_GREY: Final = (0.35, 0.35, 0.35)


@click.command("validate", help=_("Tell what the signatures in a PDF are worth."))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--offline", is_flag=True, help=_("Ask nobody: use only what is in the file and on this computer."))
@click.option(
    "--report", type=click.Path(path_type=Path, dir_okay=False), help=_("Save a report for people as this PDF.")
)
@speaking
def validate_command(*, face: Face, app: App, file: Path, offline: bool, report: Path | None) -> int:
    """Judge every signature of a file."""
    if report:
        require_free(report)
    verdicts = judged(app, file, offline=offline)
    if report:
        title = _("Report on the signatures of a document")
        write_report(report, title, language(), [*_head(app, file, title, offline=offline), *_body(verdicts)])
        face.say(_("Saved: {path}").format(path=report), whole=True)
    face.result({"file": str(file), "signatures": [_facts(verdict) for verdict in verdicts]})
    if not face.as_json:
        for verdict in verdicts:
            _show(face, verdict)
        if not verdicts:
            face.out.print(plain(_("There is no signature in this file.")), style="soon")
    return 0 if verdicts and all(each.indication is Indication.PASSED for each in verdicts) else NOT_PASSED


def judged(app: App, file: Path, *, offline: bool) -> tuple[SignatureVerdict, ...]:
    """Judge every signature; the trusted lists are fetched first where one claims what no list here can tell."""
    fetchers = None if offline else app.fetchers()
    verdicts = validate(file, app.trust(), app.clock.now(), fetchers, app.trusted_lists())
    if offline or not any(each.qualified.qualification is Qualification.CLAIMED for each in verdicts):
        return verdicts
    lists = app.fetched_lists()
    return validate(file, app.trust(), app.clock.now(), fetchers, lists) if lists.national else verdicts


def _show(face: Face, verdict: SignatureVerdict) -> None:
    mark, style = _MARKS[verdict.indication]
    face.out.print(f"{mark} {plain(headline(verdict))}", style=style)
    for line in (result(verdict), *lines(verdict)):
        face.out.print(f"  {plain(line)}")


def _head(app: App, file: Path, title: str, *, offline: bool) -> list[Paragraph]:
    asked = _("Nobody was asked: without network.") if offline else _("The issuers of the certificates were asked.")
    facts = (
        _("File: {name}").format(name=file.name),
        _("SHA-256: {hash}").format(hash=sha256_of(file)),
        _("Checked on {when}").format(when=when(app.clock.now())),
        asked,
    )
    shouts = (_("WARNING: the settings trust an extra root: {name}").format(name=each) for each in app.trust().shouts)
    return [
        Paragraph(title, 20),
        *(Paragraph(each, 9, colour=_GREY) for each in facts),
        *(Paragraph(each, 9, before=4, colour=_COLOURS[Indication.FAILED]) for each in shouts),
    ]


def _body(verdicts: tuple[SignatureVerdict, ...]) -> list[Paragraph]:
    if not verdicts:
        return [Paragraph(_("There is no signature in this file."), 12, before=24)]
    return [paragraph for verdict in verdicts for paragraph in _paragraphs(verdict)]


def _paragraphs(verdict: SignatureVerdict) -> list[Paragraph]:
    *body, last = [line for line in lines(verdict) if line != code(verdict)] + [code(verdict)]
    return [
        Paragraph(headline(verdict), 14, before=24),
        Paragraph(result(verdict), 11, before=2, colour=_COLOURS[verdict.indication]),
        *(Paragraph(line, indent=12) for line in body),
        Paragraph(last, 8, indent=12, colour=_GREY),
    ]


def _facts(verdict: SignatureVerdict) -> dict[str, object]:
    status = verdict.qualified
    return {
        "field": verdict.field,
        "kind": verdict.kind.value,
        "signer": verdict.signer_name,
        "claimedAt": verdict.claimed_at and verdict.claimed_at.isoformat(),
        "provenAt": verdict.proven_at and verdict.proven_at.isoformat(),
        "level": verdict.level and verdict.level.value,
        "indication": verdict.indication.value,
        "subIndication": verdict.sub_indication or None,
        "intact": verdict.intact,
        "trusted": verdict.trusted,
        "root": verdict.root_name,
        "qualification": status.qualification.value,
        "qualifiedSignature": status.is_qualified_signature,
        "trustedListOf": status.list_issued_at and status.list_issued_at.isoformat(),
        "coversWholeFile": verdict.covers_whole_file,
        "changes": verdict.changes.value,
        "revocationChecked": verdict.revocation_checked,
        "unchecked": [each.value for each in verdict.unchecked],
        "test": verdict.test,
    }
