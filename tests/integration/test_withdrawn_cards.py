"""Whether a card was withdrawn is known before the PIN, or said to be unknown; nobody waits for a slow service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from eidcard.card_key import CardKey
from eidcard.pin import Pin
from eidcard.simulator.card import SimulatedCard
from eidcard.simulator.direct import SimulatedReader, SimulatorCardService
from eidcard.simulator.people import ADULT, PEOPLE, Person
from signer import perform
from signer import workflow as w
from signer.clock import SystemClock
from signer.errors import ErrorCode
from signer.http import Limits
from signer.model import KeyUse, Withdrawal
from signer.outbox import Outbox
from signer.perform import Performer, Ports
from signer.ports import Clock, SigningKey
from signer.trust.anchors import TrustPolicy
from signer.trust.answers import Answers
from signer.trust.fetchers import TrustFetchers
from signer.trust.lists import TrustedList, TrustedLists
from signer.trust.services import Service, ServiceDoor
from tests.clocks import TurnedClock
from tests.integration.conftest import WRONG, Desk
from tests.lying_services import EVERYWHERE, LyingServices, lying_services
from tests.made_up_lists import GRANTED, MadeUpList
from tests.papers import contract
from tests.pins import typed
from tests.signing_desk import bind

PATIENT = Limits(connect_s=1, read_s=20, total_s=20, answer=64 * 1024)
LOOPBACK = ServiceDoor(frozenset({"127.0.0.1"}), limits=dict.fromkeys(Service, PATIENT))


@pytest.mark.parametrize(
    ("person", "said"),
    [
        ("revoked", ("Your card was withdrawn", "CERT-002")),
        ("suspended", ("Your card is suspended", "CERT-003")),
        ("expired", ("Your card has expired", "CERT-001")),
    ],
)
def test_a_card_that_may_not_sign_is_told_before_the_pin(desk: Desk, person: str, said: tuple[str, ...]) -> None:
    desk.insert(person)
    done = desk.sign(desk.open_contract(person), pins=(WRONG,))
    assert done.returncode == 5
    assert all(text in done.stderr for text in said), done.stderr
    assert desk.card.pin.tries_left == 3
    assert desk.signed_files() == []


@pytest.fixture(scope="module")
def liar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LyingServices]:
    with lying_services(tmp_path_factory.mktemp("lying") / "pki") as liar:
        yield liar


class AsIfReal(SimulatorCardService):
    """A simulated card that nobody can tell from a real one."""

    def find_key(self, use: KeyUse = KeyUse.SIGNING) -> SigningKey:
        key = super().find_key(use)
        assert isinstance(key, CardKey)
        key._info = replace(key.info, test=False)
        return key


@dataclass
class Bench:
    """A performer with a card in the reader and a document that was read."""

    liar: LyingServices
    folder: Path
    door: ServiceDoor = LOOPBACK
    person: Person = ADULT
    pin: Pin | None = None
    lists: Callable[[], TrustedLists] | None = None
    clock: Clock = field(default_factory=SystemClock)
    performer: Performer = field(init=False)
    card: SimulatedCard = field(init=False)

    def take(self) -> Pin | None:
        return self.pin

    def begin(self) -> w.Event | None:
        """Find the key."""
        self.card = SimulatedCard(self.liar.pki.person(self.person), pin="1234")
        cards = AsIfReal(SimulatedReader(self.card)) if self.lists else SimulatorCardService(SimulatedReader(self.card))
        policy = TrustPolicy(frozenset(), test_roots=self.liar.pki.roots)
        outbox = Outbox.open(self.folder, SystemClock())
        fetchers = TrustFetchers(self.door, Answers(), SystemClock())
        ports = Ports(None, cards, outbox, self, policy, self.clock, self.folder, self.folder, "en", fetchers)
        ports = replace(ports, lists=self.lists)
        self.performer = Performer(ports, lambda _: None)
        return self.performer.perform(w.FindKey(self.paper))

    def sign(self, found: w.KeyFound) -> w.Event | None:
        self.pin = typed("1234")
        return self.performer.perform(w.Sign(self.paper, found.key))

    @property
    def paper(self) -> w.Paper:
        path = self.folder / "contract.pdf"
        document = bind(path if path.exists() else contract(path, pages=1))
        return w.Paper(w.FileTarget(path, self.folder / "signed.pdf"), document)


@pytest.fixture
def bench(liar: LyingServices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setattr(perform, "_PATIENCE_S", 5.0)
    bench = Bench(liar, tmp_path)
    yield bench
    liar.lies.clear()
    liar.over.clear()
    bench.performer.perform(w.LetGo())


def test_a_good_card_is_known_to_be_good(bench: Bench) -> None:
    found = bench.begin()
    assert isinstance(found, w.KeyFound)
    assert found.key.withdrawal is Withdrawal.NONE
    assert isinstance(bench.sign(found), w.Signed)


@pytest.mark.parametrize(
    ("years", "code"), [(-6, ErrorCode.CERTIFICATE_NOT_YET_VALID), (6, ErrorCode.CERTIFICATE_EXPIRED)]
)
def test_a_card_of_another_time_is_refused_without_asking_anybody(bench: Bench, years: int, code: ErrorCode) -> None:
    bench.clock = TurnedClock(datetime.now(UTC) + timedelta(days=366 * years))
    before = len(bench.liar.requests)
    assert bench.begin() == w.Failed(code)
    assert len(bench.liar.requests) == before


def test_without_a_network_the_pin_is_asked_and_it_is_said_that_nothing_is_known(bench: Bench) -> None:
    bench.door = replace(LOOPBACK, hosts=frozenset())
    bench.person = PEOPLE["revoked"]
    found = bench.begin()
    assert isinstance(found, w.KeyFound)
    assert found.key.withdrawal is Withdrawal.UNKNOWN
    assert isinstance(bench.sign(found), w.Signed)


def test_a_slow_answer_is_not_waited_for_but_counts_before_the_card_signs(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(perform, "_PATIENCE_S", 0.0)
    bench.liar.lies["ocsp"] = EVERYWHERE["slow"]
    bench.person = PEOPLE["revoked"]
    found = bench.begin()
    assert isinstance(found, w.KeyFound)
    assert found.key.withdrawal is Withdrawal.UNKNOWN
    bench.liar.over.set()  # the responder answers with rubbish, and the list tells
    assert bench.performer._check
    assert bench.performer._check.result(20)
    assert bench.sign(found) == w.Failed(ErrorCode.CERTIFICATE_REVOKED)
    assert bench.card.pin.tries_left == 3
    assert not (bench.folder / "signed.pdf").exists()


@pytest.mark.parametrize("agrees", [True, False])
def test_the_panel_says_qualified_where_the_trusted_list_agrees(bench: Bench, agrees: bool) -> None:
    ca = bench.liar.pki.person(ADULT).ca if agrees else bench.liar.pki.roots[0]
    far, xml = datetime(2100, 1, 1, tzinfo=UTC), MadeUpList("BE", services=((ca, GRANTED),)).xml()
    found = TrustedLists((TrustedList("BE", 1, datetime.now(UTC), far, xml),), ())
    bench.lists = lambda: found
    assert isinstance(bench.begin(), w.KeyFound)
    assert bench.performer._prepared
    assert bench.performer._prepared.request.qualified is agrees


def test_the_same_card_is_asked_about_once_in_a_minute(bench: Bench) -> None:
    bench.begin()
    before = len(bench.liar.requests)
    assert isinstance(bench.performer.perform(w.FindKey(bench.paper)), w.KeyFound)
    assert len(bench.liar.requests) == before
