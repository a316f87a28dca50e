"""What happens to every request before it is understood and after it is answered: limits, a trace id, one log line.

The log line holds method, path, status and trace id: no query, no header, no body. Paths hold no personal data; the
token in an invitation's path is left out.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import time
from http import HTTPStatus
from typing import Final
from uuid import UUID, uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agency import problems
from agency.languages import preferred
from agency.problems import ProblemError, ProblemType
from signer.agency.schema import MAX_INCREMENT, PROBLEM_MEDIA_TYPE

MAX_BODY: Final = 16 * 1024  # bytes, of everything but a submission
MAX_SUBMISSION: Final = MAX_INCREMENT * 4 // 3 + 64 * 1024  # base64, with room for the other fields
BODY_SECONDS: Final = 60.0  # 4 MiB in a minute is 0.6 Mbit/s; who sends slower tries again later

_DRAINED: Final = 4 * MAX_SUBMISSION  # read and dropped, so that the refusal reaches a client that is still sending

_SECRET: Final = re.compile(r"^(/open/).+", re.DOTALL)
_TRACEPARENT: Final = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?", re.ASCII)
_PROBLEM: Final = PROBLEM_MEDIA_TYPE.encode()
_OURS: Final = (_PROBLEM, b"text/html")  # pages for people refuse in words
_ALWAYS: Final = {b"x-content-type-options": b"nosniff", b"cache-control": b"no-store"}
_KEPT: Final = {b"content-range", b"allow", b"www-authenticate"}

_log = logging.getLogger("agency.requests")


class Intake:
    """The outermost layer of the application (ASGI)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one request in and see its answer out."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await self._answer(scope, receive, _Outlet(scope, send))

    async def _answer(self, scope: Scope, receive: Receive, outlet: _Outlet) -> None:
        try:
            body = await _body(scope, receive)
            _require_plain(scope)
            await self._app(scope, _replay(body, receive), outlet.send)
        except ProblemError as error:
            await outlet.refuse(error.problem, error.detail)
        except Exception:
            _log.exception("%s failed", outlet.trace)
            if outlet.status is not None:  # half an answer cannot be taken back: the connection breaks
                raise
            await outlet.refuse(ProblemType.INTERNAL, "")
        finally:
            outlet.log()


class _Outlet:
    """The way out of one request: remembers the status, adds the headers that every answer has."""

    def __init__(self, scope: Scope, send: Send) -> None:
        trace = _trace_of(scope)
        self.trace = scope.setdefault("state", {})["trace"] = f"urn:uuid:{trace}"
        self.language = scope["state"]["language"] = _language_of(scope)
        self._traceparent = f"00-{trace.hex}-{secrets.token_hex(8)}-01".encode()
        self.status: int | None = None
        self._replaced = False
        self._scope, self._send, self._began = scope, send, time.perf_counter()

    async def send(self, message: Message) -> None:
        if message["type"] != "http.response.start":
            if not self._replaced:
                await self._send(message)
            return
        self.status = message["status"]
        headers = dict(message["headers"])
        said_by_us = headers.get(b"content-type", b"").startswith(_OURS)
        if message["status"] >= HTTPStatus.BAD_REQUEST and not said_by_us:
            # A library said no in its own words: Starlette's FileResponse, for a range that is not there.
            self._replaced = True
            kept = {name: value for name, value in headers.items() if name in _KEPT}
            await self._say(problems.of_status(message["status"]), "", kept)
            return
        await self._start(message["status"], headers)

    async def refuse(self, problem: ProblemType, detail: str) -> None:
        self.status = problem.value.status
        await self._say(problem, detail, {b"connection": b"close"})  # what is left of the body is not read

    async def _say(self, problem: ProblemType, detail: str, headers: dict[bytes, bytes]) -> None:
        body = problems.body(problem, detail, self.trace, self.language)
        about = {b"content-type": _PROBLEM, b"content-length": str(len(body)).encode()}
        await self._start(problem.value.status, headers | about)
        await self._send({"type": "http.response.body", "body": body})

    async def _start(self, status: int, headers: dict[bytes, bytes]) -> None:
        complete = _ALWAYS | {b"traceparent": self._traceparent} | headers
        if headers.get(b"content-type") == _PROBLEM:
            complete |= {b"content-language": self.language.encode(), b"vary": b"Accept-Language"}
        await self._send({"type": "http.response.start", "status": status, "headers": list(complete.items())})

    def log(self) -> None:
        milliseconds = (time.perf_counter() - self._began) * 1000
        line, path = "%s %s %s %.0f ms %s", _SECRET.sub(r"\1…", self._scope["path"])
        _log.info(line, self._scope["method"], path, self.status, milliseconds, self.trace)


def _trace_of(scope: Scope) -> UUID:
    """Take the caller's trace id over (W3C Trace Context, 3.2.2), or begin a trace."""
    given = dict(scope["headers"]).get(b"traceparent", b"").decode("latin-1")
    found = _TRACEPARENT.fullmatch(given)
    return UUID(hex=found[1]) if found and int(found[1], 16) else uuid4()


def _language_of(scope: Scope) -> str:
    return preferred(dict(scope["headers"]).get(b"accept-language", b"").decode("latin-1"))


def _require_plain(scope: Scope) -> None:
    """Refuse a body in a content coding (RFC 9110, 8.4): nothing is unpacked here, so nothing can swell."""
    coding = dict(scope["headers"]).get(b"content-encoding", b"identity").strip().lower()
    if coding not in {b"", b"identity"}:
        raise ProblemError(ProblemType.MEDIA_TYPE, "no content coding is taken")


async def _body(scope: Scope, receive: Receive) -> bytes:
    submission = scope["method"] == "PUT" and scope["path"].startswith("/v1/submissions/")
    limit = MAX_SUBMISSION if submission else MAX_BODY
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _read(receive, limit)
    except TimeoutError as error:
        raise ProblemError(ProblemType.BAD_REQUEST, f"the body took longer than {BODY_SECONDS:.0f} s") from error


async def _read(receive: Receive, limit: int) -> bytes:
    kept, size, more = bytearray(), 0, True
    while more and size <= _DRAINED:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ProblemError(ProblemType.BAD_REQUEST, "the connection broke")
        chunk, more = message.get("body", b""), message.get("more_body", False)
        size += len(chunk)
        if size <= limit:
            kept += chunk
    if size > limit:
        raise ProblemError(ProblemType.TOO_LARGE, f"at most {limit} bytes")
    return bytes(kept)


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
