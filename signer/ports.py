"""What the core needs of the world, as Protocols; adapters stand in ``eidcard``, ``signer`` and ``ui``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol
from uuid import UUID

from signer.model import (
    AgencyInfo,
    Contract,
    Extension,
    Holding,
    KeyInfo,
    KeyUse,
    Level,
    Objection,
    Reached,
    Receipt,
    SignedContract,
    Signer,
    SigningTerms,
)


class ErasablePin(Protocol):
    """A PIN in a buffer that can be wiped; whoever takes it wipes it."""

    def wipe(self) -> None:
        """Overwrite the digits; the PIN is empty afterwards."""

    def __len__(self) -> int:
        """Count the digits."""
        ...


class SigningKey(Protocol):
    """A key on a card or token, the same by APDU and by PKCS#11.

    Every method raises SignerError with a code of the kinds CARD, PIN, CERTIFICATE or MODULE.
    """

    @property
    def info(self) -> KeyInfo:
        """Whose key it is and how it signs; read before the PIN."""
        ...

    def sign_digest(self, digest: bytes, pin: ErasablePin | None) -> bytes:
        """Sign a digest of the mechanism's algorithm; ECDSA comes back as DER (RFC 3279, 2.2.3).

        The PIN is None exactly when ``info.pin_entry`` is not OURS. It is spent once and never retried.
        A wrong PIN raises PIN_WRONG with ``tries_left``.
        """
        ...

    def close(self) -> None:
        """Let go of the card or token; harmless when done twice."""


class CardService(Protocol):
    """Finds the one key that can sign, wherever it is."""

    def find_key(self, use: KeyUse = KeyUse.SIGNING) -> SigningKey:
        """Give the key of the card that is there now.

        Raises SignerError: SERVICE_STOPPED, NO_READER, NO_CARD, CARD_UNRESPONSIVE, NOT_AN_EID, CARD_IN_USE,
        CARD_CANNOT_SIGN, CARD_TOO_OLD, or a MODULE code.
        """
        ...

    def wait_for_change(self, timeout_s: float) -> bool:
        """Sleep until readers or cards change, at most ``timeout_s`` seconds; True when they did."""
        ...

    def close(self) -> None:
        """Let go of readers, cards and modules; harmless when done twice."""
        ...


class AgencyGateway(Protocol):
    """The agency's API (docs/api); every method raises SignerError of the kinds NETWORK or AGENCY."""

    @property
    def agency(self) -> AgencyInfo:
        """The agency that it talks to, and no other host."""
        ...

    def open_link(self, token: str) -> str:
        """Spend a deep link's one-time token on a session; gives the contract's id."""
        ...

    def tasks(self) -> Iterable[Contract]:
        """List what is to be signed, soonest first."""
        ...

    def contract(self, contract_id: str) -> Contract:
        """Give one contract's data."""
        ...

    def download(self, contract: Contract, target: Path) -> None:
        """Write the document's bytes to ``target``; AGENCY_GARBLED when their SHA-256 is another."""

    def open_signing(self, contract: Contract, submission_id: UUID) -> SigningTerms:
        """Agree on one signature, before it is made."""
        ...

    def tell_wrong(self, objection: Objection) -> None:
        """Tell the agency that something is wrong; the same objection may be sent any number of times."""

    def greet(self) -> None:
        """Find out whether the agency can be reached at all; nothing that was signed is sent."""

    def deliver(self, signed: SignedContract, terms: SigningTerms) -> Receipt:
        """Send the increment; the same submission may be sent any number of times."""
        ...

    def holding(self, terms: SigningTerms) -> Holding:
        """Tell what the agency has of a submission that it accepted."""
        ...

    def extend(self, signed: SignedContract, extension: Extension, terms: SigningTerms) -> Level:
        """Send what was appended since; the same extension may be sent any number of times. Gives its level."""
        ...


class Entrance(Protocol):
    """The agency's door: how one logs in there; raises as ``AgencyGateway`` does."""

    def login_ways(self) -> tuple[str, ...] | None:
        """Tell how one can log in, in the agency's order: ``eid``, ``code``; None where one is logged in."""
        ...

    def login_text(self) -> bytes:
        """Ask for a question that the eID answers: the bytes that its authentication key signs, once."""
        ...

    def log_in(self, signer: Signer, signature: bytes) -> None:
        """Log in by the eID's answer to the last question."""

    def send_code(self) -> str:
        """Let the agency mail a code; gives the address, most of it hidden."""
        ...

    def log_in_by_code(self, code: str) -> None:
        """Log in by the code that came by mail."""


class Extender(Protocol):
    """Raises signed files to their level (signer.pades.extender); ``clock_offset`` is the agency's clock minus ours."""

    def stamp(self, signed: SignedContract, clock_offset: timedelta) -> SignedContract:
        """Put a time-stamp into a signature that nobody else has yet; gives what the file is now.

        Goes on where a crash stopped it. Raises SignerError TIMESTAMP_UNAVAILABLE, EXTENSION_INVALID, or of the kinds
        DOCUMENT and FILE.
        """
        ...

    def append(self, path: Path, asked: Level, clock_offset: timedelta) -> Reached:
        """Append what the level needs, as far as the services let us; raises SignerError as ``stamp`` does."""
        ...


class Clock(Protocol):
    """The time, injected so that tests own it."""

    def now(self) -> datetime:
        """Give the time with its zone (UTC)."""
        ...


class PinSource(Protocol):
    """Where the performer takes the PIN that a face collected: handed over once, never in an event."""

    def take(self) -> ErasablePin | None:
        """Give the PIN and forget it; None when another device asks for it."""
        ...
