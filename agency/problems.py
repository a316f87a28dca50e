"""Every way in which the agency says no: RFC 9457 problems, one row each; docs/api/README.md shows the same table."""

from __future__ import annotations

from enum import Enum
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from signer.agency.schema import PROBLEM_MEDIA_TYPE, PROBLEM_PREFIX, Problem
from signer.errors import ErrorCode, Kind, SignerError
from signer.i18n import mark, translator


class Row(NamedTuple):
    """One kind of refusal: its name in the type's URN, the HTTP status, and the title, for people."""

    name: str
    status: int
    title: str


class ProblemType(Enum):
    """The refusals; names are part of the API and never change their meaning."""

    BAD_REQUEST = Row("badRequest", 400, mark("The request is not understood"))
    NOT_LOGGED_IN = Row("notLoggedIn", 401, mark("Log in first: the session is missing, unknown or over"))
    CAPABILITY_UNKNOWN = Row(
        "capabilityUnknown", 401, mark("This upload capability does not belong to this submission")
    )
    DEVICE_UNKNOWN = Row("deviceUnknown", 403, mark("This computer is not enrolled here, or was revoked"))
    LINK_UNKNOWN = Row("linkUnknown", 403, mark("This link is not one of ours"))
    LINK_USED = Row("linkUsed", 403, mark("This link was used already: ask for a new one"))
    LINK_EXPIRED = Row("linkExpired", 403, mark("This link is older than 15 minutes: ask for a new one"))
    LOGIN_NEEDED = Row("loginNeeded", 403, mark("Log in first: the link only tells which contract it is about"))
    LOGIN_REFUSED = Row(
        "loginRefused", 403, mark("The card's answer does not fit the question: begin the log-in again")
    )
    LOGIN_OTHER_PERSON = Row("loginOtherPerson", 403, mark("The card is another person's than the contract"))
    LOGIN_WAY = Row("loginWay", 403, mark("This way to log in is not open here"))
    CODE_WRONG = Row("codeWrong", 403, mark("This is not the code of the message"))
    CODE_ENDED = Row("codeEnded", 403, mark("This code is over: ask for a new one"))
    OTHER_PERSON = Row("otherPerson", 403, mark("The signature is of another person than the contract"))
    NOT_FOUND = Row("notFound", 404, mark("There is nothing here, or it is not yours"))
    NOT_SEALED = Row("notSealed", 404, mark("This agency seals no transaction proofs"))
    METHOD_NOT_ALLOWED = Row("methodNotAllowed", 405, mark("This cannot be done here"))
    CONFLICT = Row("conflict", 409, mark("This id was used before, for something else"))
    ALREADY_SIGNED = Row("alreadySigned", 409, mark("The contract is signed already, under another submission"))
    WITHDRAWN = Row("withdrawn", 410, mark("The agency withdrew or replaced this contract"))
    KEPT_AS_EVIDENCE = Row(
        "keptAsEvidence", 410, mark("The agency withdrew or replaced this contract; the signature is kept as evidence")
    )
    TOO_LARGE = Row("tooLarge", 413, mark("The request is larger than this resource takes"))
    MEDIA_TYPE = Row("mediaType", 415, mark("Only JSON is taken here"))
    RANGE = Row("range", 416, mark("The document has no such range"))
    NOT_THE_ORIGINAL = Row(
        "notTheOriginal", 422, mark("The signature belongs to another document than the one published")
    )
    DAMAGED = Row("damaged", 422, mark("The bytes that arrived are not those that were announced"))
    SEAL_NOT_OPENED = Row("sealNotOpened", 422, mark("The agency has no key that opens what was sealed"))
    SIGNATURE_INVALID = Row("signatureInvalid", 422, mark("The signature does not hold"))
    CERTIFICATE_REFUSED = Row("certificateRefused", 422, mark("The signer's certificate is not accepted"))
    CARD_WITHDRAWN = Row("cardWithdrawn", 422, mark("The signer's card was withdrawn by the government"))
    CARD_SUSPENDED = Row("cardSuspended", 422, mark("The signer's card is suspended by the government"))
    TOO_MANY = Row("tooMany", 429, mark("Too many of these: use what was given before"))
    INTERNAL = Row("internal", 500, mark("Something went wrong at the agency; nothing was lost"))
    UNAVAILABLE = Row("unavailable", 503, mark("The agency cannot do this now: try again later"))

    @property
    def urn(self) -> str:
        """The problem's ``type`` on the wire."""
        return PROBLEM_PREFIX + self.value.name


