"""Tries a PKCS#11 module in a process of its own, which a module that crashes or hangs takes down alone.

Nothing is logged in to, no window opens, and nothing personal comes back: how many tokens and certificates there are,
where, and whether one of them can sign.
A frozen application has no interpreter to run modules with: its first line calls ``serve_if_asked``.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from signer.errors import ErrorCode, SignerError

SWITCH: Final = "--paraph-module-child"
PATIENCE_S: Final = 20.0  # a reader that is slow to power its card up takes some seconds
_CRASHED: Final = 0xC0000000  # Windows: exit codes from here on are exceptions (NTSTATUS)


@dataclass(frozen=True, slots=True)
class TokenReport:
    """One token behind a module: what stands between us and its key is ``code``, None when it can sign."""

    reader: str  # the slot's description
    label: str
    certificates: int
    code: ErrorCode | None


@dataclass(frozen=True, slots=True)
class ModuleReport:
    """What became of loading a module: ``code`` is None when it works."""

    path: str
    code: ErrorCode | None = None
    detail: str = ""  # for support, in English
    description: str = ""
    manufacturer: str = ""
    version: str = ""
    slots: int = 0
    tokens: tuple[TokenReport, ...] = ()

    @property
    def signs(self) -> bool:
        """Whether a key to sign with is behind it now."""
        return any(token.code is None for token in self.tokens)


def probe(path: Path, patience_s: float = PATIENCE_S) -> ModuleReport:
    """Load a module in a child process and tell; a crash is MODULE_BROKEN, silence MODULE_FAILED. Never raises."""
    switch = [SWITCH] if getattr(sys, "frozen", False) else ["-m", __name__]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module
            [sys.executable, *switch],
            input=str(path).encode(),
            capture_output=True,
            check=False,
            timeout=patience_s,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # Windows would flash one
        )
    except subprocess.TimeoutExpired:
        return ModuleReport(str(path), ErrorCode.MODULE_FAILED, f"no answer within {patience_s:.0f} s")
    except OSError as error:
        return ModuleReport(str(path), ErrorCode.MODULE_FAILED, f"no child process: {type(error).__name__}")
    if done.returncode:
        return ModuleReport(str(path), ErrorCode.MODULE_BROKEN, _end_of(done.returncode))
    return _report(str(path), json.loads(done.stdout))


def serve_if_asked(arguments: list[str]) -> None:
    """Do a child's work and exit, when this process was started for it."""
    if SWITCH in arguments[1:2]:
        serve()
        sys.exit()


def serve() -> None:
    """Try the module whose path comes on standard input; whatever it prints itself goes nowhere."""
    path = Path(sys.stdin.buffer.read().decode())
    answer = os.fdopen(os.dup(1), "w")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    with answer:
        json.dump(_look(path), answer)


def _look(path: Path) -> dict[str, Any]:
    from eidcard.token import Module  # noqa: PLC0415 - the parent needs no PyKCS11

    try:
        with closing(Module(path)) as module:
            tokens = [_token(module, token) for token in module.tokens() if token.initialized]
            return asdict(module.info) | {"slots": module.slot_count(), "tokens": tokens}
    except SignerError as error:
        return {"code": error.code.name, "detail": error.detail}


def _token(module: Any, token: Any) -> dict[str, Any]:  # noqa: ANN401 - of eidcard.token, which is loaded late
    from eidcard.token_key import key_on  # noqa: PLC0415 - as above

    certificates, code = 0, None
    try:
        with closing(module.open(token)) as session:
            certificates = len(session.certificates())
        key_on(module, token).close()
    except SignerError as error:
        code = error.code.name
    return {"reader": token.reader, "label": token.label, "certificates": certificates, "code": code}


def _report(path: str, answer: dict[str, Any]) -> ModuleReport:
    tokens = tuple(TokenReport(**{**each, "code": _code(each["code"])}) for each in answer.pop("tokens", ()))
    return ModuleReport(path, _code(answer.pop("code", None)), tokens=tokens, **answer)


def _code(name: str | None) -> ErrorCode | None:
    return ErrorCode[name] if name else None


def _end_of(status: int) -> str:
    with suppress(ValueError):
        return f"the module crashed ({signal.Signals(-status).name})"
    return "the module crashed" if status >= _CRASHED else f"the child process ended with {status}"


if __name__ == "__main__":
    serve()
