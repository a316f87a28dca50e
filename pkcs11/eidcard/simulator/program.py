"""``python -m eidcard.simulator``: one simulated card in a process of its own, in a vpcd reader.

Lines on standard input: ``insert``, ``remove``, ``quit``; their end changes nothing. SIGTERM and SIGINT pull the card
and end the program with status 0. What happens is told on standard error.
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
from eidcard.simulator.people import PEOPLE
from eidcard.simulator.pin_state import DEFAULT_PIN
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
        link = VpcdLink(_card(options), options.port)
        _say(f"TEST card: nothing that it signs is worth anything. Applet {options.applet}, person {options.person}")
        if not options.empty:
            _insert(link)
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
    parser.add_argument("--empty", action="store_true", help="begin with the card beside the reader")
    return parser


def _card(options: argparse.Namespace) -> SimulatedCard:
    pin = DEFAULT_PIN if options.pin_fd is None else os.read(options.pin_fd, _MOST_DIGITS).decode().strip()
    credentials = TestPki.load(options.folder).person(PEOPLE[options.person], options.applet)
    return SimulatedCard(credentials, pin=pin, state_file=options.state_file)


def _listen(commands: queue.SimpleQueue[str]) -> None:
    for line in sys.stdin:
        commands.put(line.strip())


def _obey(link: VpcdLink, commands: queue.SimpleQueue[str]) -> int:
    try:
        while (word := _next(commands)) != _QUIT:
            _COMMANDS.get(word, _unknown)(link)
    finally:
        link.remove()
    return 0


def _next(commands: queue.SimpleQueue[str]) -> str:
    while True:
        try:
            return commands.get(timeout=_SIGNAL_CHECK_S)
        except queue.Empty:
            continue


def _insert(link: VpcdLink) -> None:
    link.insert()
    _say("card in")


def _remove(link: VpcdLink) -> None:
    link.remove()
    _say("card out")


def _unknown(_: VpcdLink) -> None:
    _say("say insert, remove or quit")


_COMMANDS: Final[Mapping[str, Callable[[VpcdLink], None]]] = {"insert": _insert, "remove": _remove}


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
