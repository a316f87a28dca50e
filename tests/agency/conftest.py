from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from agency.samples.make import make
from agency.samples.text import sample_text
from eidcard.simulator.pki import TestPki
from tests.agency.world import NOW, AgencyServer, initialise
from tests.postgresql import Postgresql, postgresql


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Dutch sample, with its field for the worker."""
    target = tmp_path_factory.mktemp("samples") / "contract.pdf"
    make(sample_text("nl", NOW + timedelta(days=1), NOW), target)
    return target


@pytest.fixture(scope="session")
def cluster() -> Iterator[Postgresql]:
    """A PostgreSQL of this process."""
    with postgresql() as cluster:
        yield cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database of each kind; the agency's own SQLite needs no address."""
    if request.param == "sqlite":
        return ""
    cluster: Postgresql = request.getfixturevalue("cluster")
    return cluster.database()


@pytest.fixture
def agency_server(tmp_path: Path, test_pki: TestPki, sample: Path, database_url: str) -> Iterator[AgencyServer]:
    """A running agency that nobody has published at."""
    initialise(tmp_path / "agency", test_pki, database_url=database_url)
    with AgencyServer(tmp_path / "agency", test_pki, sample).running() as server:
        yield server
