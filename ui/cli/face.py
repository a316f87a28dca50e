"""How a command speaks: to a person with colour and few words, to a machine as one JSON object."""

from __future__ import annotations

import functools
import json
import logging
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

import click
from rich.console import Console
from rich.panel import Panel
from rich.theme import Theme

from signer.errors import ErrorCode, SignerError
from ui.bootstrap import App
from ui.cli.plain import plain
from ui.cli.words import _
from ui.messages import message

_LOG: Final = logging.getLogger("paraph.cli")

SIGNED_NOT_DELIVERED: Final = 11  # exit codes beside those of signer.errors.Kind: docs/cli.md
STOPPED: Final = 12
NOT_PASSED: Final = 13

# The colours of docs: green only for "signed", amber only for "soon", red only for "late" and "blocked".
_THEME: Final = Theme(
    {"ok": "green", "soon": "yellow", "late": "bold red", "quiet": "dim", "act": "bold blue", "test": "black on yellow"}
)


class Face:
    """Standard output for results, standard error for everything said on the way."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.out = Console(theme=_THEME, highlight=False)
        self.err = Console(theme=_THEME, highlight=False, stderr=True, quiet=as_json)
        self.interactive = sys.stdin.isatty() and sys.stderr.isatty() and not as_json

    def banner(self, app: App) -> None:
        """Shout what must never be overlooked: the test world, and roots that somebody added."""
        if app.is_test_world:
            text = _("Nothing signed here is a real signature.")
            self.err.print(f" /// TEST /// {plain(text)} /// ", style="test")
        for root in app.settings.trust.extra_roots:
            text = _("WARNING: the settings trust an extra root: {name}").format(name=root.name)
            self.err.print(f" {plain(text)} ", style="late")

    def say(self, text: str, style: str = "") -> None:
        """Tell the person something on the way; a machine is not told."""
        self.err.print(plain(text), style=style)

    def result(self, data: Mapping[str, object]) -> None:
        """Give the machine its answer; a person got it in words."""
        if self.as_json:
            sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=2, default=str) + "\n")

    def trouble(self, code: ErrorCode, *, title: str = "", meaning: str = "", detail: str = "") -> None:
        """Tell a mishap: an instruction, what it means, what to do, and the support id."""
        words = message(code, _)
        lines = [plain(meaning or words.meaning), "", f"[act]→[/act] {plain(words.next_step)}"]
        lines += [f"[quiet]{plain(detail)}[/quiet]"] if detail else []
        support = _("Support code: {id}").format(id=code.support_id)
        lines += [f"[quiet]{plain(support)}[/quiet]"]
        self.err.print(Panel("\n".join(lines), title=plain(title or words.title), title_align="left", width=76))


def speaking(command: Callable[..., int | None]) -> Callable[..., None]:
    """Give a command its ``face`` and ``app``, the --json option, and one way to fail."""

    @click.option("--json", "as_json", is_flag=True, help=_("Answer with one JSON object."))
    @functools.wraps(command)
    def wrapped(*, as_json: bool, **arguments: Any) -> None:  # noqa: ANN401 - click passes the command's own options
        face = Face(as_json=as_json)
        try:
            app = App()
            face.banner(app)
            code = command(face=face, app=app, **arguments)
        except SignerError as error:
            face.trouble(error.code, detail=error.detail if error.code in _WITH_DETAIL else "")
            face.result(problem(error.code))
            code = error.code.kind.value
        except (click.ClickException, click.Abort):
            raise  # click says these itself
        except Exception:  # noqa: BLE001 - a mistake of ours is a message with a support code as well
            _LOG.exception("a mistake in Paraph itself")
            face.trouble(ErrorCode.INTERNAL)
            face.result(problem(ErrorCode.INTERNAL))
            code = ErrorCode.INTERNAL.kind.value
        sys.exit(code or 0)

    return wrapped


def problem(code: ErrorCode) -> dict[str, object]:
    """Describe a mishap for a machine."""
    words = message(code, _)
    return {"error": {"supportId": code.support_id, "title": words.title, "nextStep": words.next_step}}


_WITH_DETAIL: Final = frozenset({ErrorCode.SETTINGS_BROKEN})  # the place in the file; no other detail is for people
