"""What tests of every kind share: a test PKI, a private pcscd, and simulated cards in its reader."""

from __future__ import annotations

import pytest

from eidcard.simulator.pki import TestPki


@pytest.fixture(scope="session")
def test_pki(tmp_path_factory: pytest.TempPathFactory) -> TestPki:
    """A test PKI of this worker; people are issued when they are first asked for."""
    return TestPki.create(tmp_path_factory.mktemp("pki") / "test-pki")
