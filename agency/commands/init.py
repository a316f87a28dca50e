"""``paraph-agency init``: make the data folder of a new agency."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from agency import settings
from agency.commands import options


@click.command("init")
@options.data
@click.option("--id", "agency_id", required=True, help="How clients and links name the agency, such as 'horizon'.")
@click.option("--name", required=True, help="How people know the agency.")
@click.option("--telephone", default="", help="For workers who need help.")
@click.option("--mail", default="", help="For workers who need help.")
@click.option(
    "--level",
    type=click.Choice(["B-B", "B-T", "B-LT", "B-LTA"]),
    default="B-B",
    show_default=True,
    help="The level of signature that is asked (ETSI EN 319 142-1).",
)
@click.option(
    "--visible/--invisible", default=True, show_default=True, help="Whether signatures have a panel on the page."
)
@click.option(
    "--time-stamp",
    "time_stamps",
    multiple=True,
    metavar="URL",
    help="A time-stamp service (RFC 3161); several are asked in this order. The Belgian ones, when none is named.",
)
@click.option("--seal-key", type=options.FILE, help="The agency's seal: its key (PEM), for transaction proofs.")
@click.option("--seal-chain", type=options.FILE, help="Its certificate and those above it (PEM), in this order.")
@click.option(
    "--login",
    multiple=True,
    type=click.Choice(["eid", "code", "link"]),
    default=["eid", "code"],
    show_default=True,
    help="What a worker logs in with after opening a link: eID, a code by mail, or the link alone. Repeatable.",
)
@click.option(
    "--server-name",
    "server_names",
    multiple=True,
    default=["127.0.0.1", "localhost"],
    show_default=True,
    metavar="HOST",
    help="The host in the address at which clients find this server: an eID logs in to no other.",
)
@click.option(
    "--mail-server", default="", metavar="HOST:PORT", help="Sends messages (SMTP, STARTTLS); PARAPH_MAIL_PASSWORD."
)
@click.option("--mail-user", default="", help="Who the mail server knows us as.")
@click.option("--mail-from", default="", help="The sender of messages; --mail, when it is not given.")
@click.option(
    "--mail-folder",
    type=click.Path(file_okay=False, resolve_path=True, path_type=Path),
    help="Put messages here, as .eml files, in place of sending them.",
)
@click.option("--webhook", "webhook_url", default="", metavar="URL", help="Where the back office takes events in.")
@click.option(
    "--webhook-secret",
    "webhook_secrets",
    multiple=True,
    type=options.FILE,
    help="A file with the secret that signs them (whsec_ and base64); two while it is being changed.",
)
@click.option(
    "--documents",
    "documents_url",
    default="",
    metavar="s3://BUCKET/PREFIX",
    help="Keep documents in a store that speaks S3; its address and keys are where boto3 looks (AWS_…).",
)
@click.option(
    "--keep-signed-days",
    default=1827,
    show_default=True,
    type=click.IntRange(0),
    help="After the job's end, signed contracts are kept this long; purge erases them then.",
)
@click.option(
    "--keep-unsigned-days",
    default=365,
    show_default=True,
    type=click.IntRange(0),
    help="After the job's end, contracts that nobody signed are kept this long.",
)
@click.option("--one-pin", is_flag=True, help="Workers may sign several contracts, each read, with one PIN entry.")
@click.option(
    "--test-roots",
    type=click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path),
    help="Roots of SIMULATED cards (PEM or DER files). Everything this agency says is then marked TEST.",
)
def command(data: Path, agency_id: str, name: str, **more: Any) -> None:  # noqa: ANN401 - as in the settings
    """Make the data folder of a new agency, with its key and its database."""
    try:
        made = settings.Settings(id=agency_id, name=name, **more)
    except ValidationError as error:
        raise click.BadParameter("letters, digits, '.', '_' and '-', at most 64", param_hint="--id") from error
    settings.initialise(data, made)
    with options.opened(data):
        click.echo(f"{name} ({agency_id}) lives in {data}" + (" - TEST: it takes simulated cards" if made.test else ""))
