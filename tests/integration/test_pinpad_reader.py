"""Readers with keys of their own, on a real pcscd: the whole way of a contract, and the other way to the keys."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from smartcard import scard

from agency.office import Office
from eidcard.cards import PcscCardService
from eidcard.simulator.card import SimulatedCard
from eidcard.simulator.people import PEOPLE
from eidcard.simulator.pin_state import pin_block
from eidcard.simulator.pinpad import READER_NAME, Key, SimulatedPinpad
from eidcard.simulator.stack import PrivatePcscd
from eidcard.simulator.vpcd import VpcdLink
from signer.certificates import verify_digest
from signer.errors import ErrorCode, SignerError
from signer.model import PinEntry
from tests.integration.conftest import RIGHT, WRONG, Desk
from tests.process_memory import forms_found, random_pin
from tests.readers import InsertCard
from ui.demo.world import DemoWorld

VERIFY = 0x20
NEW = "314159265358"


@dataclass
class DeskWithKeys(Desk):
    """A desk whose reader has keys; it is known by its name."""

    keys: SimulatedPinpad = field(default_factory=SimulatedPinpad)
    _link: VpcdLink | None = None

    @property
    def card(self) -> SimulatedCard:
        assert self._link
        return self._link.card

    def insert(self, person: str = "default", applet: str = "1.8") -> SimulatedCard:
        self.remove()
        card = SimulatedCard(self.world.pki.person(PEOPLE[person], applet))
        self._link = VpcdLink(card, self.pcscd.port, pinpad=self.keys)
        self._link.insert()
        return card

    def remove(self) -> None:
        if self._link:
            self._link.remove()
            self._link = None


@pytest.fixture(scope="module")
def daemon() -> Iterator[PrivatePcscd]:
    """A second daemon; only other processes can speak to it."""
    with PrivatePcscd(READER_NAME) as daemon:
        yield daemon


@pytest.fixture
def desk(demo: DemoWorld, office: Office, daemon: PrivatePcscd, tmp_path: Path) -> Iterator[DeskWithKeys]:
    desk = DeskWithKeys(demo, tmp_path / "home", daemon, office)
    yield desk
    desk.remove()


@pytest.mark.parametrize("applet", ["1.7", "1.8"])
def test_a_contract_is_signed_with_a_pin_that_only_the_reader_saw(desk: DeskWithKeys, applet: str) -> None:
    card = desk.insert(applet=applet)
    desk.keys.press(RIGHT)
    done = desk.sign(desk.open_contract(), pins=())
    assert done.returncode == 0, done.stderr
    assert "Type your PIN on the keys of the reader" in done.stderr
    assert desk.keys.asked == 1
    assert not any(header.startswith(b"\xff") for header in card.headers)


@pytest.mark.parametrize(
    ("pressed", "support_id", "tries_left"),
    [(Key.CANCEL, "PIN-003", 3), (Key.NOTHING, "PIN-004", 3), ("123", "PIN-005", 3), (WRONG, "PIN-001", 2)],
)
def test_what_went_wrong_at_the_keys_is_said_and_not_tried_again(
    desk: DeskWithKeys, pressed: str | Key, support_id: str, tries_left: int
) -> None:
    desk.keys.press(pressed)
    done = desk.sign(desk.open_contract(), pins=())
    assert done.returncode == 4
    assert support_id in done.stderr
    assert (desk.card.pin.tries_left, desk.keys.asked) == (tries_left, 1)
    assert desk.signed_files() == []


def test_the_last_try_is_told_before_the_keys_ask(desk: DeskWithKeys) -> None:
    desk.card.pin.tries_left = 1
    desk.keys.press(RIGHT)
    task = desk.open_contract()
    done = desk.paraph("sign", task, "--read", desk.examined.sha256)
    said = " ".join(done.stderr.split())
    assert done.returncode == 0, done.stderr
    assert 0 < said.index("One try left") < said.index("Type your PIN on the keys")


@pytest.mark.parametrize(
    ("pressed", "exit_code", "support_id"),
    [((RIGHT, NEW, NEW), 0, None), ((RIGHT, NEW, WRONG), 4, "PIN-006"), ((WRONG, NEW, NEW), 4, "PIN-001")],
)
def test_the_reader_s_keys_change_the_pin(
    desk: DeskWithKeys, pressed: tuple[str, ...], exit_code: int, support_id: str | None
) -> None:
    desk.keys.press(*pressed)
    done = desk.paraph("pin", "change", "--json")
    assert (done.returncode, desk.keys.asked) == (exit_code, 3), done.stderr
    assert json.loads(done.stdout).get("error", {}).get("supportId") == support_id
    assert desk.card.pin.check(pin_block(RIGHT if support_id else NEW))


_CHANGE_AT_THE_KEYS = """
raw[:] = bytes(12)
from eidcard.cards import PcscCardService
change = PcscCardService().pin_change()
assert change.at_reader
change.change_at_reader()
ready()
"""


def test_a_pin_changed_at_the_keys_was_never_in_the_memory_of_ours(desk: DeskWithKeys) -> None:
    pin = random_pin()
    desk.keys.press(RIGHT, pin, pin)
    assert forms_found(_CHANGE_AT_THE_KEYS, pin, desk.environment) == set()
    assert desk.card.pin.check(pin_block(pin))


@dataclass
class ControlledKeys:
    """``SCardControl`` of a reader with keys, which stock vpcd lacks; nothing else of PC/SC is replaced."""

    keys: SimulatedPinpad
    code: int = 0x42330006
    change_code: int = 0x42330007

    def __call__(self, card: int, code: int, data: list[int]) -> list[Any]:
        if code == scard.SCARD_CTL_CODE(3400):
            codes = [0x06, 0x04, *self.code.to_bytes(4, "big"), 0x07, 0x04, *self.change_code.to_bytes(4, "big")]
            return [scard.SCARD_S_SUCCESS, codes]
        ask = {self.code: self.keys.verify, self.change_code: self.keys.modify}[code]

        def transmit(apdu: bytes) -> bytes:
            status, answer = scard.SCardTransmit(card, scard.SCARD_PCI_T0, list(apdu))
            assert status == scard.SCARD_S_SUCCESS
            return bytes(answer)

        return [scard.SCARD_S_SUCCESS, list(ask(bytes(data), transmit))]


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> SimulatedPinpad:
    keys = SimulatedPinpad()
    monkeypatch.setattr(scard, "SCardControl", ControlledKeys(keys))
    return keys


@pytest.mark.parametrize("applet", ["1.7", "1.8"])
def test_keys_with_a_control_code_sign_over_pcsc(insert_card: InsertCard, keys: SimulatedPinpad, applet: str) -> None:
    card = insert_card(applet).card
    keys.press(WRONG, Key.CANCEL, RIGHT)
    with closing(PcscCardService()) as service, closing(service.find_key()) as key:
        info = key.info
        digest = hashlib.new(info.mechanism.digest_algorithm, b"contract").digest()
        card.headers.clear()
        refused = []
        for _ in range(2):
            with pytest.raises(SignerError) as refusal:
                key.sign_digest(digest, None)
            refused.append(refusal.value.code)
        signature = key.sign_digest(digest, None)

    verify_digest(info.signer.certificate, info.mechanism, digest, signature)
    assert info.pin_entry is PinEntry.PINPAD
    assert refused == [ErrorCode.PIN_WRONG, ErrorCode.PIN_CANCELLED]
    assert sum(header[1] == VERIFY for header in card.headers) == 2


def test_keys_with_a_control_code_change_the_pin_over_pcsc(insert_card: InsertCard, keys: SimulatedPinpad) -> None:
    card = insert_card().card
    keys.press(RIGHT, NEW, NEW)
    with closing(PcscCardService()) as service, closing(service.pin_change()) as change:
        change.change_at_reader()
    assert card.pin.check(pin_block(NEW))


def test_a_stock_reader_has_no_keys_and_says_so_at_once(insert_card: InsertCard) -> None:
    insert_card()
    with closing(PcscCardService()) as service, closing(service.find_key()) as key:
        assert key.info.pin_entry is PinEntry.OURS
