"""Options that several commands share, and the office that they open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from agency.office import Office, SignatureCheck, open_office
from agency.problems import ProblemError
from agency.settings import Settings

FILE = click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path)
data = click.option(
    "--data", required=True, type=click.Path(file_okay=False, path_type=Path), help="The agency's data folder."
)
contract = click.option("--contract", "contract_id", required=True, help="The contract's id.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")


@contextmanager
def opened(folder: Path, checking: Callable[[Settings], SignatureCheck] | None = None) -> Iterator[Office]:
    """Open the office for one command; a refusal becomes a line on stderr and exit code 1."""
    office = open_office(folder, checking)
    try:
        yield office
    except ProblemError as error:
        raise click.ClickException(
            f"{error.problem.value.title}{': ' + error.detail if error.detail else ''}"
        ) from error
    finally:
        office.close()
