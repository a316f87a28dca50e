"""How each situation looks on the trouble page: its picture, and what it waits for by itself. One table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from signer.errors import ErrorCode, Kind
from signer.i18n import mark

_FOR_SERVICE: Final = mark("Waiting for the service. We go on by ourselves.")
_FOR_READER: Final = mark("Waiting for the card reader. We go on by ourselves.")
_FOR_CARD: Final = mark("Waiting for the card. We go on by ourselves.")


class Look(NamedTuple):
    """A picture of resources/icons, and the English words for what is waited for; empty when a person must decide."""

    picture: str
    waits: str = ""
    colour: str = "act"


_LOOKS: Final[Mapping[ErrorCode | Kind, Look]] = {
    ErrorCode.SERVICE_STOPPED: Look("service", _FOR_SERVICE),
    ErrorCode.NO_READER: Look("reader", _FOR_READER),
    ErrorCode.NO_CARD: Look("card-in", _FOR_CARD),
    ErrorCode.CARD_REMOVED: Look("card-back", _FOR_CARD),
    ErrorCode.CARD_UNRESPONSIVE: Look("card-turn", _FOR_CARD),
    ErrorCode.NOT_AN_EID: Look("card-other", _FOR_CARD),
    ErrorCode.CARD_OF_ANOTHER: Look("card-person", _FOR_CARD),
    ErrorCode.CARD_IN_USE: Look("card-shared"),
    ErrorCode.CARD_RESET: Look("card-shared"),
    ErrorCode.CARD_CANNOT_SIGN: Look("card-unsigned"),
    ErrorCode.CARD_TOO_OLD: Look("card-ended"),
    ErrorCode.PIN_BLOCKED: Look("card-blocked", colour="late"),
    ErrorCode.CERTIFICATE_EXPIRED: Look("card-ended"),
    ErrorCode.CERTIFICATE_NOT_YET_VALID: Look("card-ended"),
    ErrorCode.CERTIFICATE_SUSPENDED: Look("card-suspended"),
    ErrorCode.DOCUMENT_NOT_AS_SHOWN: Look("paper-again"),
    ErrorCode.SIGNATURE_INVALID: Look("paper-stop"),
    ErrorCode.AGENCY_REFUSED: Look("paper-returned"),
    ErrorCode.AGENCY_CONFLICT: Look("paper-returned"),
    ErrorCode.AGENCY_WITHDRAWN: Look("paper-returned"),
    ErrorCode.AGENCY_ALREADY_SIGNED: Look("paper"),
    ErrorCode.SIGNED_NOT_DELIVERED: Look("paper"),
    ErrorCode.AGENCY_NOT_LOGGED_IN: Look("key"),
    ErrorCode.AGENCY_LOGIN_NEEDED: Look("key"),
    ErrorCode.AGENCY_LOGIN_REFUSED: Look("key"),
    ErrorCode.AGENCY_NO_LOGIN: Look("key"),
    ErrorCode.AGENCY_LINK_USED: Look("link"),
    ErrorCode.LINK_NOT_OURS: Look("link"),
    ErrorCode.AGENCY_UNKNOWN: Look("link"),
    ErrorCode.AGENCY_GARBLED: Look("network"),
    ErrorCode.AGENCY_BUSY: Look("network"),
    Kind.CARD: Look("card-again"),
    Kind.PIN: Look("card"),
    Kind.CERTIFICATE: Look("card-wrong"),
    Kind.MODULE: Look("computer"),
    Kind.NETWORK: Look("network"),
    Kind.AGENCY: Look("paper-returned"),
    Kind.DOCUMENT: Look("paper-stop"),
    Kind.FILE: Look("disk"),
    Kind.INTERNAL: Look("computer"),
}


def look_of(code: ErrorCode) -> Look:
    """Give a situation's own look, else that of its kind."""
    return _LOOKS.get(code) or _LOOKS[code.kind]
