"""In which forms a PIN can be found in the memory of a process: as text, as a PIN block, as a run of pointers.

The process is a small program that finds the PIN's twelve digits in ``raw`` and calls ``ready()`` when it is to be
looked into. It tells where its small integers are, so that lists of them are found too.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

_TEXT_WINDOW = 8  # digits in a row that count as found: a freed buffer may have lost some
_BCD_WINDOW = 10  # two digits a byte: shorter runs turn up by chance

_START = """
import gc, json, os, sys
raw = bytearray(12)
os.readv(0, [raw])
def ready():
    gc.collect()
    print(json.dumps([id(number) for number in range(256)]), flush=True)
    os.read(0, 1)
"""
TYPE_THE_PIN = """
from eidcard.pin import Pin
pin = Pin()
for index in range(12):
    pin.append(raw[index] - 48)
    raw[index] = 0
"""
SIGN_WITH_A_WRONG_PIN = """
pin.drop_last()
try:
    key.sign_digest(bytes(48), pin)
    raise SystemExit("a wrong PIN was taken")
except Exception as error:
    assert error.code.name == "PIN_WRONG", error
ready()
"""
KEEP_A_LIST = """
digits = [byte for byte in raw]
raw[:] = bytes(12)
ready()
"""


def random_pin() -> str:
    """Make a PIN so long that memory does not hold it by chance."""
    return "".join(str(secrets.randbelow(10)) for _ in range(12))


def forms_found(program: str, pin: str, environment: Mapping[str, str]) -> set[str]:
    """Run a program and tell in which forms the PIN is in its memory when it is ready."""
    command = [sys.executable, "-c", _START + program]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, **environment}
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(pin.encode())
        child.stdin.flush()
        told = child.stdout.readline()
        assert told, "the program ended before it was ready"
        memory = _writable_memory(child.pid)
        child.communicate(b".")
    assert child.returncode == 0
    return {name for name, forms in _forms(pin, json.loads(told)).items() if any(form in memory for form in forms)}


def _writable_memory(process: int) -> bytes:
    ranges = re.findall(r"^([0-9a-f]+)-([0-9a-f]+) rw", Path(f"/proc/{process}/maps").read_text(), re.MULTILINE)
    with Path(f"/proc/{process}/mem").open("rb", buffering=0) as memory:
        return b"\0".join(_range(memory.fileno(), int(start, 16), int(end, 16)) for start, end in ranges)


def _range(descriptor: int, start: int, end: int) -> bytes:
    content = bytearray()
    while start + len(content) < end:
        content += os.pread(descriptor, end - start - len(content), start + len(content))
    return bytes(content)


def _forms(pin: str, addresses: list[int]) -> dict[str, list[bytes]]:
    texts = _windows(pin.encode(), _TEXT_WINDOW)
    packed = bytes.fromhex(pin)
    return {
        "ASCII": texts,
        "UTF-16": [text.decode().encode("utf-16-le") for text in texts],
        "UTF-32": [text.decode().encode("utf-32-le") for text in texts],
        "BCD": _windows(packed, _BCD_WINDOW // 2),
        "pointers to digits": [_pointers(run, addresses) for run in _windows(bytes(map(int, pin)), _TEXT_WINDOW)],
        "pointers to ASCII": [_pointers(run, addresses) for run in texts],
        "pointers to BCD": [_pointers(run, addresses) for run in _windows(packed, _BCD_WINDOW // 2)],
    }


def _windows(content: bytes, length: int) -> list[bytes]:
    return [content[start : start + length] for start in range(len(content) - length + 1)]


def _pointers(run: bytes, addresses: list[int]) -> bytes:
    return b"".join(addresses[byte].to_bytes(8, sys.byteorder) for byte in run)
