"""What one signature costs by each way to the key, the time that a real card needs left out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from benchmarks import Figure, World, count, race, subject
from eidcard.cards import PcscCardService
from eidcard.pkcs11_cards import Pkcs11CardService
from eidcard.simulator.card import SimulatedCard
from eidcard.simulator.direct import SimulatedReader, SimulatorCardService
from eidcard.simulator.people import ADULT
from eidcard.simulator.pin_state import DEFAULT_PIN
from eidcard.simulator.pki import Credential
from eidcard.simulator.profiles import Generation
from eidcard.simulator.vpcd import VpcdLink
from eidcard.traffic import Exchange
from signer.ports import CardService, SigningKey
from tests.pins import typed
from tests.softhsm import MODULE, PIN, person_token

_KEYS: Final = {Generation.V1_7: "RSA-2048", Generation.V1_8: "P-384"}
_OVERHEAD: Final = 7  # bytes of each exchange beside its data: header and length, status word


@subject("card-layers", "One signature by each way to the key, no card latency")
def card_layers(world: World) -> Iterable[Figure]:
    """Time the ways against the bare key operation that is in each of them; then count what goes over the wire."""
    for generation, kind in _KEYS.items():
        yield from _times(world, generation, kind)
    for generation, kind in _KEYS.items():
        yield from _traffic(world, generation, kind)


def _times(world: World, generation: Generation, kind: str) -> Iterator[Figure]:
    credential = world.pki.person(ADULT, generation).signature
    assert credential is not None
    token = person_token(world.new_folder(f"token-{generation}"), world.pki, generation)
    peer = f"{kind}, key operation alone"
    with ExitStack() as opened:
        opened.enter_context(token.use())
        module = opened.enter_context(closing(Pkcs11CardService(MODULE)))
        opened.enter_context(card_in_reader(world, generation))
        contestants = {
            peer: _bare(credential),
            f"{kind}, card in this process": _signing(_find(opened, _simulator(world, generation)), DEFAULT_PIN),
            f"{kind}, card over pcscd": _signing(_find(opened, PcscCardService()), DEFAULT_PIN),
            f"{kind}, PKCS#11 (SoftHSM2)": _signing(_find(opened, module), PIN),
        }
        yield from race(contestants, world.effort, peer)


def _traffic(world: World, generation: Generation, kind: str) -> Iterator[Figure]:
    noted: list[Exchange] = []
    service = SimulatorCardService(SimulatedReader(_card(world, generation)), noted.append)
    key = service.find_key()
    found = list(noted)
    noted.clear()
    _signing(key, DEFAULT_PIN)()
    for step, exchanges in ((f"{kind}: finding the key", found), (f"{kind}: signing", noted)):
        yield count(step, "APDUs", len(exchanges))
        yield count(step, "bytes", sum(_OVERHEAD + noted.lc + noted.answered for noted in exchanges))


def _card(world: World, generation: Generation) -> SimulatedCard:
    return SimulatedCard(world.pki.person(ADULT, generation))


def _simulator(world: World, generation: Generation) -> SimulatorCardService:
    return SimulatorCardService(SimulatedReader(_card(world, generation)))


def _find(opened: ExitStack, service: CardService) -> SigningKey:
    return opened.enter_context(closing(service.find_key()))


@contextmanager
def card_in_reader(world: World, generation: Generation) -> Iterator[None]:
    """Put a card in the virtual reader of the run's private pcscd, in a thread of this process."""
    link = VpcdLink(_card(world, generation), world.pcscd.port)
    link.insert()
    try:
        yield
    finally:
        link.remove()


def _signing(key: SigningKey, digits: str) -> Callable[[], object]:
    digest = hashlib.new(key.info.mechanism.digest_algorithm, b"a contract").digest()
    return lambda: key.sign_digest(digest, typed(digits))


def _bare(credential: Credential) -> Callable[[], object]:
    key = credential.key
    if isinstance(key, rsa.RSAPrivateKey):
        return lambda: key.sign(bytes(32), padding.PKCS1v15(), utils.Prehashed(hashes.SHA256()))
    return lambda: key.sign(bytes(48), ec.ECDSA(utils.Prehashed(hashes.SHA384())))
