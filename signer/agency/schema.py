"""The wire schema of the agency API, shared by client and reference server (Belgian REST guide, RFC 9457).

Unknown fields are ignored by both sides, so that either can be older than the other.
"""

from __future__ import annotations

import base64
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    EncodedBytes,
    EncoderProtocol,
    Field,
    WithJsonSchema,
    model_validator,
)
from pydantic.alias_generators import to_camel

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
LevelName = Literal["B-B", "B-T", "B-LT", "B-LTA"]
LoginWay = Literal["eid", "code"]
LoginName = Literal[
    "one-time-link", "eid", "code", "device"
]  # how who signed had logged in, as a transaction proof has it
DocumentLanguage = Literal["nl", "fr", "de"]  # set by law
HourlyPay = Annotated[str, Field(pattern=r"^\d{1,4}\.\d{2}$")]  # gross, euros
ContractState = Literal["open", "signed", "withdrawn", "replaced"]
TimelinessName = Literal["inTime", "claimedInTime", "late"]
ObjectionReason = Literal["pay", "hours", "company", "notWanted", "other"]

PROBLEM_PREFIX = "urn:problem-type:paraph:"
PROBLEM_MEDIA_TYPE = "application/problem+json"  # RFC 9457, 3
MAX_OBJECTION = 1000  # characters that a worker can add: a page of handwriting, and far below the limit of a body
MAX_CLOCK_OFFSET_MS = 4_000_000_000_000  # 126 years: a clock that lost its battery begins in 1970 or 1980
MAX_INCREMENT = 4 * 1024 * 1024  # bytes; a B-LTA increment with a large CRL stays far below it


class _Base64(EncoderProtocol):
    """Base64 with nothing else between (RFC 4648, 3.3 and 4); pydantic's own passes over what does not belong."""

    @classmethod
    def decode(cls, data: bytes) -> bytes:
        """Give the bytes; raises ValueError, of which pydantic makes its own."""
        return base64.b64decode(data, validate=True)

    @classmethod
    def encode(cls, value: bytes) -> bytes:
        """Give the text."""
        return base64.b64encode(value)

    @classmethod
    def get_json_format(cls) -> str:
        """Name it in the schema."""
        return "base64"


