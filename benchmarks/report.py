"""Figures as tables for people and as JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

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

    def ratio(self, figure: Figure) -> float | None:
        """How many times its peer a figure is; None without a peer."""
        peers = [other for other in self.figures if other.name == figure.peer and other.unit == figure.unit]
        return figure.median / peers[0].median if peers and peers[0].median else None


def show(result: Result, console: Console) -> None:
    """Print one table, or the failure in its place."""
    if result.failure:
        console.print(f"[bold red]{result.title}: not measured[/] {result.failure}")
        return
    table = Table(title=result.title, title_justify="left", caption=f"{result.seconds:.1f} s")
    table.add_column("what")
    for heading in ("median", "min", "max", "unit", "n", "ratio"):
        table.add_column(heading, justify="right")
    table.add_column("against")
    for figure in result.figures:
        table.add_row(*_row(result, figure))
    console.print(table)


def _row(result: Result, figure: Figure) -> tuple[str, ...]:
    ratio = result.ratio(figure)
    return (
        figure.name,
        _number(figure.median),
        _number(min(figure.samples)),
        _number(max(figure.samples)),
        figure.unit,
        str(len(figure.samples)),
        "" if ratio is None else f"{ratio:.2f}",
        figure.peer or "",
    )


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
                "peer": figure.peer,
                "ratio": result.ratio(figure),
            }
            for figure in result.figures
        ],
    }
