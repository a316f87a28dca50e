"""The benchmarks run, whatever their figures are: those belong in no test."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import Effort, Figure, Prepared, race
from benchmarks.report import Result

ROOT = Path(__file__).resolve().parents[2]
SUBJECTS = {
    "card-conversations",
    "document-view",
    "levels",
    "load",
    "card-events",
    "card-layers",
    "desktop-signing",
    "desktop-start",
    "judging",
    "pades-steps",
    "pin-to-signed",
    "sealing",
    "startup",
    "submissions",
    "tasks",
    "upload",
    "validation",
}


def run(out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", "--out", str(out), *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.timeout(300)  # all subjects once: 15 s on a machine that does nothing else
def test_every_subject_gives_a_table_and_the_same_figures_as_json(tmp_path: Path) -> None:
    done = run(tmp_path, "--rounds", "1")

    results = json.loads((tmp_path / "results.json").read_text())
    failures = {subject["name"]: subject["failure"] for subject in results["subjects"] if subject["failure"]}
    assert (done.returncode, failures) == (0, {}), done.stderr
    assert {subject["name"] for subject in results["subjects"]} == SUBJECTS
    assert results["machine"]["processors"] >= 1
    for subject in results["subjects"]:
        assert subject["title"] in done.stdout
        require_well_formed(subject["figures"])


def require_well_formed(figures: list[dict[str, object]]) -> None:
    names = {(figure["name"], figure["unit"]) for figure in figures}
    assert len(names) == len(figures) > 0
    for figure in figures:
        assert set(figure) == {"name", "unit", "n", "median", "min", "max", "ratios"}
        assert figure["unit"] in {"ms", "bytes", "APDUs", "MiB", "a second"}
        ratios = figure["ratios"]
        assert isinstance(ratios, dict)
        assert {(peer, figure["unit"]) for peer in ratios} <= names


def test_unknown_subject_is_refused(tmp_path: Path) -> None:
    done = run(tmp_path, "no-such-subject")

    assert done.returncode == 2
    assert "no-such-subject" in done.stderr


def test_subject_that_fails_is_named_and_fails_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # no pdfsig, no openssl

    done = run(tmp_path, "validation", "--rounds", "1")

    assert done.returncode == 1
    assert "not measured" in done.stdout
    assert json.loads((tmp_path / "results.json").read_text())["subjects"][0]["failure"]


def test_contestants_take_turns_and_only_the_run_counts_after_the_warm_up() -> None:
    calls: list[str] = []
    prepared = Prepared(lambda: calls.append("prepare"), lambda _: calls.append("run"))

    figures = race({"peer": lambda: calls.append("peer"), "ours": prepared}, Effort(rounds=2, warm_up=1), "peer")

    assert calls == ["peer", "prepare", "run"] * 3
    assert [len(figure.samples) for figure in figures] == [2, 2]


def test_ratio_is_of_medians_with_the_same_unit() -> None:
    figures = (
        Figure("peer", "ms", (1.0, 2.0, 90.0)),
        Figure("peer", "bytes", (7.0,)),
        Figure("ours", "ms", (3.0, 5.0, 8.0), ("peer",)),
    )

    assert Result("x", "X", figures, 0.1).ratios(figures[2]) == {"peer": 2.5}
