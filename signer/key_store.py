"""The system's own store of secrets, by the library keyring: Credential Manager, Keychain, Secret Service."""

from __future__ import annotations

import base64
import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from signer.errors import ErrorCode, SignerError
from signer.files import alone
from signer.sealing import KEY_BYTES, HomeKey

_LOG: Final = logging.getLogger("paraph.keys")
_SERVICE: Final = "paraph"
_HOME: Final = "home key"
_RECOMMENDED: Final = 1  # of keyring's own priorities; those below keep secrets in files
_PATIENCE_S: Final = 10.0  # for another copy that makes one


class KeyStore(Protocol):
    """Keeps small secrets by name for this user; everything raises SignerError NO_KEY_STORE."""

    @property
    def usable(self) -> bool:
        """Whether there is one at all; one that is locked counts."""
        ...

    def read(self, name: str) -> str | None:
        """Give a secret, None when there is none of this name."""
        ...

    def keep(self, name: str, secret: str) -> None:
        """Keep a secret, in place of the one before."""
        ...

    def drop(self, name: str) -> None:
        """Erase a secret; harmless when it is not there."""
        ...


class SystemKeyStore:
    """What the system has; the library is loaded when it is first asked."""

    @property
    def usable(self) -> bool:
        """Whether there is one at all; a file in plain text is none."""
        import keyring  # noqa: PLC0415 - it looks for the system's services

        with _translated():
            return bool(keyring.get_keyring().priority >= _RECOMMENDED)

    def read(self, name: str) -> str | None:
        """Give a secret; the system may ask its user to unlock the store."""
        import keyring  # noqa: PLC0415 - as above

        with _translated():
            return keyring.get_password(_SERVICE, name)

    def keep(self, name: str, secret: str) -> None:
        """Keep a secret."""
        import keyring  # noqa: PLC0415 - as above

        if not self.usable:
            raise SignerError(ErrorCode.NO_KEY_STORE, "nothing is kept in plain text")
        with _translated():
            keyring.set_password(_SERVICE, name, secret)

    def drop(self, name: str) -> None:
        """Erase a secret."""
        import keyring  # noqa: PLC0415 - as above
        from keyring.errors import PasswordDeleteError  # noqa: PLC0415

        with _translated():
            try:
                keyring.delete_password(_SERVICE, name)
            except PasswordDeleteError:
                return


def home_key(store: KeyStore, lock: Path) -> HomeKey | None:
    """Give this user's key, which is made when it is first asked for; None where there is no store, or it is locked.

    ``lock`` is a file: two copies of the program that make a key at once would each lose what the other sealed.
    """
    try:
        if not store.usable:
            return None
        with alone(lock, ErrorCode.NO_KEY_STORE, patience_s=_PATIENCE_S):
            kept = store.read(_HOME)
            if kept is None:
                store.keep(_HOME, base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode())
                kept = store.read(_HOME)  # a store that forgets is none
        key = base64.b64decode(kept or "", validate=True)
        return HomeKey(key) if len(key) == KEY_BYTES else None
    except (SignerError, ValueError) as error:
        _LOG.warning("no key of this user: %s", error if isinstance(error, SignerError) else "not one of ours")
        return None


@contextmanager
def _translated() -> Iterator[None]:
    """Call whatever a system's store raises by one name: its libraries have exceptions of every kind."""
    try:
        yield
    except Exception as error:
        raise SignerError(ErrorCode.NO_KEY_STORE, type(error).__name__) from error
