"""Every person of the simulator, read from a card as any other card is read."""

from __future__ import annotations

from contextlib import closing

import pytest

from eidcard.applet import CardFile, EidApplet
from eidcard.card_details import IDENTITY_ALONE, read_details
from eidcard.identity import is_card_number, is_national_number, parse_address, parse_identity
from eidcard.simulator.card import SimulatedCard
from eidcard.simulator.direct import SimulatedReader, SimulatorCardService, SimulatorConnection
from eidcard.simulator.people import FOREIGNER, LONG_NAME, PEOPLE, Person
from eidcard.simulator.pki import TestPki
from signer.errors import ErrorCode, SignerError

everybody = pytest.mark.parametrize("person", PEOPLE.values(), ids=PEOPLE)


def read(pki: TestPki, person: Person, file: CardFile, applet: str = "1.8") -> bytes:
    eid = EidApplet.open(SimulatorConnection(SimulatedReader(SimulatedCard(pki.person(person, applet)))))
    with eid.undisturbed():
        return eid.read(file)


@everybody
@pytest.mark.parametrize("applet", ["1.7", "1.8"])
def test_a_card_says_of_its_holder_what_the_register_put_on_it(test_pki: TestPki, person: Person, applet: str) -> None:
    who = parse_identity(read(test_pki, person, CardFile.IDENTITY, applet))

    assert (who.name, who.first_names, who.birth_place) == (person.surname, person.given_names, person.birth_place)
    assert (who.national_number, who.nationality) == (person.national_number, person.nationality)
    assert (who.document_type, who.sex, who.third_initial) == (person.document_type, person.sex, person.third_initial)
    assert is_national_number(who.national_number)


@everybody
def test_a_card_says_where_its_holder_lives(test_pki: TestPki, person: Person) -> None:
    address = parse_address(read(test_pki, person, CardFile.ADDRESS))
    assert (address.street, address.zip_code, address.municipality) == (
        person.street,
        person.zip_code,
        person.municipality,
    )


@everybody
def test_card_numbers_have_twelve_places_and_a_check_unless_they_begin_with_a_letter(
    test_pki: TestPki, person: Person
) -> None:
    number = parse_identity(read(test_pki, person, CardFile.IDENTITY)).card_number
    assert len(number) == 12
    assert number[0].isalpha() == (person is FOREIGNER)
    assert is_card_number(number) == (person is not FOREIGNER)


@everybody
def test_everybody_can_be_shown_and_signs_if_there_is_a_certificate(test_pki: TestPki, person: Person) -> None:
    reader = SimulatedReader(SimulatedCard(test_pki.person(person)))
    roles = {certificate.role for certificate in read_details(SimulatorConnection(reader), IDENTITY_ALONE).certificates}
    assert ("signature" in roles) == person.can_sign
    if person.can_sign:
        with closing(SimulatorCardService(reader).find_key()) as key:
            assert (key.info.signer.surname, key.info.signer.given_names) == (person.surname, person.given_names)
    else:
        with pytest.raises(SignerError) as refusal:
            SimulatorCardService(reader).find_key()
        assert refusal.value.code is ErrorCode.CARD_CANNOT_SIGN


def test_the_long_names_stand_around_where_a_length_takes_a_second_byte(test_pki: TestPki) -> None:
    assert [len(text.encode()) for text in (LONG_NAME.birth_place, LONG_NAME.surname, LONG_NAME.given_names)] == [
        254,
        255,
        256,
    ]
    content = read(test_pki, LONG_NAME, CardFile.IDENTITY)
    for start in (b"\x0b\xfe", b"\x07\xff\x00", b"\x08\xff\x01"):
        assert start in content
