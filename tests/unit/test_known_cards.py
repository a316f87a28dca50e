"""What is remembered of a card: it saves reading, is for this user alone, and can never make a wrong signature."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from eidcard.known_cards import KnownCards
from eidcard.simulator.card import SimulatedCard
from eidcard.simulator.direct import SimulatedReader, SimulatorCardService
from eidcard.simulator.faults import Garble
from eidcard.simulator.people import ADULT, ADULT_MAN, EXPIRED, MINOR
from eidcard.simulator.pki import TestPki
from eidcard.traffic import Exchange
from signer.errors import ErrorCode, SignerError
from signer.ports import SigningKey
from tests.pins import typed

MOST_WITH_KNOWN_CHAIN = 14  # APDUs of a whole signature
MOST_OF_KNOWN_CARD = 8


@pytest.fixture
def known(tmp_path: Path) -> KnownCards:
    return KnownCards(tmp_path)


@pytest.fixture(params=["1.7", "1.8"])
def new_card(request: pytest.FixtureRequest, test_pki: TestPki) -> Callable[..., SimulatedCard]:
    return lambda person=ADULT: SimulatedCard(test_pki.person(person, request.param))


def find(card: SimulatedCard, known: KnownCards | None) -> tuple[SigningKey, list[Exchange]]:
    noted: list[Exchange] = []
    return SimulatorCardService(SimulatedReader(card), noted.append, known).find_key(), noted


def sign(key: SigningKey) -> None:
    """Sign; the key checks the answer against its certificate."""
    key.sign_digest(hashlib.new(key.info.mechanism.digest_algorithm, b"a contract").digest(), typed("1234"))


def apdus_to_sign(card: SimulatedCard, known: KnownCards) -> int:
    key, noted = find(card, known)
    sign(key)
    return len(noted)


def test_what_is_known_is_not_read_again(known: KnownCards, new_card: Callable[..., SimulatedCard]) -> None:
    card = new_card()
    first = apdus_to_sign(card, known)
    with_known_chain = apdus_to_sign(new_card(ADULT_MAN), known)
    of_known_card = apdus_to_sign(card, known)
    assert with_known_chain <= MOST_WITH_KNOWN_CHAIN < first
    assert of_known_card <= MOST_OF_KNOWN_CARD


def test_a_known_card_is_told_as_when_it_was_read(known: KnownCards, new_card: Callable[..., SimulatedCard]) -> None:
    card = new_card()
    card.pin.tries_left = 2
    read, _ = find(card, known)
    remembered, noted = find(card, known)
    assert remembered.info == read.info
    assert remembered.info.tries_left == 2
    assert not [exchange for exchange in noted if exchange.name == "READ BINARY"]


def test_each_byte_is_read_once_and_nothing_past_the_certificates(
    known: KnownCards, new_card: Callable[..., SimulatedCard]
) -> None:
    key, noted = find(new_card(), known)
    signer = key.info.signer
    read = sum(exchange.answered for exchange in noted if exchange.name == "READ BINARY")
    assert read == sum(map(len, (signer.certificate, *signer.chain)))


def test_another_card_of_the_same_person_is_another_card(
    known: KnownCards, new_card: Callable[..., SimulatedCard]
) -> None:
    find(new_card(), known)
    _, noted = find(new_card(), known)
    assert [exchange for exchange in noted if exchange.name == "READ BINARY"]


def test_a_card_with_another_key_than_is_known_signs_nothing_and_is_read_anew(
    known: KnownCards, new_card: Callable[..., SimulatedCard]
) -> None:
    card, other = new_card(), new_card(ADULT_MAN)
    stranger, _ = find(other, known)
    known.remember(_card_data(card), stranger.info.signer.certificate, stranger.info.signer.chain)
    key, _ = find(card, known)
    assert key.info.signer.surname == ADULT_MAN.surname

    with pytest.raises(SignerError) as caught:
        sign(key)

    assert caught.value.code is ErrorCode.CARD_SIGNED_WRONG
    again, _ = find(card, known)
    assert again.info.signer.surname == ADULT.surname
    sign(again)


def _card_data(card: SimulatedCard) -> bytes:
    return card.process(bytes.fromhex("80E400001C"))[:-2]


@pytest.mark.parametrize("content", [b"", b"junk", None, "other"])
def test_a_damaged_memory_is_as_good_as_none(
    known: KnownCards, new_card: Callable[..., SimulatedCard], tmp_path: Path, content: bytes | str | None
) -> None:
    card = new_card()
    find(card, known)
    chain = next(tmp_path.glob("chain-*")).read_bytes()
    for path in tmp_path.iterdir():
        if content is None:
            path.unlink()
            path.mkdir()
        else:
            path.write_bytes(chain if isinstance(content, str) else content)
    key, _ = find(card, known)
    assert len(key.info.signer.chain) == 2
    sign(key)


def test_the_chain_of_another_authority_is_not_taken(
    known: KnownCards, new_card: Callable[..., SimulatedCard], test_pki: TestPki, tmp_path: Path
) -> None:
    card = new_card()
    find(card, known)
    other = test_pki.person(ADULT, "1.7" if card.generation == "1.8" else "1.8")
    pem = (x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM) for der in other.chain)
    next(tmp_path.glob("chain-*")).write_bytes(b"".join(pem))
    key, _ = find(card, known)
    assert key.info.signer.chain == card.credentials.chain


def test_what_does_not_fit_together_is_not_remembered(
    known: KnownCards, new_card: Callable[..., SimulatedCard], tmp_path: Path
) -> None:
    card = new_card()
    card.plan(Garble(at=5))  # a part of the signature certificate
    try:
        find(card, known)
    except SignerError as error:
        assert error.code is ErrorCode.CERTIFICATE_UNREADABLE  # noqa: PT017 - or it parses, and is wrong
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("person", [MINOR, EXPIRED])
def test_a_card_that_cannot_sign_is_read_each_time(
    known: KnownCards, new_card: Callable[..., SimulatedCard], person: object
) -> None:
    card = new_card(person)
    for _ in range(2):
        noted: list[Exchange] = []
        try:
            SimulatorCardService(SimulatedReader(card), noted.append, known).find_key()
        except SignerError as error:
            assert error.code is ErrorCode.CARD_CANNOT_SIGN  # noqa: PT017 - the minor; the other is refused later
        assert [exchange for exchange in noted if exchange.name == "READ BINARY"]


def test_the_files_are_for_this_user_alone_and_their_names_tell_nothing(
    known: KnownCards, new_card: Callable[..., SimulatedCard], tmp_path: Path
) -> None:
    card = new_card()
    find(card, known)
    files = list(tmp_path.iterdir())
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert len(files) == 2
    serial = _card_data(card)[:16].hex()
    assert not [path for path in files if serial[:8] in path.name or ADULT.national_number in path.name]


def test_everything_can_be_erased(known: KnownCards, new_card: Callable[..., SimulatedCard], tmp_path: Path) -> None:
    for person in (ADULT, ADULT_MAN):
        find(new_card(person), known)
    (tmp_path / "something-else").touch()
    assert known.forget_all() == 2
    assert [path.name for path in tmp_path.iterdir()] == ["something-else"]
    assert known.forget_all() == 0


def test_a_folder_that_cannot_be_written_is_no_mishap(new_card: Callable[..., SimulatedCard], tmp_path: Path) -> None:
    sign(find(new_card(), KnownCards(tmp_path / "nowhere"))[0])


def test_without_a_memory_everything_is_read(new_card: Callable[..., SimulatedCard]) -> None:
    card = new_card()
    first, again = find(card, None)[1], find(card, None)[1]
    assert len(first) == len(again)
