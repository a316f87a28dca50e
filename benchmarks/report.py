"""Figures as tables for people and as JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from benchmarks import Figure


@dataclass(frozen=True, slots=True)
class Result:
    """What one subject gave: its figures, or why there are none."""

    name: str
    title: str
    figures: tuple[Figure, ...]
    seconds: float
    failure: str = ""

    def ratios(self, figure: Figure) -> dict[str, float]:
        """How many times each of its peers a figure is."""
        medians = {other.name: other.median for other in self.figures if other.unit == figure.unit}
        return {peer: figure.median / medians[peer] for peer in figure.peers if medians.get(peer)}


def show(result: Result, console: Console) -> None:
    """Print one table, or the failure in its place."""
    if result.failure:
        console.print(f"[bold red]{result.title}: not measured[/] {result.failure}")
        return
    table = Table(title=result.title, title_justify="left", caption=f"{result.seconds:.1f} s", box=SIMPLE_HEAD)
    table.add_column("what")
    for heading in ("median", "min", "max", "unit", "n"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("times its peer")
    for figure in result.figures:
        ratios = (f"{ratio:.2f} × {peer}" for peer, ratio in result.ratios(figure).items())
        numbers = (_number(number) for number in (figure.median, min(figure.samples), max(figure.samples)))
        table.add_row(figure.name, *numbers, figure.unit, str(len(figure.samples)), "\n".join(ratios))
    console.print(table)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def write(path: Path, machine: Mapping[str, str | int | float], results: list[Result]) -> None:
    """Write all results as JSON; the names of the fields are for good, since runs are compared by them."""
    document = {"machine": machine, "subjects": [_as_json(result) for result in results]}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2) + "\n")


def _as_json(result: Result) -> dict[str, object]:
    return {
        "name": result.name,
        "title": result.title,
        "seconds": round(result.seconds, 2),
        "failure": result.failure or None,
        "figures": [
            {
                "name": figure.name,
                "unit": figure.unit,
                "n": len(figure.samples),
                "median": figure.median,
                "min": min(figure.samples),
                "max": max(figure.samples),
                "ratios": result.ratios(figure),
            }
            for figure in result.figures
        ],
    }
