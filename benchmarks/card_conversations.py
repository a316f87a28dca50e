"""What goes over the wire to a card, for each thing that a person does with it, counted at the card itself."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from time import perf_counter
from typing import Final

from benchmarks import Figure, World, count, subject
from eidcard.cards import PcscCardService
from eidcard.known_cards import KnownCards
from eidcard.pin import Pin
from eidcard.simulator.card import SimulatedCard
from eidcard.simulator.direct import SimulatedReader, SimulatorCardService
from eidcard.simulator.pace import AT_ONCE, Pace
from eidcard.simulator.people import ADULT, ADULT_MAN, Person
from eidcard.simulator.pin_state import DEFAULT_PIN
from eidcard.simulator.profiles import Generation
from eidcard.simulator.vpcd import VpcdLink
from signer.ports import CardService
from tests.readers import wait_for_card

REAL_PACE: Final = Pace(milliseconds=15, bytes_per_second=10_000)
_SIGNING: Final = (Generation.V1_7, Generation.V1_8)


class CountingCard(SimulatedCard):
    """A card that counts what it hears and says, and the time that it takes."""

    apdus = 0
    traffic = 0  # bytes sent and answered, headers and status words with them
    seconds = 0.0

    def forget_counts(self) -> None:
        """Begin to count anew."""
        self.apdus, self.traffic, self.seconds = 0, 0, 0.0

    def process(self, apdu: bytes) -> bytes:
        """Answer, and count."""
        start = perf_counter()
        answer = super().process(apdu)
        self.seconds += perf_counter() - start
        self.apdus += 1
        self.traffic += len(apdu) + len(answer)
        return answer


@subject("card-conversations", "APDUs and bytes for each use of a card, beside OpenSC on the same card")
def card_conversations(world: World) -> Iterable[Figure]:
    """Count; then let a card be as slow as a real one; then see what of a signature's time is not the card's."""
    for generation in Generation:
        yield from _counts(world, generation)
    for generation in _SIGNING:
        yield from _at_real_pace(world, generation)
    for generation in _SIGNING:
        yield from _own_share(world, generation)


def _counts(world: World, generation: Generation) -> Iterator[Figure]:
    peer = f"{generation}: OpenSC lists the objects"
    yield from _count(peer, _listed_by_opensc(world, generation))
    card = _card(world, generation)
    _in_process(card).card_details()
    yield from _count(f"{generation}: identity shown", card, peer)
    if generation in _SIGNING:
        for name, card, known in _acquaintances(world, generation, "counted", AT_ONCE):
            _sign(_in_process(card, known))
            yield from _count(f"{generation}: {name}", card, peer)


def _count(name: str, card: CountingCard, *peers: str) -> Iterator[Figure]:
    yield count(name, "APDUs", card.apdus, *peers)
    yield count(name, "bytes", card.traffic, *peers)


def _acquaintances(
    world: World, generation: Generation, use: str, pace: Pace
) -> Iterator[tuple[str, CountingCard, KnownCards]]:
    """Give a card before each of its first signatures, with what is known of it then."""
    card, known = _card(world, generation, pace=pace), KnownCards(world.new_folder(f"known-{use}-{generation}"))
    yield "first signature ever", card, known
    card.forget_counts()
    yield "next signature of a known card", card, known
    chain = KnownCards(world.new_folder(f"chain-{use}-{generation}"))
    _in_process(_card(world, generation, ADULT_MAN), chain).find_key().close()
    yield "first signature, chain known", _card(world, generation, pace=pace), chain


def _in_process(card: CountingCard, known: KnownCards | None = None) -> SimulatorCardService:
    return SimulatorCardService(SimulatedReader(card), known=known)


def _card(world: World, generation: Generation, person: Person = ADULT, pace: Pace = AT_ONCE) -> CountingCard:
    return CountingCard(world.pki.person(person, generation), pace=pace)


def _sign(cards: CardService) -> None:
    key = cards.find_key()
    digest = hashlib.new(key.info.mechanism.digest_algorithm, b"a contract").digest()
    pin = Pin()
    for digit in DEFAULT_PIN:
        pin.append(int(digit))
    key.sign_digest(digest, pin)
    key.close()


def _listed_by_opensc(world: World, generation: Generation) -> CountingCard:
    with _in_reader(world, _card(world, generation)) as card:
        home = world.new_folder(f"opensc-{generation}")  # with nothing that it remembers
        environment = os.environ | {"HOME": str(home), "XDG_CACHE_HOME": str(home)}
        subprocess.run(["pkcs11-tool", "--list-objects"], env=environment, capture_output=True, check=True)
        return card


@contextmanager
def _in_reader(world: World, card: CountingCard) -> Iterator[CountingCard]:
    link = VpcdLink(card, world.pcscd.port)
    link.insert()
    try:
        wait_for_card(present=True)
        card.forget_counts()
        yield card
    finally:
        link.remove()
        wait_for_card(present=False)


def _at_real_pace(world: World, generation: Generation) -> Iterator[Figure]:
    for name, card, known in _acquaintances(world, generation, "paced", REAL_PACE):
        start = perf_counter()
        _sign(_in_process(card, known))
        yield Figure(f"{generation}: {name}, at a real card's pace", "ms", (1000 * (perf_counter() - start),))


def _own_share(world: World, generation: Generation) -> Iterator[Figure]:
    """Take the card's time out of a signature over a real pcscd: what is left is ours, pcscd's and the reader's."""
    known = KnownCards(world.new_folder(f"known-share-{generation}"))
    whole: list[float] = []
    share: list[float] = []
    with _in_reader(world, _card(world, generation)) as card, closing(PcscCardService(known=known)) as cards:
        for turn in range(world.effort.warm_up + world.effort.rounds):
            card.forget_counts()
            start = perf_counter()
            _sign(cards)
            elapsed = perf_counter() - start
            if turn >= world.effort.warm_up:
                whole.append(1000 * elapsed)
                share.append(1000 * (elapsed - card.seconds))
    peer = f"{generation}: a known card found and signing, over pcscd"
    yield Figure(peer, "ms", tuple(whole))
    yield Figure(f"{generation}: of that, not the card's", "ms", tuple(share), (peer,))
