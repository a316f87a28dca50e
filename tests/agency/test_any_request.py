"""Requests of every kind, by another's reader of our description: no answer may be one that it does not have.

Schemathesis builds them from docs/api/openapi.json, good ones and bad ones, and holds each answer against it: no error
of the server, a documented status, media type and body, no bad request taken, no good one called bad.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from eidcard.simulator.people import ADULT
from signer.paths import resource
from tests.agency.world import AgencyServer

DESCRIPTION = resource().parent / "docs" / "api" / "openapi.json"
WAYS = Path(__file__).parent / "any_request.toml"


@pytest.mark.timeout(600)  # a thousand requests, on a machine that may be busy
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # the stricter one: no U+0000 in a text
def test_no_request_gets_an_answer_that_the_description_does_not_have(
    agency_server: AgencyServer, tmp_path: Path
) -> None:
    worker = agency_server.worker(agency_server.publish(ADULT))
    known = f'[parameters]\n"path.contractId" = "{worker.contract_id}"\n'
    (tmp_path / "schemathesis.toml").write_text(WAYS.read_text(encoding="utf-8") + known, encoding="utf-8")
    tool = [sys.executable, "-m", "schemathesis.cli", "--config-file", "schemathesis.toml", "run", str(DESCRIPTION)]
    caller = ["--url", agency_server.url, "--header", f"Authorization: Bearer {worker.session}"]
    run = subprocess.run(tool + caller, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-20_000:] + run.stderr
    assert f"Tested: {len(operations())}" in run.stdout  # it passed none over


def operations() -> list[str]:
    paths = json.loads(DESCRIPTION.read_text(encoding="utf-8"))["paths"]
    return [f"{method} {path}" for path, methods in paths.items() for method in methods]
