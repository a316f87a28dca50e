"""``paraph-agency erase``: a person who asks to be forgotten."""

from __future__ import annotations

from pathlib import Path

import click

from agency import erasing
from agency.commands import options
from agency.erasing import Verdict


@click.command("erase")
@options.data
@click.option("--contract", "contract_id", help="A contract of the person.")
@click.option("--pseudonym", help="The person's name in the audit log.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(data: Path, contract_id: str | None, pseudonym: str | None, *, yes: bool) -> None:
    """Erase a person's contracts, documents, words and addresses; exit code 1 when something has to be kept.

    What can still be signed and what the law has you keep stays, and is named. The audit log stays, and tells of
    nobody any more once all of a person's contracts are gone.
    """
    if (contract_id is None) == (pseudonym is None):
        raise click.UsageError("name a --contract or a --pseudonym")
    with options.opened(data) as office:
        planned = erasing.judged(office, contract_id, pseudonym)
        for each in planned:
            click.echo(_line(each))
        if not all(each.kept_because for each in planned):
            if not yes:
                click.confirm("Erase for good?", abort=True)
            planned = erasing.erase(office, contract_id, pseudonym)
            click.echo(f"Erased: {', '.join(each.contract_id for each in planned if not each.kept_because)}")
    if any(each.kept_because for each in planned):
        raise click.ClickException("not everything may be erased now")


def _line(each: Verdict) -> str:
    told = f"is kept: {each.kept_because}" if each.kept_because else "will be erased, with its documents"
    return f"{each.contract_id} ({each.state}) {told}"
