"""The entry point of ``paraph``: the language first, then the commands, and one way out of all of them."""
# ruff: noqa: PLC0415 - what is imported here is imported where Ctrl-C is caught, and after the language is known

from __future__ import annotations

import sys
from itertools import pairwise


def run() -> None:
    """Run the command line of this process; never returns."""
    try:
        sys.exit(_run(sys.argv[1:]))
    except KeyboardInterrupt:  # while the program itself is still being loaded
        sys.exit(12)  # as ui.cli.face.STOPPED


def _run(arguments: list[str]) -> int:
    import click

    from ui.cli import words

    _print_what_can_be_printed()
    words.use(_language(arguments))
    from ui.cli import face
    from ui.cli.commands import paraph

    try:
        code: int | None = paraph.main(arguments, prog_name="paraph", standalone_mode=False)
    except click.ClickException as error:
        return face.refuse(error, as_json="--json" in arguments)
    except click.Abort:
        return face.stop(as_json="--json" in arguments)
    return code or 0


def _print_what_can_be_printed() -> None:
    """Show a question mark for what a terminal's encoding does not have, where Python would give up."""
    import io

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _language(arguments: list[str]) -> str:
    """Choose the language: --lang, PARAPH_LANGUAGE, the settings, the system's."""
    import os

    from signer.i18n import LANGUAGE_VARIABLE, choose_language

    wanted = _asked_language(arguments) or os.environ.get(LANGUAGE_VARIABLE)
    return choose_language(wanted or _language_of_settings())


def _asked_language(arguments: list[str]) -> str | None:
    """Find ``--lang`` before click does: the help texts depend on it."""
    for here, following in pairwise([*arguments, ""]):
        if here == "--lang":
            return following
        if here.startswith("--lang="):
            return here.partition("=")[2]
    return None


def _language_of_settings() -> str | None:
    """Look into the settings for the language alone; what else is wrong with them is told in it, later."""
    import tomllib

    from signer.paths import user_folders

    try:
        language = tomllib.loads(user_folders().settings_file.read_text("utf-8")).get("language")
    except (OSError, ValueError):
        return None
    return language if isinstance(language, str) else None
