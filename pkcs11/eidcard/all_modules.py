"""All PKCS#11 modules of a machine as one way to the key: the first one that can sign."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

from eidcard.module_probe import probe
from eidcard.modules import KnownModule
from eidcard.pkcs11_cards import Pkcs11CardService
from eidcard.token_certificates import TokenCertificate
from signer.errors import ErrorCode, SignerError
from signer.model import KeyUse
from signer.ports import SigningKey

_T = TypeVar("_T")

_log: Final = logging.getLogger("paraph.choice")
_POLL_S: Final = 0.5  # not felt, by people or processors

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

    def find_key(self, use: KeyUse = KeyUse.SIGNING) -> SigningKey:
        """Give the first key; raises SignerError with the most telling reason, MODULE_NOT_FOUND without any module."""
        reasons: list[SignerError] = []
        for key in self._from_each(lambda service: service.find_key(use), reasons):
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
