"""The way to the network: which proxies, who we are to them, and whose certificates count beside the system's."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from signer.errors import SignerError

if TYPE_CHECKING:  # it brings cryptography along: quick start
    from signer.key_store import KeyStore

_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class ProxyLogin:
    """Who we are to one proxy."""

    user: str
    password: str = field(repr=False)

    @property
    def header(self) -> str:
        """The value of Proxy-Authorization (RFC 7617, 2)."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()

    @property
    def can_be_sent(self) -> bool:
        """Whether it fits the header: no colon in the name, no control characters (RFC 7617, 2)."""
        return bool(self.user) and ":" not in self.user and (self.user + self.password).isprintable()


def _nobody(_address: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Way:
    """How this computer reaches others; ``login`` knows proxies by ``address_of``."""

    proxies: Mapping[str, str] | None = None  # by scheme; None: the system's
    roots: tuple[Path, ...] = ()  # PEM files: certificate authorities beside the system's
    login: Callable[[str], ProxyLogin | None] = _nobody


USUAL: Final = Way()


class ProxyLogins:
    """Names and passwords by proxy, in the system's key store; without one, in memory alone.

    A password goes to the proxy that it was given for and to no other, also when the settings change.
    """

    def __init__(self, store: KeyStore | None) -> None:
        self._store = store
        self._known: dict[str, ProxyLogin | None] = {}

    def of(self, address: str) -> ProxyLogin | None:
        """Give what is known for a proxy; the store is asked once, and one that is locked knows nothing."""
        if address not in self._known:
            self._known[address] = self._read(address)
        return self._known[address]

    def keep(self, address: str, login: ProxyLogin) -> bool:
        """Keep it; False when that is only until the program ends."""
        self._known[address] = login
        try:
            if self._store is None or not self._store.usable:
                return False
            self._store.keep(_name(address), json.dumps([login.user, login.password]))
        except SignerError:
            return False
        return True

    def keep_none(self) -> None:
        """Forget what was said, and keep nothing from now on: many people use this computer."""
        self._known.clear()
        self._store = None

    def forget(self, address: str) -> None:
        """Erase what is known for a proxy; raises SignerError NO_KEY_STORE when the store cannot be opened."""
        self._known[address] = None
        if self._store is not None and self._store.usable:
            self._store.drop(_name(address))

    def _read(self, address: str) -> ProxyLogin | None:
        try:
            kept = self._store.read(_name(address)) if self._store is not None else None
            user, password = json.loads(kept or "")
        except (SignerError, ValueError):  # locked, not there, or not ours
            return None
        return ProxyLogin(str(user), str(password))


def address_of(proxy: str) -> str:
    """Name a proxy by scheme, host and port, whoever is named in its URL; raises ValueError when it is none."""
    parts = urlsplit(proxy if "//" in proxy else f"http://{proxy}")
    host = parts.hostname or ""
    port = parts.port or _PORTS.get(parts.scheme, 0)
    if not (host and port):
        raise ValueError("no proxy's address")
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def _name(address: str) -> str:
    return f"proxy {address}"
