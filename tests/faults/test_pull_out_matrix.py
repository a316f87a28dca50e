"""A whole signing, with a mishap at each of its commands to the card: pulled out, garbled, refused, reset.

Find the key, ask the PIN, sign, write: through the product's own workflow and performer, with a simulated card in this
process. After every mishap there are words, the PIN goes out as often as it was asked for, nothing is half-written,
and with the card back in the reader it goes on to a signed file that passed its own check.

The PDF is real where the card is pulled, which is what happens to people. For the other mishaps a stand-in takes the
place of the PDF's preparation and check (0.1 s each, some hundred times): it checks the signature and writes a file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from eidcard.known_cards import KnownCards
from eidcard.pin import Pin
from eidcard.simulator.card import SimulatedCard
from eidcard.simulator.direct import SimulatedReader, SimulatorCardService
from eidcard.simulator.faults import Answer, Cut, Garble, Mishap, Pull, Reset, Resettable, Stretch
from eidcard.simulator.people import ADULT
from eidcard.simulator.pki import TestPki
from eidcard.simulator.profiles import Generation
from eidcard.traffic import Exchange
from signer import workflow as w
from signer.certificates import verify_digest
from signer.clock import SystemClock
from signer.errors import ErrorCode
from signer.files import write_whole
from signer.model import Document
from signer.outbox import Outbox
from signer.pades import sign
from signer.pades.sign import SignatureRequest
from signer.perform import Performer, Ports
from signer.ports import CardService
from signer.trust.anchors import TrustPolicy
from tests.papers import contract
from tests.pins import typed
from tests.signing_desk import bind
from ui.messages import MESSAGES

PIN, TRIES = "1234", 3
MOST_ROUNDS = 6
VERIFY_WITH_PIN = ("VERIFY", 8)  # name, bytes of data

MISHAPS: dict[str, Callable[[int], Mishap]] = {
    "pulled": lambda at: Pull(at=at),
    "pulled when it had obeyed": lambda at: Pull(at=at, late=True),
    "garbled": lambda at: Garble(at, at=at),
    "half a status word": lambda at: Cut(1, at=at),
    "stretched": lambda at: Stretch(7, at=at),
    "refused": lambda at: Answer(b"\x6f\x00", at=at),
    "reset": lambda at: Reset(at=at),
}


@dataclass(frozen=True)
class Flip(Mishap):
    """One bit arrives wrong, somewhere in the data; the status word where there are none."""

    def strike(self, card: Resettable, answer: Callable[[], bytes]) -> bytes:
        del card
        whole = bytearray(answer())
        place = (self.at * 97) % max(len(whole) - 2, 1)
        whole[place] ^= 1 << self.at % 8
        return bytes(whole)


MISHAPS["one bit wrong"] = lambda at: Flip(at=at)


@dataclass(frozen=True)
class StandIn:
    """What is prepared, without a PDF."""

    request: SignatureRequest
    draft: Path
    prepared_at: datetime

    @classmethod
    def prepare(cls, document: Document, request: SignatureRequest, workspace: Path) -> StandIn:
        del document
        draft = workspace / "draft"
        draft.write_bytes(b"prepared")
        return cls(request, draft, datetime.now(UTC))

    @property
    def digest(self) -> bytes:
        return hashlib.new(self.request.mechanism.digest_algorithm, b"a contract").digest()

    def discard(self) -> None:
        self.draft.unlink(missing_ok=True)

    def finish(self, signature: bytes, target: Path) -> None:
        verify_digest(self.request.signer.certificate, self.request.mechanism, self.digest, signature)
        write_whole(target, b"signed")
        self.discard()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the stand-in in the place of the PDF."""
    monkeypatch.setattr(sign, "prepare", StandIn.prepare)
    monkeypatch.setattr(sign, "finish", StandIn.finish)


@dataclass
class Worker:
    """Somebody who types the PIN when asked, and takes the card out and puts it back in when told that it is wrong."""

    performer: Performer = field(init=False)
    reader: SimulatedReader
    card: SimulatedCard
    typed: list[Pin] = field(default_factory=list)
    waited: list[ErrorCode] = field(default_factory=list)
    asked_again: list[ErrorCode] = field(default_factory=list)
    state: w.State = field(default_factory=w.Idle)

    def take(self) -> Pin | None:
        """Hand the PIN over once, as ``signer.ports.PinSource``."""
        return self.typed[-1] if self.typed and len(self.typed[-1]) else None

    def go_on(self, event: w.Event | None) -> None:
        """Do what the workflow wants until nobody has anything to do."""
        while event is not None:
            assert len(self.waited) + len(self.asked_again) < MOST_ROUNDS, (self.waited, self.asked_again)
            self.state, effects = w.handle(self.state, event)
            answers = [self._answer(effect) for effect in effects]
            event = next((answer for answer in answers if answer is not None), None)

    def note(self, event: w.Event) -> None:
        """Take in the steps of a signing."""
        self.state, effects = w.handle(self.state, event)
        assert not effects

    def _answer(self, effect: w.Effect) -> w.Event | None:
        if isinstance(effect, w.WatchCard):
            assert isinstance(self.state, w.AwaitingCard)
            self.waited.append(self.state.because)
            self.reader.remove()
            self.reader.insert(self.card)
            return w.CardChanged()
        if isinstance(effect, w.AskPin):
            assert isinstance(self.state, w.AwaitingPin)
            self.asked_again += [self.state.because] if self.state.because else []
            self.typed.append(typed(PIN))
            return w.PinEntered()
        return self.performer.perform(effect)


