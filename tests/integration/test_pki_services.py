"""The test PKI's services answer as a real PKI's do, by OpenSSL's judgement."""

from __future__ import annotations

import subprocess
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID

from eidcard.simulator import profiles
from eidcard.simulator.people import ADULT, REVOKED, SUSPENDED, Person
from eidcard.simulator.pki import PersonCredentials, TestPki


def leaf_of(credentials: PersonCredentials) -> bytes:
    assert credentials.signature is not None
    return credentials.signature.certificate


def addresses(certificate: bytes, method: x509.ObjectIdentifier) -> list[str]:
    extensions = x509.load_der_x509_certificate(certificate).extensions
    access = extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    return [each.access_location.value for each in access if each.access_method == method]


def openssl(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("person", "answer"),
    [(ADULT, ": good"), (REVOKED, "keyCompromise"), (SUSPENDED, "certificateHold")],
    ids=["good", "revoked", "suspended"],
)
@pytest.mark.parametrize("generation", profiles.ISSUING)
def test_each_person_is_answered_for_by_the_authority_s_responder(
    served_pki: TestPki, tmp_path: Path, generation: profiles.Generation, person: Person, answer: str
) -> None:
    credentials = served_pki.person(person, generation)
    for name, der in (("leaf", leaf_of(credentials)), ("ca", credentials.ca), ("root", credentials.root)):
        pem = x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)
        (tmp_path / f"{name}.pem").write_bytes(pem)

    (url,) = addresses(leaf_of(credentials), AuthorityInformationAccessOID.OCSP)
    said = openssl(tmp_path, "ocsp", *("-issuer", "ca.pem", "-cert", "leaf.pem", "-url", url, "-CAfile", "root.pem"))

    assert "Response verify OK" in said
    assert answer in said


def test_lists_and_issuers_are_where_the_certificate_says(served_pki: TestPki) -> None:
    credentials = served_pki.person(REVOKED)
    leaf = x509.load_der_x509_certificate(leaf_of(credentials))
    (point,) = leaf.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert point.full_name
    (issuer,) = addresses(leaf_of(credentials), AuthorityInformationAccessOID.CA_ISSUERS)

    with urlopen(point.full_name[0].value) as answer:
        found = x509.load_der_x509_crl(answer.read())
    with urlopen(issuer) as answer:
        ca = answer.read()

    assert found.get_revoked_certificate_by_serial_number(leaf.serial_number)
    assert ca == credentials.ca


def test_both_time_stamp_services_give_stamps_that_openssl_takes(served_pki: TestPki, tmp_path: Path) -> None:
    root = x509.load_der_x509_certificate(served_pki.person(ADULT).root)
    (tmp_path / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    (tmp_path / "data").write_bytes(b"what is stamped")
    openssl(tmp_path, "ts", "-query", "-data", "data", "-cert", "-sha256", "-out", "query")
    query = (tmp_path / "query").read_bytes()

    verdicts = []
    for url in served_pki.time_stamp_urls:
        request = Request(url, data=query, headers={"Content-Type": "application/timestamp-query"})
        with urlopen(request) as answer:
            (tmp_path / "reply").write_bytes(answer.read())
        verify = ("ts", "-verify", "-queryfile", "query", "-in", "reply", "-CAfile", "root.pem")
        verdicts.append("Verification: OK" in openssl(tmp_path, *verify))

    assert verdicts == [True, True]
