"""The application: routes, refusals, and nothing that a request could not be without."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from http import HTTPMethod, HTTPStatus
from typing import Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import OperationalError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.routing import Match

from agency import problems
from agency.intake import Intake
from agency.office import Office
from agency.openapi import DescribedApi
from agency.problems import ProblemError, ProblemType
from agency.rates import Rates
from agency.routes import contracts, devices, entrance, pages, submissions
from agency.under_way import UnderWay
from signer.agency.schema import PROBLEM_MEDIA_TYPE

_log: Final = logging.getLogger("agency.requests")
_DESCRIPTION: Final = (
    "With this API a worker's client finds what is to be signed, fetches it, and delivers the signature. "
    "Style: the Belgian REST guide; refusals are problems (RFC 9457) whose `instance` is the id that the server's log "
    "has. Unknown fields are ignored by both sides. Nothing personal is ever in an address."
)


def create_app(office: Office | None) -> FastAPI:
    """Build the application over one agency; without one it can only describe itself."""
    app = DescribedApi(
        title="Paraph agency API",
        version="1",
        description=_DESCRIPTION,
        openapi_url="/v1/openapi.json",
        docs_url=None,  # the page would load its scripts from elsewhere
        redoc_url=None,
        separate_input_output_schemas=False,
        lifespan=_life,
    )
    app.state.office = office
    app.state.rates = Rates()
    app.state.under_way = UnderWay()
    for router in (entrance.router, devices.router, contracts.router, submissions.router):
        app.include_router(router, prefix="/v1")
    app.include_router(entrance.health)
    app.include_router(pages.router)
    app.add_exception_handler(ProblemError, _refused)
    for disk in (OSError, OperationalError):
        app.add_exception_handler(disk, _no_disk)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(HTTPException, _not_routed)
    app.add_middleware(Intake)
    return app


@asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    """End with every check that has begun, while there is still a database to note it in."""
    yield
    await run_in_threadpool(app.state.under_way.close)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return _problem(request, error)


def _no_disk(request: Request, error: Exception) -> Response:
    """Say that it cannot be done now: a disk that is full or read-only, a database that is away."""
    _log.error("%s: the disk or the database fails", request.scope["state"]["trace"], exc_info=error)
    return _problem(request, ProblemError(ProblemType.UNAVAILABLE))


def _not_understood(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # Where and what rule, never the value that was sent: it may be a token or a signature.
    wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()[:5])
    return _problem(request, ProblemError(ProblemType.BAD_REQUEST, wrong[:500]))


def _not_routed(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    answer = _problem(request, ProblemError(problems.of_status(error.status_code)))
    answer.headers.update(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        answer.headers["Allow"] = ", ".join(_allowed(request))  # the framework names those of the first route alone
    return answer


def _allowed(request: Request) -> Iterator[str]:
    """Give the methods that a route takes at this address (RFC 9110, 10.2.1)."""
    for method in HTTPMethod:
        scope = {**request.scope, "method": method.value}
        if any(route.matches(scope)[0] is Match.FULL for route in request.app.routes):
            yield method.value


def _problem(request: Request, error: ProblemError) -> Response:
    problem = error.problem
    about = request.scope["state"]
    content = problems.body(problem, error.detail, about["trace"], about["language"])
    answer = Response(content, status_code=problem.value.status, media_type=PROBLEM_MEDIA_TYPE)
    if problem.value.status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    if error.again_s is not None:
        answer.headers["Retry-After"] = str(error.again_s)
    return answer
