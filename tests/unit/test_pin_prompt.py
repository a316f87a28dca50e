"""The PIN goes from the terminal or a descriptor straight into the buffer that is wiped."""

from __future__ import annotations

import ctypes
import os
import pty
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from eidcard.pin import Pin
from signer.errors import ErrorCode, SignerError
from ui.cli.pin_prompt import read_pin


@contextmanager
def pipe_with(content: bytes) -> Iterator[int]:
    reading, writing = os.pipe()
    os.write(writing, content)
    os.close(writing)
    try:
        yield reading
    finally:
        os.close(reading)


def digits_of(pin: Pin | None) -> bytes:
    assert pin is not None
    buffer = (ctypes.c_ubyte * 12)()
    return bytes(buffer[: pin.write_ascii(buffer)])


def test_one_line_is_one_pin() -> None:
    with pipe_with(b"1234\n567890\n") as descriptor:
        assert digits_of(read_pin(descriptor)) == b"1234"
        assert digits_of(read_pin(descriptor)) == b"567890"
        assert read_pin(descriptor) is None


def test_a_line_without_its_end_is_a_pin_too() -> None:
    with pipe_with(b"1234") as descriptor:
        assert digits_of(read_pin(descriptor)) == b"1234"


@pytest.mark.parametrize("line", [b"123\n", b"\n", b"1234567890123\n", b"12a4\n", b"12 34\n"])
def test_what_is_no_pin_is_refused_and_the_next_line_is_the_next_try(line: bytes) -> None:
    with pipe_with(line + b"1234\n") as descriptor:
        with pytest.raises(SignerError) as refused:
            read_pin(descriptor)
        assert refused.value.code is ErrorCode.PIN_FORMAT
        assert digits_of(read_pin(descriptor)) == b"1234"


def test_a_correction_counts() -> None:
    with pipe_with(b"129\x7f34\n") as descriptor:
        assert digits_of(read_pin(descriptor)) == b"1234"


def test_escape_stops() -> None:
    with pipe_with(b"12\x1b34\n") as descriptor:
        assert read_pin(descriptor) is None


def test_a_terminal_shows_dots_and_never_a_digit() -> None:
    master, slave = pty.openpty()
    program = "from ui.cli.pin_prompt import ask_pin; import sys\nsys.stdout.write(f'{len(ask_pin(\"PIN: \"))} digits')"
    child = subprocess.Popen([sys.executable, "-c", program], stdin=slave, stdout=subprocess.PIPE, stderr=slave)
    os.close(slave)
    try:
        shown = read_until(master, b"PIN: ")
        assert not termios.tcgetattr(master)[3] & termios.ECHO, "typed at once, it would be seen"
        os.write(master, b"8642\n")
        out, _ = child.communicate(timeout=10)
        shown += read_until(master, b"\n")
    finally:
        child.kill()
        os.close(master)
    assert out == b"4 digits"
    assert shown.count("•".encode()) == 4
    assert not any(digit in shown for digit in b"8642")


def read_until(descriptor: int, end: bytes) -> bytes:
    shown = b""
    while end not in shown:
        shown += os.read(descriptor, 1024)
    return shown
