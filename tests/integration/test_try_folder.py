"""The script that tries a folder of anyone's PDFs counts what becomes of them, and changes none."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests import hostile, papers

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "try_folder.py"


def test_a_folder_is_tried_and_each_file_has_its_outcome(tmp_path: Path) -> None:
    folder, told = tmp_path / "folder", tmp_path / "told.jsonl"
    folder.mkdir()
    papers.contract(folder / "good.pdf")
    (folder / "links.PDF").write_bytes(hostile.button(b"/S /URI /URI (http://a.test.invalid)"))
    (folder / "form.pdf").write_bytes(papers.xfa())
    before = {each.name: each.read_bytes() for each in folder.iterdir()}

    command = [sys.executable, str(SCRIPT), str(folder), "--json", str(told)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=SCRIPT.parents[1])

    assert done.returncode == 0, done.stdout + done.stderr
    outcomes = {Path(each["file"]).name: each for each in map(json.loads, told.read_text().splitlines())}
    assert {name: each["outcome"] for name, each in outcomes.items()} == {
        "good.pdf": "signed",
        "links.PDF": "signed",
        "form.pdf": "DOCUMENT_XFA",
    }
    assert outcomes["links.PDF"]["cautions"] == ["links"]
    assert "DOC-005" in outcomes["form.pdf"]["detail"]
    assert "3 files" in done.stdout
    assert {each.name: each.read_bytes() for each in folder.iterdir()} == before
