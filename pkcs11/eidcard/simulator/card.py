"""The eID applet, simulated: strict where the real one is, so that what works here has no luck in it.

Sources: applet manuals 1.1, 1.7 and 1.8; ISO 7816-4 for status words. All generations' ATRs announce T=0, where an
answer to a command with data is fetched by GET RESPONSE; 1.8 also takes such a command with Le and answers at once.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from cryptography.hazmat.primitives import hashes

from eidcard.simulator import algorithms, pkcs15
from eidcard.simulator.algorithms import ALGORITHMS, Algorithm
from eidcard.simulator.faults import BeforeCommand, Mishap, Plan
from eidcard.simulator.files import SIGNATURE_KEY, Personalised, personalise
from eidcard.simulator.pace import AT_ONCE, Pace
from eidcard.simulator.pin_state import DEFAULT_PIN, PinState, is_well_formed
from eidcard.simulator.pki import PersonCredentials
from eidcard.simulator.profiles import Generation

ATR: Final = {
    Generation.V1_1: bytes.fromhex("3B9813400AA503010101AD1311"),  # the same: only the card data tell them apart
    Generation.V1_7: bytes.fromhex("3B9813400AA503010101AD1311"),
    Generation.V1_8: bytes.fromhex("3B7F96000080318065B085040120120FFF829000"),
}
_DIRECTORIES: Final = {  # by application identifier
    bytes.fromhex("A00000003029057000AD13100101FF"): "3F00",
    pkcs15.AID: "3F00DF00",
    bytes.fromhex("A000000177496446696C6573"): "3F00DF01",
}
_MASTER: Final = "3F00"
_BETWEEN: Final = {
    Generation.V1_1: 0,
    Generation.V1_7: 0,
    Generation.V1_8: 1,
}  # commands allowed between VERIFY and PSO on key 83
_PIN_REFERENCE: Final = 0x0001  # P1 P2
_APPLET_VERSION: Final = {Generation.V1_1: 0x11, Generation.V1_7: 0x17, Generation.V1_8: 0x18}

_PAUSE_S: Final = 0.010
_WRONG_LE: Final = 0x6C
_OK: Final = b"\x90\x00"
_NO_ANSWER: Final = b"\x6f\x00"
_NO_CURRENT_FILE: Final = b"\x69\x86"
_WRONG_LENGTH: Final = b"\x67\x00"
_SECURITY_STATUS: Final = b"\x69\x82"
_BLOCKED: Final = b"\x69\x83"
_CONDITIONS: Final = b"\x69\x85"
_WRONG_DATA: Final = b"\x6a\x80"
_FILE_NOT_FOUND: Final = b"\x6a\x82"
_WRONG_P1_P2: Final = b"\x6a\x86"
_REFERENCE_NOT_FOUND: Final = b"\x6a\x88"
_PAST_THE_END: Final = b"\x6b\x00"
_UNKNOWN_INS: Final = b"\x6d\x00"
_UNKNOWN_CLA: Final = b"\x6e\x00"


class Command(NamedTuple):
    """A short command, taken apart (ISO 7816-4, 5.1); ``le`` is None when absent, 256 when 00."""

    cla: int
    ins: int
    p1p2: int
    data: bytes
    le: int | None

    @classmethod
    def decode(cls, apdu: bytes) -> Command:
        """Take bytes apart; raises ValueError for lengths that do not fit."""
        if len(apdu) < 4:
            raise ValueError("no header")
        body = apdu[4:]
        data, tail = b"", body
        if len(body) > 1:
            data, tail = body[1 : 1 + body[0]], body[1 + body[0] :]
            if not body[0] or len(data) != body[0]:
                raise ValueError("Lc")
        if len(tail) > 1:
            raise ValueError("Le")
        return cls(apdu[0], apdu[1], apdu[2] << 8 | apdu[3], data, (tail[0] or 256) if tail else None)


class _Environment(NamedTuple):
    algorithm: Algorithm
    key: int


class SimulatedCard:
    """One card: ``process`` takes a command and gives the answer; PIN tries outlive power and readers.

    ``before_command`` sees each command first: it can answer in the card's place, or raise CardPulledError; ``plan``
    arms mishaps. Calls from several threads are taken one after the other.
    """

    def __init__(
        self,
        credentials: PersonCredentials,
        *,
        pin: str = DEFAULT_PIN,
        state_file: Path | None = None,
        pace: Pace = AT_ONCE,
    ) -> None:
        self.person = credentials.person
        self.credentials = credentials
        self.pin = PinState(pin, state_file)
        self.pace = pace
        self.before_command: BeforeCommand | None = None
        self._plan = Plan()
        self.headers: deque[bytes] = deque(maxlen=10_000)  # CLA INS P1 P2 of what it was asked, never more
        self._content: Personalised = personalise(credentials)
        self._lock = threading.Lock()
        self._corrected_at: float | None = None  # when 6Cxx was the last answer
        self._handlers: Mapping[tuple[int, int], Callable[[Command], bytes]] = {
            (0x00, 0xA4): self._select,
            (0x00, 0xB0): self._read_binary,
            (0x00, 0xC0): self._get_response,
            (0x00, 0x20): self._verify,
            (0x00, 0x24): self._change_pin,
            (0x00, 0x22): self._set_environment,
            (0x00, 0x2A): self._compute_signature,
            (0x80, 0xE4): self._get_card_data,
            (0x80, 0xE6): self._log_off,
        }
        if self._content.basic_key is not None:
            self._handlers = {**self._handlers, (0x00, 0x88): self._internal_authenticate}
        self.reset()

    @property
    def generation(self) -> Generation:
        """The applet that it has."""
        return self._content.generation

    @property
    def atr(self) -> bytes:
        """The answer to reset."""
        return ATR[self.generation]

    def power_on(self) -> None:
        """Start afresh, as after a reset."""
        self.reset()

    def power_off(self) -> None:
        """Lose everything but files, keys and PIN tries."""
        self.reset()

    def reset(self) -> None:
        """Forget what was selected, verified and prepared."""
        self._directory, self._current = _MASTER, ""
        self._environment: _Environment | None = None
        self._pending = b""
        self._logged_in = False  # what key 82 asks for
        self._since_verify: int | None = None  # commands since a right VERIFY; None: key 83 has used it up

    def plan(self, *mishaps: Mishap) -> None:
        """Have these happen, counted from now; those of an earlier plan no longer do."""
        with self._lock:
            self._plan = Plan(mishaps)

    def process(self, apdu: bytes) -> bytes:
        """Answer one command: data and status word. Raises CardPulledError or CardResetError when a mishap does."""
        with self._lock:
            self.headers.append(bytes(apdu[:4]))
            answer = self._befallen(apdu)
            self.pace.take(len(apdu), len(answer))
            return answer

    def _befallen(self, apdu: bytes) -> bytes:
        answer = self.before_command(apdu) if self.before_command else None
        if answer is not None:
            return answer
        mishap = self._plan.due(apdu)
        return mishap.strike(self, lambda: self._answer(apdu)) if mishap else self._answer(apdu)

    def _answer(self, apdu: bytes) -> bytes:
        answer = self._hurried() or self._obeyed(apdu)
        self._corrected_at = time.monotonic() if answer[0] == _WRONG_LE and len(answer) == 2 else None
        return answer

    def _hurried(self) -> bytes | None:
        """Applet 1.1 needs a pause after 6Cxx (its manual: 10 to 50 ms); this one is lost for a command without it."""
        too_soon = self._corrected_at is not None and time.monotonic() - self._corrected_at < _PAUSE_S
        return _NO_ANSWER if too_soon and self.generation is Generation.V1_1 else None

    def _obeyed(self, apdu: bytes) -> bytes:
        try:
            command = Command.decode(apdu)
        except ValueError:
            return _WRONG_LENGTH
        handler = self._handlers.get((command.cla, command.ins))
        if handler is None:
            known = {ins for _, ins in self._handlers}
            return _UNKNOWN_CLA if command.ins in known else _UNKNOWN_INS
        if command.ins != 0xC0:
            self._pending = b""
        answer = handler(command)
        if command.ins != 0x20 and self._since_verify is not None:
            self._since_verify += 1
        return answer

    def _select(self, command: Command) -> bytes:
        way = _SELECT_WAYS.get(command.p1p2)
        if way is None:
            return _WRONG_P1_P2
        path = way(self._directory, command.data)
        if path in self._content.files:
            self._current, self._directory = path, path[:-4]
            return _OK
        if path in _DIRECTORIES.values():
            self._current, self._directory = "", path
            return _OK
        return _FILE_NOT_FOUND

    def _read_binary(self, command: Command) -> bytes:
        if command.data or command.le is None:
            return _WRONG_LENGTH
        if not self._current:
            return _NO_CURRENT_FILE
        content = self._content.files[self._current]
        if command.p1p2 >= len(content):  # also where P1's bit 8 names a short file identifier: there are none
            return _PAST_THE_END
        return self._with_le(content[command.p1p2 : command.p1p2 + 256], command.le)

    def _get_response(self, command: Command) -> bytes:
        if not self._pending:
            return _CONDITIONS
        if command.p1p2:
            return _WRONG_P1_P2
        if command.le != len(self._pending):
            return bytes((0x6C, len(self._pending) & 0xFF))
        answer, self._pending = self._pending, b""
        return answer + _OK

    def _verify(self, command: Command) -> bytes:
        if command.p1p2 == _PIN_REFERENCE and not command.data and self.generation is Generation.V1_1:
            self.pin.check(b"")  # applet manual 1.1: no PIN at all is a wrong one
        if command.p1p2 == _PIN_REFERENCE and not command.data:
            return self._wrong_pin() if self.pin.tries_left else _BLOCKED
        refusal = self._pin_refusal(command, blocks=1)
        if refusal is not None:
            return refusal
        self._log_out()
        if not self.pin.check(command.data):
            return self._wrong_pin()
        self._logged_in, self._since_verify = True, 0
        return _OK

    def _change_pin(self, command: Command) -> bytes:
        refusal = self._pin_refusal(command, blocks=2)
        if refusal is not None:
            return refusal
        self._log_out()
        if not self.pin.check(command.data[:8]):
            return self._wrong_pin()
        self.pin.change(command.data[8:])
        return _OK

    def _pin_refusal(self, command: Command, blocks: int) -> bytes | None:
        """Say what keeps a PIN command from being looked at; none of it costs a try."""
        if command.p1p2 != _PIN_REFERENCE:
            return _WRONG_P1_P2 if command.p1p2 >> 8 else _REFERENCE_NOT_FOUND
        if len(command.data) != 8 * blocks:
            return _WRONG_LENGTH
        if not self.pin.tries_left:
            return _BLOCKED
        if not all(is_well_formed(command.data[8 * index : 8 * index + 8]) for index in range(blocks)):
            return _WRONG_DATA
        return None

    def _wrong_pin(self) -> bytes:
        return bytes((0x63, 0xC0 | self.pin.tries_left))

    def _set_environment(self, command: Command) -> bytes:
        if command.p1p2 != 0x41B6:
            return _WRONG_P1_P2
        if len(command.data) != 5:
            return _WRONG_LENGTH
        head, algorithm, tag, key = command.data[:2], command.data[2], command.data[3], command.data[4]
        if head != b"\x04\x80" or tag != 0x84 or algorithm not in ALGORITHMS[self.generation]:
            return _WRONG_DATA
        if key not in self._content.keys:
            return _REFERENCE_NOT_FOUND
        self._environment = _Environment(ALGORITHMS[self.generation][algorithm], key)
        return _OK

    def _compute_signature(self, command: Command) -> bytes:
        if command.p1p2 != 0x9E9A:
            return _WRONG_P1_P2
        if self._environment is None:
            return _CONDITIONS
        environment, self._environment = self._environment, None
        if not self._may_sign(environment.key):
            return _SECURITY_STATUS
        try:
            signature = algorithms.sign(self._content.keys[environment.key], environment.algorithm, command.data)
        except ValueError:
            return _WRONG_LENGTH
        return self._hand_over(signature, command.le)

    def _may_sign(self, key: int) -> bool:
        if key != SIGNATURE_KEY:
            return self._logged_in
        since, self._since_verify = self._since_verify, None
        return since is not None and since <= _BETWEEN[self.generation]

    def _internal_authenticate(self, command: Command) -> bytes:
        if command.p1p2 != 0x0281:
            return _WRONG_P1_P2
        if len(command.data) != 50:
            return _WRONG_LENGTH
        if command.data[:2] != b"\x94\x30":
            return _WRONG_DATA
        assert self._content.basic_key is not None
        signature = algorithms.sign(self._content.basic_key, Algorithm(hashes.SHA384()), command.data[2:])
        return self._hand_over(signature, command.le)

    def _hand_over(self, signature: bytes, le: int | None) -> bytes:
        if le is None:
            self._pending = signature
            return bytes((0x61, len(signature) & 0xFF))
        if self.generation is not Generation.V1_8:  # T=0 has no room for both lengths in one command
            return _WRONG_LENGTH
        return signature + _OK if le in {len(signature), 256} else bytes((0x6C, len(signature)))

    def _get_card_data(self, command: Command) -> bytes:
        data = self._card_data()
        if command.p1p2 == 0x0001 and self.generation is Generation.V1_8:
            return self._with_le(data + bytes((self.pin.tries_left, 0x00, 0x00)), command.le, exactly=True)
        if command.p1p2 != 0x0000:
            return _WRONG_P1_P2
        return self._with_le(data, command.le, exactly=True)

    def _card_data(self) -> bytes:
        """Give chip number (16), component, OS and mask (5), applet version, and life cycle (28 bytes in all)."""
        version = _APPLET_VERSION[self.generation]
        return self._content.chip_number + bytes((0xA5, 0x03, 0x01, 0x01, 0x01, version, 0, 3, 0, 0x21, 1, 0x0F))

    def _log_off(self, command: Command) -> bytes:
        if command.p1p2:
            return _WRONG_P1_P2
        self._log_out()
        return _OK

    def _log_out(self) -> None:
        self._logged_in, self._since_verify = False, None

    def _with_le(self, available: bytes, le: int | None, *, exactly: bool = False) -> bytes:
        """Answer as much as was asked for, or 6Cxx when there is less; ``exactly`` when there is more, too."""
        if le is None:
            return _WRONG_LENGTH
        if le > len(available) or (exactly and le != len(available)):
            return bytes((0x6C, len(available) & 0xFF))
        return available[:le] + _OK


def _below_current(directory: str, data: bytes) -> str:
    return _MASTER if data.hex() == "3f00" else directory + data.hex().upper()


def _from_master(_directory: str, data: bytes) -> str:
    path = data.hex().upper()
    return path if path.startswith(_MASTER) else _MASTER + path


def _by_name(_directory: str, data: bytes) -> str:
    return _DIRECTORIES.get(data, "")


_SELECT_WAYS: Final[Mapping[int, Callable[[str, bytes], str]]] = {  # P1 P2: no answer data
    0x020C: _below_current,
    0x080C: _from_master,
    0x040C: _by_name,
}
