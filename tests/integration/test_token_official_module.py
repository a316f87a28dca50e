"""The rules of the official Belgian module, tried on a module of ours that behaves as it does (beid_shim.c)."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from eidcard.pkcs11_cards import Pkcs11CardService
from eidcard.simulator.people import ADULT, ADULT_MAN
from eidcard.simulator.pki import TestPki
from eidcard.token_key import TokenKey
from signer.certificates import verify_digest
from signer.errors import ErrorCode, SignerError
from signer.model import PinEntry
from tests.middleware import Middleware, official_token
from tests.pins import typed
from tests.softhsm import SoftToken, add_token, eid_entries, make_token

DIGEST = hashlib.sha384(b"a contract").digest()


@pytest.fixture(scope="session")
def token(test_pki: TestPki, tmp_path_factory: pytest.TempPathFactory) -> SoftToken:
    return official_token(tmp_path_factory.mktemp("token") / "eid", test_pki)


@pytest.fixture
def middleware(shim: Path, token: SoftToken, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Middleware]:
    with token.use():
        yield Middleware(tmp_path, shim, monkeypatch)


@pytest.fixture
def key(middleware: Middleware) -> Iterator[TokenKey]:
    with ExitStack() as opened:
        service = opened.enter_context(closing(Pkcs11CardService(middleware.module)))
        yield opened.enter_context(closing(service.find_key()))


def test_module_asks_by_itself_and_its_reader_is_named(key: TokenKey, middleware: Middleware) -> None:
    assert key.info.pin_entry is PinEntry.DIALOG
    assert key.info.tries_left is None
    assert "slot" in key.info.place.lower()
    assert middleware.windows == []


def test_each_signature_opens_exactly_one_window(key: TokenKey, middleware: Middleware) -> None:
    signatures = [key.sign_digest(DIGEST, None) for _ in range(2)]

    assert middleware.windows == ["sign", "sign"]
    for signature in signatures:
        verify_digest(key.info.signer.certificate, key.info.mechanism, DIGEST, signature)


@pytest.mark.parametrize("pinpad", [False, True], ids=["window", "pinpad"])
@pytest.mark.parametrize(
    ("value", "in_window", "on_pinpad"),
    [
        (0xA0, ErrorCode.PIN_WRONG, ErrorCode.PIN_WRONG),
        (0xA4, ErrorCode.PIN_BLOCKED, ErrorCode.PIN_BLOCKED),
        (0x50, ErrorCode.PIN_CANCELLED, ErrorCode.PIN_TIMEOUT),
        (0x06, ErrorCode.PIN_CANCELLED, ErrorCode.MODULE_FAILED),
        (0x05, ErrorCode.MODULE_FAILED, ErrorCode.MODULE_FAILED),
        (0x32, ErrorCode.CARD_REMOVED, ErrorCode.CARD_REMOVED),
    ],
)
def test_refusals_have_their_meaning_and_the_next_try_signs(
    middleware: Middleware, value: int, in_window: ErrorCode, on_pinpad: ErrorCode, pinpad: bool
) -> None:
    if pinpad:
        middleware.patch.setenv("BEID_SHIM_PINPAD", "1")
    with closing(Pkcs11CardService(middleware.module)) as service, closing(service.find_key()) as key:
        middleware.answers(value)
        with pytest.raises(SignerError) as refusal:
            key.sign_digest(DIGEST, None)
        middleware.answers(0)
        assert key.sign_digest(DIGEST, None)

    assert refusal.value.code is (on_pinpad if pinpad else in_window)
    assert middleware.windows == ["sign", "sign"]


def test_pinpad_of_the_official_module_is_not_asked_twice(middleware: Middleware) -> None:
    middleware.patch.setenv("BEID_SHIM_PINPAD", "1")

    with closing(Pkcs11CardService(middleware.module)) as service, closing(service.find_key()) as key:
        key.sign_digest(DIGEST, None)
        assert key.info.pin_entry is PinEntry.PINPAD

    assert middleware.windows == ["sign"]


def test_our_own_pin_is_refused_and_wiped_where_the_module_asks(key: TokenKey, middleware: Middleware) -> None:
    pin = typed("1234")

    with pytest.raises(SignerError) as refusal:
        key.sign_digest(DIGEST, pin)

    assert refusal.value.code is ErrorCode.PIN_FORMAT
    assert len(pin) == 0
    assert middleware.windows == []


def test_other_threads_go_on_while_the_window_is_open(key: TokenKey, middleware: Middleware) -> None:
    """The person answers in another thread of this process: were Python's lock held, nobody ever could."""
    answered = middleware.folder / "answered"
    middleware.patch.setenv("BEID_SHIM_WAIT", str(answered))
    done = threading.Event()

    def person() -> None:
        while not middleware.windows and not done.wait(0.005):
            pass
        answered.touch()

    thread = threading.Thread(target=person)
    thread.start()
    try:
        assert key.sign_digest(DIGEST, None)
    finally:
        done.set()
        thread.join()


