"""Looks at everything at once, so that one thing that hangs or fails hides none of the others."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeAlias

from signer.errors import SignerError
from ui.diagnosis import hardware, machine, network
from ui.diagnosis.findings import Check, Finding, Grade, Says, Surroundings

_log: Final = logging.getLogger("paraph.diagnosis")

Look: TypeAlias = Callable[[Surroundings], Iterable[Finding]]
Lane: TypeAlias = Sequence[tuple[Check, Look]]

_STEP_S: Final = 0.05  # between two looks whether somebody has given up
PATIENCE_S: Final = 60.0  # for everything: some modules, each with a slow reader

# Lanes are looked at side by side; what shares the readers stands in one lane, one after the other.
LANES: Final[tuple[Lane, ...]] = (
    (
        (Check.SERVICE, hardware.service),
        (Check.READER, hardware.readers),
        (Check.CARD, hardware.cards),
        (Check.MODULE, hardware.modules),
    ),
    (
        (Check.PROXY, network.proxies),
        (Check.AGENCY, network.agencies_and_clock),
    ),
    (
        (Check.SETTINGS, machine.settings),
        (Check.FOLDER, machine.folders),
        (Check.DISK, machine.disk),
        (Check.OUTBOX, machine.outbox),
        (Check.TRUST, machine.trust),
        (Check.LISTS, machine.lists),
        (Check.VERSION, machine.versions),
    ),
)


def diagnose(
    where: Surroundings,
    lanes: Sequence[Lane] = LANES,
    patience_s: float = PATIENCE_S,
    *,
    given_up: threading.Event | None = None,
) -> tuple[Finding, ...]:
    """Give all findings, in the order of ``Check``; takes at most ``patience_s`` seconds, and never raises.

    Whoever sets ``given_up`` gets what there is, at once.
    """
    running = [_Running(where, lane) for lane in lanes]
    deadline = time.monotonic() + patience_s
    for each in running:
        each.wait(deadline, given_up or threading.Event())
    found = [finding for lane in running for finding in lane.findings()]
    return tuple(sorted(found, key=lambda finding: list(Check).index(finding.check)))


class _Running:
    """One lane at work; a check that hangs is left behind with its thread, which ends with the program."""

    def __init__(self, where: Surroundings, lane: Lane) -> None:
        self._where = where
        self._waiting = dict(lane)
        self._found: list[Finding] = []
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, args=(tuple(lane),), name="diagnosis", daemon=True)
        self._thread.start()

    def wait(self, deadline: float, given_up: threading.Event) -> None:
        while self._thread.is_alive() and time.monotonic() < deadline and not given_up.is_set():
            self._thread.join(_STEP_S)

    def findings(self) -> Iterator[Finding]:
        with self._lock:
            yield from self._found
            for check in self._waiting:
                yield Finding(check, Grade.WARNING, Says.NOT_CHECKED, facts={"because": "no answer in time"})

    def _run(self, lane: Lane) -> None:
        for check, look in lane:
            found = _look(check, look, self._where)
            with self._lock:
                self._found += found
                del self._waiting[check]


def _look(check: Check, look: Look, where: Surroundings) -> list[Finding]:
    """Collect what a check says; what it found before it failed counts, and so does that it failed."""
    found: list[Finding] = []
    try:
        found.extend(look(where))
    except SignerError as error:
        _log.info("%s: %s", check.value, error)
        found.append(Finding(check, Grade.PROBLEM, error.code))
    except Exception as error:  # noqa: BLE001 - whatever is broken here, the other checks are needed all the more
        _log.info("%s failed", check.value, exc_info=True)
        found.append(Finding(check, Grade.WARNING, Says.NOT_CHECKED, facts={"because": type(error).__name__}))
    return found
