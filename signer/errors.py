"""What can go wrong, as stable support ids; the words for people are in ``ui.messages``."""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple


class Kind(Enum):
    """Which part of the world an error belongs to; one exit code of the command line each."""

    CARD = 3
    PIN = 4
    CERTIFICATE = 5
    DOCUMENT = 6
    FILE = 7
    NETWORK = 8
    AGENCY = 9
    MODULE = 10
    INTERNAL = 70


class Code(NamedTuple):
    """One row of the table: the id a user reads out on the telephone, and whether waiting can mend it."""

    support_id: str
    kind: Kind
    retriable: bool


class ErrorCode(Enum):
    """Every mishap with a name of its own; ids are never reused, so that old reports stay readable."""

    SERVICE_STOPPED = Code("CARD-001", Kind.CARD, retriable=True)
    NO_READER = Code("CARD-002", Kind.CARD, retriable=True)
    NO_CARD = Code("CARD-003", Kind.CARD, retriable=True)
    CARD_UNRESPONSIVE = Code("CARD-004", Kind.CARD, retriable=True)
    NOT_AN_EID = Code("CARD-005", Kind.CARD, retriable=True)
    CARD_IN_USE = Code("CARD-006", Kind.CARD, retriable=True)
    CARD_REMOVED = Code("CARD-007", Kind.CARD, retriable=True)
    CARD_RESET = Code("CARD-008", Kind.CARD, retriable=True)
    CARD_GARBLED = Code("CARD-009", Kind.CARD, retriable=True)
    CARD_REFUSED = Code("CARD-010", Kind.CARD, retriable=True)
    CARD_OF_ANOTHER = Code("CARD-011", Kind.CARD, retriable=True)
    CARD_CANNOT_SIGN = Code("CARD-012", Kind.CARD, retriable=False)
    CARD_TOO_OLD = Code("CARD-013", Kind.CARD, retriable=False)
    CARD_SIGNED_WRONG = Code("CARD-014", Kind.CARD, retriable=True)
    CARD_UNKNOWN = Code("CARD-099", Kind.CARD, retriable=True)

    PIN_WRONG = Code("PIN-001", Kind.PIN, retriable=True)
    PIN_BLOCKED = Code("PIN-002", Kind.PIN, retriable=False)
    PIN_CANCELLED = Code("PIN-003", Kind.PIN, retriable=True)
    PIN_TIMEOUT = Code("PIN-004", Kind.PIN, retriable=True)
    PIN_FORMAT = Code("PIN-005", Kind.PIN, retriable=True)
    PIN_NOT_REPEATED = Code("PIN-006", Kind.PIN, retriable=True)

    CERTIFICATE_EXPIRED = Code("CERT-001", Kind.CERTIFICATE, retriable=False)
    CERTIFICATE_REVOKED = Code("CERT-002", Kind.CERTIFICATE, retriable=False)
    CERTIFICATE_SUSPENDED = Code("CERT-003", Kind.CERTIFICATE, retriable=False)
    CERTIFICATE_NOT_YET_VALID = Code("CERT-004", Kind.CERTIFICATE, retriable=False)
    CERTIFICATE_UNTRUSTED = Code("CERT-005", Kind.CERTIFICATE, retriable=False)
    CERTIFICATE_NOT_FOR_SIGNING = Code("CERT-006", Kind.CERTIFICATE, retriable=False)
    CERTIFICATE_UNREADABLE = Code("CERT-007", Kind.CERTIFICATE, retriable=False)

    DOCUMENT_NOT_PDF = Code("DOC-001", Kind.DOCUMENT, retriable=False)
    DOCUMENT_BROKEN = Code("DOC-002", Kind.DOCUMENT, retriable=False)
    DOCUMENT_LOCKED = Code("DOC-003", Kind.DOCUMENT, retriable=False)
    DOCUMENT_FORBIDS = Code("DOC-004", Kind.DOCUMENT, retriable=False)
    DOCUMENT_XFA = Code("DOC-005", Kind.DOCUMENT, retriable=False)
    DOCUMENT_CERTIFIED_CLOSED = Code("DOC-006", Kind.DOCUMENT, retriable=False)
    DOCUMENT_CHANGED_AFTER_SIGNING = Code("DOC-007", Kind.DOCUMENT, retriable=False)
    DOCUMENT_FIELD_LOCKED = Code("DOC-008", Kind.DOCUMENT, retriable=False)
    DOCUMENT_TOO_LARGE = Code("DOC-009", Kind.DOCUMENT, retriable=False)
    DOCUMENT_TOO_SLOW = Code("DOC-010", Kind.DOCUMENT, retriable=False)
    DOCUMENT_NOT_AS_SHOWN = Code("DOC-011", Kind.DOCUMENT, retriable=False)
    DOCUMENT_NO_FIELD = Code("DOC-012", Kind.DOCUMENT, retriable=False)
    DOCUMENT_NOT_SIGNED = Code("DOC-013", Kind.DOCUMENT, retriable=False)
    DOCUMENT_PORTFOLIO = Code("DOC-014", Kind.DOCUMENT, retriable=False)
    DOCUMENT_ACTS = Code("DOC-015", Kind.DOCUMENT, retriable=False)
    DOCUMENT_HIDES = Code("DOC-016", Kind.DOCUMENT, retriable=False)

    SIGNATURE_INVALID = Code("SIGN-001", Kind.FILE, retriable=False)
    EXTENSION_INVALID = Code("SIGN-002", Kind.FILE, retriable=False)
    EVIDENCE_REFUSED = Code("SIGN-003", Kind.CERTIFICATE, retriable=False)
    DISK_FULL = Code("FILE-001", Kind.FILE, retriable=True)
    FILE_NOT_WRITABLE = Code("FILE-002", Kind.FILE, retriable=True)
    FILE_MISSING = Code("FILE-003", Kind.FILE, retriable=False)
    STORE_DAMAGED = Code("FILE-004", Kind.FILE, retriable=False)
    FILE_NOT_READABLE = Code("FILE-005", Kind.FILE, retriable=True)
    NO_RECEIPT = Code("FILE-006", Kind.FILE, retriable=False)
    ONE_AT_A_TIME = Code("FILE-007", Kind.FILE, retriable=False)
    NO_KEY_STORE = Code("FILE-020", Kind.FILE, retriable=False)
    SEAL_NOT_OURS = Code("FILE-008", Kind.FILE, retriable=False)

    NETWORK_UNREACHABLE = Code("NET-001", Kind.NETWORK, retriable=True)
    NETWORK_TIMEOUT = Code("NET-002", Kind.NETWORK, retriable=True)
    NETWORK_TLS = Code("NET-003", Kind.NETWORK, retriable=True)
    SERVICE_GARBLED = Code("NET-004", Kind.NETWORK, retriable=True)
    TIMESTAMP_UNAVAILABLE = Code("NET-005", Kind.NETWORK, retriable=True)
    REVOCATION_UNAVAILABLE = Code("NET-006", Kind.NETWORK, retriable=True)
    NETWORK_PROXY = Code("NET-007", Kind.NETWORK, retriable=True)
    NETWORK_PROXY_LOGIN = Code("NET-008", Kind.NETWORK, retriable=True)

    AGENCY_UNKNOWN = Code("AGY-001", Kind.AGENCY, retriable=False)
    AGENCY_NOT_LOGGED_IN = Code("AGY-002", Kind.AGENCY, retriable=False)
    AGENCY_LINK_USED = Code("AGY-003", Kind.AGENCY, retriable=False)
    AGENCY_NO_SUCH_CONTRACT = Code("AGY-004", Kind.AGENCY, retriable=False)
    AGENCY_REFUSED = Code("AGY-005", Kind.AGENCY, retriable=False)
    AGENCY_CONFLICT = Code("AGY-006", Kind.AGENCY, retriable=False)
    AGENCY_GARBLED = Code("AGY-007", Kind.AGENCY, retriable=True)
    AGENCY_BUSY = Code("AGY-008", Kind.AGENCY, retriable=True)
    AGENCY_WITHDRAWN = Code("AGY-009", Kind.AGENCY, retriable=False)
    AGENCY_ALREADY_SIGNED = Code("AGY-010", Kind.AGENCY, retriable=False)
    LINK_NOT_OURS = Code("AGY-011", Kind.AGENCY, retriable=False)
    SIGNED_NOT_DELIVERED = Code("AGY-012", Kind.AGENCY, retriable=False)
    AGENCY_REFUSED_CARD = Code("AGY-013", Kind.AGENCY, retriable=False)
    AGENCY_LOGIN_NEEDED = Code("AGY-014", Kind.AGENCY, retriable=False)
    AGENCY_LOGIN_REFUSED = Code("AGY-015", Kind.AGENCY, retriable=True)
    AGENCY_CODE_WRONG = Code("AGY-016", Kind.AGENCY, retriable=True)
    AGENCY_CODE_ENDED = Code("AGY-017", Kind.AGENCY, retriable=True)
    AGENCY_NO_LOGIN = Code("AGY-018", Kind.AGENCY, retriable=False)
    SIGNED_WITHDRAWN = Code("AGY-025", Kind.AGENCY, retriable=False)
    DESCRIPTOR_BROKEN = Code("AGY-030", Kind.AGENCY, retriable=False)
    DESCRIPTOR_NOT_SIGNED = Code("AGY-031", Kind.AGENCY, retriable=False)
    DESCRIPTOR_OLD = Code("AGY-032", Kind.AGENCY, retriable=False)
    AGENCIES_FIXED = Code("AGY-033", Kind.AGENCY, retriable=False)
    AGENCY_STILL_NEEDED = Code("AGY-034", Kind.AGENCY, retriable=False)
    DEVICE_REVOKED = Code("AGY-026", Kind.AGENCY, retriable=False)

    MODULE_NOT_FOUND = Code("P11-001", Kind.MODULE, retriable=False)
    MODULE_BROKEN = Code("P11-002", Kind.MODULE, retriable=False)
    MODULE_FAILED = Code("P11-003", Kind.MODULE, retriable=True)
    MODULE_NO_KEY = Code("P11-004", Kind.MODULE, retriable=True)

    NO_SCHEDULER = Code("SYS-001", Kind.FILE, retriable=True)
    SETTINGS_BROKEN = Code("SET-001", Kind.INTERNAL, retriable=False)
    SETTINGS_OF_MACHINE_BROKEN = Code("SET-002", Kind.INTERNAL, retriable=False)
    SETTINGS_NOT_SAVED = Code("SET-003", Kind.INTERNAL, retriable=True)
    INTERNAL = Code("INT-001", Kind.INTERNAL, retriable=False)

    @property
    def support_id(self) -> str:
        """The stable id, such as CARD-004."""
        return self.value.support_id

    @property
    def kind(self) -> Kind:
        """The part of the world it belongs to."""
        return self.value.kind

    @property
    def retriable(self) -> bool:
        """Whether the same step can be tried again with everything kept."""
        return self.value.retriable


LOGGED_OUT: Final = frozenset({ErrorCode.AGENCY_NOT_LOGGED_IN, ErrorCode.AGENCY_LOGIN_NEEDED})  # a log-in mends both


def code_of(support_id: str | None) -> ErrorCode | None:
    """Give the code of a support id that was noted earlier; None for one that this version does not know."""
    return next((code for code in ErrorCode if code.support_id == support_id), None)


class SignerError(Exception):
    """A mishap translated at the door of an adapter; the vendor's exception is its ``__cause__``.

    ``detail`` is for logs and support, in English, and never holds a PIN or personal data.
    """

    def __init__(
        self, code: ErrorCode, detail: str = "", *, tries_left: int | None = None, again_s: int | None = None
    ) -> None:
        super().__init__(f"{code.support_id} {code.name}{': ' + detail if detail else ''}")
        self.code = code
        self.detail = detail
        self.tries_left = tries_left  # PIN tries left, when the mishap tells them
        self.again_s = again_s  # seconds before which nothing should be tried again, when a server tells them
