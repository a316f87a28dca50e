"""Whether what a card says is true: each thing changed on a simulated card must be seen, and nothing else."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from eidcard.card_details import Wanted
from eidcard.identity import Identity
from eidcard.simulator.card import SimulatedCard
from eidcard.simulator.direct import SimulatedReader, SimulatorCardService
from eidcard.simulator.faults import Answer, Cut
from eidcard.simulator.people import ADULT
from eidcard.simulator.pki import TestPki
from eidcard.simulator.profiles import Generation
from eidcard.traffic import Exchange
from eidcard.verification import (
    IdentityVerification,
    Register,
    Verdict,
    check_numbers,
    check_photo,
    check_presence,
)
from signer.errors import SignerError
from signer.trust.anchors import TrustPolicy

RIGHT, NOT_RIGHT, UNCHECKED = Verdict.RIGHT, Verdict.NOT_RIGHT, Verdict.UNCHECKED
IDENTITY, SIGNATURE, ADDRESS, ADDRESS_SIGNATURE, PHOTO, BASIC_KEY = (
    f"3F00DF01{file}" for file in ("4031", "4032", "4033", "4034", "4035", "4040")
)
REGISTER = "3F00DF00503C"
AUTHENTICATE = 0x88


@pytest.fixture(params=list(Generation))
def card(request: pytest.FixtureRequest, test_pki: TestPki) -> SimulatedCard:
    return SimulatedCard(test_pki.person(ADULT, request.param))


@pytest.fixture
def newest(test_pki: TestPki) -> SimulatedCard:
    return SimulatedCard(test_pki.person(ADULT, Generation.V1_8))


@pytest.fixture
def policy(test_pki: TestPki) -> TrustPolicy:
    return TrustPolicy(frozenset(), test_roots=test_pki.roots)


def checked(card: SimulatedCard, policy: TrustPolicy) -> IdentityVerification:
    wanted = Wanted(address=True, photo=True, presence=True, believe=policy.vouches_for)
    return SimulatorCardService(SimulatedReader(card)).card_details(wanted).verification


def change(card: SimulatedCard, file: str, old: bytes = b"", new: bytes = b"") -> None:
    """Write other bytes on the card; without ``old``, another first byte."""
    content = card._content.files[file]
    assert old in content
    card._content.files[file] = content.replace(old, new, 1) if old else bytes((content[0] ^ 1,)) + content[1:]


def test_a_card_as_the_register_made_it_is_right(card: SimulatedCard, policy: TrustPolicy) -> None:
    presence = RIGHT if card.generation is Generation.V1_8 else UNCHECKED
    assert checked(card, policy) == IdentityVerification(RIGHT, RIGHT, RIGHT, RIGHT, RIGHT, presence)


def test_another_name_is_seen(card: SimulatedCard, policy: TrustPolicy) -> None:
    change(card, IDENTITY, b"Voorbeeld", b"Voorbeelt")
    assert checked(card, policy).register is NOT_RIGHT


def test_another_address_is_seen_and_the_identity_stays_right(card: SimulatedCard, policy: TrustPolicy) -> None:
    change(card, ADDRESS, b"Proefstraat 1", b"Proefstraat 2")
    result = checked(card, policy)
    assert (result.register, result.address) == (RIGHT, NOT_RIGHT)


@pytest.mark.parametrize("file", [ADDRESS_SIGNATURE, SIGNATURE])
def test_the_address_belongs_to_this_identity(card: SimulatedCard, policy: TrustPolicy, file: str) -> None:
    change(card, file)
    assert checked(card, policy).address is NOT_RIGHT


def test_another_photo_is_seen(card: SimulatedCard, policy: TrustPolicy) -> None:
    change(card, PHOTO, b"TEST card", b"BEST card")
    result = checked(card, policy)
    assert (result.register, result.photo) == (RIGHT, NOT_RIGHT)


def test_a_register_that_nobody_believes_proves_nothing(card: SimulatedCard) -> None:
    result = checked(card, TrustPolicy(frozenset()))
    assert (result.register, result.address) == (UNCHECKED, UNCHECKED)


def test_a_card_without_the_register_s_certificate_cannot_be_checked(card: SimulatedCard, policy: TrustPolicy) -> None:
    card._content.files[REGISTER] = bytes(1300)
    assert checked(card, policy).register is UNCHECKED


def test_another_certificate_than_the_register_s_is_no_register(newest: SimulatedCard, policy: TrustPolicy) -> None:
    newest._content.files[REGISTER] = newest.credentials.authentication.certificate + bytes(1100)
    assert checked(newest, policy).register is UNCHECKED


def test_a_copy_of_a_card_lacks_its_key(newest: SimulatedCard, test_pki: TestPki, policy: TrustPolicy) -> None:
    copy = SimulatedCard(test_pki.person(ADULT, Generation.V1_8))
    copy._content.files.update(newest._content.files)
    result = checked(copy, policy)
    assert (result.register, result.presence) == (RIGHT, NOT_RIGHT)


def test_a_key_of_one_s_own_is_not_the_one_in_the_identity(newest: SimulatedCard, policy: TrustPolicy) -> None:
    change(newest, BASIC_KEY)
    assert checked(newest, policy).presence is NOT_RIGHT


def test_a_chip_that_gives_no_more_answers_cannot_be_checked(newest: SimulatedCard, policy: TrustPolicy) -> None:
    newest.plan(Answer(b"\x69\x85", ins=AUTHENTICATE))
    assert checked(newest, policy).presence is UNCHECKED


def test_a_broken_file_is_a_mishap_and_no_verdict(newest: SimulatedCard, policy: TrustPolicy) -> None:
    newest.plan(Cut(1, at=2))
    with pytest.raises(SignerError):
        checked(newest, policy)


def test_a_screen_of_the_identity_alone_reads_no_address_no_photo_and_asks_no_challenge(newest: SimulatedCard) -> None:
    noted: list[Exchange] = []
    details = SimulatorCardService(SimulatedReader(newest), noted.append).card_details()
    read = {exchange.data.hex().upper() for exchange in noted if exchange.name == "SELECT"}
    assert not read & {ADDRESS, ADDRESS_SIGNATURE, PHOTO, BASIC_KEY}
    assert AUTHENTICATE not in {exchange.header[1] for exchange in noted}
    assert (details.verification.address, details.verification.photo, details.verification.presence) == (None,) * 3


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha384", "sha512"])
def test_a_photo_s_hash_is_known_by_its_length(algorithm: str) -> None:
    assert check_photo(b"photo", hashlib.new(algorithm, b"photo").digest()) is RIGHT
    assert check_photo(b"photo", hashlib.new(algorithm, b"other").digest()) is NOT_RIGHT


def test_a_hash_of_no_known_length_cannot_be_checked() -> None:
    assert check_photo(b"photo", bytes(16)) is UNCHECKED


@pytest.mark.parametrize(
    ("national", "card", "verdicts"),
    [
        ("85073003328", "592000000182", (RIGHT, RIGHT)),
        ("85073003329", "592000000183", (NOT_RIGHT, NOT_RIGHT)),
        ("85073003328", "B20000000182", (RIGHT, UNCHECKED)),
        ("", "", (NOT_RIGHT, NOT_RIGHT)),
    ],
)
def test_numbers_go_by_their_check_digits(national: str, card: str, verdicts: tuple[Verdict, Verdict]) -> None:
    assert check_numbers(Identity(national_number=national, card_number=card)) == verdicts


@pytest.mark.parametrize("junk", [b"", b"\x04" * 97, b"\x02" * 49, bytes(200)])
def test_a_basic_key_that_is_none_cannot_be_checked(junk: bytes) -> None:
    assert check_presence(junk, hashlib.sha384(junk).digest(), bytes(48), bytes(96)) is UNCHECKED


@pytest.mark.parametrize("junk", [b"", b"\x30", bytes(96), bytes(256)])
def test_a_junk_signature_is_not_right_and_an_empty_one_no_signature(test_pki: TestPki, junk: bytes) -> None:
    credentials = test_pki.person(ADULT, Generation.V1_8)
    register = Register(credentials.register.certificate, (), lambda *_: True)
    assert register.verdict(b"identity", junk) is (NOT_RIGHT if junk else UNCHECKED)


def test_the_register_may_sign_as_der(test_pki: TestPki) -> None:
    credentials = test_pki.person(ADULT, Generation.V1_8)
    key = credentials.register.key
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    register = Register(credentials.register.certificate, (), lambda *_: True)
    assert register.verdict(b"identity", key.sign(b"identity", ec.ECDSA(hashes.SHA384()))) is RIGHT


def test_a_root_vouches_for_what_it_issued_itself_and_for_nothing_else(test_pki: TestPki, policy: TrustPolicy) -> None:
    card = test_pki.person(ADULT, Generation.V1_8)
    assert policy.vouches_for(card.register.certificate, ())
    assert not policy.vouches_for(card.authentication.certificate, (card.ca, card.root))
    assert not TrustPolicy(frozenset()).vouches_for(card.register.certificate, (card.root,))
