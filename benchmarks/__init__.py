"""Measurements: each subject is a function that gives figures; ``python -m benchmarks`` runs them all.

Honest by habit: everything is run warm first; the contestants of one table take turns in each round, so that what
else the machine does hits all of them alike; the median is told with the least and the greatest; a ratio is always
against a peer measured in the same run.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import Final

from eidcard.simulator.pki import TestPki


@dataclass(frozen=True, slots=True)
class Figure:
    """One row: what was measured, how often, and the row of the same table that it is compared with."""

    name: str
    unit: str  # ms, APDUs, bytes
    samples: tuple[float, ...]
    peer: str | None = None

    @property
    def median(self) -> float:
        """The middle of the samples."""
        return statistics.median(self.samples)


@dataclass(frozen=True, slots=True)
class Effort:
    """How much work to put in: ``rounds`` that count, after ``warm_up`` rounds that do not."""

    rounds: int = 15
    warm_up: int = 2

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


def race(contestants: Mapping[str, Callable[[], object]], effort: Effort, peer: str | None = None) -> list[Figure]:
    """Time functions against each other in turns; milliseconds of wall clock."""
    samples: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(effort.warm_up + effort.rounds):
        for name, run in contestants.items():
            start = perf_counter()
            run()
            elapsed = 1000 * (perf_counter() - start)
            if turn >= effort.warm_up:
                samples[name].append(elapsed)
    return [Figure(name, "ms", tuple(taken), None if name == peer else peer) for name, taken in samples.items()]


def count(name: str, unit: str, number: float, peer: str | None = None) -> Figure:
    """A figure that is the same each time, such as a number of bytes."""
    return Figure(name, unit, (number,), peer)
