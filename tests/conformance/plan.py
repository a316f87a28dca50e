"""What the suite works with: keys of a test person, and contracts that the server made for that person."""

from __future__ import annotations

import base64
import hashlib
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12

from signer.agency.login import challenge_digest, challenge_text, server_name
from signer.certificates import mechanism_of, signer_of
from signer.pades.sign import SignatureRequest, finish, prepare
from tests.signing_desk import answer, bind

PROBLEM = "urn:problem-type:paraph:"


@dataclass(frozen=True)
class Key:
    """A private key and its chain, as on a card."""

    key: Any
    certificate: bytes
    chain: tuple[bytes, ...]

    @classmethod
    def read(cls, folder: Path, told: dict[str, str]) -> Key:
        """Read a PKCS#12 file that the plan names."""
        found = load_pkcs12((folder / told["file"]).read_bytes(), told["password"].encode())
        assert found.cert
        chain = tuple(each.certificate.public_bytes(Encoding.DER) for each in found.additional_certs)
        return cls(found.key, found.cert.certificate.public_bytes(Encoding.DER), chain)


@dataclass(frozen=True)
class Plan:
    """Who signs, and how contracts are made."""

    contract: tuple[str, ...]  # a command that prints {"link": "paraph://open/…"} of a fresh contract
    worker: Key
    other: Key  # of another person, also good
    login: Key  # the worker's authentication key


@dataclass(frozen=True)
class Contract:
    """A contract at the server, with a session that reads it."""

    url: str
    id: str
    agency: str
    client: httpx.Client

    @property
    def path(self) -> str:
        """Its address."""
        return f"/v1/contracts/{self.id}"

    def agree(self, submission_id: UUID) -> dict[str, Any]:
        """Agree on one signature."""
        agreed = self.client.post(f"{self.path}/signingSessions", json={"submissionId": str(submission_id)})
        assert agreed.status_code == 201, agreed.text
        terms: dict[str, Any] = agreed.json()
        return terms

    def signed(self, by: Key) -> Delivery:
        """Sign it as a client does."""
        submission_id = uuid4()
        terms, original = self.agree(submission_id), self.client.get(f"{self.path}/document").content
        claimed = datetime.now(UTC).replace(microsecond=0)
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            (folder / "original.pdf").write_bytes(original)
            request = SignatureRequest(
                signer_of(by.certificate, by.chain),
                mechanism_of(by.certificate),
                *(terms["field"], claimed, "en", True, False),
            )
            prepared = prepare(bind(folder / "original.pdf"), request, folder)
            finish(prepared, answer(by.key, request.mechanism, prepared.digest), folder / "signed.pdf")
            increment = (folder / "signed.pdf").read_bytes()[len(original) :]
        key = terms.get("sealingKey")
        return Delivery(
            self.url,
            submission_id,
            terms["uploadCapability"],
            original,
            increment,
            claimed,
            base64.b64decode(key) if key else None,
        )


@dataclass(frozen=True)
class Delivery:
    """A signature to be delivered, any number of times."""

    url: str
    submission_id: UUID
    capability: str
    original: bytes
    increment: bytes
    claimed_at: datetime
    sealing_key: bytes | None = None  # a certificate, DER; None: the agency takes nothing sealed

    @property
    def path(self) -> str:
        """Its address."""
        return f"/v1/submissions/{self.submission_id}"

    def put(
        self,
        increment: bytes | None = None,
        capability: str | None = None,
        *,
        open_increment: bool = True,
        **changes: object,
    ) -> httpx.Response:
        """Deliver it, or something else under its id, announced honestly."""
        added = self.increment if increment is None else increment
        body = {
            "originalSha256": hashlib.sha256(self.original).hexdigest(),
            "signedSha256": hashlib.sha256(self.original + added).hexdigest(),
            "increment": base64.b64encode(added).decode() if open_increment else None,
            "level": "B-B",
            "claimedAt": self.claimed_at.isoformat(),
            "clockOffsetMs": 0,
            "aFieldThatNobodyKnows": True,
        }
        headers = {"Authorization": f"Bearer {capability or self.capability}"}
        sent = {name: value for name, value in (body | changes).items() if value is not None}
        return httpx.put(self.url + self.path, json=sent, headers=headers, timeout=60)

    def put_sealed(self, sealed: bytes) -> httpx.Response:
        """Deliver it as it lay on a disk."""
        return self.put(open_increment=False, sealedIncrement=base64.b64encode(sealed).decode())

    def get(self, more: str = "") -> httpx.Response:
        """Ask what became of it."""
        headers = {"Authorization": f"Bearer {self.capability}"}
        return httpx.get(self.url + self.path + more, headers=headers, timeout=60)


def logged_in(url: str, link: str, plan: Plan) -> Contract:
    """Open a link, and log in where the server asks for it."""
    agency, token = link.removeprefix("paraph://open/").split("/")
    session = httpx.post(f"{url}/v1/sessions", json={"oneTimeToken": token}, timeout=60)
    assert session.status_code == 201, session.text
    told = session.json()
    if not told.get("loggedIn", True):
        told = log_in(url, agency, told["accessToken"], plan.login).json()
    headers = {"Authorization": f"Bearer {told['accessToken']}"}
    return Contract(url, told["contractId"], agency, httpx.Client(base_url=url, headers=headers, timeout=60))


def log_in(url: str, agency: str, token: str, key: Key, server: str | None = None) -> httpx.Response:
    """Answer the server's question with an authentication key; ``server``: as if for another one."""
    headers = {"Authorization": f"Bearer {token}"}
    asked = httpx.post(f"{url}/v1/sessions/challenge", headers=headers, timeout=60).json()
    issued, nonce = datetime.fromisoformat(asked["issuedAt"]), base64.b64decode(asked["nonce"])
    text, mechanism = challenge_text(server or server_name(url), agency, nonce, issued), mechanism_of(key.certificate)
    body = {
        "way": "eid",
        "certificate": base64.b64encode(key.certificate).decode(),
        "chain": [base64.b64encode(each).decode() for each in key.chain],
        "signature": base64.b64encode(answer(key.key, mechanism, challenge_digest(mechanism, text))).decode(),
    }
    return httpx.post(f"{url}/v1/sessions/login", json=body, headers=headers, timeout=60)


def problem(answered: httpx.Response) -> tuple[int, str]:
    """See that a refusal is a problem (RFC 9457); gives its status and the name of its type."""
    assert answered.headers["content-type"].partition(";")[0] == "application/problem+json"
    told = answered.json()
    assert told["status"] == answered.status_code
    assert told["type"].startswith(PROBLEM)
    assert told["title"]
    assert told["instance"]
    return answered.status_code, told["type"].removeprefix(PROBLEM)
