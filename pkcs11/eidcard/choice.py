"""The choice that needs no choosing: the card directly when an eID is there, else the first module with a key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from signer.errors import ErrorCode, Kind, SignerError
from signer.model import KeyUse
from signer.ports import CardService, SigningKey

# What the card's own way says when no eID is there. Anything else is news of a card that could be the one: no module
# then looks for another key, with which the worker would sign instead.
_NO_EID: Final = frozenset(
    {ErrorCode.SERVICE_STOPPED, ErrorCode.NO_READER, ErrorCode.NO_CARD, ErrorCode.NOT_AN_EID},
)


class Closable(CardService, Protocol):
    """A CardService that holds something."""

    def close(self) -> None:
        """Let go of it; harmless when done twice."""


class Modules(Closable, Protocol):
    """All modules as one way; ``named`` when somebody chose the only one."""

    @property
    def named(self) -> bool:
        """Whether the settings or the caller named it."""
        ...


class ChosenCardService:
    """``signer.ports.CardService``: an eID in a reader goes before every module, and no setting is needed for it."""

    def __init__(self, card: Closable, build_modules: Callable[[], Modules]) -> None:
        """``build_modules`` is called when a module is needed first: signing with the card stands without them."""
        self._card, self._build_modules = card, build_modules
        self._modules: Modules | None = None

    def find_key(self, use: KeyUse = KeyUse.SIGNING) -> SigningKey:
        """Give the card's key, or a module's when no eID is there; raises SignerError with the one telling reason."""
        try:
            return self._card.find_key(use)
        except SignerError as error:
            if error.code not in _NO_EID:
                raise
            return self._key_of_a_module(error, use)

    def wait_for_change(self, timeout_s: float) -> bool:
        """Sleep until readers or cards change, at most ``timeout_s`` seconds; True when they did."""
        return self._card.wait_for_change(timeout_s)

    def close(self) -> None:
        """Let go of both; harmless when done twice."""
        if self._modules is not None:
            self._modules.close()
        self._card.close()

    def _key_of_a_module(self, without_eid: SignerError, use: KeyUse) -> SigningKey:
        modules = self._modules = self._modules or self._build_modules()
        try:
            return modules.find_key(use)
        except SignerError as error:
            modules.close()  # one that stays loaded can keep the card from us when it comes
            raise error if _says_more(error.code, named=modules.named) else without_eid from error


def _says_more(code: ErrorCode, *, named: bool) -> bool:
    """Tell whether a module's reason helps more than "no eID": it saw a card, or somebody named it in vain."""
    if code.kind is Kind.MODULE:
        return named and code is not ErrorCode.MODULE_NO_KEY
    return code not in _NO_EID
