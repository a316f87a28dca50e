"""National numbers: read with care, kept as keyed hashes, compared with a certificate's."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from agency.people import InvalidNationalNumberError, People, expected_hash
from eidcard.simulator.people import ADULT, ADULT_MAN, PEOPLE, national_number
from eidcard.simulator.pki import TestPki


@pytest.fixture
def people(tmp_path: Path) -> People:
    return People.of(tmp_path / "key")


@pytest.mark.parametrize("person", PEOPLE.values(), ids=PEOPLE)
def test_numbers_of_either_century_pass_their_check(people: People, person: object) -> None:
    assert len(people.pseudonym(person.national_number)) == 32  # type: ignore[attr-defined]


@pytest.mark.parametrize("months", [20, 40])
def test_bis_numbers_pass_their_check(people: People, months: int) -> None:
    nine = f"91{4 + months:02d}23998"
    assert people.pseudonym(f"{nine}{97 - int(nine) % 97:02d}")


def test_a_number_is_the_same_however_it_is_written(people: People) -> None:
    digits = ADULT.national_number
    written = f" {digits[:2]}.{digits[2:4]}.{digits[4:6]}-{digits[6:9]}.{digits[9:]}\n"
    assert people.pseudonym(written) == people.pseudonym(digits)


@pytest.mark.parametrize("number", ["", "1", "9104239980", "910423998000", "abcdefghijk", "٩١٠٤٢٣٩٩٨٠٠", "91042399801"])
def test_what_is_no_number_is_refused_and_not_repeated(people: People, number: str) -> None:
    if number == national_number(date(1991, 4, 23), 998):
        number = number[:-1] + str((int(number[-1]) + 1) % 10)
    with pytest.raises(InvalidNationalNumberError) as refusal:
        people.pseudonym(number)
    assert not number or number not in str(refusal.value) or len(number) < 2


def test_each_server_has_pseudonyms_of_its_own(tmp_path: Path) -> None:
    number = ADULT.national_number
    here, there = People.of(tmp_path / "here"), People.of(tmp_path / "there")
    assert here.pseudonym(number) != there.pseudonym(number)
    assert here.pseudonym(number) == People.of(tmp_path / "here").pseudonym(number)


def test_a_certificate_leads_to_its_persons_pseudonym(people: People, test_pki: TestPki) -> None:
    for person in (ADULT, ADULT_MAN):
        signature = test_pki.person(person).signature
        assert signature
        assert people.pseudonym_of(signature.certificate) == people.pseudonym(person.national_number)


def test_a_certificate_without_a_number_leads_to_nobody(people: People, test_pki: TestPki) -> None:
    assert people.pseudonym_of(test_pki.roots[0]) is None


def test_the_same_number_hashes_otherwise_for_each_contract() -> None:
    first, second = expected_hash(ADULT.national_number), expected_hash(ADULT.national_number)
    assert first.salt != second.salt
    assert first.hash != second.hash
