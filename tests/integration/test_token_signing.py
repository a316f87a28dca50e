"""Signing by PKCS#11 with a real module, SoftHSM2."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import PyKCS11
import pytest

from eidcard.pkcs11_cards import Pkcs11CardService
from eidcard.simulator.people import ADULT, ADULT_MAN
from eidcard.simulator.pki import TestPki
from eidcard.simulator.profiles import Generation
from eidcard.token import Module
from eidcard.token_key import TokenKey
from signer.certificates import verify_digest
from signer.errors import ErrorCode, SignerError
from signer.model import Mechanism, PinEntry
from tests.pins import typed
from tests.softhsm import MODULE, PIN, Entry, SoftToken, eid_entries, make_token, person_token, signature_entry

MECHANISMS = {Generation.V1_7: Mechanism.RSA_PKCS1_SHA256, Generation.V1_8: Mechanism.ECDSA_SHA384}


def digest_for(key: TokenKey) -> bytes:
    return hashlib.new(key.info.mechanism.digest_algorithm, b"a contract").digest()


@pytest.fixture(scope="session", params=[Generation.V1_7, Generation.V1_8], ids=["RSA-2048", "P-384"])
def generation(request: pytest.FixtureRequest) -> Generation:
    return Generation(request.param)


@pytest.fixture(scope="session")
def token(generation: Generation, test_pki: TestPki, tmp_path_factory: pytest.TempPathFactory) -> SoftToken:
    return person_token(tmp_path_factory.mktemp("token") / "soft", test_pki, generation)


@pytest.fixture
def key(token: SoftToken) -> Iterator[TokenKey]:
    with token.use(), closing(Pkcs11CardService(MODULE)) as service, closing(service.find_key()) as key:
        yield key


@pytest.fixture(scope="session")
def p384(test_pki: TestPki, tmp_path_factory: pytest.TempPathFactory) -> SoftToken:
    return person_token(tmp_path_factory.mktemp("token") / "soft", test_pki)


def refusal_of(service: Pkcs11CardService) -> ErrorCode:
    with pytest.raises(SignerError) as refusal:
        service.find_key()
    return refusal.value.code


def refusal_to_sign(key: TokenKey, pin: str = PIN) -> ErrorCode:
    with pytest.raises(SignerError) as refusal:
        key.sign_digest(digest_for(key), typed(pin))
    return refusal.value.code


def test_key_tells_whose_it_is_before_any_pin(key: TokenKey, generation: Generation, test_pki: TestPki) -> None:
    person = test_pki.person(ADULT, generation)

    info = key.info

    assert person.signature is not None
    assert info.signer.certificate == person.signature.certificate
    assert info.signer.chain == person.chain
    assert info.mechanism is MECHANISMS[generation]
    assert (info.pin_entry, info.tries_left, info.test) == (PinEntry.OURS, None, True)
    assert info.place == f"TEST {generation}"


def test_signature_fits_the_certificate(key: TokenKey) -> None:
    digest = digest_for(key)

    signature = key.sign_digest(digest, typed(PIN))

    verify_digest(key.info.signer.certificate, key.info.mechanism, digest, signature)
    assert len(signature) <= key.info.mechanism.max_signature_size


def test_pin_is_wiped_after_signing(key: TokenKey) -> None:
    pin = typed(PIN)

    key.sign_digest(digest_for(key), pin)

    assert len(pin) == 0


def test_wrong_pin_is_named_and_wiped_and_the_right_one_signs_then(key: TokenKey) -> None:
    wrong = typed("000000000000")

    with pytest.raises(SignerError) as refusal:
        key.sign_digest(digest_for(key), wrong)

    assert refusal.value.code is ErrorCode.PIN_WRONG
    assert PIN not in str(refusal.value)
    assert len(wrong) == 0
    assert key.sign_digest(digest_for(key), typed(PIN))


def test_each_signature_asks_for_the_pin_again(key: TokenKey) -> None:
    key.sign_digest(digest_for(key), typed(PIN))

    assert refusal_to_sign(key, "1111") is ErrorCode.PIN_WRONG


def test_pin_too_short_for_any_card_is_not_sent(key: TokenKey) -> None:
    assert refusal_to_sign(key, "123") is ErrorCode.PIN_FORMAT


def test_missing_pin_is_refused_before_the_token_is_asked(key: TokenKey) -> None:
    with pytest.raises(SignerError) as refusal:
        key.sign_digest(digest_for(key), None)

    assert refusal.value.code is ErrorCode.PIN_FORMAT


def test_digest_of_another_length_is_refused_and_the_pin_wiped(key: TokenKey) -> None:
    pin = typed(PIN)

    with pytest.raises(ValueError, match="20 bytes are no"):
        key.sign_digest(hashlib.sha1(b"a contract", usedforsecurity=False).digest(), pin)

    assert len(pin) == 0


def test_key_that_always_asks_gets_the_pin_for_this_signature(test_pki: TestPki, tmp_path: Path) -> None:
    signature = test_pki.person(ADULT, Generation.V1_8).signature
    assert signature is not None
    strict = make_token(tmp_path, "strict", [signature_entry(signature, always_authenticate=True)])

    with strict.use(), closing(Pkcs11CardService(MODULE)) as service, closing(service.find_key()) as key:
        made = key.sign_digest(digest_for(key), typed(PIN))
        verify_digest(signature.certificate, key.info.mechanism, digest_for(key), made)


def test_missing_module_is_named(tmp_path: Path) -> None:
    service = Pkcs11CardService(tmp_path / "absent.so")

    assert refusal_of(service) is ErrorCode.MODULE_NOT_FOUND


@pytest.mark.parametrize("content", [b"no library at all", b"\x7fELF" + bytes(64)])
def test_file_that_no_loader_takes_is_a_broken_module(
    tmp_path: Path, content: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "module.so").write_bytes(content)

    assert refusal_of(Pkcs11CardService(tmp_path / "module.so")) is ErrorCode.MODULE_BROKEN
    assert capfd.readouterr().err == ""


def test_library_that_is_no_pkcs11_module_is_broken() -> None:
    other = next(Path("/usr/lib").glob("*/libz.so.1"))

    assert refusal_of(Pkcs11CardService(other)) is ErrorCode.MODULE_BROKEN


def test_module_that_does_not_start_says_so(tmp_path: Path) -> None:
    (tmp_path / "softhsm2.conf").write_text(f"directories.tokendir = {tmp_path / 'absent'}\n")

    with SoftToken(tmp_path / "softhsm2.conf", "").use():
        assert refusal_of(Pkcs11CardService(MODULE)) is ErrorCode.MODULE_FAILED


def test_slot_without_a_token_is_no_card(tmp_path: Path) -> None:
    empty = make_token(tmp_path, "", [])

    with empty.use(), closing(Pkcs11CardService(MODULE)) as service:
        assert refusal_of(service) is ErrorCode.NO_CARD


def test_token_without_certificates_has_no_key(tmp_path: Path) -> None:
    bare = make_token(tmp_path, "bare", [])

    with bare.use(), closing(Pkcs11CardService(MODULE)) as service:
        assert refusal_of(service) is ErrorCode.MODULE_NO_KEY


def test_authentication_key_never_signs_contracts(test_pki: TestPki, tmp_path: Path) -> None:
    entries = [entry for entry in eid_entries(test_pki.person(ADULT)) if entry.label != "Signature"]
    token = make_token(tmp_path, "no signature", entries)

    with token.use(), closing(Pkcs11CardService(MODULE)) as service:
        assert refusal_of(service) is ErrorCode.MODULE_NO_KEY


def test_key_labelled_card_is_passed_over(test_pki: TestPki, tmp_path: Path) -> None:
    signature = test_pki.person(ADULT).signature
    assert signature is not None
    card = signature_entry(signature, label="Card", id=b"\x01" + bytes(7))
    token = make_token(tmp_path, "card", [card])

    with token.use(), closing(Pkcs11CardService(MODULE)) as service:
        assert refusal_of(service) is ErrorCode.MODULE_NO_KEY


def test_certificate_that_is_not_for_signing_is_passed_over_whatever_its_label(
    test_pki: TestPki, tmp_path: Path
) -> None:
    entry = signature_entry(test_pki.person(ADULT).authentication)
    token = make_token(tmp_path, "digital signature", [entry])

    with token.use(), closing(Pkcs11CardService(MODULE)) as service:
        assert refusal_of(service) is ErrorCode.MODULE_NO_KEY


def test_signature_certificate_goes_before_others_that_could_sign(test_pki: TestPki, tmp_path: Path) -> None:
    adult, man = (test_pki.person(person).signature for person in (ADULT, ADULT_MAN))
    assert adult is not None
    assert man is not None
    other = signature_entry(adult, label="another", id=b"\x07")
    token = make_token(tmp_path, "two", [other, signature_entry(man)])

    with token.use(), closing(Pkcs11CardService(MODULE)) as service, closing(service.find_key()) as key:
        assert key.info.signer.certificate == man.certificate


def test_certificate_of_zeros_is_passed_over(test_pki: TestPki, tmp_path: Path) -> None:
    zeros = Entry("Signature", b"\x03" + bytes(7), bytes(2500))
    token = make_token(tmp_path, "minor", [zeros])

    with token.use(), closing(Pkcs11CardService(MODULE)) as service:
        assert refusal_of(service) is ErrorCode.MODULE_NO_KEY


def test_certificate_without_its_key_is_found_out_before_anything_is_signed(test_pki: TestPki, tmp_path: Path) -> None:
    signature = test_pki.person(ADULT).signature
    assert signature is not None
    token = make_token(tmp_path, "keyless", [signature_entry(signature, key=None)])

    with token.use(), closing(Pkcs11CardService(MODULE)) as service, closing(service.find_key()) as key:
        assert refusal_to_sign(key) is ErrorCode.MODULE_NO_KEY


def test_key_of_another_certificate_is_noticed(test_pki: TestPki, tmp_path: Path) -> None:
    person = test_pki.person(ADULT)
    assert person.signature is not None
    token = make_token(tmp_path, "mixed", [signature_entry(person.signature, key=person.authentication.key)])

    with token.use(), closing(Pkcs11CardService(MODULE)) as service, closing(service.find_key()) as key:
        assert refusal_to_sign(key) is ErrorCode.CARD_SIGNED_WRONG


def test_any_label_does_for_a_generic_token(test_pki: TestPki, tmp_path: Path) -> None:
    signature = test_pki.person(ADULT).signature
    assert signature is not None
    token = make_token(tmp_path, "generic", [signature_entry(signature, label="my key", id=b"\x2a")])

    with token.use(), closing(Pkcs11CardService(MODULE)) as service, closing(service.find_key()) as key:
        assert key.sign_digest(digest_for(key), typed(PIN))


def test_token_of_another_label_is_not_used(p384: SoftToken) -> None:
    with p384.use(), closing(Pkcs11CardService(MODULE, label="somebody else's")) as service:
        assert refusal_of(service) is ErrorCode.NO_CARD


def test_module_that_somebody_initialised_before_is_shared(p384: SoftToken) -> None:
    with p384.use(), closing(Module(MODULE)) as first, closing(Module(MODULE)) as second:
        assert first.tokens() == second.tokens()


def test_closing_a_module_closes_its_sessions_while_others_use_the_same_file(p384: SoftToken) -> None:
    with p384.use(), closing(Module(MODULE)) as other:
        module = Module(MODULE)
        token = next(token for token in module.tokens() if token.label == p384.label)
        seen_from_other = PyKCS11.Session(other._lib, module.open(token)._session.session)
        assert seen_from_other.getSessionInfo().slotID == token.slot

        module.close()

        with pytest.raises(PyKCS11.PyKCS11Error, match="CKR_SESSION_HANDLE_INVALID"):
            seen_from_other.getSessionInfo()


def test_closing_twice_and_in_any_order_is_harmless(p384: SoftToken) -> None:
    with p384.use():
        service = Pkcs11CardService(MODULE)
        key = service.find_key()
        service.close()
        key.close()
        service.close()
        assert refusal_to_sign(key) is ErrorCode.MODULE_FAILED


def test_service_loads_the_module_again_after_closing(p384: SoftToken) -> None:
    with p384.use(), closing(Pkcs11CardService(MODULE)) as service:
        service.find_key()
        service.close()

        assert service.find_key().info.place == p384.label


def test_forked_child_does_not_go_on_with_its_parents_session(key: TokenKey) -> None:
    child = os.fork()
    if child == 0:
        try:
            key.sign_digest(digest_for(key), typed(PIN))
        except SignerError as error:
            os._exit(0 if error.code is ErrorCode.MODULE_FAILED else 1)
        os._exit(2)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert key.sign_digest(digest_for(key), typed(PIN))


def test_nothing_changes_while_the_same_token_is_there(p384: SoftToken) -> None:
    with p384.use(), closing(Pkcs11CardService(MODULE)) as service:
        service.find_key()

        assert not service.wait_for_change(0.01)


def test_token_that_goes_is_a_change(test_pki: TestPki, tmp_path: Path) -> None:
    token = person_token(tmp_path, test_pki)
    with token.use(), closing(Pkcs11CardService(MODULE)) as service:
        service.find_key()
        (tmp_path / "tokens").rename(tmp_path / "elsewhere")
        (tmp_path / "tokens").mkdir()

        assert service.wait_for_change(30)


def test_callers_own_way_of_waiting_is_used() -> None:
    waited: list[float] = []

    def watch(timeout_s: float) -> bool:
        waited.append(timeout_s)
        return True

    assert Pkcs11CardService(MODULE, watch=watch).wait_for_change(7.0)
    assert waited == [7.0]
