"""Whether an agency's server keeps the API (docs/api), asked from outside: nothing here knows how any server is made.

    pytest tests/conformance --agency-url https://sign.example --agency-plan plan.json

The plan says where the suite gets contracts and keys: docs/api/conformance.md. Without an address nothing is collected.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conformance.plan import Contract, Key, Plan, logged_in

Publish = Callable[[], Contract]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say where the server is, and where the plan."""
    parser.addoption("--agency-url", help="The server to be asked, without /v1.")
    parser.addoption("--agency-plan", type=Path, help="Where contracts and keys come from: docs/api/conformance.md.")


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Collect only where somebody names a server; others have nothing to ask."""
    return None if config.getoption("--agency-url", default=None) else True


@pytest.fixture(scope="session")
def url(request: pytest.FixtureRequest) -> str:
    """Where the server is."""
    return str(request.config.getoption("--agency-url")).rstrip("/")


@pytest.fixture(scope="session")
def plan(request: pytest.FixtureRequest) -> Plan:
    """Where contracts and keys come from."""
    file: Path = request.config.getoption("--agency-plan")
    told: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return Plan(
        tuple(told["contract"]),
        Key.read(file.parent, told["worker"]),
        Key.read(file.parent, told["other"]),
        Key.read(file.parent, told["login"]),
    )


@pytest.fixture(scope="session")
def publish(plan: Plan, url: str) -> Iterator[Publish]:
    """Give a fresh contract for the worker, logged in to."""
    clients: list[httpx.Client] = []

    def fresh() -> Contract:
        said = subprocess.run(plan.contract, capture_output=True, check=True, timeout=60).stdout
        link = str(json.loads(said)["link"])
        contract = logged_in(url, link, plan)
        clients.append(contract.client)
        return contract

    yield fresh
    for client in clients:
        client.close()


@pytest.fixture(scope="session")
def contract(publish: Publish) -> Contract:
    """A contract that is only read."""
    return publish()
