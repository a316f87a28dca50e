"""Measurements: each subject is a function that gives figures; ``python -m benchmarks`` runs them all.

Honest by habit: everything is run warm first; the contestants of one table take turns in each round, so that what
else the machine does hits all of them alike; the median is told with the least and the greatest; a ratio is always
against a peer measured in the same run.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from eidcard.simulator.pki import TestPki
from eidcard.simulator.stack import PrivatePcscd


@dataclass(frozen=True, slots=True)
class Figure:
    """One row: what was measured, how often, and the rows of the same table that it is compared with."""

    name: str
    unit: str  # ms, APDUs, bytes
    samples: tuple[float, ...]
    peers: tuple[str, ...] = ()

    @property
    def median(self) -> float:
        """The middle of the samples."""
        return statistics.median(self.samples)


@dataclass(frozen=True, slots=True)
class Effort:
    """How much work to put in: ``rounds`` that count, after ``warm_up`` rounds that do not."""

    rounds: int = 15
    warm_up: int = 2

    @property
    def is_trial(self) -> bool:
        """Whether somebody only wants to see that everything runs: what is large can be small then."""
        return self.rounds == 1

    def less(self, factor: int) -> Effort:
        """Fewer rounds, for what takes long by itself."""
        return Effort(max(1, self.rounds // factor), min(self.warm_up, 1))


class World:
    """What subjects share: a folder that goes away afterwards, a test PKI, and things to close at the end."""

    def __init__(self, folder: Path, effort: Effort, closing: ExitStack) -> None:
        self.folder, self.effort, self.closing = folder, effort, closing

    @cached_property
    def pki(self) -> TestPki:
        """A test PKI, its keys made now."""
        return TestPki.create(self.folder / "pki")

    @cached_property
    def pcscd(self) -> PrivatePcscd:
        """A pcscd of this run's own, that PC/SC in this process finds."""
        daemon = self.closing.enter_context(PrivatePcscd())
        os.environ.update(daemon.environment)
        return daemon

    def new_folder(self, name: str) -> Path:
        """Make a folder of the subject's own."""
        folder = self.folder / name
        folder.mkdir()
        return folder


Subject = Callable[[World], Iterable[Figure]]
SUBJECTS: Final[dict[str, tuple[str, Subject]]] = {}  # short name -> title, function


def subject(name: str, title: str) -> Callable[[Subject], Subject]:
    """Put a function on the list of what ``python -m benchmarks`` runs."""

    def enlist(function: Subject) -> Subject:
        SUBJECTS[name] = (title, function)
        return function

    return enlist


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is timed, after a preparation that is not."""

    prepare: Callable[[], Any]
    run: Callable[[Any], object]


Contestant = Callable[[], object] | Prepared


def race(contestants: Mapping[str, Contestant], effort: Effort, *peers: str) -> list[Figure]:
    """Time functions against each other in turns; milliseconds of wall clock."""
    samples: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(effort.warm_up + effort.rounds):
        for name, contestant in contestants.items():
            elapsed = _time(contestant)
            if turn >= effort.warm_up:
                samples[name].append(elapsed)
    return [
        Figure(name, "ms", tuple(taken), tuple(peer for peer in peers if peer != name))
        for name, taken in samples.items()
    ]


def count(name: str, unit: str, number: float, *peers: str) -> Figure:
    """A figure that is the same each time, such as a number of bytes."""
    return Figure(name, unit, (number,), peers)


def _time(contestant: Contestant) -> float:
    given = (contestant.prepare(),) if isinstance(contestant, Prepared) else ()
    run = contestant.run if isinstance(contestant, Prepared) else contestant
    start = perf_counter()
    run(*given)
    return 1000 * (perf_counter() - start)
