"""One example of each message, for who reads the API's description: one worker, one contract, one signature. All TEST.

Bytes are cut short; a test holds each example to its schema.
"""

from __future__ import annotations

from typing import Any, Final

from agency.problems import ProblemType

_CONTRACT: Final = "SAMPLE-NL-00317"
_DEVICE: Final = "0b0c6c6e-5b1d-4b7a-9d0e-5f3f6a1c2d3e"
_OBJECTION: Final = "7d2a1c54-9a63-4f0e-8f53-2b1de0a9c7f4"
_SUBMISSION: Final = "3f0d9f52-6b0a-4a52-9f4e-1c8f2e7d6a11"
_ORIGINAL: Final = "9f2c4d1e" * 8
_SIGNED: Final = "41b7a0c3" * 8
_WHOLE: Final = "c05e83d9" * 8
_CERTIFICATE: Final = "MIIDazCCAlOgAwIBAgIU"
_TOKEN: Final = "TEST-wJr4mXkq0dZcV8nS1bYh2GfL7tPu5aEo3iRx6Q"  # noqa: S105 - opens nothing
_JOB: Final = {"startsAt": "2026-03-10T06:00:00+01:00", "endsAt": "2026-03-10T14:00:00+01:00"}

_OBJECTED: Final = {
    "id": _OBJECTION,
    "reasons": ["pay", "hours"],
    "text": "We agreed on 17 euros, and on 7 o'clock.",
    "receivedAt": "2026-03-09T17:05:00Z",
}
_TASK: Final = {
    "id": _CONTRACT,
    "href": f"/v1/contracts/{_CONTRACT}",
    "title": "Arbeidsovereenkomst voor uitzendarbeid",
    "job": "Magazijnmedewerker",
    "company": "Magazijn De Linde BV",
    "place": "Halle",
    **_JOB,
    "hourlyPay": "16.42",
    "language": "nl",
    "state": "open",
    "sha256": _ORIGINAL,
    "size": 48213,
    "pageCount": 3,
    "replaces": None,
    "replacedBy": None,
    "objection": _OBJECTED,
}
_COMPUTER: Final = {
    "id": _DEVICE,
    "href": f"/v1/devices/{_DEVICE}",
    "name": "Laptop at home",
    "enrolledAt": "2026-03-01T19:20:00Z",
    "lastUsedAt": "2026-03-09T06:12:00Z",
    "revokedAt": None,
}
_EXPECTED: Final = {
    "algorithm": "argon2id",
    "salt": "VEVTVC1zYWx0LTAwMDE=",
    "hash": "VEVTVC1oYXNoLTMyLWJ5dGVzLWxvbmctMDAwMDAwMDE=",
    "timeCost": 3,
    "memoryCost": 65536,
    "parallelism": 1,
}
_PROOF: Final = {
    "transactionId": "b8f1f6de-3f5c-4c1b-8f0a-77d3f8a2c9e0",
    "submissionId": _SUBMISSION,
    "agencyId": "horizon",
    "contractId": _CONTRACT,
    "title": _TASK["title"],
    "language": "nl",
    "pageCount": 3,
    "originalSha256": _ORIGINAL,
    "signedSha256": _SIGNED,
    "createdAt": "2026-03-09T15:00:00Z",
    "openedAt": "2026-03-09T17:02:11Z",
    "claimedAt": "2026-03-09T17:08:02Z",
    "clockOffsetMs": -1200,
    "provenAt": "2026-03-09T17:08:03Z",
    "receivedAt": "2026-03-09T17:08:05Z",
    "deadline": "2026-03-10T06:00:00+01:00",
    "late": False,
    "timeliness": "inTime",
    "level": "B-T",
    "levelAsked": "B-LTA",
    "method": "eid",
    "login": "eid",
    "signerName": "Fien Alix Voorbeeld",
    "signerCertificateSha256": "7ab0d24f" * 8,
    "test": True,
    "revocationChecked": True,
}

EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "AgencyDescriptor": {
        "id": "horizon",
        "name": "Horizon Interim (TEST)",
        "contact": {"telephone": "02 000 00 00", "mail": "help@horizon.example"},
        "level": "B-LTA",
        "test": True,
        "sealingKey": _CERTIFICATE,
    },
    "CodeSent": {"mail": "w…@post.example", "expiresAt": "2026-03-09T17:11:00Z"},
    "Contact": {"telephone": "02 000 00 00", "mail": "help@horizon.example"},
    "ContractResource": _TASK,
    "DeviceList": {"items": [_COMPUTER], "total": 1, "next": None},
    "DeviceLogin": {"deviceToken": _TOKEN},
    "DeviceRequest": {"name": "Laptop at home"},
    "DeviceResource": _COMPUTER,
    "EnrolledDevice": {**_COMPUTER, "lastUsedAt": None, "deviceToken": _TOKEN},
    "ExpectedSignerResource": _EXPECTED,
    "Extension": {
        "submissionId": _SUBMISSION,
        "number": 1,
        "wholeSha256": _WHOLE,
        "level": "B-LTA",
        "receivedAt": "2026-03-09T17:08:09Z",
    },
    "ExtensionRequest": {"wholeSha256": _WHOLE, "increment": "CjEyIDAgb2JqCjw8"},
    "Health": {"status": "UP"},
    "LoginByCard": {
        "way": "eid",
        "certificate": _CERTIFICATE,
        "chain": [_CERTIFICATE],
        "signature": "MEUCIQDTESTTESTTESTT",
    },
    "LoginByCode": {"way": "code", "code": "000000"},
    "LoginChallenge": {
        "nonce": "VEVTVC1ub25jZS0zMi1ieXRlcy1sb25nLTAwMDAwMDE=",
        "issuedAt": "2026-03-09T17:01:00Z",
        "expiresAt": "2026-03-09T17:06:00Z",
    },
    "ObjectionRequest": {"reasons": _OBJECTED["reasons"], "text": _OBJECTED["text"]},
    "ObjectionResource": _OBJECTED,
    "Problem": {
        "type": ProblemType.WITHDRAWN.urn,
        "title": ProblemType.WITHDRAWN.value.title,
        "status": ProblemType.WITHDRAWN.value.status,
        "detail": "",
        "instance": "urn:uuid:4bf92f35-77b3-4da6-a3ce-929d0e0e4736",
    },
    "Session": {
        "accessToken": _TOKEN,
        "expiresAt": "2026-03-09T17:31:00Z",
        "contractId": _CONTRACT,
        "loggedIn": False,
        "loginWays": ["eid", "code"],
    },
    "SessionRequest": {"oneTimeToken": _TOKEN},
    "SigningSession": {
        "submissionId": _SUBMISSION,
        "sha256": _ORIGINAL,
        "deadline": "2026-03-10T06:00:00+01:00",
        "level": "B-LTA",
        "field": "worker",
        "expectedSigner": _EXPECTED,
        "uploadCapability": _TOKEN,
        "serverTime": "2026-03-09T17:02:10Z",
        "visible": True,
        "onePin": False,
        "expiresAt": "2026-03-10T06:00:00+01:00",
        "sealingKey": _CERTIFICATE,
    },
    "SigningSessionRequest": {"submissionId": _SUBMISSION},
    "Submission": {
        "submissionId": _SUBMISSION,
        "state": "accepted",
        "level": "B-LTA",
        "extensions": 1,
        "receipt": _PROOF,
    },
    "SubmissionRequest": {
        "originalSha256": _ORIGINAL,
        "signedSha256": _SIGNED,
        "increment": "CjEyIDAgb2JqCjw8",
        "level": "B-T",
        "claimedAt": "2026-03-09T17:08:02Z",
        "clockOffsetMs": -1200,
    },
    "SubmissionUnderWay": {"submissionId": _SUBMISSION, "state": "checking"},
    "TaskList": {"items": [_TASK], "total": 1, "next": None, "asOf": "2026-03-09T17:01:10Z"},
    "TransactionProof": _PROOF,
}
