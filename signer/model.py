"""The nouns of a signing, as frozen values that can go across threads and into tests."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from uuid import UUID

from signer.errors import ErrorCode


class Level(Enum):
    """PAdES baseline levels (ETSI EN 319 142-1, clause 6)."""

    B_B = "B-B"
    B_T = "B-T"
    B_LT = "B-LT"
    B_LTA = "B-LTA"

    def reaches(self, asked: Level) -> bool:
        """Tell whether this is the level that was asked, or more."""
        order = list(Level)
        return order.index(self) >= order.index(asked)


class Mechanism(Enum):
    """How a key signs a digest: name, digest algorithm, greatest size in bytes of the signature in a CMS."""

    RSA_PKCS1_SHA256 = ("rsa-pkcs1-sha256", "sha256", 256)
    ECDSA_SHA256 = ("ecdsa-sha256", "sha256", 72)
    ECDSA_SHA384 = ("ecdsa-sha384", "sha384", 104)
    ECDSA_SHA512 = ("ecdsa-sha512", "sha512", 139)

    @property
    def digest_algorithm(self) -> str:
        """The digest's name as hashlib has it."""
        return self.value[1]

    @property
    def max_signature_size(self) -> int:
        """Bytes to reserve for the signature value (ECDSA as DER)."""
        return self.value[2]


class KeyUse(Enum):
    """What a key of a card is for; one key is never used for the other."""

    SIGNING = "signing"
    LOGGING_IN = "logging-in"


class PinEntry(Enum):
    """Who asks for the PIN."""

    OURS = "ours"  # our own keypad or prompt
    PINPAD = "pinpad"  # the keys of the reader
    DIALOG = "dialog"  # the middleware's own window


class Standing(Enum):
    """Where a contract stands with its deadline (requirement 11)."""

    IN_TIME = "in-time"
    SOON = "soon"  # less than 24 hours left
    LATE = "late"  # the job has started


class Timeliness(Enum):
    """How a signature stands with its deadline, by the API's names (requirement 11)."""

    IN_TIME = "inTime"  # proven or received before the job started
    CLAIMED_IN_TIME = "claimedInTime"  # in time by the signer's clock alone: signed with no network
    LATE = "late"


class Caution(Enum):
    """What somebody should know of a document that can be signed; told before it is signed."""

    LENIENT = "lenient"  # only a forgiving parser could read it
    COVERED = "covered"  # something is drawn over text
    LAYERS = "layers"  # parts can be switched off and on (optional content)
    FORM_DIFFERS = "form-differs"  # a form field shows something else than its value
    HIDDEN_FIELDS = "hidden-fields"  # form fields with a value that nobody sees
    PROGRAMS = "programs"  # JavaScript or other actions that a click or a key starts
    ATTACHMENTS = "attachments"  # files inside the file
    LINKS = "links"  # to web pages or other documents


@dataclass(frozen=True, slots=True)
class AgencyInfo:
    """An agency that this client knows: the only hosts that it talks to."""

    id: str
    name: str
    url: str
    telephone: str = ""
    mail: str = ""


class Wrong(Enum):
    """What a worker can find wrong with a contract, by the API's names (requirement 36)."""

    PAY = "pay"
    HOURS = "hours"
    COMPANY = "company"
    NOT_WANTED = "notWanted"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Objection:
    """What a worker tells the agency of one contract; nothing is signed by it."""

    id: UUID  # made once, so that it arrives once
    agency_id: str
    contract_id: str
    reasons: tuple[Wrong, ...]
    text: str = attribute(repr=False)  # the worker's own words


@dataclass(frozen=True, slots=True)
class Told:
    """What the agency was told last of a contract, and when it had it."""

    reasons: tuple[Wrong, ...]
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Contract:
    """The data beside the document, for a summary in the worker's language; the document decides."""

    id: str
    title: str
    job: str
    company: str
    place: str
    starts_at: datetime
    ends_at: datetime
    hourly_pay: str  # gross, a decimal number of euros as text, such as "16.42"
    language: str  # of the document, set by law: nl, fr or de
    state: str  # open, signed, withdrawn, replaced
    original_sha256: str  # lower-case hex
    size: int  # bytes
    page_count: int
    replaces: str | None = None  # the id of the version before
    replaced_by: str | None = None
    told: Told | None = None

    @property
    def open(self) -> bool:
        """Whether it can be signed, as far as the agency says."""
        return self.state == "open"

    def standing(self, now: datetime) -> Standing:
        """Tell whether it can still be signed in time at ``now``."""
        left = self.starts_at - now
        if left <= timedelta(0):
            return Standing.LATE
        return Standing.SOON if left < timedelta(hours=24) else Standing.IN_TIME


