"""The choice that needs no choosing: the card directly when an eID is there, else the first module with a key."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol, TypeVar

from eidcard.module_probe import probe
from eidcard.modules import KnownModule
from eidcard.pkcs11_cards import Pkcs11CardService
from eidcard.token_certificates import TokenCertificate
from signer.errors import ErrorCode, Kind, SignerError
from signer.ports import CardService, SigningKey

_T = TypeVar("_T")

_log: Final = logging.getLogger("paraph.choice")
_POLL_S: Final = 0.5  # not felt, by people or processors

# What the card's own way says when no eID is there. Anything else is news of a card that could be the one: no module
# then looks for another key, with which the worker would sign instead.
_NO_EID: Final = frozenset(
    {ErrorCode.SERVICE_STOPPED, ErrorCode.NO_READER, ErrorCode.NO_CARD, ErrorCode.NOT_AN_EID},
)

# When no module can sign, each has a reason of its own; the first of these is told. One that is not here (a card that
# was pulled while it was read, ...) is news of a card, and comes right after the first two.
_MOST_TELLING: Final = (
    ErrorCode.CARD_CANNOT_SIGN,
    ErrorCode.CARD_TOO_OLD,
    ErrorCode.NOT_AN_EID,
    ErrorCode.NO_CARD,
    ErrorCode.NO_READER,
    ErrorCode.MODULE_NO_KEY,
    ErrorCode.MODULE_FAILED,
    ErrorCode.MODULE_BROKEN,
    ErrorCode.MODULE_NOT_FOUND,
)
_RANK: Final = {code: rank for rank, code in enumerate(_MOST_TELLING)}
_RANK_OF_OTHERS: Final = _RANK[ErrorCode.CARD_TOO_OLD] + 0.5


class Closable(CardService, Protocol):
    """A CardService that holds something."""

    def close(self) -> None:
        """Let go of it; harmless when done twice."""


class ChosenCardService:
    """``signer.ports.CardService``: an eID in a reader goes before every module, and no setting is needed for it."""

    def __init__(self, card: Closable, modules: ModulesCardService) -> None:
        self._card, self._modules = card, modules

    def find_key(self) -> SigningKey:
        """Give the card's key, or a module's when no eID is there; raises SignerError with the one telling reason."""
        try:
            return self._card.find_key()
        except SignerError as error:
            if error.code not in _NO_EID:
                raise
            return self._key_of_a_module(error)

    def wait_for_change(self, timeout_s: float) -> bool:
        """Sleep until readers or cards change, at most ``timeout_s`` seconds; True when they did."""
        return self._card.wait_for_change(timeout_s)

    def close(self) -> None:
        """Let go of both; harmless when done twice."""
        self._modules.close()
        self._card.close()

    def _key_of_a_module(self, without_eid: SignerError) -> SigningKey:
        try:
            return self._modules.find_key()
        except SignerError as error:
            self._modules.close()  # one that stays loaded can keep the card from us when it comes
            raise error if self._says_more(error.code) else without_eid from error

    def _says_more(self, code: ErrorCode) -> bool:
        """Tell whether a module's reason helps more than "no eID": it saw a card, or somebody named it in vain."""
        if code.kind is Kind.MODULE:
            return self._modules.named and code is not ErrorCode.MODULE_NO_KEY
        return code not in _NO_EID


class ModulesCardService:
    """``signer.ports.CardService``: the first of several modules that has a key to sign with.

    Those that nobody ``named`` are first tried in a process of their own (``is_safe``): machines list modules that
    crash or hang, and no signing shall end with them.
    """

    def __init__(
        self, modules: Iterable[KnownModule], *, named: bool = False, is_safe: Callable[[Path], bool] | None = None
    ) -> None:
        """Nothing is loaded before it is needed."""
        self.named = named
        self._services = {Path(module.path): Pkcs11CardService(Path(module.path)) for module in modules}
        self._is_safe = is_safe or _loads
        self._safe: dict[Path, bool] = {}

    def find_key(self) -> SigningKey:
        """Give the first key; raises SignerError with the most telling reason, MODULE_NOT_FOUND without any module."""
        reasons: list[SignerError] = []
        for key in self._from_each(lambda service: service.find_key(), reasons):
            return key
        raise _most_telling(reasons)

    def certificates(self) -> tuple[TokenCertificate, ...]:
        """List the certificates behind all modules; raises SignerError when there are none, and no module works."""
        reasons: list[SignerError] = []
        found = list(self._from_each(lambda service: service.certificates(), reasons))
        if not found:
            raise _most_telling(reasons)
        return tuple(certificate for each in found for certificate in each)

    def wait_for_change(self, timeout_s: float) -> bool:
        """Sleep until any module's tokens come or go, at most ``timeout_s`` seconds; True when they did."""
        deadline = time.monotonic() + timeout_s
        while not any(self._has_changed(path, service) for path, service in self._services.items()):
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(_POLL_S, left))
        return True

    def close(self) -> None:
        """Unload all modules; harmless when done twice."""
        for service in self._services.values():
            service.close()

    def _from_each(self, ask: Callable[[Pkcs11CardService], _T], reasons: list[SignerError]) -> Iterator[_T]:
        """Give what each module answers, one after the other; the refusals go to ``reasons``."""
        for path, service in self._services.items():
            try:
                self._require_safe(path)
                answer = ask(service)
            except SignerError as error:
                _log.info("%s: %s", path.name, error)
                reasons.append(error)
            else:
                yield answer

    def _require_safe(self, path: Path) -> None:
        if self.named:
            return
        if path not in self._safe:
            self._safe[path] = self._is_safe(path)
        if not self._safe[path]:
            raise SignerError(ErrorCode.MODULE_BROKEN, "it failed in a process of its own")

    def _has_changed(self, path: Path, service: Pkcs11CardService) -> bool:
        with suppress(SignerError):  # a module that does not load has no news
            self._require_safe(path)
            return service.wait_for_change(0)
        return False


def _most_telling(reasons: list[SignerError]) -> SignerError:
    none = SignerError(ErrorCode.MODULE_NOT_FOUND, "no known PKCS#11 module is installed")
    return min([*reasons, none], key=lambda reason: _RANK.get(reason.code, _RANK_OF_OTHERS))


def _loads(path: Path) -> bool:
    """Try a module in a process of its own."""
    report = probe(path)
    if report.code is not None:
        _log.warning("%s is not used: %s %s", path.name, report.code.name, report.detail)
    return report.code is None
