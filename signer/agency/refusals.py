"""What an agency's refusal means here: one row a problem type, as docs/api names them (RFC 9457)."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Final

from pydantic import ValidationError

from signer.agency.schema import PROBLEM_MEDIA_TYPE, PROBLEM_PREFIX, Problem
from signer.errors import ErrorCode, SignerError
from signer.http import Answer

CODES: Final = {
    "badRequest": ErrorCode.AGENCY_REFUSED,
    "notLoggedIn": ErrorCode.AGENCY_NOT_LOGGED_IN,
    "capabilityUnknown": ErrorCode.AGENCY_NOT_LOGGED_IN,
    "deviceUnknown": ErrorCode.DEVICE_REVOKED,
    "linkUnknown": ErrorCode.LINK_NOT_OURS,
    "linkUsed": ErrorCode.AGENCY_LINK_USED,
    "linkExpired": ErrorCode.AGENCY_LINK_USED,
    "loginNeeded": ErrorCode.AGENCY_LOGIN_NEEDED,
    "loginRefused": ErrorCode.AGENCY_LOGIN_REFUSED,
    "loginOtherPerson": ErrorCode.CARD_OF_ANOTHER,
    "loginWay": ErrorCode.AGENCY_NO_LOGIN,
    "codeWrong": ErrorCode.AGENCY_CODE_WRONG,
    "codeEnded": ErrorCode.AGENCY_CODE_ENDED,
    "otherPerson": ErrorCode.AGENCY_REFUSED,
    "notFound": ErrorCode.AGENCY_NO_SUCH_CONTRACT,
    "notSealed": ErrorCode.AGENCY_REFUSED,
    "methodNotAllowed": ErrorCode.AGENCY_REFUSED,
    "conflict": ErrorCode.AGENCY_CONFLICT,
    "alreadySigned": ErrorCode.AGENCY_ALREADY_SIGNED,
    "withdrawn": ErrorCode.AGENCY_WITHDRAWN,
    "keptAsEvidence": ErrorCode.SIGNED_WITHDRAWN,
    "tooLarge": ErrorCode.AGENCY_REFUSED,
    "mediaType": ErrorCode.AGENCY_REFUSED,
    "notTheOriginal": ErrorCode.AGENCY_REFUSED,
    "damaged": ErrorCode.AGENCY_GARBLED,  # the file here was checked before it left: the way damaged it
    "sealNotOpened": ErrorCode.AGENCY_REFUSED,
    "range": ErrorCode.AGENCY_REFUSED,
    "signatureInvalid": ErrorCode.AGENCY_REFUSED,
    "certificateRefused": ErrorCode.AGENCY_REFUSED,
    "cardWithdrawn": ErrorCode.AGENCY_REFUSED_CARD,
    "cardSuspended": ErrorCode.AGENCY_REFUSED_CARD,
    "tooMany": ErrorCode.AGENCY_BUSY,
    "internal": ErrorCode.AGENCY_BUSY,
    "unavailable": ErrorCode.AGENCY_BUSY,
}

_CODES_BY_STATUS: Final[dict[int, ErrorCode]] = {  # for a problem type that is newer than this client
    HTTPStatus.UNAUTHORIZED: ErrorCode.AGENCY_NOT_LOGGED_IN,
    HTTPStatus.NOT_FOUND: ErrorCode.AGENCY_NO_SUCH_CONTRACT,
    HTTPStatus.CONFLICT: ErrorCode.AGENCY_CONFLICT,
    HTTPStatus.GONE: ErrorCode.AGENCY_WITHDRAWN,
}

_SECONDS: Final = re.compile(r"[0-9]{1,6}", re.ASCII)
_TRACE: Final = re.compile(r"[A-Za-z0-9._:/-]{1,80}", re.ASCII)


def refusal(answer: Answer) -> SignerError:
    """Turn an answer of 400 or more into the error to raise; its detail names the problem and the agency's trace id.

    What is not a problem document is a proxy's or a portal's word and not the agency's: busy or garbled, to be tried
    again, whatever its status says.
    """
    busy = answer.status == HTTPStatus.TOO_MANY_REQUESTS or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    problem = _problem(answer)
    again_s = again_after(answer) if busy else None
    if problem is None:
        code = ErrorCode.AGENCY_BUSY if busy else ErrorCode.AGENCY_GARBLED
        return SignerError(code, f"status {answer.status}", again_s=again_s)
    name = problem.type.removeprefix(PROBLEM_PREFIX)
    trace = problem.instance if _TRACE.fullmatch(problem.instance) else ""
    if problem.type.startswith(PROBLEM_PREFIX) and name in CODES:
        return SignerError(CODES[name], f"{name} {trace}".strip(), again_s=again_s)
    by_status = ErrorCode.AGENCY_BUSY if busy else _CODES_BY_STATUS.get(answer.status, ErrorCode.AGENCY_REFUSED)
    return SignerError(by_status, f"status {answer.status} {trace}".strip(), again_s=again_s)


def again_after(answer: Answer) -> int | None:
    """Read Retry-After (RFC 9110, 10.2.3) in its form of seconds; what is no such number was not said."""
    said = answer.headers.get("retry-after", "").strip()
    return int(said) if _SECONDS.fullmatch(said) else None


def _problem(answer: Answer) -> Problem | None:
    if answer.media_type != PROBLEM_MEDIA_TYPE:
        return None
    try:
        return Problem.model_validate_json(answer.body)
    except ValidationError:
        return None
