"""The way to a card through any PKCS#11 module, the same to the core as the direct way."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from eidcard.token import Module, Token
from eidcard.token_certificates import TokenCertificate, certificates_on
from eidcard.token_key import TokenKey, key_on
from signer.errors import ErrorCode, SignerError
from signer.model import KeyUse

_POLL_S: Final = 0.5  # C_WaitForSlotEvent works on Windows alone; twice a second is not felt, by people or processors

_Snapshot = tuple[tuple[int, str, str], ...]


class Pkcs11CardService:
    """A ``signer.ports.CardService``: the first token with a signature key, or the one with a given label.

    ``watch`` is a better way to wait for a change than asking the module again and again, where there is one (PC/SC);
    it takes seconds and tells whether anything changed.
    """

    def __init__(self, path: Path, *, label: str | None = None, watch: Callable[[float], bool] | None = None) -> None:
        """Nothing is loaded before it is needed."""
        self._path, self._label, self._watch = path, label, watch
        self._module: Module | None = None
        self._seen: _Snapshot = ()

    def find_key(self, use: KeyUse = KeyUse.SIGNING) -> TokenKey:
        """Give the key of a token that is there now.

        Raises SignerError: MODULE_NOT_FOUND, MODULE_BROKEN, MODULE_FAILED, NO_READER, NO_CARD, MODULE_NO_KEY;
        CARD_CANNOT_SIGN when the official module shows a card without signature certificate; CARD_TOO_OLD.
        """
        module = self._loaded()
        tokens = self._tokens(module)
        self._seen = _snapshot(tokens)
        if not tokens:
            raise SignerError(ErrorCode.NO_CARD if module.slot_count() else ErrorCode.NO_READER)
        mishaps = []
        for token in tokens:
            try:
                return key_on(module, token, use)
            except SignerError as error:  # one strange token must not hide a good one
                mishaps.append(error)
        raise min(mishaps, key=lambda mishap: mishap.code is ErrorCode.NOT_AN_EID)  # what an eID says goes first

    def certificates(self) -> tuple[TokenCertificate, ...]:
        """List the certificates on the tokens that are there now; raises SignerError of the kind MODULE."""
        return tuple(certificates_on(self._loaded()))

    def wait_for_change(self, timeout_s: float) -> bool:
        """Sleep until tokens come or go since the last look, at most ``timeout_s`` seconds; True when they did."""
        if self._watch is not None:
            return self._watch(timeout_s)
        module, deadline = self._loaded(), time.monotonic() + timeout_s
        while (now := _snapshot(self._tokens(module))) == self._seen:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(_POLL_S, left))
        self._seen = now
        return True

    def close(self) -> None:
        """Close all keys and unload the module; harmless when done twice. The next call loads it again."""
        module, self._module = self._module, None
        if module is not None:
            module.close()

    def _loaded(self) -> Module:
        if self._module is None:
            self._module = Module(self._path)
        return self._module

    def _tokens(self, module: Module) -> tuple[Token, ...]:
        present = (token for token in module.tokens() if token.initialized or module.info.official_belgian)
        return tuple(token for token in present if self._label in {None, token.label})


def _snapshot(tokens: tuple[Token, ...]) -> _Snapshot:
    return tuple((token.slot, token.label, token.serial) for token in tokens)
