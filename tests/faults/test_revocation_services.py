"""Services that are down, slow or lying: a lie is as good as no answer, and the truth is found where it is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from eidcard.simulator.people import ADULT, REVOKED, SUSPENDED, Person
from eidcard.simulator.pki import TestPki
from signer.clock import SystemClock
from signer.errors import ErrorCode, SignerError
from signer.http import Limits
from signer.trust.anchors import TrustPolicy, chain_to_root
from signer.trust.answers import Answers
from signer.trust.fetchers import TrustFetchers
from signer.trust.revocation import BackgroundCheck, check_revocation
from signer.trust.services import Service, ServiceDoor
from signer.trust.standing import Revocation, Status
from signer.way import Way
from tests.lying_services import CRL, EVERYWHERE, OCSP, LyingServices, lying_services

SHORT = Limits(connect_s=1, read_s=0.3, total_s=0.5, answer=64 * 1024)
DOOR = replace(ServiceDoor(frozenset({"127.0.0.1"})), limits=dict.fromkeys(Service, SHORT))
WHAT_IS_TRUE = {ADULT: Status.GOOD, REVOKED: Status.REVOKED, SUSPENDED: Status.SUSPENDED}
BECAUSE = {"down": ErrorCode.SERVICE_GARBLED, "slow": ErrorCode.NETWORK_TIMEOUT}


@pytest.fixture(scope="module")
def liar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LyingServices]:
    with lying_services(tmp_path_factory.mktemp("lying") / "pki") as liar:
        yield liar


@pytest.fixture(autouse=True)
def _honest_again(liar: LyingServices) -> Iterator[None]:
    yield
    liar.lies.clear()
    liar.requests.clear()


def chain_of(pki: TestPki, person: Person) -> tuple[bytes, ...]:
    credentials = pki.person(person)
    assert credentials.signature
    policy = TrustPolicy(frozenset(), test_roots=pki.roots)
    return chain_to_root(policy, credentials.signature.certificate, credentials.chain, datetime.now(UTC)).certificates


def learn(liar: LyingServices, person: Person, answers: Answers | None = None, door: ServiceDoor = DOOR) -> Revocation:
    fetchers = TrustFetchers(door, answers or Answers(), SystemClock())
    return check_revocation(chain_of(liar.pki, person), fetchers, datetime.now(UTC))


@pytest.mark.parametrize("person", WHAT_IS_TRUE)
def test_ocsp_is_asked_first_and_is_enough(liar: LyingServices, person: Person) -> None:
    learned = learn(liar, person).certificates[0]
    assert (learned.status, learned.service, learned.host) == (WHAT_IS_TRUE[person], "OCSP", "127.0.0.1")
    assert learned.as_of
    assert abs(datetime.now(UTC) - learned.as_of) < timedelta(minutes=1)
    assert (learned.since is None) is (person is ADULT)
    assert not [request for request in liar.requests if "/crls/" in request]


@pytest.mark.parametrize("person", [ADULT, REVOKED])
@pytest.mark.parametrize("lie", OCSP)
def test_where_the_responder_lies_the_list_tells(liar: LyingServices, lie: str, person: Person) -> None:
    liar.lies["ocsp"] = OCSP[lie]
    learned = learn(liar, person).certificates[0]
    assert (learned.status, learned.service) == (WHAT_IS_TRUE[person], "CRL")


@pytest.mark.parametrize("lie", CRL)
def test_where_both_lie_it_is_unknown_and_nobody_is_refused(liar: LyingServices, lie: str) -> None:
    liar.lies |= {"ocsp": OCSP[lie], "crls": CRL[lie]}
    learned = learn(liar, REVOKED)
    assert learned.certificates[0].status is Status.UNKNOWN
    assert learned.because is BECAUSE.get(lie, ErrorCode.SERVICE_GARBLED)
    assert not learned.known
    learned.require_not_revoked()


@pytest.mark.parametrize("lie", [lie for lie in OCSP if lie not in EVERYWHERE])
def test_a_lie_is_never_remembered(liar: LyingServices, lie: str, tmp_path: Path) -> None:
    answers = Answers(tmp_path)
    liar.lies |= {"ocsp": OCSP[lie], "crls": EVERYWHERE["down"]}
    learn(liar, ADULT, answers)
    liar.lies.clear()
    assert learn(liar, ADULT, answers).certificates[0].service == "OCSP"


def test_a_withdrawn_card_is_not_remembered_so_that_a_suspension_can_end(liar: LyingServices, tmp_path: Path) -> None:
    answers = Answers(tmp_path)
    learn(liar, SUSPENDED, answers)
    liar.lies |= {"ocsp": EVERYWHERE["down"], "crls": EVERYWHERE["down"]}
    assert learn(liar, SUSPENDED, answers).certificates[0].status is Status.UNKNOWN


@pytest.mark.parametrize(
    ("person", "code"),
    [(REVOKED, ErrorCode.CERTIFICATE_REVOKED), (SUSPENDED, ErrorCode.CERTIFICATE_SUSPENDED)],
)
def test_withdrawn_and_suspended_are_told_apart(liar: LyingServices, person: Person, code: ErrorCode) -> None:
    with pytest.raises(SignerError) as caught:
        learn(liar, person).require_not_revoked()
    assert caught.value.code is code


def test_without_a_network_it_is_unknown(liar: LyingServices) -> None:
    learned = learn(liar, ADULT, door=replace(DOOR, way=Way({}), hosts=frozenset()))
    assert [each.status for each in learned.certificates] == [Status.UNKNOWN, Status.UNKNOWN]


def test_no_address_holds_anything_of_the_person(liar: LyingServices) -> None:
    liar.lies["ocsp"] = OCSP["try later"]
    learn(liar, ADULT)
    asked = set(liar.requests)
    assert asked == {
        "POST /test-eid/ocsp/citizen-ca-1.8?",
        "GET /test-eid/crls/citizen-ca-1.8/latest.crl?",
        "POST /test-eid/ocsp/root-1.8?",
    }


def test_a_slow_service_keeps_nobody_waiting(liar: LyingServices) -> None:
    liar.lies["ocsp"] = EVERYWHERE["slow"]
    patient = replace(DOOR, limits=dict.fromkeys(Service, replace(SHORT, read_s=30, total_s=30)))
    fetchers = TrustFetchers(patient, Answers(), SystemClock())
    check = BackgroundCheck(chain_of(liar.pki, REVOKED), fetchers, datetime.now(UTC))
    assert check.result(0.1) is None
    liar.over.set()  # the service answers at last, with rubbish; the list tells
    late = check.result(20)
    liar.over.clear()
    assert late
    assert late.certificates[0].status is Status.REVOKED


def test_the_page_on_trust_has_each_lie_in_its_tables() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "trust.md").read_text("utf-8")
    _, responder, lists = re.split(r"^\| the (?:responder|list) \([A-Z]+\) .*$", page, flags=re.MULTILINE)
    named = [
        set(re.findall(r"^\| ([a-z][a-z ']+) \|", table.split("\n\n")[0], re.MULTILINE)) for table in (responder, lists)
    ]
    assert named == [set(OCSP), set(CRL)]