@dataclass
class Desk:
    """Everything of a signing that is the same for each mishap."""

    folder: Path
    document: Document
    policy: TrustPolicy
    outbox: Outbox
    card: SimulatedCard
    known: KnownCards | None = None
    count: int = 0

    def sign(self, *mishaps: Mishap) -> tuple[Worker, list[Exchange], Path]:
        """Sign from "read to the end" on."""
        self.count += 1
        noted: list[Exchange] = []
        reader = SimulatedReader(self.card)
        self.card.reset()
        self.card.plan(*mishaps)
        target = self.folder / "out" / f"{self.count}.pdf"
        worker = Worker(reader, self.card)
        worker.performer = Performer(
            self._ports(SimulatorCardService(reader, noted.append, self.known), worker), worker.note
        )
        worker.state = w.Reading(w.Paper(w.FileTarget(self.document.path, target), self.document))
        worker.go_on(w.ReadToTheEnd(self.document.sha256))
        worker.performer.perform(w.LetGo())
        return worker, noted, target

    def left_behind(self) -> list[str]:
        """Files that nobody asked for."""
        return [path.name for place in ("out", "work") for path in (self.folder / place).iterdir()]

    def _ports(self, cards: CardService, worker: Worker) -> Ports:
        work = self.folder / "work"
        return Ports(None, cards, self.outbox, worker, self.policy, SystemClock(), work, work, "en")


@pytest.fixture(params=[Generation.V1_7, Generation.V1_8])
def desk(request: pytest.FixtureRequest, test_pki: TestPki, tmp_path: Path) -> Desk:
    for place in ("out", "work", "outbox"):
        (tmp_path / place).mkdir()
    card = SimulatedCard(test_pki.person(ADULT, request.param), pin=PIN)
    policy = TrustPolicy(frozenset(), test_roots=test_pki.roots)
    document = bind(contract(tmp_path / "contract.pdf", pages=1))
    return Desk(tmp_path, document, policy, Outbox.open(tmp_path / "outbox", SystemClock()), card)


def require_well_ended(desk: Desk, worker: Worker, noted: list[Exchange], target: Path, where: str) -> None:
    """What holds whatever happened and wherever it did."""
    sent = sum((exchange.name, exchange.lc) == VERIFY_WITH_PIN for exchange in noted)
    told = [*worker.waited, *worker.asked_again]
    assert isinstance(worker.state, w.Done), (where, worker.state, told)
    assert sent <= len(worker.typed), (where, "a PIN was sent that nobody was asked for")
    assert not any(any(pin._buffer) for pin in worker.typed), (where, "a PIN was not wiped")
    assert ErrorCode.INTERNAL not in told, (where, told)
    assert all(code in MESSAGES for code in told), (where, told)
    assert desk.card.pin.tries_left == TRIES, where
    assert desk.left_behind() == [target.name], (where, "half-written")
    target.unlink()


def commands_of(desk: Desk) -> int:
    worker, noted, target = desk.sign()
    require_well_ended(desk, worker, noted, target, "no mishap")
    assert (worker.waited, worker.asked_again) == ([], [])
    return len(noted)


def try_everywhere(desk: Desk, mishap: str) -> None:
    for at in range(1, commands_of(desk) + 1):
        worker, noted, target = desk.sign(MISHAPS[mishap](at))
        require_well_ended(desk, worker, noted, target, f"{mishap} at {at}, {noted[at - 1].name}")
        if mishap.startswith("pulled"):
            assert worker.waited == [ErrorCode.CARD_REMOVED], (at, worker.waited)
        if mishap == "one bit wrong":  # a bad contact is no forged card
            assert ErrorCode.CERTIFICATE_UNTRUSTED not in worker.waited, (at, worker.waited)


def test_a_card_pulled_at_any_command_loses_nothing(desk: Desk) -> None:
    try_everywhere(desk, "pulled")


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("mishap", [name for name in MISHAPS if name != "pulled"])
def test_a_mishap_at_any_command_loses_nothing(desk: Desk, mishap: str) -> None:
    try_everywhere(desk, mishap)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("mishap", ["pulled", "garbled", "one bit wrong", "refused"])
def test_the_same_with_a_card_that_is_known(desk: Desk, mishap: str) -> None:
    desk.known = KnownCards(desk.folder)
    commands_of(desk)
    try_everywhere(desk, mishap)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("mishap", ["garbled", "one bit wrong"])
def test_what_arrived_wrong_is_never_remembered(desk: Desk, mishap: str) -> None:
    for at in range(1, commands_of(desk) + 1):
        desk.known = KnownCards(desk.folder)
        require_well_ended(desk, *desk.sign(MISHAPS[mishap](at)), f"{mishap} at {at}")
        worker, noted, target = desk.sign()
        require_well_ended(desk, worker, noted, target, f"after {mishap} at {at}")
        assert (worker.waited, worker.asked_again) == ([], []), at
        desk.known.forget_all()
