"""``paraph-agency sample``: a contract to practise on."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from agency.office import utc_now
from agency.samples.make import BELGIUM, SealFiles, make, next_monday
from agency.samples.text import LANGUAGES, sample_text
from signer.agency.schema import DocumentLanguage

_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("sample")
@click.option("--language", required=True, type=click.Choice(LANGUAGES), help="The contract's language.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The PDF to write.")
@click.option("--id", "contract_id", help="The contract's id; without it always the same.")
@click.option("--start", help="When the job starts (ISO 8601); without a zone: in Belgium. Default: next Monday, 6:00.")
@click.option("--worker", help="The worker's name.")
@click.option("--seal-key", type=_file, help="PEM file of the agency's key, to seal with.")
@click.option("--seal-chain", type=_file, help="PEM file of its chain, its own certificate first.")
def command(  # noqa: PLR0913 - one parameter an option
    language: DocumentLanguage,
    out: Path,
    *,
    contract_id: str | None,
    start: str | None,
    worker: str | None,
    seal_key: Path | None,
    seal_chain: Path | None,
) -> None:
    """Write a sample contract to OUT and its data, for `publish`, to OUT.json.

    nl is plain, fr has filled form fields, de is the one that the agency seals. People and companies are made up.
    """
    if (seal_key is None) != (seal_chain is None):
        raise click.UsageError("--seal-key and --seal-chain go together")
    issued = utc_now().astimezone(BELGIUM)
    begins = _start(start) if start else next_monday(issued)
    agency_seal = SealFiles(seal_key, seal_chain) if seal_key and seal_chain else None
    make(sample_text(language, begins, issued, worker, contract_id), out, agency_seal)
    click.echo(out)


def _start(text: str) -> datetime:
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter("not an ISO 8601 time", param_hint="--start") from error
    return parsed.astimezone(BELGIUM) if parsed.tzinfo else parsed.replace(tzinfo=BELGIUM)
