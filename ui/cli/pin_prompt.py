"""Reads a PIN from a terminal or a file descriptor, byte by byte, straight into the buffer that is wiped."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeAlias

from eidcard.pin import Pin
from signer.errors import ErrorCode, SignerError

ReadByte: TypeAlias = Callable[[bytearray], int]  # puts one byte in, gives 1; or gives 0 at the end

_END: Final = frozenset(b"\r\n")
_ERASE: Final = frozenset(b"\x08\x7f")
_STOP: Final = frozenset(b"\x03\x04\x1b")  # Ctrl-C, Ctrl-D, Escape


def read_pin(descriptor: int) -> Pin | None:
    """Read one line from a file descriptor; None at its end.

    Raises SignerError PIN_FORMAT when the line is no PIN; nothing was sent to a card then.
    """
    return _collect(_from_descriptor(descriptor), lambda _: None)


def ask_pin(question: str = "") -> Pin | None:
    """Ask on the terminal, with a dot for each digit; None when the person stopped. Raises as ``read_pin``.

    The question comes when the terminal no longer shows what is typed: people begin to type as soon as they see it.
    """
    with _quiet_terminal() as read_byte:
        _show(question)
        try:
            return _collect(read_byte, _show)
        finally:
            _show("\n")


def _collect(read_byte: ReadByte, show: Callable[[str], None]) -> Pin | None:
    pin, one, is_digits = Pin(), bytearray(1), True
    try:
        if not read_byte(one):
            return None
        while one[0] not in _END:
            if one[0] in _STOP:
                pin.wipe()
                return None
            is_digits = _take(pin, one[0], show) and is_digits
            if not read_byte(one):
                break
        if not is_digits:
            raise SignerError(ErrorCode.PIN_FORMAT)  # noqa: TRY301 - the same wiping as for the rest
        pin.require_complete()
    except BaseException:
        pin.wipe()
        raise
    finally:
        one[0] = 0
    return pin


def _take(pin: Pin, byte: int, show: Callable[[str], None]) -> bool:
    """Take one key; False when it can be no part of a PIN. The rest of the line is read all the same."""
    if byte in _ERASE:
        show("\b \b" if len(pin) else "")
        pin.drop_last()
        return True
    try:
        pin.append(byte - 0x30)
    except SignerError:
        return False
    show("•")
    return True


def _show(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def _from_descriptor(descriptor: int) -> ReadByte:
    # Unbuffered, it fills our own buffer; os.read would leave the digit behind in a bytes object.
    source = io.FileIO(descriptor, closefd=False)
    return lambda one: source.readinto(one) or 0


if sys.platform == "win32":
    import msvcrt

    @contextmanager
    def _quiet_terminal() -> Iterator[ReadByte]:
        def read_key(one: bytearray) -> int:
            one[0] = msvcrt.getch()[0]  # one of the 256 single bytes that Python keeps anyway
            return 1

        yield read_key

else:
    import termios
    import tty

    @contextmanager
    def _quiet_terminal() -> Iterator[ReadByte]:
        """Give the terminal with echo and line editing off, and put it back as it was."""
        descriptor = sys.stdin.fileno()
        before = termios.tcgetattr(descriptor)
        try:
            tty.setcbreak(descriptor)
            yield _from_descriptor(descriptor)
        finally:
            termios.tcsetattr(descriptor, termios.TCSAFLUSH, before)
