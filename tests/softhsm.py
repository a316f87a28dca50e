"""SoftHSM2 tokens, made at run time: a generic PKCS#11 module with real keys in it, for tests and benchmarks.

SoftHSM reads its configuration at C_Initialize: a process can go from token to token, as long as everything that
was opened is closed in between. ``SoftToken.use`` checks that.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from unittest import mock

import PyKCS11
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from eidcard.simulator.people import ADULT
from eidcard.simulator.pki import Credential, PersonCredentials, TestPki
from eidcard.simulator.profiles import Generation

MODULE: Final = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN: Final = "123456789012"
_SO_PIN: Final = "87654321"
_OIDS: Final = {"secp256r1": "06082a8648ce3d030107", "secp384r1": "06052b81040022"}  # RFC 5480, 2.1.1.1, as DER


@dataclass(frozen=True)
class Entry:
    """What is stored under one label and CKA_ID: a certificate, a private key, or both."""

    label: str
    id: bytes
    certificate: bytes | None
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | None = None
    always_authenticate: bool = False


@dataclass(frozen=True)
class SoftToken:
    """A token's configuration file."""

    configuration: Path
    label: str

    @contextmanager
    def use(self) -> Iterator[None]:
        """Point SoftHSM in this process, and in those that it starts, at this token."""
        assert not PyKCS11.PyKCS11Lib._loaded_libs, "somebody left a module loaded"
        with mock.patch.dict(os.environ, {"SOFTHSM2_CONF": str(self.configuration)}):
            yield
        assert not PyKCS11.PyKCS11Lib._loaded_libs, "the module was not closed"


def signature_entry(credential: Credential, **changes: Any) -> Entry:
    """The signature key and certificate, named as an eID's."""
    return replace(Entry("Signature", b"\x03" + bytes(7), credential.certificate, credential.key), **changes)


def eid_entries(person: PersonCredentials) -> list[Entry]:
    """What the token of an eID holds, as the official module would list it."""
    assert person.signature is not None
    return [
        Entry("CA", b"\x04" + bytes(7), person.ca),
        Entry("Root", b"\x06" + bytes(7), person.root),
        Entry("Authentication", b"\x02" + bytes(7), person.authentication.certificate, person.authentication.key),
        signature_entry(person.signature),
    ]


def person_token(folder: Path, pki: TestPki, generation: Generation = Generation.V1_8) -> SoftToken:
    """A token with the keys and certificates of a test person: RSA-2048 for 1.7, P-384 for 1.8."""
    return make_token(folder, f"TEST {generation}", eid_entries(pki.person(ADULT, generation)))


def make_token(
    folder: Path, label: str, entries: Sequence[Entry], *, user_pin: str = PIN, hidden: bool = True
) -> SoftToken:
    """Make a token in ``folder``; without ``label`` it stays uninitialised. Keys are ``hidden`` until the log-in."""
    store = folder / "tokens"
    store.mkdir(parents=True)
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {store}\nobjectstore.backend = file\nlog.level = ERROR\n")
    token = SoftToken(configuration, label)
    if label:
        with token.use():
            _fill(label, entries, user_pin, hidden=hidden)
    return token


def add_token(token: SoftToken, label: str, entries: Sequence[Entry], *, hidden: bool = True) -> None:
    """Put a second token beside the first; SoftHSM lists them in the order of their random serial numbers."""
    with token.use():
        _fill(label, entries, PIN, hidden=hidden)


def _fill(label: str, entries: Sequence[Entry], user_pin: str, *, hidden: bool) -> None:
    library = PyKCS11.PyKCS11Lib().load(str(MODULE))
    try:
        library.initToken(_free_slot(library), _SO_PIN, label.ljust(32))
        slot = next(slot for slot in library.getSlotList() if library.getTokenInfo(slot).label.strip() == label)
        session = library.openSession(slot, PyKCS11.CKF_RW_SESSION)
        session.login(_SO_PIN, PyKCS11.CKU_SO)
        session.initPin(user_pin)
        session.logout()
        session.login(user_pin)
        for template in _templates(entries, hidden=hidden):
            session.createObject(template)
    finally:
        library.unload()


