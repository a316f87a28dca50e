"""Roots are believed for their keys; a certificate's way to one is judged at one moment."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from eidcard.simulator.people import ADULT, EXPIRED
from eidcard.simulator.pki import PersonCredentials, TestPki
from signer.errors import ErrorCode, SignerError
from signer.trust.anchors import Origin, TrustPolicy, chain_to_root
from signer.trust.qualified import claims_qualified

NOW = datetime.now(UTC)
YEARS = timedelta(days=366)


@pytest.fixture(params=["1.7", "1.8"], ids=["RSA-2048", "P-384"])
def adult(test_pki: TestPki, request: pytest.FixtureRequest) -> PersonCredentials:
    return test_pki.person(ADULT, request.param)


@pytest.fixture
def demo(test_pki: TestPki) -> TrustPolicy:
    return TrustPolicy(TrustPolicy.load().pins, test_roots=test_pki.roots)


def certificate_of(person: PersonCredentials) -> bytes:
    assert person.signature is not None
    return person.signature.certificate


def pin_of(certificate: bytes) -> bytes:
    key = x509.load_der_x509_certificate(certificate).public_key()
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()


def obstacle(policy: TrustPolicy, certificate: bytes, others: tuple[bytes, ...], at: datetime = NOW) -> SignerError:
    with pytest.raises(SignerError) as caught:
        chain_to_root(policy, certificate, others, at)
    return caught.value


def test_the_pins_are_the_four_living_belgian_roots_two_of_which_share_a_key() -> None:
    assert {pin.hex()[:8] for pin in TrustPolicy.load().pins} == {"c7bc5e49", "b1538a90", "894ad223"}


def test_the_demo_world_believes_its_roots_and_shouts(adult: PersonCredentials, demo: TrustPolicy) -> None:
    chain = chain_to_root(demo, certificate_of(adult), (adult.ca,), NOW)
    assert chain.origin is Origin.TEST
    assert chain.certificates == (certificate_of(adult), adult.ca, adult.root)
    assert chain.root_name in demo.shouts
    assert not chain.revocation_checked


def test_outside_the_demo_world_a_test_root_is_nothing(adult: PersonCredentials) -> None:
    found = obstacle(TrustPolicy.load(), certificate_of(adult), adult.chain)
    assert found.code is ErrorCode.CERTIFICATE_UNTRUSTED


def test_a_root_that_came_along_is_believed_when_its_key_is_pinned(adult: PersonCredentials) -> None:
    policy = TrustPolicy(frozenset({pin_of(adult.root)}))
    assert chain_to_root(policy, certificate_of(adult), adult.chain, NOW).origin is Origin.BELGIAN
    assert policy.shouts == ()


def test_a_pinned_key_in_somebody_elses_certificate_is_not_believed(adult: PersonCredentials) -> None:
    root = x509.load_der_x509_certificate(adult.root)
    key, start = ec.generate_private_key(ec.SECP256R1()), root.not_valid_before_utc
    public = root.public_key()
    builder = x509.CertificateBuilder(root.subject, root.subject, public, 1, start, NOW + 50 * YEARS)
    forged = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    policy = TrustPolicy(frozenset({pin_of(forged)}))
    assert pin_of(forged) == pin_of(adult.root)
    assert policy.origin_of(forged) is None


def test_an_extra_root_is_believed_loudly(adult: PersonCredentials, tmp_path: Path) -> None:
    pem, der = tmp_path / "root.pem", tmp_path / "root.der"
    pem.write_bytes(x509.load_der_x509_certificate(adult.root).public_bytes(Encoding.PEM))
    der.write_bytes(adult.root)
    for path in (pem, der):
        policy = TrustPolicy.load(extra_roots=(path,))
        chain = chain_to_root(policy, certificate_of(adult), (adult.ca,), NOW)
        assert chain.origin is Origin.EXTRA
        assert policy.shouts == (chain.root_name,)


def test_a_root_file_that_is_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "root.pem"
    path.write_text("no certificate")
    with pytest.raises(SignerError, match=r"root\.pem") as caught:
        TrustPolicy.load(extra_roots=(path,))
    assert caught.value.code is ErrorCode.SETTINGS_BROKEN


def test_a_missing_issuer_breaks_the_chain(adult: PersonCredentials, demo: TrustPolicy) -> None:
    assert obstacle(demo, certificate_of(adult), ()).code is ErrorCode.CERTIFICATE_UNTRUSTED


def test_the_authentication_certificate_is_not_for_signing(adult: PersonCredentials, demo: TrustPolicy) -> None:
    found = obstacle(demo, adult.authentication.certificate, adult.chain)
    assert found.code is ErrorCode.CERTIFICATE_NOT_FOR_SIGNING


def test_validity_is_judged_at_the_moment_that_is_asked_about(
    adult: PersonCredentials, demo: TrustPolicy, test_pki: TestPki
) -> None:
    late = obstacle(demo, certificate_of(adult), adult.chain, NOW + 6 * YEARS)
    early = obstacle(demo, certificate_of(adult), adult.chain, NOW - 6 * YEARS)
    expired = test_pki.person(EXPIRED, adult.generation)
    assert late.code is ErrorCode.CERTIFICATE_EXPIRED
    assert early.code is ErrorCode.CERTIFICATE_NOT_YET_VALID
    assert obstacle(demo, certificate_of(expired), expired.chain).code is ErrorCode.CERTIFICATE_EXPIRED
    assert chain_to_root(demo, certificate_of(expired), expired.chain, NOW - 2 * YEARS).origin is Origin.TEST


def test_an_expired_root_vouches_for_nobody() -> None:
    issuer = ec.generate_private_key(ec.SECP256R1())
    for root_ends, believed in ((NOW + YEARS, True), (NOW - timedelta(days=1), False)):
        root = issued("TEST Root", issuer, issuer, root_ends)
        leaf = issued("TEST Signer", ec.generate_private_key(ec.SECP256R1()), issuer, NOW + YEARS)
        policy = TrustPolicy(frozenset(), extra_roots=(root,))
        if believed:
            assert chain_to_root(policy, leaf, (), NOW).origin is Origin.EXTRA
        else:
            assert obstacle(policy, leaf, ()).code is ErrorCode.CERTIFICATE_UNTRUSTED


def issued(name: str, key: ec.EllipticCurvePrivateKey, issuer: ec.EllipticCurvePrivateKey, ends: datetime) -> bytes:
    is_root = key is issuer
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=not is_root,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_root,
        crl_sign=is_root,
        encipher_only=False,
        decipher_only=False,
    )
    subject, by = (x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, each)]) for each in (name, "TEST Root"))
    builder = x509.CertificateBuilder(by, subject, key.public_key(), x509.random_serial_number(), NOW - 2 * YEARS, ends)
    builder = builder.add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
    return builder.add_extension(usage, critical=True).sign(issuer, hashes.SHA256()).public_bytes(Encoding.DER)


# Two certificates of one root's key, as Belgian roots 4 and 4b have: the older ends in 2028, the newer in 2032.
ROOT_KEY, LEAF_KEY = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
IN_2028, IN_2032 = datetime(2028, 1, 28, tzinfo=UTC), datetime(2032, 10, 22, tzinfo=UTC)
FOUR, FOUR_B = (issued("TEST Root", ROOT_KEY, ROOT_KEY, ends) for ends in (IN_2028, IN_2032))
SIGNER = issued("TEST Signer", LEAF_KEY, ROOT_KEY, datetime(2040, 1, 1, tzinfo=UTC))
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("at", "on_card", "root"),
    [
        (IN_2028 - DAY, (FOUR,), FOUR),
        (IN_2028 - DAY, (FOUR_B,), FOUR_B),
        (IN_2028 + DAY, (FOUR,), FOUR),  # its key lives on, whatever the card has
        (IN_2028 + DAY, (FOUR_B,), FOUR_B),
        (IN_2028 + DAY, (FOUR, FOUR_B), FOUR_B),
        (IN_2032 - DAY, (FOUR,), FOUR),
        (IN_2032 + DAY, (FOUR,), None),
        (IN_2032 + DAY, (FOUR, FOUR_B), None),
        (NOW - 3 * YEARS, (FOUR,), None),  # nobody lives before they were born
    ],
)
def test_a_root_key_with_two_certificates_lives_as_long_as_the_longer(
    at: datetime, on_card: tuple[bytes, ...], root: bytes | None
) -> None:
    policy = TrustPolicy(frozenset({pin_of(FOUR)}), key_ends={pin_of(FOUR_B): IN_2032})
    if root is None:
        assert obstacle(policy, SIGNER, on_card, at).code in {
            ErrorCode.CERTIFICATE_UNTRUSTED,
            ErrorCode.CERTIFICATE_NOT_YET_VALID,
        }
    else:
        assert chain_to_root(policy, SIGNER, on_card, at).certificates == (SIGNER, root)


def test_a_root_key_with_one_certificate_ends_with_it() -> None:
    policy = TrustPolicy(frozenset({pin_of(FOUR)}), key_ends={pin_of(FOUR): IN_2028})
    assert chain_to_root(policy, SIGNER, (FOUR,), IN_2028 - DAY).origin is Origin.BELGIAN
    assert obstacle(policy, SIGNER, (FOUR,), IN_2028 + DAY).code is ErrorCode.CERTIFICATE_UNTRUSTED


def test_a_key_that_is_not_pinned_gains_nothing_from_an_end() -> None:
    policy = TrustPolicy(frozenset(), key_ends={pin_of(FOUR): IN_2032})
    assert obstacle(policy, SIGNER, (FOUR,), IN_2028 - DAY).code is ErrorCode.CERTIFICATE_UNTRUSTED


def test_the_belgian_keys_end_in_2028_2032_and_2040() -> None:
    ends = {pin.hex()[:8]: str(end.date()) for pin, end in TrustPolicy.load().key_ends.items()}
    assert ends == {"c7bc5e49": "2028-01-28", "b1538a90": "2032-10-22", "894ad223": "2040-06-03"}


def test_no_error_holds_the_national_number(adult: PersonCredentials, demo: TrustPolicy) -> None:
    for at in (NOW, NOW + 6 * YEARS):
        error = obstacle(demo if at != NOW else TrustPolicy.load(), certificate_of(adult), adult.chain, at)
        assert error.__cause__ is None
        assert error.__suppress_context__
        assert adult.person.national_number not in str(error)


def test_only_a_certificate_that_says_so_claims_to_be_qualified(adult: PersonCredentials) -> None:
    assert claims_qualified(certificate_of(adult))
    assert not claims_qualified(adult.authentication.certificate)
    assert not claims_qualified(adult.ca)
