"""The child process of preflight: reads one request as JSON, answers with one line, and is alone with the document.

A frozen application has no interpreter to run modules with: its first line calls ``serve_if_asked``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

from signer.errors import ErrorCode, SignerError
from signer.model import Caution, Document
from signer.pades.limits import Limits, confine

SWITCH: Final = "--paraph-preflight-child"


def serve_if_asked(arguments: list[str]) -> None:
    """Do a child's work and exit, when this process was started for it."""
    if SWITCH in arguments[1:2]:
        serve()
        sys.exit()


def serve() -> None:
    """Answer the one request on standard input."""
    request = json.load(sys.stdin)
    confine(Limits(**request["limits"]))
    json.dump(_answer(request), sys.stdout)


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    try:
        return _TASKS[request["task"]](request)
    except SignerError as error:
        return {"code": error.code.name, "detail": error.detail}
    except MemoryError:
        return {"code": ErrorCode.DOCUMENT_TOO_LARGE.name, "detail": "memory"}
    except Exception as error:  # noqa: BLE001 (hostile files raise exceptions of every kind)
        return {"code": ErrorCode.DOCUMENT_BROKEN.name, "detail": type(error).__name__}


def _count(request: dict[str, Any]) -> dict[str, Any]:
    from signer.pades.pdfium import page_count  # noqa: PLC0415 (each task loads no more than it needs)

    return {"pages": page_count(Path(request["path"]))}


def _rehearse(request: dict[str, Any]) -> dict[str, Any]:
    from signer.pades.rehearsal import rehearse  # noqa: PLC0415 (half a second)

    path, (sha256, size, pages) = Path(request["path"]), request["bound"]
    cautions = rehearse(Document(path, sha256, size, pages), request["field"])
    return {"cautions": [each.value for each in Caution if each in cautions]}


_TASKS: Final = {"count": _count, "rehearse": _rehearse}

if __name__ == "__main__":
    serve()