def _free_slot(library: Any) -> int:
    """Give the slot without a token in it: SoftHSM lists it last."""
    return int(library.getSlotList()[-1])


def _templates(entries: Sequence[Entry], *, hidden: bool) -> Iterator[list[tuple[int, Any]]]:
    for entry in entries:
        if entry.certificate is not None:
            yield _certificate_template(entry, entry.certificate)
        if entry.key is not None:
            yield [*_key_template(entry, entry.key), *_names(entry, private=hidden)]


def _certificate_template(entry: Entry, der: bytes) -> list[tuple[int, Any]]:
    subject = x509.load_der_x509_certificate(der).subject.public_bytes() if any(der) else b"\x30\0"  # zeros: a minor's
    return [
        (PyKCS11.CKA_CLASS, PyKCS11.CKO_CERTIFICATE),
        (PyKCS11.CKA_CERTIFICATE_TYPE, PyKCS11.CKC_X_509),
        (PyKCS11.CKA_SUBJECT, subject),
        (PyKCS11.CKA_VALUE, der),
        *_names(entry, private=False),
    ]


def _names(entry: Entry, *, private: bool) -> list[tuple[int, Any]]:
    return [
        (PyKCS11.CKA_TOKEN, PyKCS11.CK_TRUE),
        (PyKCS11.CKA_PRIVATE, PyKCS11.CK_TRUE if private else PyKCS11.CK_FALSE),
        (PyKCS11.CKA_LABEL, entry.label),
        (PyKCS11.CKA_ID, entry.id),
    ]


def _key_template(entry: Entry, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> list[tuple[int, Any]]:
    return [
        (PyKCS11.CKA_CLASS, PyKCS11.CKO_PRIVATE_KEY),
        (PyKCS11.CKA_SIGN, PyKCS11.CK_TRUE),
        (PyKCS11.CKA_SENSITIVE, PyKCS11.CK_TRUE),
        (PyKCS11.CKA_ALWAYS_AUTHENTICATE, PyKCS11.CK_TRUE if entry.always_authenticate else PyKCS11.CK_FALSE),
        *(_rsa_numbers(key) if isinstance(key, rsa.RSAPrivateKey) else _ec_numbers(key)),
    ]


def _rsa_numbers(key: rsa.RSAPrivateKey) -> list[tuple[int, Any]]:
    numbers = key.private_numbers()
    return [
        (PyKCS11.CKA_KEY_TYPE, PyKCS11.CKK_RSA),
        (PyKCS11.CKA_MODULUS, _big_endian(numbers.public_numbers.n)),
        (PyKCS11.CKA_PUBLIC_EXPONENT, _big_endian(numbers.public_numbers.e)),
        (PyKCS11.CKA_PRIVATE_EXPONENT, _big_endian(numbers.d)),
        (PyKCS11.CKA_PRIME_1, _big_endian(numbers.p)),
        (PyKCS11.CKA_PRIME_2, _big_endian(numbers.q)),
        (PyKCS11.CKA_EXPONENT_1, _big_endian(numbers.dmp1)),
        (PyKCS11.CKA_EXPONENT_2, _big_endian(numbers.dmq1)),
        (PyKCS11.CKA_COEFFICIENT, _big_endian(numbers.iqmp)),
    ]


def _ec_numbers(key: ec.EllipticCurvePrivateKey) -> list[tuple[int, Any]]:
    return [
        (PyKCS11.CKA_KEY_TYPE, PyKCS11.CKK_EC),
        (PyKCS11.CKA_EC_PARAMS, bytes.fromhex(_OIDS[key.curve.name])),
        (PyKCS11.CKA_VALUE, _big_endian(key.private_numbers().private_value)),
    ]


def _big_endian(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