class ProblemError(Exception):
    """A refusal on its way out; ``detail`` is for support and holds no personal data and no secret."""

    def __init__(self, problem: ProblemType, detail: str = "", *, again_s: int | None = None) -> None:
        super().__init__(f"{problem.value.name}{': ' + detail if detail else ''}")
        self.problem = problem
        self.detail = detail
        self.again_s = again_s if again_s is not None else _AGAIN_S.get(problem)  # when another try makes sense


_AGAIN_S: Final = {ProblemType.UNAVAILABLE: 30, ProblemType.TOO_MANY: 60}
_BY_STATUS: Final = {  # for what the framework refuses by itself
    400: ProblemType.BAD_REQUEST,
    404: ProblemType.NOT_FOUND,
    405: ProblemType.METHOD_NOT_ALLOWED,
    413: ProblemType.TOO_LARGE,
    415: ProblemType.MEDIA_TYPE,
    416: ProblemType.RANGE,
    503: ProblemType.UNAVAILABLE,
}
_BY_CODE: Final = {
    ErrorCode.EXTENSION_INVALID: ProblemType.SIGNATURE_INVALID,
    ErrorCode.SIGNATURE_INVALID: ProblemType.SIGNATURE_INVALID,
    ErrorCode.CERTIFICATE_REVOKED: ProblemType.CARD_WITHDRAWN,
    ErrorCode.CERTIFICATE_SUSPENDED: ProblemType.CARD_SUSPENDED,
}
_BY_KIND: Final = {
    Kind.DOCUMENT: ProblemType.SIGNATURE_INVALID,
    Kind.CERTIFICATE: ProblemType.CERTIFICATE_REFUSED,
    Kind.NETWORK: ProblemType.UNAVAILABLE,
    Kind.FILE: ProblemType.UNAVAILABLE,
}


def of_status(status: int) -> ProblemType:
    """Name a bare HTTP status; what has no row of its own is a bad request or our own mishap."""
    fallback = ProblemType.BAD_REQUEST if status < HTTPStatus.INTERNAL_SERVER_ERROR else ProblemType.INTERNAL
    return _BY_STATUS.get(status, fallback)


def of_error(error: SignerError) -> ProblemType:
    """Name what the checks of the PDF and its signature found."""
    return _BY_CODE.get(error.code) or _BY_KIND.get(error.code.kind, ProblemType.INTERNAL)


def body(problem: ProblemType, detail: str, trace: str, language: str) -> bytes:
    """Write the problem as JSON; ``trace`` is the id under which the server's log has it."""
    row = problem.value
    title = translator(language).gettext(row.title)
    answer = Problem(type=problem.urn, title=title, status=row.status, detail=detail, instance=trace)
    return answer.model_dump_json(by_alias=True).encode()


def documented(*problems: ProblemType) -> dict[int | str, dict[str, Any]]:
    """Describe a route's refusals for the OpenAPI document, by status."""
    content = {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    answers: dict[int | str, dict[str, Any]] = {
        "default": {"description": "Any other refusal, as a problem (RFC 9457).", "content": content}
    }
    for problem in problems:
        line = f"`{problem.urn}`: {problem.value.title}."
        known = answers.get(problem.value.status)
        answers[problem.value.status] = {
            "description": f"{known['description']} {line}" if known else line,
            "content": content,
        }
    return answers
