"""The test PKI: marked TEST, shaped as real eID certificates, and taken by OpenSSL."""

from __future__ import annotations

import stat
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from eidcard.identity import is_national_number
from eidcard.simulator import profiles
from eidcard.simulator.people import (
    ADULT,
    APOSTROPHE,
    BIS,
    EXPIRED,
    FOREIGNER,
    LONG_NAME,
    MINOR,
    PEOPLE,
    REVOKED,
    SUSPENDED,
    Person,
    Revocation,
    national_number,
)
from eidcard.simulator.pki import TestPki
from eidcard.simulator.profiles import Generation
from signer import certificates

GENERATIONS = list(Generation)


def test_a_bis_number_has_forty_more_than_the_month() -> None:
    assert BIS.national_number[:6] == f"{BIS.birth_date:%y}{BIS.birth_date.month + 40}{BIS.birth_date:%d}"
    assert is_national_number(BIS.national_number)


def test_national_numbers_pass_their_check_on_both_sides_of_2000() -> None:
    for person in PEOPLE.values():
        number = person.national_number
        century = "2" if person.birth_date.year >= 2000 else ""
        assert int(number[9:]) == 97 - int(century + number[:9]) % 97

    assert {person.birth_date.year >= 2000 for person in PEOPLE.values()} == {True, False}


def test_a_national_number_starts_with_the_birth_date() -> None:
    assert national_number(APOSTROPHE.birth_date, 995).startswith("010815995")


@pytest.mark.parametrize("generation", GENERATIONS)
def test_openssl_verifies_the_chain_of_both_certificates(
    test_pki: TestPki, tmp_path: Path, generation: Generation
) -> None:
    credentials = test_pki.person(ADULT, generation)
    assert credentials.signature is not None

    leaves = (credentials.signature.certificate, credentials.authentication.certificate)
    verdicts = [_openssl_verify(tmp_path, leaf, credentials.ca, credentials.root) for leaf in leaves]

    assert [verdict.returncode for verdict in verdicts] == [0, 0]


def test_openssl_refuses_a_chain_to_the_other_root(test_pki: TestPki, tmp_path: Path) -> None:
    old, new = (test_pki.person(ADULT, generation) for generation in profiles.ISSUING)

    verdict = _openssl_verify(tmp_path, new.authentication.certificate, new.ca, old.root)

    assert verdict.returncode != 0


@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_signature_certificate_is_for_non_repudiation_alone(test_pki: TestPki, generation: Generation) -> None:
    credentials = test_pki.person(ADULT, generation)
    assert credentials.signature is not None

    usage = _parsed(credentials.signature.certificate).extensions.get_extension_for_class(x509.KeyUsage)

    assert usage.critical
    assert usage.value.content_commitment
    assert not usage.value.digital_signature
    assert (
        _parsed(credentials.authentication.certificate)
        .extensions.get_extension_for_class(x509.KeyUsage)
        .value.digital_signature
    )


