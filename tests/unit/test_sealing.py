"""A seal opens for whom it was made, in our program and in another one, and for nobody else."""

from __future__ import annotations

import secrets
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from agency.sealing import SealingKey, SealingKeys
from signer.errors import ErrorCode, SignerError
from signer.sealing import KEY_BYTES, CertificateOpener, CertificateRecipient, HomeKey, seal, unseal

CONTENT = bytes(range(256)) * 4000


@pytest.fixture(scope="module")
def agency(tmp_path_factory: pytest.TempPathFactory) -> SealingKey:
    return SealingKeys(tmp_path_factory.mktemp("keys") / "sealing", "Horizon Interim").make()


@pytest.fixture(scope="module")
def home() -> HomeKey:
    return HomeKey(secrets.token_bytes(KEY_BYTES))


def about_itself(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "TEST")]), datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def code(sealed: bytes, opener: HomeKey | CertificateOpener) -> ErrorCode:
    with pytest.raises(SignerError) as caught:
        unseal(sealed, [opener])
    return caught.value.code


def test_each_recipient_opens_it_and_nobody_else(agency: SealingKey, home: HomeKey) -> None:
    sealed = seal(CONTENT, [CertificateRecipient.of(agency.der), home])
    assert CONTENT[:64] not in sealed
    assert unseal(sealed, [agency.opener]) == unseal(sealed, [home]) == CONTENT
    assert code(sealed, HomeKey(secrets.token_bytes(KEY_BYTES))) is ErrorCode.SEAL_NOT_OURS
    assert code(seal(CONTENT, [CertificateRecipient.of(agency.der)]), home) is ErrorCode.SEAL_NOT_OURS
    assert seal(CONTENT, [home]) != seal(CONTENT, [home])


def test_openssl_opens_it_for_both(agency: SealingKey, home: HomeKey, tmp_path: Path) -> None:
    (tmp_path / "sealed").write_bytes(seal(CONTENT, [CertificateRecipient.of(agency.der), home]))
    decrypt = ["openssl", "cms", "-decrypt", "-binary", "-inform", "DER", "-in", str(tmp_path / "sealed")]
    as_agency = ["-recip", str(agency.file), "-inkey", str(agency.file)]
    as_home = ["-secretkey", home.key.hex(), "-secretkeyid", b"paraph-home".hex()]
    for mine in (as_agency, as_home):
        assert subprocess.run([*decrypt, *mine], capture_output=True, check=True).stdout == CONTENT


@pytest.mark.parametrize("place", [5, 300, -40, -1])
def test_a_seal_that_was_changed_does_not_open(place: int, home: HomeKey) -> None:
    sealed = bytearray(seal(CONTENT, [home]))
    sealed[place] ^= 1
    assert code(bytes(sealed), home) in {ErrorCode.STORE_DAMAGED, ErrorCode.SEAL_NOT_OURS}


@pytest.mark.parametrize("rubbish", [b"", b"%PDF-1.7", b"\x30\x80", b"\x30\x03\x02\x01\x01"])
def test_what_is_no_seal_does_not_open(rubbish: bytes, home: HomeKey) -> None:
    assert code(rubbish, home) is ErrorCode.STORE_DAMAGED


def test_nothing_is_sealed_to_a_key_that_is_too_short_or_of_another_kind(agency: SealingKey) -> None:
    short, long = (rsa.generate_private_key(public_exponent=65537, key_size=bits) for bits in (1024, 2048))
    for key in (short, ec.generate_private_key(ec.SECP256R1())):
        with pytest.raises(ValueError, match="no RSA key"):
            CertificateRecipient.of(about_itself(key))
    with pytest.raises(ValueError, match="Identifier"):
        CertificateRecipient.of(about_itself(long))
    assert CertificateRecipient.of(agency.der).certificate == agency.certificate


def test_a_key_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    key = SealingKeys(tmp_path / "sealing", "Horizon Interim").make()
    assert key.file.stat().st_mode & 0o777 == 0o600
    key.file.chmod(0o644)
    with pytest.raises(SignerError) as caught:
        SealingKeys(tmp_path / "sealing", "Horizon Interim").newest()
    assert caught.value.code is ErrorCode.SETTINGS_BROKEN
