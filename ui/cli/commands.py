"""The tree of commands; each is loaded when it is called, so that ``paraph --version`` answers at once."""

from __future__ import annotations

import importlib
import logging
from importlib.metadata import version
from typing import Final

import click

from eidcard.traffic import TRAFFIC
from signer.i18n import LANGUAGES
from ui.cli.words import _

# Where each command stands: the module in ui.cli, and what the list of commands says of it.
_COMMANDS: Final = {
    "readers": ("card", _("List the card readers and what is in them.")),
    "card": ("card", _("Show the card that is in the reader.")),
    "certificates": ("certificates", _("List the certificates that PKCS#11 modules show, and their readers.")),
    "open": ("logging_in", _("Open the link that the agency's page gave, and log in.")),
    "login": ("logging_in", _("Log in with your eID, to read your contracts.")),
    "tasks": ("contracts", _("List the contracts that wait for your signature.")),
    "fetch": ("fetching", _("Fetch the contracts that wait, so that you can sign them with no network.")),
    "device": ("devices", _("Your own computer, which fetches contracts by itself.")),
    "show": ("contracts", _("Show a contract: its facts and its text.")),
    "object": ("objecting", _("Tell the agency that something is wrong with a contract.")),
    "sign": ("signing", _("Read and sign a contract, or a PDF of your own.")),
    "extend": ("extending", _("Add proof of the time, and for later years, to a signed PDF of your own.")),
    "validate": ("validating", _("Tell what the signatures in a PDF are worth.")),
    "agency": ("agencies", _("List, add and remove the agencies that this computer may talk to.")),
    "outbox": ("deliveries", _("List what was signed; deliver what waits.")),
    "proxy": ("proxying", _("Tell the proxy of your network who you are.")),
    "pin": ("pin", _("Change the PIN of your eID.")),
    "diagnose": ("diagnosing", _("Look for what keeps this computer from signing, and tell what to do.")),
    "demo": ("demo", _("Go the whole way on this machine, with a simulated card.")),
}


class _Lazy(click.Group):
    """A group that imports a command's module when the command is used, and not to list it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the commands in the order in which a worker meets them."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command; None when there is none of that name."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"ui.cli.{_COMMANDS[cmd_name][0]}")
        command = getattr(module, f"{cmd_name}_command")
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table."""
        del ctx
        with formatter.section(_("Commands")):
            formatter.write_dl([(name, about) for name, (_module, about) in _COMMANDS.items()])


@click.command(
    cls=_Lazy,
    help=_("Sign temporary-work contracts with the Belgian eID card."),
    epilog=_("Exit codes: docs/cli.md. No PIN is ever taken from the command line or the environment."),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--lang", type=click.Choice([*LANGUAGES]), help=_("Language of the texts."))
@click.option("-v", "--verbose", count=True, help=_("Say more on standard error; three times also the card's traffic."))
@click.version_option(version("paraph"), prog_name="paraph", help=_("Show the version and exit."))
def paraph(lang: str | None, verbose: int) -> None:
    """Set up what all commands share."""
    del lang  # ui.cli.main has seen to it
    logging.basicConfig(level=_LEVELS[min(verbose, 3)], format="%(levelname)s %(name)s: %(message)s")


_LEVELS: Final = (logging.CRITICAL, logging.INFO, logging.DEBUG, TRAFFIC)  # the last one redacts PIN and answers