@dataclass(frozen=True, slots=True)
class Document:
    """The bytes that are shown and signed: a file, and what it held when it was bound."""

    path: Path
    sha256: str  # lower-case hex
    size: int  # bytes
    page_count: int


@dataclass(frozen=True, slots=True)
class ExpectedSigner:
    """Who must sign, without telling who: argon2id of the national number with this contract's salt."""

    salt: bytes
    digest: bytes
    time_cost: int
    memory_cost: int  # KiB
    parallelism: int


@dataclass(frozen=True, slots=True)
class SigningTerms:
    """What the agency asks of this one signature, and the capability to deliver it."""

    submission_id: UUID
    agency_id: str
    contract_id: str
    original_sha256: str
    deadline: datetime
    level: Level
    field: str | None
    expected_signer: ExpectedSigner
    upload_capability: str = attribute(repr=False)  # whoever has it can deliver
    clock_offset: timedelta  # the server's clock minus ours, as measured
    visible: bool = True  # a panel on the page says who signed
    one_pin: bool = False  # one PIN entry may serve several contracts; the card gets a VERIFY for each all the same
    expires_at: datetime | None = None  # until then it may be kept for a signing without a network
    sealing_key: bytes | None = None  # the agency's certificate (DER), to which what waits is sealed


@dataclass(frozen=True, slots=True)
class Signer:
    """Who the key belongs to, as the certificate names them; never the national number."""

    name: str
    given_names: str
    surname: str
    certificate: bytes  # DER
    chain: tuple[bytes, ...]  # DER, issuer first, root last where known


class Withdrawal(Enum):
    """What was learned in time of a card's withdrawal; one that is known to be withdrawn never comes this far."""

    NOT_ASKED = "not-asked"
    NONE = "none"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """A key that is ready to sign: whose, how, where, and what is known of its PIN."""

    signer: Signer
    mechanism: Mechanism
    pin_entry: PinEntry
    place: str  # the reader's or token's name, for people
    tries_left: int | None  # None: not told without spending one
    test: bool  # a simulated card or a test root: everything it signs is marked
    withdrawal: Withdrawal = Withdrawal.NOT_ASKED
    tells_number: bool = False  # the signer is to be told that the signature carries the national number


@dataclass(frozen=True, slots=True)
class SignedContract:
    """A signature that was made, validated and written whole."""

    submission_id: UUID
    path: Path
    sha256: str  # of the whole signed file
    original_sha256: str
    increment_offset: int  # bytes: the original's size; what follows is the increment
    size: int  # bytes of the whole signed file
    signer_name: str
    claimed_at: datetime  # our clock
    level: Level
    test: bool
    sealed: Path | None = None  # what lies on the disk in place of ``path``, and is sent


@dataclass(frozen=True, slots=True)
class Times:
    """The three times of a signature, which are never mixed (requirement 11)."""

    claimed_at: datetime  # the signer's clock
    clock_offset: timedelta  # the agency's clock minus the signer's, as the signer measured it
    proven_at: datetime | None  # a time-stamp proves that it existed then
    received_at: datetime  # the agency's clock

    def timeliness(self, deadline: datetime) -> Timeliness:
        """Judge by the first moment that is certain, and only then by what the signer says."""
        certain = min(filter(None, (self.proven_at, self.received_at)))
        if certain <= deadline:
            return Timeliness.IN_TIME
        is_claimed = self.claimed_at <= deadline - self.clock_offset
        return Timeliness.CLAIMED_IN_TIME if is_claimed else Timeliness.LATE


@dataclass(frozen=True, slots=True)
class Receipt:
    """The agency's word that it has the signature, and that it accepts it."""

    submission_id: UUID
    contract_id: str
    signed_sha256: str
    received_at: datetime  # the server's clock
    late: bool
    proof: str  # the transaction proof as the agency sent it: JSON text
    level: Level = Level.B_B  # by the agency's own check, when it was received
    level_asked: Level = Level.B_B
    proven_at: datetime | None = None  # by a time-stamp that was inside when it was received
    timeliness: Timeliness = Timeliness.IN_TIME


@dataclass(frozen=True, slots=True)
class Reached:
    """Where a signed file stands: its level, and what kept it from the one that was asked."""

    level: Level
    because: ErrorCode | None = None


@dataclass(frozen=True, slots=True)
class Extension:
    """What was appended to a signed file after it was delivered, in one piece: the bytes from ``start`` to ``end``."""

    number: int  # from 1, for each submission
    start: int
    end: int
    sha256: str  # of the whole file up to ``end``
    level: Level  # that the file has with it
    delivered: bool = False


@dataclass(frozen=True, slots=True)
class Holding:
    """What the agency has of a submission now: the level, and how many extensions made it so, whoever made them."""

    level: Level
    extensions: int
