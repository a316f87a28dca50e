"""``paraph validate``: what the signatures in a PDF are worth, for a person or a machine."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from signer.pades.integrity import Changes
from signer.pades.validate import validate
from signer.pades.verdict import SignatureVerdict, SignerKind
from ui.bootstrap import App
from ui.cli.face import NOT_PASSED, Face, speaking
from ui.cli.plain import plain
from ui.cli.words import _, when
from ui.messages import message

_KIND: Final = {
    SignerKind.PERSON: _("Signed by {name}"),
    SignerKind.SEAL: _("Sealed by {name}"),
    SignerKind.TIMESTAMP: _("Time-stamped by {name}"),
}
_CHANGES: Final = {
    Changes.NONE: _("Nothing was changed since."),
    Changes.PERMITTED: _("Only changes that are allowed were made since, such as a later signature."),
    Changes.FORBIDDEN: _("The document was changed since, in a way that is not allowed."),
}


@click.command("validate", help=_("Tell what the signatures in a PDF are worth (without network, for now)."))
@click.argument("file", type=click.Path(path_type=Path))
@speaking
def validate_command(*, face: Face, app: App, file: Path) -> int:
    """Judge every signature of a file."""
    verdicts = validate(file, app.trust(), app.clock.now())
    face.result({"file": str(file), "signatures": [_facts(verdict) for verdict in verdicts]})
    if not face.as_json:
        for verdict in verdicts:
            _show(face, verdict)
        if not verdicts:
            face.out.print(plain(_("There is no signature in this file.")), style="soon")
    return 0 if verdicts and all(map(_is_good, verdicts)) else NOT_PASSED


def _is_good(verdict: SignatureVerdict) -> bool:
    return verdict.intact and verdict.trusted


def _show(face: Face, verdict: SignatureVerdict) -> None:
    mark, style = ("✓", "ok") if _is_good(verdict) else ("✗", "late")
    face.out.print(f"{mark} {plain(_KIND[verdict.kind].format(name=verdict.signer_name))}", style=style)
    for line in _lines(verdict):
        face.out.print(f"  {plain(line)}")


def _lines(verdict: SignatureVerdict) -> list[str]:
    lines = [_("Intact.") if verdict.intact else _("Damaged: the file or the signature was changed.")]
    if verdict.intact:
        lines.append(_CHANGES[verdict.changes])
    if verdict.claimed_at:
        lines.append(_("Time, by the signer's clock: {when}").format(when=when(verdict.claimed_at)))
    if verdict.root_name:
        lines.append(_("Trusted, by {root}").format(root=verdict.root_name))
    elif verdict.untrusted_because:
        lines.append(_("Not trusted: {why}").format(why=message(verdict.untrusted_because, _).title))
    if not verdict.revocation_checked:
        lines.append(_("Whether the certificate was withdrawn is not checked yet."))
    level = verdict.level.value if verdict.level else _("no PAdES level")
    lines.append(f"{level}, {verdict.indication.value} ({verdict.sub_indication})")
    if verdict.test:
        lines.append(_("TEST: this is not a real signature."))
    return lines


def _facts(verdict: SignatureVerdict) -> dict[str, object]:
    return {
        "field": verdict.field,
        "kind": verdict.kind.value,
        "signer": verdict.signer_name,
        "claimedAt": verdict.claimed_at and verdict.claimed_at.isoformat(),
        "level": verdict.level and verdict.level.value,
        "indication": verdict.indication.value,
        "subIndication": verdict.sub_indication,
        "intact": verdict.intact,
        "trusted": verdict.trusted,
        "root": verdict.root_name,
        "coversWholeFile": verdict.covers_whole_file,
        "changes": verdict.changes.value,
        "revocationChecked": verdict.revocation_checked,
        "test": verdict.test,
    }
