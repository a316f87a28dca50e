"""What pyHanko asks goes through our own door: known hosts, limits, no personal data in addresses, answers kept."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import x509 as asn1
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import RevokedError, ValidationError

from eidcard.simulator.people import ADULT, REVOKED
from eidcard.simulator.pki import PersonCredentials, TestPki
from signer.errors import ErrorCode, SignerError
from signer.trust.answers import Answers
from signer.trust.fetchers import Asking, TrustFetchers
from signer.trust.services import Service, ServiceDoor
from signer.trust.time_stamps import HttpTimeStamper

LOOPBACK = ServiceDoor(frozenset({"127.0.0.1"}))


@dataclass
class SetClock:
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def adult(served_pki: TestPki) -> PersonCredentials:
    return served_pki.person(ADULT)


def validate(person: PersonCredentials, asking: Asking, others: tuple[bytes, ...] | None = None) -> None:
    assert person.signature
    context = ValidationContext(
        trust_roots=[asn1.Certificate.load(person.root)],
        other_certs=[asn1.Certificate.load(der) for der in (others if others is not None else (person.ca,))],
        fetchers=asking.fetchers(),
        allow_fetching=True,
        revocation_mode="require",
    )
    certificate = asn1.Certificate.load(person.signature.certificate)
    validator = CertificateValidator(certificate, validation_context=context)
    asyncio.run(validator.async_validate_usage({"non_repudiation"}))  # type: ignore[no-untyped-call]  # pyHanko's


def begin(clock: SetClock | None = None, folder: Path | None = None, door: ServiceDoor = LOOPBACK) -> Asking:
    return TrustFetchers(door, Answers(folder), clock or SetClock()).asking()


def test_a_good_certificate_is_validated_by_ocsp_alone(adult: PersonCredentials) -> None:
    asking = begin()
    validate(adult, asking)
    assert [each.service for each in asking.evidence] == [Service.OCSP, Service.OCSP]  # the authority, the person


def test_a_revoked_certificate_is_found_out(served_pki: TestPki) -> None:
    with pytest.raises(RevokedError):
        validate(served_pki.person(REVOKED), begin())


def test_an_issuer_that_the_card_does_not_give_is_fetched(adult: PersonCredentials) -> None:
    asking = begin()
    validate(adult, asking, others=())
    assert len(asking.evidence) == 2


def test_hosts_that_are_not_known_are_not_asked(adult: PersonCredentials) -> None:
    asking = begin(door=ServiceDoor.belgian())
    with pytest.raises(ValidationError):
        validate(adult, asking)
    assert asking.evidence == []
    assert asking.because is ErrorCode.SERVICE_GARBLED


def test_answers_are_asked_for_once_until_they_are_old(
    served_pki: TestPki, adult: PersonCredentials, tmp_path: Path
) -> None:
    clock = SetClock()
    first = begin(clock, tmp_path)
    validate(adult, first)
    first.keep()

    again = begin(clock, tmp_path, ServiceDoor(frozenset()))  # another process, and no network
    validate(adult, again)

    assert [each.content for each in again.evidence] == [each.content for each in first.evidence]
    clock.at += timedelta(minutes=11)  # the responder's answers are good for ten
    late = begin(clock, tmp_path, ServiceDoor(frozenset()))
    with pytest.raises(ValidationError):
        validate(adult, late)
    late.keep()
    assert "answer" in next(iter(tmp_path.iterdir())).suffix


def test_no_file_name_tells_whose_answer_it_is(adult: PersonCredentials, tmp_path: Path) -> None:
    asking = begin(folder=tmp_path)
    validate(adult, asking)
    asking.keep()
    names = " ".join(path.name for path in tmp_path.iterdir())
    assert names
    assert adult.person.national_number not in names
    assert f"{asn1.Certificate.load(_leaf(adult)).serial_number:x}" not in names


def _leaf(person: PersonCredentials) -> bytes:
    assert person.signature
    return person.signature.certificate


@pytest.fixture
def stampers(served_pki: TestPki) -> list[HttpTimeStamper]:
    return [HttpTimeStamper(url, ServiceDoor(frozenset())) for url in served_pki.time_stamp_urls]


def test_a_time_stamp_is_over_what_was_asked(stampers: list[HttpTimeStamper]) -> None:
    for stamper in stampers:
        token = asyncio.run(stamper.async_timestamp(b"\x07" * 48, "sha384"))
        stamp = token["content"]["encap_content_info"]["content"].parsed
        assert stamp["message_imprint"]["hashed_message"].native == b"\x07" * 48
        assert abs(stamp["gen_time"].native - datetime.now(UTC)) < timedelta(minutes=1)


def test_no_time_stamp_service_is_an_error_of_the_network() -> None:
    stamper = HttpTimeStamper("http://127.0.0.1:1/tsa", ServiceDoor(frozenset()))
    with pytest.raises(SignerError) as caught:
        asyncio.run(stamper.async_timestamp(b"\x07" * 32, "sha256"))
    assert caught.value.code is ErrorCode.NETWORK_UNREACHABLE
