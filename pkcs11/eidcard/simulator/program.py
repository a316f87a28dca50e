"""``python -m eidcard.simulator``: one simulated card in a process of its own, in a vpcd reader.

Lines on standard input: ``insert``, ``remove``, ``fault MISHAP ...``, ``mend``, ``quit``, and with ``--pinpad`` also
``type PIN``, ``cancel`` and ``wait`` (until the time is over); their end changes nothing. SIGTERM and SIGINT pull the
card and end the program with status 0. What happens is told on standard error.
"""

from __future__ import annotations

import argparse
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from eidcard.simulator.card import SimulatedCard
from eidcard.simulator.faults import GRAMMAR, Mishap, parse
from eidcard.simulator.pace import Pace
from eidcard.simulator.people import PEOPLE
from eidcard.simulator.pin_state import DEFAULT_PIN
from eidcard.simulator.pinpad import READER_NAME, Key, SimulatedPinpad
from eidcard.simulator.pki import TestPki
from eidcard.simulator.profiles import Generation
from eidcard.simulator.vpcd import DEFAULT_PORT, VpcdLink

_QUIT: Final = "quit"
_MOST_DIGITS: Final = 64  # bytes to read for a PIN; more is none
_FAILED: Final = 1
_SIGNAL_CHECK_S: Final = 0.2  # Python runs signal handlers between two waits


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until told to stop; gives the exit status."""
    options = _parser().parse_args(arguments)
    commands: queue.SimpleQueue[str] = queue.SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: commands.put(_QUIT))
    try:
        link = VpcdLink(_card(options), options.port, pinpad=SimulatedPinpad() if options.pinpad else None)
        _say(f"TEST card: nothing that it signs is worth anything. Applet {options.applet}, person {options.person}")
        if not options.empty:
            _insert(link)
        link.card.plan(*options.fault)  # counted once the card is in: how often a reader asks before is its own affair
        threading.Thread(target=_listen, args=(commands,), daemon=True).start()
        return _obey(link, commands)
    except (TimeoutError, FileNotFoundError, ValueError) as error:
        _say(str(error))
        return _FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m eidcard.simulator", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="the folder of the test PKI (TestPki.create)")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="where the vpcd reader listens")
    parser.add_argument(
        "--applet", choices=[str(generation) for generation in Generation], default=str(Generation.V1_8)
    )
    parser.add_argument("--person", choices=sorted(PEOPLE), default="default")
    parser.add_argument(
        "--pin-fd", type=int, help=f"a file descriptor to read the card's PIN from (else {DEFAULT_PIN})"
    )
    parser.add_argument("--state-file", type=Path, help="keep the PIN's tries in this file")
    parser.add_argument(
        "--fault", metavar="MISHAP", type=_mishap, action="append", default=[], help=f"may be repeated: {GRAMMAR}"
    )
    parser.add_argument(
        "--pinpad", action="store_true", help=f"the reader has keys; its name must begin with {READER_NAME!r}"
    )
    parser.add_argument("--latency-ms", type=float, default=0.0, help="what each command costs (a real card: about 15)")
    parser.add_argument("--bytes-per-second", type=float, default=0.0, help="how fast they travel (0: at once)")
    parser.add_argument("--empty", action="store_true", help="begin with the card beside the reader")
    return parser


def _card(options: argparse.Namespace) -> SimulatedCard:
    pin = DEFAULT_PIN if options.pin_fd is None else os.read(options.pin_fd, _MOST_DIGITS).decode().strip()
    credentials = TestPki.load(options.folder).person(PEOPLE[options.person], options.applet)
    pace = Pace(options.latency_ms, options.bytes_per_second)
    return SimulatedCard(credentials, pin=pin, state_file=options.state_file, pace=pace)


def _mishap(text: str) -> Mishap:
    try:
        return parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _listen(commands: queue.SimpleQueue[str]) -> None:
    for line in sys.stdin:
        commands.put(line.strip())


def _obey(link: VpcdLink, commands: queue.SimpleQueue[str]) -> int:
    try:
        while (line := _next(commands)) != _QUIT:
            word, _, rest = line.partition(" ")
            _COMMANDS.get(word, _unknown)(link, rest)
    finally:
        link.remove()
    return 0


def _next(commands: queue.SimpleQueue[str]) -> str:
    while True:
        try:
            return commands.get(timeout=_SIGNAL_CHECK_S)
        except queue.Empty:
            continue


def _insert(link: VpcdLink, _: str = "") -> None:
    link.insert()
    _say("card in")


def _remove(link: VpcdLink, _: str) -> None:
    link.remove()
    _say("card out")


def _fault(link: VpcdLink, text: str) -> None:
    try:
        mishaps = [parse(each) for each in text.split()]
    except ValueError as error:
        _say(str(error))
        return
    link.card.plan(*mishaps)
    _say(f"armed: {', '.join(map(str, mishaps)) or 'nothing'}")


def _type(link: VpcdLink, digits: str) -> None:
    _press(link, digits)


def _cancel(link: VpcdLink, _: str) -> None:
    _press(link, Key.CANCEL)


def _wait(link: VpcdLink, _: str) -> None:
    _press(link, Key.NOTHING)


def _press(link: VpcdLink, key: str | Key) -> None:
    if link.pinpad is None:
        _say("this reader has no keys")
        return
    link.pinpad.press(key)
    _say("pressed")


def _mend(link: VpcdLink, _: str) -> None:
    link.card.plan()
    _say("armed: nothing")


def _unknown(*_: object) -> None:
    _say(f"say {', '.join(_COMMANDS)} or {_QUIT}")


_COMMANDS: Final[Mapping[str, Callable[[VpcdLink, str], None]]] = {
    "insert": _insert,
    "remove": _remove,
    "fault": _fault,
    "mend": _mend,
    "type": _type,
    "cancel": _cancel,
    "wait": _wait,
}


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
