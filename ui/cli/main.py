"""The entry point of ``paraph``: the language first, then the commands."""

from __future__ import annotations

import sys

from signer.i18n import choose_language
from ui.cli import words


def run() -> None:
    """Run the command line of this process; never returns."""
    words.use(choose_language(_asked_language(sys.argv[1:])))
    from ui.cli.commands import paraph  # noqa: PLC0415 - help texts are translated when the commands are loaded

    paraph(prog_name="paraph")


def _asked_language(arguments: list[str]) -> str | None:
    """Find ``--lang`` before click does: the help texts depend on it."""
    for here, following in zip(arguments, [*arguments[1:], ""], strict=True):
        if here == "--lang":
            return following
        if here.startswith("--lang="):
            return here.partition("=")[2]
    return None
