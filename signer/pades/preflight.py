"""Before anybody is asked for a PIN: can this document be signed well? Unknown files are opened in a child process."""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from signer.errors import ErrorCode, SignerError
from signer.files import file_errors, sha256_of
from signer.model import Caution, Document
from signer.pades.child import SWITCH
from signer.pades.limits import DEFAULT, Limits

_log: Final = logging.getLogger(__name__)
_HEADER: Final = b"%PDF-"
_CODE_BY_SIGNAL: Final = {  # what the system sends when a limit is reached
    getattr(signal, "SIGXCPU", None): ErrorCode.DOCUMENT_TOO_SLOW,
    getattr(signal, "SIGKILL", None): ErrorCode.DOCUMENT_TOO_SLOW,
}


def inspect(path: Path, limits: Limits = DEFAULT) -> Document:
    """Bind a file: its bytes, by size and SHA-256, and its page count.

    Raises SignerError DOCUMENT_NOT_PDF, _BROKEN, _LOCKED, _TOO_LARGE (bytes or pages), _TOO_SLOW, or FILE_MISSING.
    """
    with file_errors(ErrorCode.FILE_NOT_READABLE):
        size = path.stat().st_size
        with path.open("rb") as file:
            header = file.read(len(_HEADER))
    if header != _HEADER:
        raise SignerError(ErrorCode.DOCUMENT_NOT_PDF)
    if size > limits.size:
        raise SignerError(ErrorCode.DOCUMENT_TOO_LARGE, f"{size} bytes")
    sha256 = sha256_of(path)
    pages = int(_ask_child({"task": "count", "path": str(path)}, limits)["pages"])
    if not pages:
        raise SignerError(ErrorCode.DOCUMENT_BROKEN, "no pages")
    if pages > limits.pages:
        raise SignerError(ErrorCode.DOCUMENT_TOO_LARGE, f"{pages} pages")
    return Document(path.absolute(), sha256, size, pages)


def preflight(document: Document, field: str | None, limits: Limits = DEFAULT) -> tuple[Caution, ...]:
    """Examine a document and sign it once with a throw-away key, so that no PIN is spent in vain.

    ``field`` is the empty signature field that the agency prepared, None for a new one. Gives what whoever signs it
    should know first. Raises SignerError with the DOCUMENT code that names the obstacle.
    """
    bound = [document.sha256, document.size, document.page_count]
    answer = _ask_child({"task": "rehearse", "path": str(document.path), "bound": bound, "field": field}, limits)
    return tuple(map(Caution, answer["cautions"]))


def _ask_child(request: dict[str, Any], limits: Limits) -> dict[str, Any]:
    payload = json.dumps(request | {"limits": asdict(limits)}).encode()
    try:
        done = subprocess.run(  # noqa: S603 (our own program, fixed arguments)
            _command(), input=payload, capture_output=True, timeout=limits.wall_s, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise SignerError(ErrorCode.DOCUMENT_TOO_SLOW) from error
    if done.returncode:
        code = _CODE_BY_SIGNAL.get(-done.returncode, ErrorCode.DOCUMENT_BROKEN)
        raise SignerError(code, f"preflight ended with {done.returncode}")
    answer: dict[str, Any] = json.loads(done.stdout)
    if "code" in answer:
        raise SignerError(ErrorCode[answer["code"]], answer["detail"])
    return answer


def _command() -> list[str]:
    if getattr(sys, "frozen", False):
        return [sys.executable, SWITCH]
    return [sys.executable, "-P", "-m", "signer.pades.child"]  # -P: nothing in the current folder is imported
