"""What a PIN leaves behind in the memory of a process that signed with a card: the card is in another process."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from eidcard.simulator.stack import PrivatePcscd
from tests.process_memory import KEEP_A_LIST, SIGN_WITH_A_WRONG_PIN, TYPE_THE_PIN, forms_found, random_pin
from tests.readers import InsertCard

_LOGGED = """
import logging
logging.basicConfig(level=1, stream=sys.stderr)
"""
_OPEN = f"""
from eidcard.cards import PcscCardService
service = PcscCardService()
key = service.find_key()
{TYPE_THE_PIN}
"""
_SIGN = """
key.sign_digest(bytes(48), pin)
key.close()
service.close()
ready()
"""
_OPEN_FOR_CHANGE = """
from eidcard.cards import PcscCardService
from eidcard.pin import Pin
service = PcscCardService()
change = service.pin_change()
pins = Pin(), Pin(), Pin()
for index in range(12):
    for pin in pins:
        pin.append(raw[index] - 48)
    raw[index] = 0
"""
_CHANGE_PIN = """
change.change(*pins)
ready()
"""
_FAIL_TO_CHANGE_PIN = """
pins[0].drop_last()
try:
    change.change(*pins)
    raise SystemExit("a wrong PIN was taken")
except Exception as error:
    assert error.code.name == "PIN_WRONG", error
ready()
"""
_SIGN_AND_STAY = """
key.sign_digest(bytes(48), pin)
ready()
"""
_UNWIPED_BLOCK = """
import ctypes
block = (ctypes.c_ubyte * 8)()
pin.write_block(block, 0)
pin.wipe()
ready()
"""
_UNWIPED_BLOCK_AS_LIST = """
import ctypes
block = (ctypes.c_ubyte * 8)()
pin.write_block(block, 0)
apdu = list(block)
pin.wipe()
ctypes.memset(block, 0, 8)
ready()
"""
_BY_PYSCARD = """
from eidcard.apdu import CommandApdu
import ctypes
block = (ctypes.c_ubyte * 8)()
pin.write_block(block, 0)
pin.wipe()
verify = CommandApdu(0x00, 0x20, 0x00, 0x01, bytes(block))
ctypes.memset(block, 0, 8)
key._connection.transmit(verify)
del verify
ready()
"""
_AS_STR = """
text = raw.decode()
raw[:] = bytes(12)
ready()
"""


@pytest.fixture
def pin() -> str:
    return random_pin()


@pytest.fixture
def forms(insert_card: InsertCard, pcscd: PrivatePcscd, pin: str) -> Callable[[str], set[str]]:
    insert_card("1.8", pin=pin)
    return lambda program: forms_found(program, pin, pcscd.environment)


@pytest.mark.parametrize("program", [_SIGN, _SIGN_AND_STAY], ids=["and closed", "and still open"])
def test_signing_leaves_no_pin_behind(forms: Callable[[str], set[str]], program: str) -> None:
    assert forms(_OPEN + program) == set()


@pytest.mark.parametrize("program", [_CHANGE_PIN, _FAIL_TO_CHANGE_PIN], ids=["changed", "wrong"])
def test_a_pin_change_leaves_neither_pin_behind(forms: Callable[[str], set[str]], program: str) -> None:
    assert forms(_LOGGED + _OPEN_FOR_CHANGE + program) == set()


def test_a_wrong_pin_leaves_nothing_behind(forms: Callable[[str], set[str]]) -> None:
    assert forms(_OPEN + SIGN_WITH_A_WRONG_PIN) == set()


def test_signing_with_the_traffic_logged_leaves_no_pin_behind(forms: Callable[[str], set[str]]) -> None:
    assert forms(_LOGGED + _OPEN + _SIGN_AND_STAY) == set()


@pytest.mark.parametrize(
    ("program", "form"),
    [
        (_OPEN + "ready()", "ASCII"),
        (_OPEN + _UNWIPED_BLOCK, "BCD"),
        (_OPEN + _UNWIPED_BLOCK_AS_LIST, "pointers to BCD"),
        (_OPEN + _BY_PYSCARD, "BCD"),
        (KEEP_A_LIST, "pointers to ASCII"),
        (_AS_STR, "ASCII"),
    ],
    ids=["not yet wiped", "block", "block as a list", "by pyscard", "list of digits", "str"],
)
def test_the_search_finds_what_is_not_wiped(forms: Callable[[str], set[str]], program: str, form: str) -> None:
    assert form in forms(program)
