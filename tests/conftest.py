"""What tests of every kind share: a test PKI, a private pcscd, and simulated cards in its reader."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from eidcard.simulator import services
from eidcard.simulator.card import SimulatedCard
from eidcard.simulator.people import ADULT, Person
from eidcard.simulator.pin_state import DEFAULT_PIN
from eidcard.simulator.pki import TestPki
from eidcard.simulator.stack import PrivatePcscd
from tests.readers import InsertCard, InsertedCard, wait_for_card

os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"  # nobody's own passwords are touched
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # so a shell starts what runs in its background
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: a good part of the time a test waits for a daemon."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session")
def test_pki(tmp_path_factory: pytest.TempPathFactory) -> TestPki:
    """A test PKI of this worker; people are issued when they are first asked for."""
    return TestPki.create(tmp_path_factory.mktemp("pki") / "test-pki")


@pytest.fixture(scope="session")
def served_pki(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestPki]:
    """A test PKI of this worker with its services on loopback: OCSP, lists, certificates, time-stamps."""
    with services.served_pki(tmp_path_factory.mktemp("served") / "test-pki") as pki:
        yield pki


@pytest.fixture(scope="session")
def pcscd() -> Iterator[PrivatePcscd]:
    """The one private pcscd of this worker: libpcsclite never finds a second one in the same process."""
    with PrivatePcscd() as daemon:
        os.environ.update(daemon.environment)
        yield daemon


@pytest.fixture
def insert_card(test_pki: TestPki, pcscd: PrivatePcscd) -> Iterator[InsertCard]:
    """Give a function that puts a simulated card in the reader, which is empty again after the test."""
    handles: list[InsertedCard] = []

    def insert(
        applet: str = "1.8", person: Person = ADULT, pin: str = DEFAULT_PIN, state_file: Path | None = None
    ) -> InsertedCard:
        card = SimulatedCard(test_pki.person(person, applet), pin=pin, state_file=state_file)
        handles.append(InsertedCard(card, pcscd.port, pin))
        handles[-1].insert()
        return handles[-1]

    yield insert
    for handle in handles:
        handle.link.remove()
    wait_for_card(present=False)
