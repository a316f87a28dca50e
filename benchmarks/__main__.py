"""Run the benchmarks: ``python -m benchmarks [subject ...] [--rounds N] [--out FOLDER]``."""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter
from typing import Final

from rich.console import Console

import benchmarks
from benchmarks import SUBJECTS, Effort, World, machine
from benchmarks.report import Result, show, write

_WIDTH: Final = 120  # where there is no terminal to ask
_QUIET: Final = 0.7  # processes that want to run, beside us


def main() -> int:
    """Run what is asked for; exit code 1 when anything could not be measured, so that nothing is left out silently."""
    for module in pkgutil.iter_modules(benchmarks.__path__):
        if not module.name.startswith("_"):
            importlib.import_module(f"benchmarks.{module.name}")
    options = _options()
    console, facts = Console(), machine.facts()
    console = console if console.is_terminal else Console(width=_WIDTH)
    console.print(", ".join(f"{name} {value}" for name, value in facts.items()), style="dim", highlight=False)
    if os.getloadavg()[0] > _QUIET:
        console.print("[bold yellow]This machine has other work: times are too long, and ratios less sure.[/]")
    results = []
    with tempfile.TemporaryDirectory(prefix="paraph-bench-") as folder, ExitStack() as closing:
        effort = Effort(options.rounds, min(2, options.rounds - 1))  # a trial needs no warm-up
        world = World(Path(folder), effort, closing)
        for name in options.subjects or SUBJECTS:
            results.append(_run(name, world))
            show(results[-1], console)
    facts["loadAfter"] = round(os.getloadavg()[0], 2)
    write(options.out / "results.json", facts, results)
    console.print(f"{sum(result.seconds for result in results):.0f} s; written to {options.out / 'results.json'}")
    return 1 if any(result.failure for result in results) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure Paraph against its peers.")
    parser.add_argument(
        "subjects", nargs="*", metavar="subject", help=f"all of {', '.join(SUBJECTS)} when none is named"
    )
    parser.add_argument("--rounds", type=int, default=Effort().rounds, help="how often each figure is taken")
    parser.add_argument("--out", type=Path, default=Path("bench-out"), help="the folder for results.json")
    options = parser.parse_args()
    for name in options.subjects:
        if name not in SUBJECTS:
            parser.error(f"no subject {name!r}; there are {', '.join(SUBJECTS)}")
    return options


def _run(name: str, world: World) -> Result:
    title, measure = SUBJECTS[name]
    start = perf_counter()
    try:
        figures, failure = tuple(measure(world)), ""
    except Exception as error:  # noqa: BLE001 - one subject that fails must not hide the others' figures
        figures, failure = (), f"{type(error).__name__}: {error}"
    return Result(name, title, figures, perf_counter() - start, failure)


if __name__ == "__main__":
    sys.exit(main())
