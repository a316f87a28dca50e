"""What every SigningKey promises, wherever its key is (signer.ports.SigningKey)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from signer.errors import ErrorCode, Kind, SignerError
from signer.model import KeyUse, Mechanism, PinEntry
from signer.ports import SigningKey
from tests.contract.worlds import WORLDS, KeyWorld, World
from tests.pins import typed

MESSAGE = b"what the worker saw"
HASH: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}

every_world = pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name, indirect=True)
where_we_ask = pytest.mark.parametrize(
    "world", [w for w in WORLDS if w.pin_entry is PinEntry.OURS], ids=lambda world: world.name, indirect=True
)
where_keys_ask = pytest.mark.parametrize(
    "world", [w for w in WORLDS if w.pin_entry is PinEntry.PINPAD], ids=lambda world: world.name, indirect=True
)
where_tries_end = pytest.mark.parametrize(
    "world", [w for w in WORLDS if w.tries is not None], ids=lambda world: world.name, indirect=True
)
where_cards_are_pulled = pytest.mark.parametrize(
    "world", [w for w in WORLDS if w.can_be_pulled], ids=lambda world: world.name, indirect=True
)


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    row: World = request.param
    return row


@pytest.fixture
def key_world(request: pytest.FixtureRequest, world: World) -> Iterator[KeyWorld]:
    with world.enter(request) as entered:
        yield entered


@pytest.fixture
def key(key_world: KeyWorld, world: World) -> Iterator[SigningKey]:
    with closing(key_world.cards.find_key(world.use)) as key:
        yield key


@every_world
def test_the_key_for_each_use_is_another_one(key_world: KeyWorld) -> None:
    usages = {}
    for use in KeyUse:
        with closing(key_world.cards.find_key(use)) as key:
            parsed = x509.load_der_x509_certificate(key.info.signer.certificate)
        usages[use] = parsed.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usages[KeyUse.SIGNING].content_commitment
    assert not usages[KeyUse.LOGGING_IN].content_commitment
    assert usages[KeyUse.LOGGING_IN].digital_signature


def digest_for(key: SigningKey) -> bytes:
    return hashlib.new(key.info.mechanism.digest_algorithm, MESSAGE).digest()


def sign(key: SigningKey, world: KeyWorld, digits: str | None = None) -> bytes:
    """Sign with the right PIN, or with these digits."""
    return key.sign_digest(digest_for(key), world.give(digits or world.right_pin))


def refusal(key: SigningKey, world: KeyWorld, digits: str | None = None) -> SignerError:
    """Give what is said to a wrong PIN, or to these digits."""
    with pytest.raises(SignerError) as caught:
        sign(key, world, digits or world.wrong_pin)
    return caught.value


def require_right(key: SigningKey, signature: bytes) -> None:
    """Check the signature over the message itself, with nothing of ours in between."""
    public = x509.load_der_x509_certificate(key.info.signer.certificate).public_key()
    algorithm = HASH[key.info.mechanism.digest_algorithm]
    if isinstance(public, rsa.RSAPublicKey):
        public.verify(signature, MESSAGE, padding.PKCS1v15(), algorithm)
    else:
        assert isinstance(public, ec.EllipticCurvePublicKey)
        public.verify(signature, MESSAGE, ec.ECDSA(algorithm))


@every_world
def test_the_key_tells_whose_it_is_before_any_pin(key: SigningKey, world: World) -> None:
    info = key.info

    assert info.signer.surname == "Voorbeeld"
    assert info.signer.chain
    assert info.test
    assert info.place
    assert info.pin_entry is world.pin_entry
    assert info.tries_left == world.tries


@every_world
def test_the_right_pin_signs(key: SigningKey, key_world: KeyWorld) -> None:
    require_right(key, sign(key, key_world))


@every_world
def test_each_signature_takes_a_pin_of_its_own(key: SigningKey, key_world: KeyWorld) -> None:
    for _ in range(2):
        require_right(key, sign(key, key_world))
    assert refusal(key, key_world).code is ErrorCode.PIN_WRONG


@every_world
def test_an_ecdsa_signature_fits_in_what_was_reserved(key: SigningKey, key_world: KeyWorld) -> None:
    signature = sign(key, key_world)
    assert len(signature) <= key.info.mechanism.max_signature_size
    assert key.info.mechanism is Mechanism.RSA_PKCS1_SHA256 or signature[0] == 0x30


@every_world
def test_a_wrong_pin_tells_the_tries_left_and_the_right_one_still_signs(
    key: SigningKey, key_world: KeyWorld, world: World
) -> None:
    left = None if world.tries is None else world.tries - 1

    wrong = refusal(key, key_world)

    assert (wrong.code, wrong.tries_left, key.info.tries_left) == (ErrorCode.PIN_WRONG, left, left)
    require_right(key, sign(key, key_world))


@every_world
def test_a_short_pin_is_refused_and_costs_no_try(key: SigningKey, key_world: KeyWorld, world: World) -> None:
    assert refusal(key, key_world, "314").code is ErrorCode.PIN_FORMAT
    with closing(key_world.cards.find_key()) as again:
        assert again.info.tries_left == world.tries


@where_we_ask
@pytest.mark.parametrize("which", ["right", "wrong", "short"])
def test_the_pin_is_wiped_whatever_happens(key: SigningKey, key_world: KeyWorld, which: str) -> None:
    pin = typed({"right": key_world.right_pin, "wrong": key_world.wrong_pin, "short": "314"}[which])
    assert any(pin._buffer)

    try:
        key.sign_digest(digest_for(key), pin)
    except SignerError as error:
        assert error.code.kind is Kind.PIN  # noqa: PT017 - two of the three are refused

    assert not any(pin._buffer)
    assert len(pin) == 0


@every_world
def test_a_digest_of_another_algorithm_is_refused_before_the_pin_is_spent(key: SigningKey, key_world: KeyWorld) -> None:
    pin = typed(key_world.wrong_pin)

    with pytest.raises(ValueError, match="20 bytes"):
        key.sign_digest(bytes(20), pin)

    assert len(pin) == 0
    require_right(key, sign(key, key_world))


@where_we_ask
def test_no_pin_where_one_is_needed_is_refused(key: SigningKey) -> None:
    with pytest.raises(SignerError) as caught:
        key.sign_digest(digest_for(key), None)
    assert caught.value.code is ErrorCode.PIN_FORMAT


@where_keys_ask
def test_a_pin_where_the_reader_asks_is_refused_and_wiped(key: SigningKey, key_world: KeyWorld) -> None:
    pin = typed(key_world.right_pin)

    with pytest.raises(SignerError) as caught:
        key.sign_digest(digest_for(key), pin)

    assert caught.value.code is ErrorCode.PIN_FORMAT
    assert not any(pin._buffer)


@every_world
def test_a_closed_key_says_so_and_closing_twice_is_harmless(key_world: KeyWorld) -> None:
    key = key_world.cards.find_key()
    key.close()
    key.close()
    assert refusal(key, key_world, key_world.right_pin).code.kind in {Kind.CARD, Kind.MODULE}


@every_world
def test_nothing_of_the_pin_is_in_an_error(key: SigningKey, key_world: KeyWorld) -> None:
    wrong = refusal(key, key_world)
    told = f"{wrong!r} {wrong.__cause__!r} {wrong.detail}"
    assert key_world.wrong_pin not in told
    assert key_world.wrong_pin[:6] not in told.replace(" ", "")


@where_tries_end
def test_the_last_try_blocks_and_then_the_right_pin_is_refused_too(
    key: SigningKey, key_world: KeyWorld, world: World
) -> None:
    assert world.tries is not None
    wrong = [refusal(key, key_world) for _ in range(world.tries)]

    assert [error.tries_left for error in wrong] == list(range(world.tries - 1, -1, -1))
    assert [error.code for error in wrong] == [ErrorCode.PIN_WRONG] * (world.tries - 1) + [ErrorCode.PIN_BLOCKED]
    assert refusal(key, key_world, key_world.right_pin).code is ErrorCode.PIN_BLOCKED
    with closing(key_world.cards.find_key()) as again:
        assert again.info.tries_left == 0


@where_tries_end
def test_a_right_pin_gives_the_tries_back(key: SigningKey, key_world: KeyWorld, world: World) -> None:
    refusal(key, key_world)
    sign(key, key_world)
    assert key.info.tries_left == world.tries
    with closing(key_world.cards.find_key()) as again:
        assert again.info.tries_left == world.tries


@where_cards_are_pulled
def test_a_card_that_was_pulled_is_said_to_be_gone(key: SigningKey, key_world: KeyWorld) -> None:
    key_world.pull()
    assert refusal(key, key_world, key_world.right_pin).code is ErrorCode.CARD_REMOVED
