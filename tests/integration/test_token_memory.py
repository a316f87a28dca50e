"""What a PIN leaves behind in the memory of a process that signed by PKCS#11."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from eidcard.simulator.people import ADULT
from eidcard.simulator.pki import TestPki
from tests.softhsm import eid_entries, make_token

WINDOW = 8  # digits in a row that count as found: a freed block may have lost its first ones
BCD_WINDOW = 10  # two digits a byte: a shorter run would be found by chance

_START = """
import gc, json, os, sys
from pathlib import Path
raw = bytearray(12)
os.readv(0, [raw])
def ready():
    gc.collect()
    print(json.dumps([id(number) for number in range(58)]), flush=True)
    os.read(0, 1)
"""
_OURS = """
from eidcard.pin import Pin
from eidcard.pkcs11_cards import Pkcs11CardService
service = Pkcs11CardService(Path(sys.argv[1]))
key = service.find_key()
pin = Pin()
for index in range(12):
    pin.append(raw[index] - 48)
    raw[index] = 0
"""
_SIGN = """
key.sign_digest(bytes(48), pin)
key.close()
service.close()
ready()
"""
_WRONG = """
pin.drop_last()
try:
    key.sign_digest(bytes(48), pin)
    raise SystemExit("a wrong PIN was taken")
except Exception as error:
    assert error.code.name == "PIN_WRONG", error
ready()
"""
_PLAIN = """
import PyKCS11
library = PyKCS11.PyKCS11Lib().load(sys.argv[1])
session = library.openSession(library.getSlotList(True)[0])
session.login(raw.decode())
raw[:] = bytes(12)
session.logout()
session.closeSession()
library.unload()
ready()
"""
_LOW_LEVEL = """
import PyKCS11
library = PyKCS11.PyKCS11Lib().load(sys.argv[1])
session = library.openSession(library.getSlotList(True)[0])
vector = PyKCS11.LowLevel.ckbytelist(12)
for index in range(12):
    vector[index] = raw[index]
    raw[index] = 0
assert library.lib.C_Login(session.session, 1, vector) == 0
for index in range(12):
    vector[index] = 0
session.logout()
session.closeSession()
library.unload()
ready()
"""
_POINTERS = """
digits = [byte for byte in raw]
raw[:] = bytes(12)
ready()
"""


def forms_found(program: str, pin: str, configuration: Path) -> set[str]:
    """Run a program that takes the PIN from its standard input, and tell in which forms it is in its memory."""
    environment = os.environ | {"SOFTHSM2_CONF": str(configuration)}
    command = [sys.executable, "-c", _START + program, "/usr/lib/softhsm/libsofthsm2.so"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(pin.encode())
        child.stdin.flush()
        addresses = json.loads(child.stdout.readline())
        memory = writable_memory(child.pid)
        child.communicate(b".")
    assert child.returncode == 0
    return {name for name, needles in needles_of(pin, addresses).items() if any(found in memory for found in needles)}


def writable_memory(process: int) -> bytes:
    ranges = re.findall(r"^([0-9a-f]+)-([0-9a-f]+) rw", Path(f"/proc/{process}/maps").read_text(), re.MULTILINE)
    with Path(f"/proc/{process}/mem").open("rb", buffering=0) as memory:
        return b"\0".join(read_range(memory.fileno(), int(start, 16), int(end, 16)) for start, end in ranges)


def read_range(descriptor: int, start: int, end: int) -> bytes:
    content = bytearray()
    while start + len(content) < end:
        content += os.pread(descriptor, end - start - len(content), start + len(content))
    return bytes(content)


def needles_of(pin: str, addresses: list[int]) -> dict[str, list[bytes]]:
    windows = [pin[start : start + WINDOW] for start in range(len(pin) - WINDOW + 1)]
    wide = [pin[start : start + BCD_WINDOW] for start in range(len(pin) - BCD_WINDOW + 1)]
    return {
        "ASCII": [text.encode() for text in windows],
        "UTF-16": [text.encode("utf-16-le") for text in windows],
        "BCD": [bytes.fromhex(text) for text in wide],
        "pointers": [
            b"".join(addresses[int(digit) + offset].to_bytes(8, sys.byteorder) for digit in text)
            for text in windows
            for offset in (0, 48)
        ],
    }


@pytest.fixture(scope="module")
def pin() -> str:
    return "".join(str(secrets.randbelow(10)) for _ in range(12))


@pytest.fixture(scope="module")
def configuration(pin: str, test_pki: TestPki, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("token") / "soft"
    return make_token(folder, "TEST", eid_entries(test_pki.person(ADULT)), user_pin=pin).configuration


def test_signing_leaves_no_pin_behind(pin: str, configuration: Path) -> None:
    assert forms_found(_OURS + _SIGN, pin, configuration) == set()


def test_wrong_pin_leaves_nothing_behind(pin: str, configuration: Path) -> None:
    assert forms_found(_OURS + _WRONG, pin, configuration) == set()


@pytest.mark.parametrize(
    ("program", "form"),
    [
        (_OURS + "ready()", "ASCII"),  # not yet wiped
        (_PLAIN, "ASCII"),  # PyKCS11's own login
        (_LOW_LEVEL, "ASCII"),  # its copy of a vector that is itself wiped
        (_POINTERS, "pointers"),
    ],
    ids=["before the wipe", "PyKCS11's login", "PyKCS11's lower level", "list of digits"],
)
def test_search_finds_what_is_not_wiped(pin: str, configuration: Path, program: str, form: str) -> None:
    assert form in forms_found(program, pin, configuration)
