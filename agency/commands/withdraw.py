"""``paraph-agency withdraw``: a contract that must not be signed any more."""

from __future__ import annotations

from pathlib import Path

import click

from agency import publishing
from agency.commands import options


@click.command("withdraw")
@options.data
@options.contract
def command(data: Path, contract_id: str) -> None:
    """Withdraw a contract that is not signed yet."""
    with options.opened(data) as office:
        publishing.withdraw(office, contract_id)