def _described(least: int = 0, most: int | None = None) -> WithJsonSchema:
    """Describe base64 of so many bytes: pydantic would give their number as that of the characters."""
    groups = r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
    schema: dict[str, Any] = {"type": "string", "contentEncoding": "base64", "pattern": groups}
    if least:
        schema["minLength"] = -(-least // 3) * 4
    if most is not None:
        schema["maxLength"] = -(-most // 3) * 4
    return WithJsonSchema(schema)


_Encoded = Annotated[bytes, EncodedBytes(encoder=_Base64)]
Base64Bytes = Annotated[_Encoded, _described()]
# Limits are multiples of three bytes, which base64 has to the character.
Certificate = Annotated[_Encoded, Field(max_length=8190), _described(most=8190)]  # DER
Signature = Annotated[_Encoded, Field(max_length=1023), _described(most=1023)]  # of an eID: 72 bytes, or 256
Nonce = Annotated[_Encoded, Field(min_length=16, max_length=64), _described(16, 64)]


class Wire(BaseModel):
    """What all messages have in common: lowerCamelCase outside, snake_case inside, frozen."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore")


class Contact(Wire):
    """How a person reaches the agency."""

    telephone: str = ""
    mail: str = ""


class AgencyDescriptor(Wire):
    """``GET /agency``: who this agency is and what it asks."""

    id: Identifier
    name: str
    contact: Contact
    level: LevelName = "B-B"
    test: bool = False
    sealing_key: Base64Bytes | None = None  # a certificate (DER): what clients seal to; None: to nothing


class SessionRequest(Wire):
    """``POST /sessions``: a deep link's one-time token."""

    one_time_token: Annotated[str, Field(min_length=16, max_length=128)]


class Session(Wire):
    """A session's bearer token and the contract that the link led to.

    One that is not ``logged_in`` only locates: it opens the ways to log in, of which ``login_ways`` tells, and no more.
    """

    access_token: str
    expires_at: AwareDatetime
    contract_id: Identifier | None = None  # None: it began without a link
    logged_in: bool = True
    login_ways: list[str] = Field(default_factory=list)  # of LoginWay; a client passes over those it does not know


class LoginChallenge(Wire):
    """``POST /sessions/challenge``: what the eID's authentication key is to sign (signer.agency.login); used once."""

    nonce: Nonce
    issued_at: AwareDatetime
    expires_at: AwareDatetime


class LoginByCard(Wire):
    """``POST /sessions/login`` with an eID: who signed the challenge, DER, and the signature (ECDSA as DER)."""

    way: Literal["eid"]
    certificate: Certificate
    chain: Annotated[list[Certificate], Field(max_length=4)]
    signature: Signature


class LoginByCode(Wire):
    """``POST /sessions/login`` with the code that came by mail."""

    way: Literal["code"]
    code: Annotated[str, Field(pattern=r"^[0-9]{6}$")]


class CodeSent(Wire):
    """``POST /sessions/codes``: a code is on its way; ``mail`` is the address with most of it hidden."""

    mail: str
    expires_at: AwareDatetime


class DeviceRequest(Wire):
    """``POST /devices``: what the worker calls this computer, to tell it from another one later."""

    name: Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]*$")]


class DeviceResource(Wire):
    """A worker's own computer; ``revokedAt`` when it fetches nothing any more."""

    id: UUID
    href: str
    name: str
    enrolled_at: AwareDatetime
    last_used_at: AwareDatetime | None = None
    revoked_at: AwareDatetime | None = None


class EnrolledDevice(DeviceResource):
    """The answer to ``POST /devices``: the one time that the token is told."""

    device_token: str


class DeviceList(Wire):
    """``GET /devices``: the computers of this worker, the newest first."""

    items: list[DeviceResource]
    total: int
    next: str | None = None


class DeviceLogin(Wire):
    """``POST /sessions/device``: the token of an enrolled computer."""

    device_token: Annotated[str, Field(min_length=16, max_length=128)]


class ObjectionRequest(Wire):
    """``POST /contracts/{contractId}/objections``: what is wrong, and what the worker wrote about it."""

    reasons: Annotated[list[ObjectionReason], Field(min_length=1, max_length=5)]
    text: Annotated[str, Field(max_length=MAX_OBJECTION, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$")] = ""


class ObjectionResource(Wire):
    """What the agency was told of a contract, and when; a client shows reasons that it does not know as "other"."""

    id: UUID
    reasons: list[str]
    text: str
    received_at: AwareDatetime


class ContractResource(Wire):
    """``GET /contracts/{contractId}`` and the items of ``GET /tasks``."""

    id: Identifier
    href: str
    title: str
    job: str
    company: str
    place: str
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    hourly_pay: HourlyPay
    language: DocumentLanguage
    state: ContractState
    sha256: Sha256
    size: Annotated[int, Field(gt=0)]
    page_count: Annotated[int, Field(gt=0)]
    replaces: Identifier | None = None  # the version before, which cannot be signed any more
    replaced_by: Identifier | None = None  # the version to sign in place of this one
    objection: ObjectionResource | None = None  # the last one


class TaskList(Wire):
    """``GET /tasks``: what this person has to do, soonest first."""

    items: list[ContractResource]
    total: int
    next: str | None = None
    as_of: AwareDatetime | None = None  # to give as ``since`` next time; None from a server that is older than it


class SigningSessionRequest(Wire):
    """``POST /contracts/{contractId}/signingSessions``: the id under which the signature will be sent."""

    submission_id: UUID


class ExpectedSignerResource(Wire):
    """argon2id (RFC 9106, version 0x13, 32 bytes) of the 11 digits of the national number, as ASCII."""

    algorithm: Literal["argon2id"] = "argon2id"
    salt: Base64Bytes
    hash: Base64Bytes
    time_cost: Annotated[int, Field(ge=1, le=10)]
    memory_cost: Annotated[int, Field(ge=1024, le=262144)]
    parallelism: Annotated[int, Field(ge=1, le=4)]


class SigningSession(Wire):
    """What the agency asks of one signature, and the capability to deliver it later."""

    submission_id: UUID
    sha256: Sha256
    deadline: AwareDatetime
    level: LevelName
    field: str | None
    expected_signer: ExpectedSignerResource
    upload_capability: str
    server_time: AwareDatetime
    visible: bool = True
    one_pin: bool = False
    expires_at: AwareDatetime | None = None  # until then it may be kept, to sign with no network; None: not at all
    sealing_key: Base64Bytes | None = None  # a certificate (DER) to seal what waits to; None: to nothing


def _given(name: str) -> dict[str, Any]:
    return {"required": [name], "properties": {name: {"type": "string"}}}


class SubmissionRequest(Wire):
    """``PUT /submissions/{submissionId}``: the bytes that the signature added, and what they belong to."""

    original_sha256: Sha256
    signed_sha256: Sha256
    increment: Base64Bytes | None = None  # one of these two
    sealed_increment: Base64Bytes | None = None  # CMS, for a key of the agency (signer.sealing)
    level: LevelName
    claimed_at: AwareDatetime
    clock_offset_ms: Annotated[int, Field(ge=-MAX_CLOCK_OFFSET_MS, le=MAX_CLOCK_OFFSET_MS)]

    model_config = ConfigDict(json_schema_extra={"oneOf": [_given("increment"), _given("sealedIncrement")]})

    @model_validator(mode="after")
    def _has_one_increment(self) -> Self:
        if (self.increment is None) == (self.sealed_increment is None):
            raise ValueError("either increment or sealedIncrement")
        return self


class TransactionProof(Wire):
    """The transaction proof in its first form (requirement 13): what happened, by the server's clock."""

    transaction_id: UUID
    submission_id: UUID
    agency_id: Identifier
    contract_id: Identifier
    title: str
    language: DocumentLanguage
    page_count: int
    original_sha256: Sha256
    signed_sha256: Sha256
    created_at: AwareDatetime
    opened_at: AwareDatetime | None
    claimed_at: AwareDatetime  # the signer's clock, as it stands in the signature
    clock_offset_ms: int | None = None  # the agency's clock minus the signer's, as the client measured it
    proven_at: AwareDatetime | None = None  # by a time-stamp inside the signature
    received_at: AwareDatetime  # the agency's clock
    deadline: AwareDatetime
    late: bool  # neither proven nor received before the deadline
    timeliness: TimelinessName | None = None  # None from a server that is older than it
    level: LevelName  # when it was received, by the server's check
    level_asked: LevelName = "B-B"
    method: Literal["eid"]
    login: LoginName
    signer_name: str
    signer_certificate_sha256: Sha256
    test: bool
    revocation_checked: bool = False  # that the card was not withdrawn or suspended when it arrived

    @property
    def told_timeliness(self) -> TimelinessName:
        """How it stands with its deadline, also where an older server says only that it is late."""
        return self.timeliness or ("late" if self.late else "inTime")


class Submission(Wire):
    """``PUT`` and ``GET /submissions/{submissionId}``: where it stands."""

    submission_id: UUID
    state: Literal["accepted"]
    level: LevelName | None = None  # now; None from a server that is older than levels
    extensions: Annotated[int, Field(ge=0)] = 0  # how many made it so
    receipt: TransactionProof


class SubmissionUnderWay(Wire):
    """``PUT`` and ``GET /submissions/{submissionId}``, with 202: it is being checked, and nothing is decided yet."""

    submission_id: UUID
    state: Literal["checking"] = "checking"


class ExtensionRequest(Wire):
    """``PUT /submissions/{submissionId}/extensions/{n}``: bytes that follow what is there, and the hash of all."""

    whole_sha256: Sha256
    increment: Base64Bytes


class Extension(Wire):
    """An extension that was taken; the same for every try."""

    submission_id: UUID
    number: int
    whole_sha256: Sha256
    level: LevelName
    received_at: AwareDatetime


class Problem(Wire):
    """A refusal (RFC 9457): ``type`` is ``urn:problem-type:paraph:`` and a name of the table in docs/api."""

    type: str
    title: str
    status: int
    detail: str = ""
    instance: str = ""