def test_the_signature_certificate_names_policy_services_and_qualified_statements(test_pki: TestPki) -> None:
    credentials = test_pki.person(ADULT)
    assert credentials.signature is not None

    extensions = _parsed(credentials.signature.certificate).extensions

    policies = extensions.get_extension_for_class(x509.CertificatePolicies).value
    assert [policy.policy_identifier.dotted_string for policy in policies] == ["2.16.56.12.1.1.2.1"]
    methods = {
        access.access_method for access in extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    }
    assert methods == {AuthorityInformationAccessOID.OCSP, AuthorityInformationAccessOID.CA_ISSUERS}
    assert len(extensions.get_extension_for_class(x509.CRLDistributionPoints).value) == 1
    statements = extensions.get_extension_for_oid(x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3")).value
    assert isinstance(statements, x509.UnrecognizedExtension)
    assert x509.ObjectIdentifier("0.4.0.1862.1.4").dotted_string in _oids(statements.value)


def test_nothing_in_a_certificate_leads_to_a_real_host(test_pki: TestPki) -> None:
    credentials = test_pki.person(ADULT)
    assert credentials.signature is not None

    urls = credentials.signature.certificate.split(b"http://")[1:]

    assert urls
    assert all(url.startswith(b"pki.test.invalid/") for url in urls)


@pytest.mark.parametrize("who", ["default", "greek", "apostrophe"])
def test_the_subject_holds_name_and_number_of_the_person(test_pki: TestPki, who: str) -> None:
    someone = PEOPLE[who]
    signature = test_pki.person(someone).signature
    assert signature is not None

    subject = _parsed(signature.certificate).subject

    values = {attribute.oid: attribute.value for attribute in subject}
    assert values[NameOID.COMMON_NAME] == f"{someone.first_name} {someone.surname} (Signature)"
    assert (values[NameOID.GIVEN_NAME], values[NameOID.SURNAME]) == (someone.given_names, someone.surname)
    assert values[NameOID.SERIAL_NUMBER] == someone.national_number


@pytest.mark.parametrize("generation", GENERATIONS)
def test_every_issuer_is_marked_test(test_pki: TestPki, generation: Generation) -> None:
    credentials = test_pki.person(ADULT, generation)

    chain = (credentials.authentication.certificate, *credentials.chain)

    assert all(certificates.is_test((certificate,)) for certificate in chain)


def test_each_generation_has_its_own_kind_of_key_and_root(test_pki: TestPki) -> None:
    keys = {generation: test_pki.person(ADULT, generation).authentication.key for generation in GENERATIONS}

    assert isinstance(keys[Generation.V1_7], rsa.RSAPrivateKey)
    assert isinstance(keys[Generation.V1_8], ec.EllipticCurvePrivateKey)
    assert len(set(test_pki.roots)) == 2


def test_a_minor_has_no_signature_certificate(test_pki: TestPki) -> None:
    assert test_pki.person(MINOR).signature is None


def test_an_expired_person_has_certificates_of_the_past(test_pki: TestPki) -> None:
    signature = test_pki.person(EXPIRED).signature
    assert signature is not None

    assert _parsed(signature.certificate).not_valid_after_utc < datetime.now(UTC)


def test_a_person_stays_the_same_when_the_folder_is_used_again(test_pki: TestPki) -> None:
    first = test_pki.person(ADULT)

    again = TestPki.load(test_pki.folder).person(ADULT)

    assert again.authentication.certificate == first.authentication.certificate
    assert again.chain == first.chain


def test_whoever_issues_a_person_second_takes_what_the_first_made(
    test_pki: TestPki, monkeypatch: pytest.MonkeyPatch
) -> None:
    describe, firsts = profiles.person_certificates, []

    def overtaken(person: Person, generation: Generation, now: datetime) -> dict[str, profiles.Config]:
        monkeypatch.setattr(profiles, "person_certificates", describe)
        firsts.append(TestPki.load(test_pki.folder).person(person, generation))
        return describe(person, generation, now)

    monkeypatch.setattr(profiles, "person_certificates", overtaken)
    second = test_pki.person(replace(ADULT, id="raced"))

    assert [first.authentication.certificate for first in firsts] == [second.authentication.certificate]
    assert not list((test_pki.folder / "people").glob("tmp*"))


def test_no_private_key_can_be_read_by_others(test_pki: TestPki) -> None:
    test_pki.person(ADULT)

    modes = {stat.S_IMODE(path.stat().st_mode) for path in test_pki.folder.rglob("*.key.pem")}

    assert modes == {0o600}


def test_the_agency_seal_is_a_key_with_a_chain_that_openssl_takes(test_pki: TestPki, tmp_path: Path) -> None:
    files = test_pki.agency_seal
    key = serialization.load_pem_private_key(files.key.read_bytes(), password=None)
    leaf, ca, root = x509.load_pem_x509_certificates(files.chain.read_bytes())

    encoded = [_der(certificate) for certificate in (leaf, ca, root)]

    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert key.public_key() == leaf.public_key()
    assert _openssl_verify(tmp_path, *encoded).returncode == 0
    assert encoded[-1] in test_pki.roots


def test_an_authority_signs_a_revocation_list_that_is_current(test_pki: TestPki) -> None:
    credentials = test_pki.person(ADULT)

    crl = x509.load_der_x509_crl(test_pki.crl("citizen-ca-1.8"))

    issuer_key = _parsed(credentials.ca).public_key()
    assert isinstance(issuer_key, ec.EllipticCurvePublicKey)
    assert crl.is_signature_valid(issuer_key)
    assert crl.next_update_utc is not None
    assert crl.next_update_utc > datetime.now(UTC)


@pytest.mark.parametrize(
    ("person", "reason"),
    [
        (REVOKED, x509.ReasonFlags.key_compromise),
        (SUSPENDED, x509.ReasonFlags.certificate_hold),
        (replace(FOREIGNER, revocation=Revocation.REVOKED), x509.ReasonFlags.key_compromise),
        (ADULT, None),
    ],
    ids=["revoked", "suspended", "revoked foreigner", "good"],
)
@pytest.mark.parametrize("generation", profiles.ISSUING)
def test_a_revocation_list_names_the_certificates_of_who_is_on_it(
    test_pki: TestPki, person: Person, reason: x509.ReasonFlags | None, generation: Generation
) -> None:
    credentials = test_pki.person(person, generation)
    assert credentials.signature is not None

    crl = x509.load_der_x509_crl(test_pki.crl(profiles.issuer_label(person, generation)))

    for credential in (credentials.signature, credentials.authentication):
        entry = crl.get_revoked_certificate_by_serial_number(_parsed(credential.certificate).serial_number)
        assert (entry is None) == (reason is None)
        if entry is not None:
            assert entry.revocation_date_utc < crl.last_update_utc
            assert entry.extensions.get_extension_for_class(x509.CRLReason).value.reason is reason


@pytest.mark.parametrize("generation", profiles.ISSUING)
def test_another_authority_issues_foreigners_certificates(test_pki: TestPki, generation: Generation) -> None:
    foreigner, citizen = (test_pki.person(person, generation) for person in (FOREIGNER, ADULT))
    assert foreigner.signature is not None
    issuer = _parsed(foreigner.signature.certificate).issuer
    assert issuer == _parsed(foreigner.ca).subject
    assert [name.value for name in issuer.get_attributes_for_oid(NameOID.COMMON_NAME)] == ["TEST Foreigner CA"]
    assert foreigner.ca != citizen.ca
    assert foreigner.root == citizen.root


def test_a_foreigner_s_certificates_have_policies_of_their_own(test_pki: TestPki) -> None:
    credentials = test_pki.person(FOREIGNER)
    assert credentials.signature is not None

    policies = [
        _parsed(credential.certificate).extensions.get_extension_for_class(x509.CertificatePolicies).value
        for credential in (credentials.signature, credentials.authentication)
    ]

    assert [policy.policy_identifier.dotted_string for (policy,) in policies] == [
        "2.16.56.12.1.1.7.1",
        "2.16.56.12.1.1.7.2",
    ]


def test_a_long_name_is_cut_in_the_common_name_alone(test_pki: TestPki, tmp_path: Path) -> None:
    credentials = test_pki.person(LONG_NAME)
    assert credentials.signature is not None

    names = {attribute.oid: attribute.value for attribute in _parsed(credentials.signature.certificate).subject}

    assert len(str(names[NameOID.COMMON_NAME]).encode()) == 64
    assert str(names[NameOID.COMMON_NAME]).endswith(" (Signature)")
    assert (names[NameOID.GIVEN_NAME], names[NameOID.SURNAME]) == (LONG_NAME.given_names, LONG_NAME.surname)
    assert (
        _openssl_verify(tmp_path, credentials.signature.certificate, credentials.ca, credentials.root).returncode == 0
    )


def _openssl_verify(folder: Path, leaf: bytes, ca: bytes, root: bytes) -> subprocess.CompletedProcess[bytes]:
    for name, der in (("leaf", leaf), ("ca", ca), ("root", root)):
        (folder / f"{name}.pem").write_bytes(_parsed(der).public_bytes(serialization.Encoding.PEM))
    command = ["openssl", "verify", "-x509_strict", "-CAfile", "root.pem", "-untrusted", "ca.pem", "leaf.pem"]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False)


def _parsed(der: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(der)


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def _oids(der: bytes) -> str:
    return subprocess.run(
        ["openssl", "asn1parse", "-inform", "DER"], input=der, capture_output=True, check=True
    ).stdout.decode()
