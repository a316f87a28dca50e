"""How a command speaks: to a person with colour and few words, to a machine as one JSON object."""

from __future__ import annotations

import errno
import functools
import json
import logging
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final, TextIO

import click
from rich.console import Console
from rich.panel import Panel
from rich.theme import Theme

from signer.errors import ErrorCode, SignerError
from signer.paths import user_folders
from signer.settings import Agency
from ui.bootstrap import App
from ui.cli.plain import plain
from ui.cli.words import _
from ui.messages import NAMES_THE_AGENCY, message

_LOG: Final = logging.getLogger("paraph.cli")

SIGNED_NOT_DELIVERED: Final = 11  # exit codes beside those of signer.errors.Kind: docs/cli.md
STOPPED: Final = 12
NOT_PASSED: Final = 13
LEVEL_PENDING: Final = 14

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
        self.interactive = _is_terminal(sys.stdin) and _is_terminal(sys.stderr) and not as_json
        self.agencies: tuple[Agency, ...] = ()  # whom to call when a mishap asks for it

    def banner(self, app: App) -> None:
        """Shout what must never be overlooked: the test world, and roots that somebody added."""
        if app.is_test_world:
            text = _("Nothing signed here is a real signature.")
            self.err.print(f" /// TEST /// {plain(text)} /// ", style="test")
        for root in app.settings.trust.extra_roots:
            text = _("WARNING: the settings trust an extra root: {name}").format(name=root.name)
            self.err.print(f" {plain(text)} ", style="late")

    def say(self, text: str, style: str = "", *, whole: bool = False) -> None:
        """Tell the person something on the way; ``whole`` breaks no line, so that a path in it can be copied."""
        self.err.print(plain(text), style=style, soft_wrap=whole)

    def result(self, data: Mapping[str, object]) -> None:
        """Give the machine its answer; a person got it in words."""
        if self.as_json:
            write_json(data)

    def trouble(self, code: ErrorCode, *, title: str = "", meaning: str = "", detail: str = "") -> None:
        """Tell a mishap: an instruction, what it means, what to do, and the support id."""
        words = message(code, _)
        lines = [plain(meaning or words.meaning), "", f"[act]→[/act] {plain(words.next_step)}"]
        lines += [f"  {plain(line)}" for line in self._contacts(code)]
        lines += [f"[quiet]$ {_COMMANDS[code]}[/quiet]"] if code in _COMMANDS else []
        lines += [f"[quiet]{plain(detail)}[/quiet]"] if detail else []
        support = _("Support code: {id}").format(id=code.support_id)
        lines += [f"[quiet]{plain(support)}[/quiet]"]
        self.err.print(Panel("\n".join(lines), title=plain(title or words.title), title_align="left", width=76))

    def _contacts(self, code: ErrorCode) -> list[str]:
        """Tell how to reach the agency, where that is the next step and the settings know it."""
        ways = [(each.name, *filter(None, (each.telephone, each.mail))) for each in self.agencies]
        return [", ".join(way) for way in ways if len(way) > 1] if code in NAMES_THE_AGENCY else []


def _is_terminal(stream: TextIO | None) -> bool:
    """Tell whether somebody is there; a stream that was closed before we began is None."""
    return stream is not None and stream.isatty()


def speaking(command: Callable[..., int | None]) -> Callable[..., None]:
    """Give a command its ``face`` and ``app``, the --json option, and one way to fail."""

    @click.option("--json", "as_json", is_flag=True, help=_("Answer with one JSON object."))
    @functools.wraps(command)
    def wrapped(*, as_json: bool, **arguments: Any) -> None:  # noqa: ANN401 - click passes the command's own options
        face = Face(as_json=as_json)
        try:
            app = App()
            face.agencies = _concerned(app.settings.agencies, arguments.get("agency_id"))
            face.banner(app)
            code = command(face=face, app=app, **arguments)
        except SignerError as error:
            detail = _place(error)
            face.trouble(error.code, detail=detail)
            face.result(problem(error.code, detail))
            code = error.code.kind.value
        except (click.ClickException, click.Abort, BrokenPipeError):
            raise  # ui.cli.main says the first two; who does not read on is not told
        except Exception as error:  # noqa: BLE001 - a mistake of ours is a message with a support code as well
            _LOG.exception("a mistake in Paraph itself")
            mishap = ErrorCode.DISK_FULL if getattr(error, "errno", None) == errno.ENOSPC else ErrorCode.INTERNAL
            face.trouble(mishap)
            face.result(problem(mishap))
            code = mishap.kind.value
        sys.exit(code or 0)

    return wrapped


def _concerned(agencies: tuple[Agency, ...], agency_id: str | None) -> tuple[Agency, ...]:
    """Give the agency that a command names, or all that it may be about."""
    return tuple(each for each in agencies if agency_id in {None, each.id})


def refuse(error: click.ClickException, *, as_json: bool) -> int:
    """Tell what is wrong with a command line, to a person in click's words; gives the exit code."""
    if as_json:
        write_json({"error": {"title": error.format_message()}})
    else:
        error.show()
    return error.exit_code


def stop(*, as_json: bool) -> int:
    """Tell that somebody stopped the command with Ctrl-C; gives the exit code."""
    Face(as_json=as_json).say(_("Stopped."))
    if as_json:
        write_json({"error": {"title": _("Stopped.")}})
    return STOPPED


def write_json(data: Mapping[str, object]) -> None:
    """Write ASCII alone: right in every encoding, and nothing in it can move a terminal's cursor."""
    sys.stdout.write(json.dumps(data, indent=2, default=str) + "\n")


def problem(code: ErrorCode, detail: str = "") -> dict[str, object]:
    """Describe a mishap for a machine."""
    words = message(code, _)
    error = {"supportId": code.support_id, "title": words.title, "nextStep": words.next_step}
    return {"error": error | ({"detail": detail} if detail else {})}


def _place(error: SignerError) -> str:
    """Name the settings file and the place in it; no other mishap's detail is for people."""
    folders = user_folders()
    files = {
        ErrorCode.SETTINGS_BROKEN: folders.settings_file,
        ErrorCode.SETTINGS_OF_MACHINE_BROKEN: folders.managed_file,
    }
    return f"{files[error.code]}: {error.detail}" if error.code in files else ""


_COMMANDS: Final = {  # what to type for the next step
    ErrorCode.SERVICE_STOPPED: "paraph diagnose",
    ErrorCode.NETWORK_PROXY_LOGIN: "paraph proxy login",
    ErrorCode.AGENCY_LOGIN_NEEDED: "paraph login",
    ErrorCode.AGENCY_NO_SUCH_CONTRACT: "paraph tasks",
    ErrorCode.AGENCY_ALREADY_SIGNED: "paraph outbox list",
    ErrorCode.SIGNED_NOT_DELIVERED: "paraph outbox deliver",
    ErrorCode.NO_RECEIPT: "paraph outbox list",
}
