"""The choice that needs no choosing, with a real reader and a real module: the eID goes first, whenever it is there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from eidcard.all_modules import ModulesCardService
from eidcard.cards import PcscCardService
from eidcard.choice import ChosenCardService
from eidcard.modules import available
from eidcard.simulator.people import MINOR
from eidcard.simulator.pki import TestPki
from signer.certificates import verify_digest
from signer.errors import ErrorCode, SignerError
from tests.pins import typed
from tests.readers import InsertCard
from tests.softhsm import MODULE, PIN, SoftToken, make_token, person_token

DIGEST = hashlib.sha384(b"a contract").digest()


@pytest.fixture(scope="module")
def token(test_pki: TestPki, tmp_path_factory: pytest.TempPathFactory) -> SoftToken:
    return person_token(tmp_path_factory.mktemp("token") / "soft", test_pki)


@contextmanager
def choosing(token: SoftToken, module: Path = MODULE) -> Iterator[ChosenCardService]:
    with token.use():
        service = ChosenCardService(PcscCardService(), lambda: ModulesCardService(available(module), named=True))
        with closing(service):
            yield service


def place_of_key(service: ChosenCardService) -> str:
    with closing(service.find_key()) as key:
        return key.info.place


def test_the_card_is_taken_as_soon_as_it_is_there_and_the_module_when_it_is_gone(
    insert_card: InsertCard, token: SoftToken
) -> None:
    inserted = insert_card()
    with choosing(token) as service:
        with_card = place_of_key(service)
        inserted.remove()
        without = place_of_key(service)
        inserted.insert()
        assert service.wait_for_change(10)
        again = place_of_key(service)

    assert "TEST reader" in with_card
    assert (without, again) == (token.label, with_card)


def test_a_modules_key_that_was_chosen_signs(insert_card: InsertCard, token: SoftToken) -> None:
    insert_card().remove()
    with choosing(token) as service, closing(service.find_key()) as key:
        signature = key.sign_digest(DIGEST, typed(PIN))
        verify_digest(key.info.signer.certificate, key.info.mechanism, DIGEST, signature)


def test_a_minors_eid_is_not_replaced_by_a_module(insert_card: InsertCard, token: SoftToken) -> None:
    insert_card(person=MINOR)
    with choosing(token) as service, pytest.raises(SignerError) as refusal:
        service.find_key()

    assert refusal.value.code is ErrorCode.CARD_CANNOT_SIGN


def test_an_empty_reader_and_a_module_without_a_key_ask_for_the_card(insert_card: InsertCard, tmp_path: Path) -> None:
    insert_card().remove()
    with choosing(make_token(tmp_path, "bare", [])) as service, pytest.raises(SignerError) as refusal:
        service.find_key()

    assert refusal.value.code is ErrorCode.NO_CARD