def test_card_without_signature_certificate_cannot_sign(shim: Path, test_pki: TestPki, tmp_path: Path) -> None:
    entries = [entry for entry in eid_entries(test_pki.person(ADULT)) if entry.label != "Signature"]
    minor = make_token(tmp_path, "BELPIC", entries, hidden=False)

    with minor.use(), closing(Pkcs11CardService(shim)) as service, pytest.raises(SignerError) as refusal:
        service.find_key()

    assert refusal.value.code is ErrorCode.CARD_CANNOT_SIGN


def test_pinpad_of_another_module_is_asked_by_a_login_without_pin(middleware: Middleware) -> None:
    middleware.patch.setenv("BEID_SHIM_GENERIC", "1")
    middleware.patch.setenv("BEID_SHIM_PINPAD", "1")

    with closing(Pkcs11CardService(middleware.module)) as service, closing(service.find_key()) as key:
        assert key.info.pin_entry is PinEntry.PINPAD
        assert key.sign_digest(DIGEST, None)

    assert middleware.windows == ["login"]


@pytest.mark.parametrize(
    ("flags", "before", "code", "after"),
    [
        (0x10000, None, ErrorCode.PIN_WRONG, None),  # count low
        (0x20000, 1, ErrorCode.PIN_WRONG, 1),  # final try
        (0x40000, 0, ErrorCode.PIN_BLOCKED, 0),  # locked
    ],
)
def test_flags_of_a_token_tell_the_tries_left(
    middleware: Middleware, flags: int, before: int | None, code: ErrorCode, after: int | None
) -> None:
    middleware.patch.setenv("BEID_SHIM_GENERIC", "1")
    middleware.patch.setenv("BEID_SHIM_FLAGS", f"{flags:x}")
    middleware.answers(0xA0)

    with closing(Pkcs11CardService(middleware.module)) as service, closing(service.find_key()) as key:
        assert key.info.tries_left == before
        with pytest.raises(SignerError) as refusal:
            key.sign_digest(DIGEST, typed("1234"))
        assert key.info.tries_left == after

    assert (refusal.value.code, refusal.value.tries_left) == (code, after)


def test_card_that_was_out_while_the_pin_was_typed_signs_when_it_is_back_in(middleware: Middleware) -> None:
    middleware.insert()
    with closing(Pkcs11CardService(middleware.module)) as service, closing(service.find_key()) as key:
        middleware.pull()
        middleware.insert()

        signature = key.sign_digest(DIGEST, None)

        verify_digest(key.info.signer.certificate, key.info.mechanism, DIGEST, signature)
    assert middleware.windows == ["sign"]


def test_card_that_is_out_opens_no_window_and_the_same_key_signs_once_it_is_back(middleware: Middleware) -> None:
    middleware.insert()
    with closing(Pkcs11CardService(middleware.module)) as service, closing(service.find_key()) as key:
        middleware.pull()
        with pytest.raises(SignerError) as refusal:
            key.sign_digest(DIGEST, None)
        windows_while_out = middleware.windows
        middleware.insert()

        assert key.sign_digest(DIGEST, None)

    assert refusal.value.code is ErrorCode.CARD_REMOVED
    assert windows_while_out == []


def test_card_pulled_while_the_window_is_open_is_told_and_not_tried_again(middleware: Middleware) -> None:
    answered = middleware.folder / "answered"
    middleware.patch.setenv("BEID_SHIM_WAIT", str(answered))
    middleware.insert()

    def person() -> None:
        while not middleware.windows and not done.wait(0.005):
            pass
        middleware.pull()
        answered.touch()

    done, thread = threading.Event(), threading.Thread(target=person)
    thread.start()
    try:
        with closing(Pkcs11CardService(middleware.module)) as service, closing(service.find_key()) as key:
            with pytest.raises(SignerError) as refusal:
                key.sign_digest(DIGEST, None)
            middleware.insert()
            assert service.find_key().sign_digest(DIGEST, None)
    finally:
        done.set()
        thread.join()

    assert refusal.value.code is ErrorCode.CARD_REMOVED
    assert middleware.windows == ["sign", "sign"]


def test_pin_typed_for_one_card_is_never_given_to_another(
    shim: Path, test_pki: TestPki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = make_token(tmp_path / "two", "BELPIC", eid_entries(test_pki.person(ADULT)))
    add_token(two, "ANOTHER", eid_entries(test_pki.person(ADULT_MAN)))
    monkeypatch.setenv("BEID_SHIM_GENERIC", "1")
    with two.use():
        middleware = Middleware(tmp_path, shim, monkeypatch)
        middleware.insert(0)
        with closing(Pkcs11CardService(shim)) as service, closing(service.find_key()) as key:
            pin = typed("123456")
            middleware.pull()
            middleware.insert(1)
            with pytest.raises(SignerError) as refusal:
                key.sign_digest(DIGEST, pin)

    assert refusal.value.code is ErrorCode.CARD_REMOVED
    assert (middleware.windows, len(pin)) == ([], 0)


def test_card_that_comes_and_goes_is_seen(middleware: Middleware) -> None:
    middleware.insert()
    with closing(Pkcs11CardService(middleware.module)) as service:
        service.find_key()
        middleware.pull()
        assert service.wait_for_change(0)
        with pytest.raises(SignerError) as refusal:
            service.find_key()
        middleware.insert()
        assert service.wait_for_change(0)

    assert refusal.value.code is ErrorCode.NO_CARD
