"""``paraph certificates``: what PKCS#11 modules list, and the reader of each."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click
from rich.table import Table

from eidcard.token_certificates import TokenCertificate
from signer.errors import ErrorCode, SignerError
from ui.bootstrap import App
from ui.cli.face import Face, speaking
from ui.cli.plain import plain
from ui.cli.words import _, full_date


@click.command("certificates", help=_("List the certificates that PKCS#11 modules show, and their readers."))
@click.option("--module", type=click.Path(path_type=Path), help=_("Only of this PKCS#11 module."))
@speaking
def certificates_command(*, face: Face, app: App, module: Path | None) -> None:
    """List them, the one that would sign with a tick; none at all is a mishap with a next step."""
    with closing(app.modules(module)) as modules:
        found = modules.certificates()
    if not found:
        raise SignerError(ErrorCode.MODULE_NO_KEY)
    face.result({"certificates": [_facts(each) for each in found]})
    if not face.as_json:
        face.out.print(_table(found))


def _table(found: tuple[TokenCertificate, ...]) -> Table:
    table = Table(box=None)
    for heading in (_("Reader"), _("Certificate"), _("Issuer"), _("Until"), _("Module")):
        table.add_column(plain(heading), header_style="quiet", overflow="fold")
    for each in found:
        name = f"✓ {each.name}" if each.signs else each.name
        until = full_date(each.valid_to.date())
        table.add_row(*map(plain, (each.reader, name, each.issuer, until, each.module)), style="ok" * each.signs)
    return table


def _facts(each: TokenCertificate) -> dict[str, object]:
    return {
        "module": each.module,
        "reader": each.reader,
        "token": each.token,
        "label": each.label,
        "name": each.name,
        "issuer": each.issuer,
        "validTo": each.valid_to.isoformat(),
        "signs": each.signs,
    }
