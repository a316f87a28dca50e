"""The command ``paraph-agency``: set up, publish, make links, list, serve."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Final

import click

from signer.errors import Kind, SignerError
from signer.pades.reasons import refusal

_COMMANDS: Final = {  # loaded when called: the server's libraries take half a second
    "init": "agency.commands.init",
    "publish": "agency.commands.publish",
    "invite": "agency.commands.invite",
    "link": "agency.commands.link",
    "withdraw": "agency.commands.withdraw",
    "extend": "agency.commands.extend",
    "list": "agency.commands.listing",
    "objections": "agency.commands.objections",
    "devices": "agency.commands.devices",
    "audit": "agency.commands.audit",
    "events": "agency.commands.events",
    "keys": "agency.commands.keys",
    "erase": "agency.commands.erase",
    "purge": "agency.commands.purge",
    "serve": "agency.commands.serve",
    "sample": "agency.commands.sample",
    "descriptor": "agency.commands.descriptor",
    "openapi": "agency.commands.openapi",
}


class _Lazy(click.Group):
    """A group whose commands are imported when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(_COMMANDS[cmd_name]).command
        return command


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "PARAPH_AGENCY"})
@click.version_option(package_name="paraph", prog_name="paraph-agency")
def main() -> None:
    """Run the reference agency server: publish contracts, take signatures in, keep the evidence."""


def run() -> None:
    """Run the command line; a mishap is one line on stderr and the exit code of its kind."""
    try:
        main()
    except SignerError as error:
        click.echo(f"paraph-agency: {refusal(error.code, error.detail) or error}", err=True)
        sys.exit(error.code.kind.value)
    except OSError as error:
        click.echo(f"paraph-agency: {error.strerror}: {error.filename}", err=True)
        sys.exit(Kind.FILE.value)
