"""Logging in: a link only locates; who reads proves who they are, to this server, now, once."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import httpx
import pytest

from agency.store import AuditRow
from eidcard.simulator.people import ADULT, ADULT_MAN, Person
from eidcard.simulator.pki import Credential, TestPki
from signer.agency.login import challenge_digest, challenge_text
from signer.certificates import mechanism_of
from tests.agency.world import AgencyServer, Worker, refused
from tests.signing_desk import answer

SERVER, AGENCY = "127.0.0.1", "horizon"
ADDRESS = "jana.peeters@post.example"


@dataclass
class Visitor:
    """Somebody with a session that only locates."""

    agency: AgencyServer
    contract_id: str
    client: httpx.Client
    opened: dict[str, Any]

    def ask(self) -> dict[str, Any]:
        question = self.client.post("/v1/sessions/challenge")
        assert question.status_code == 201, question.text
        found: dict[str, Any] = question.json()
        return found

    def answer(self, question: dict[str, Any], credential: Credential, chain: tuple[bytes, ...], **told: Any) -> Any:
        """Answer as the card would, for the server and agency that the client believes it is at."""
        nonce = base64.b64decode(question["nonce"])
        issued = datetime.fromisoformat(told.get("issued_at") or question["issuedAt"])
        text = challenge_text(told.get("server", SERVER), told.get("agency", AGENCY), nonce, issued)
        mechanism = mechanism_of(credential.certificate)
        signature = answer(credential.key, mechanism, challenge_digest(mechanism, text))
        return {
            "way": "eid",
            "certificate": base64.b64encode(credential.certificate).decode(),
            "chain": [base64.b64encode(der).decode() for der in chain],
            "signature": base64.b64encode(signature).decode(),
        }

    def log_in(self, person: Person = ADULT, generation: str = "1.8", **told: Any) -> httpx.Response:
        on_card = self.agency.pki.person(person, generation)
        return self.send(self.answer(self.ask(), on_card.authentication, on_card.chain, **told))

    def send(self, body: Any) -> httpx.Response:
        return self.client.post("/v1/sessions/login", json=body)

    def code(self) -> str:
        """Ask for a code, and take it out of the message."""
        sent = self.client.post("/v1/sessions/codes")
        assert sent.status_code == 201, sent.text
        return str(re.findall(r"\b\d{6}\b", self.messages()[-1])[0])

    def messages(self) -> list[str]:
        """Read what is in the folder, the oldest first."""
        folder = self.agency.data / "mail"
        files = sorted(folder.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns) if folder.exists() else []
        return [message_from_bytes(file.read_bytes()).get_payload(decode=True).decode() for file in files]  # type: ignore[union-attr]


Visit = Callable[..., Visitor]


@pytest.fixture
def careful(agency_server: AgencyServer) -> AgencyServer:
    """The agency, where a link does not log in."""
    settings = agency_server.office.settings
    ways = {"login": ("eid", "code"), "mail_folder": agency_server.data / "mail", "mail_from": "desk@horizon.example"}
    changed = replace(agency_server.office, settings=settings.model_copy(update=ways))
    agency_server.serve(changed)
    return agency_server


@pytest.fixture
def visit(careful: AgencyServer) -> Visit:
    def visit(person: Person = ADULT, mail: str | None = ADDRESS) -> Visitor:
        contract_id = careful.publish(person, mail=mail)
        opened = httpx.post(f"{careful.url}/v1/sessions", json={"oneTimeToken": careful.token(contract_id)}).json()
        client = httpx.Client(base_url=careful.url, headers=_bearer(opened), timeout=30)
        careful.clients.append(client)
        return Visitor(careful, contract_id, client, opened)

    return visit


def _bearer(session: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {session['accessToken']}"}


def _reads(visitor: Visitor, session: dict[str, Any]) -> httpx.Response:
    return httpx.get(f"{visitor.agency.url}/v1/contracts/{visitor.contract_id}", headers=_bearer(session))


def test_a_link_tells_which_contract_and_no_more(visit: Visit) -> None:
    visitor = visit()
    assert (visitor.opened["loggedIn"], visitor.opened["contractId"]) == (False, visitor.contract_id)
    assert visitor.opened["loginWays"] == ["eid", "code"]
    for path in ("/v1/tasks", f"/v1/contracts/{visitor.contract_id}", f"/v1/contracts/{visitor.contract_id}/document"):
        assert refused(visitor.client.get(path)) == (403, "loginNeeded")


@pytest.mark.parametrize("generation", ["1.7", "1.8"])
def test_the_eid_of_the_worker_opens_the_contract(visit: Visit, generation: str) -> None:
    visitor = visit()
    answered = visitor.log_in(generation=generation)
    assert answered.status_code == 201, answered.text
    session = answered.json()
    assert session["loggedIn"] is True
    assert _reads(visitor, session).status_code == 200
    assert refused(visitor.client.get("/v1/tasks")) == (401, "notLoggedIn")  # what the link gave is over


def test_the_receipt_tells_how_the_signer_logged_in(visit: Visit) -> None:
    visitor = visit()
    session = visitor.log_in().json()
    client = httpx.Client(base_url=visitor.agency.url, headers=_bearer(session), timeout=30)
    visitor.agency.clients.append(client)
    worker = Worker(visitor.agency, ADULT, visitor.contract_id, client, session["accessToken"])
    assert worker.signed().put().json()["receipt"]["login"] == "eid"


REFUSALS: dict[str, tuple[dict[str, Any], tuple[int, str]]] = {
    "for another server": ({"server": "evil.example"}, (403, "loginRefused")),
    "for another agency": ({"agency": "zenith"}, (403, "loginRefused")),
    "for another time": ({"issued_at": "2026-01-01T00:00:00+00:00"}, (403, "loginRefused")),
}


@pytest.mark.parametrize(("told", "refusal"), REFUSALS.values(), ids=REFUSALS)
def test_an_answer_that_was_not_meant_for_this_question_opens_nothing(
    visit: Visit, told: dict[str, Any], refusal: tuple[int, str]
) -> None:
    visitor = visit()
    assert refused(visitor.log_in(**told)) == refusal
    assert refused(visitor.client.get("/v1/tasks")) == (403, "loginNeeded")


def test_another_persons_card_opens_nothing(visit: Visit) -> None:
    assert refused(visit().log_in(ADULT_MAN)) == (403, "loginOtherPerson")


def test_the_key_that_signs_contracts_logs_nobody_in(visit: Visit, test_pki: TestPki) -> None:
    visitor, on_card = visit(), test_pki.person(ADULT)
    assert on_card.signature
    body = visitor.answer(visitor.ask(), on_card.signature, on_card.chain)
    assert refused(visitor.send(body)) == (422, "certificateRefused")


def test_a_certificate_of_nobody_that_is_trusted_opens_nothing(visit: Visit, tmp_path: Path, test_pki: TestPki) -> None:
    visitor, other = visit(), TestPki.create(tmp_path / "other").person(ADULT)
    body = visitor.answer(visitor.ask(), other.authentication, other.chain)
    assert refused(visitor.send(body)) == (422, "certificateRefused")


def test_a_question_is_answered_once(visit: Visit, test_pki: TestPki) -> None:
    visitor, on_card = visit(), test_pki.person(ADULT)
    question = visitor.ask()
    wrong = visitor.answer(question, on_card.authentication, on_card.chain, server="evil.example")
    right = visitor.answer(question, on_card.authentication, on_card.chain)
    assert refused(visitor.send(wrong)) == (403, "loginRefused")
    assert refused(visitor.send(right)) == (403, "loginRefused")


def test_a_question_of_one_session_is_not_answered_in_another(visit: Visit, test_pki: TestPki) -> None:
    asked, other, on_card = visit(), visit(), test_pki.person(ADULT)
    other.ask()
    body = asked.answer(asked.ask(), on_card.authentication, on_card.chain)
    assert refused(other.send(body)) == (403, "loginRefused")


def test_a_question_is_over_after_five_minutes(visit: Visit, test_pki: TestPki) -> None:
    visitor, on_card = visit(), test_pki.person(ADULT)
    body = visitor.answer(visitor.ask(), on_card.authentication, on_card.chain)
    visitor.agency.clock.turn(timedelta(minutes=5))
    assert refused(visitor.send(body)) == (403, "loginRefused")


def test_what_only_locates_is_over_after_half_an_hour(visit: Visit) -> None:
    visitor = visit()
    visitor.agency.clock.turn(timedelta(minutes=30))
    assert refused(visitor.client.post("/v1/sessions/challenge")) == (401, "notLoggedIn")


def test_after_ten_failed_tries_the_link_is_spent(visit: Visit) -> None:
    visitor = visit()
    for _ in range(10):
        assert refused(visitor.log_in(server="evil.example")) == (403, "loginRefused")
    assert refused(visitor.client.post("/v1/sessions/challenge")) == (429, "tooMany")


def test_a_code_by_mail_opens_the_contract_once(visit: Visit) -> None:
    visitor = visit()
    code = visitor.code()
    session = visitor.send({"way": "code", "code": code}).json()
    assert _reads(visitor, session).status_code == 200
    again = visit_same(visitor)
    assert refused(again.send({"way": "code", "code": code})) == (403, "codeEnded")


def visit_same(before: Visitor) -> Visitor:
    """Open another link of the same contract."""
    token = before.agency.token(before.contract_id)
    opened = httpx.post(f"{before.agency.url}/v1/sessions", json={"oneTimeToken": token}).json()
    client = httpx.Client(base_url=before.agency.url, headers=_bearer(opened), timeout=30)
    before.agency.clients.append(client)
    return Visitor(before.agency, before.contract_id, client, opened)


def test_the_message_says_the_code_and_nothing_of_the_contract_or_the_number(visit: Visit) -> None:
    visitor = visit()
    told = visitor.client.post("/v1/sessions/codes").json()
    (message,) = visitor.messages()
    assert told["mail"] == "j…@post.example"
    assert len(re.findall(r"\b\d{6}\b", message)) == 1
    for secret in (ADULT.national_number, "Delfour", visitor.contract_id, "16.42"):
        assert secret not in message


def test_a_code_is_not_found_by_trying(visit: Visit) -> None:
    visitor = visit()
    code = visitor.code()
    wrong = f"{(int(code) + 1) % 10**6:06}"
    for _ in range(5):
        assert refused(visitor.send({"way": "code", "code": wrong})) == (403, "codeWrong")
    assert refused(visitor.send({"way": "code", "code": code})) == (403, "codeEnded")
    assert refused(visit_same(visitor).send({"way": "code", "code": code})) == (403, "codeEnded")


def test_a_code_is_over_after_ten_minutes_and_when_another_was_sent(visit: Visit) -> None:
    visitor = visit()
    old = visitor.code()
    new = visitor.code()
    if old != new:
        assert refused(visitor.send({"way": "code", "code": old})) == (403, "codeWrong")
    visitor.agency.clock.turn(timedelta(minutes=10))
    assert refused(visitor.send({"way": "code", "code": new})) == (403, "codeEnded")


def test_a_mailbox_is_not_filled_by_a_link(visit: Visit) -> None:
    visitor = visit()
    for _ in range(6):
        visitor.code()
    assert refused(visitor.client.post("/v1/sessions/codes")) == (429, "tooMany")
    assert refused(visit_same(visitor).client.post("/v1/sessions/codes")) == (429, "tooMany")
    assert len(visitor.messages()) == 6


def test_without_an_address_there_is_no_code(visit: Visit) -> None:
    visitor = visit(mail=None)
    assert visitor.opened["loginWays"] == ["eid"]
    assert refused(visitor.client.post("/v1/sessions/codes")) == (403, "loginWay")


def test_each_log_in_is_on_record_without_a_name_or_a_code(visit: Visit) -> None:
    visitor = visit()
    visitor.log_in(ADULT_MAN)
    code = visitor.code()
    visitor.log_in()
    with visitor.agency.office.store.reading() as session:
        rows = session.query(AuditRow).filter_by(contract_id=visitor.contract_id).order_by(AuditRow.sequence).all()
    told = [(row.happening, row.facts) for row in rows][2:]
    assert [happening for happening, _ in told] == ["located", "loginRefused", "codeSent", "loggedIn"]
    assert '"because": "loginOtherPerson"' in told[1][1]
    assert '"method": "eid"' in told[3][1]
    assert not any(code in facts or ADULT.national_number in facts for _, facts in told)
