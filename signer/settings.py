"""The settings of one user or machine: which agencies, which card way, which look, which world.

What may stand in the file is said here; ``signer.settings_file`` reads and writes it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from signer.agency.schema import Identifier
from signer.errors import ErrorCode, SignerError
from signer.model import AgencyInfo
from signer.way import ProxyLogin, Way

_PROXY: Final = re.compile(r"https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}/?")


class _Table(BaseModel):
    # A misspelt setting must not be silently without effect.
    model_config = ConfigDict(extra="forbid", frozen=True)


class Agency(_Table):
    """An agency that this client may talk to; links name it by ``id``, never by host."""

    id: Identifier
    name: str
    url: str = Field(pattern=r"^https?://")
    telephone: str = ""
    mail: str = ""
    colours: tuple[str, str] | None = None  # #rrggbb: its background, and the text on it

    @property
    def info(self) -> AgencyInfo:
        """What the core knows of it."""
        return AgencyInfo(self.id, self.name, self.url, self.telephone, self.mail)


class Card(_Table):
    """Which way to the key: the card by PC/SC, a PKCS#11 module, or a simulated card in this process.

    ``auto`` takes the card when it is an eID, else a module.
    """

    via: Literal["auto", "card", "pkcs11", "simulator"] = "auto"
    module: Path | None = None  # the only one that is tried


class PinEntry(_Table):
    """How our own keypad asks for a PIN."""

    shuffle: bool = False  # the digits stand at other places each time


class Proxy(_Table):
    """The way to the network: as the system says, none, or through this address.

    A proxy's password is never kept here: this file is plain text.
    """

    via: Literal["system", "none", "manual"] = "system"
    address: str = ""  # http://host:port

    @property
    def proxies(self) -> dict[str, str] | None:
        """The proxies as ``signer.http`` takes them, by scheme; None: the system's."""
        if self.via == "manual":
            return {"http": self.address, "https": self.address}
        return {} if self.via == "none" else None

    @model_validator(mode="after")
    def _has_an_address(self) -> Self:
        if (self.via == "manual" or self.address) and not is_proxy_address(self.address):
            raise ValueError("a proxy's address is http://host:port, without a name or a password")
        return self


class Tls(_Table):
    """Certificate authorities for connections, beside the system's: an administrator's to say."""

    roots: tuple[Path, ...] = ()  # PEM


class Trust(_Table):
    """Roots beside the pinned Belgian ones: whoever sets them is told so loudly, on every screen. And services."""

    extra_roots: tuple[Path, ...] = ()  # PEM or DER
    hosts: tuple[str, ...] = ()  # that may be asked about certificates, beside the Belgian ones
    time_stamps: tuple[str, ...] = ()  # addresses of time-stamp services, in place of the Belgian ones
    list_of_lists: str = ""  # its address, in place of the Commission's; then its signers must be named too
    list_signers: tuple[Path, ...] = ()  # PEM or DER: in place of the Commission's signers that pyHanko's release names


class TestWorld(_Table):
    """The demo world: its own roots are trusted, and every face shows the TEST banner."""

    roots: tuple[Path, ...] = ()
    descriptor_keys: tuple[Path, ...] = ()  # PEM: whose signature on an agency's descriptor counts beside the release's
    simulator: Path | None = None  # the folder of the simulated card's test PKI
    person: str = "default"
    applet: Literal["1.1", "1.7", "1.8"] = "1.8"


class Settings(_Table):
    """All settings; an absent file means the defaults."""

    welcome: bool = True  # whether a window that opens still asks the first questions
    language: str | None = None
    shared: bool = False  # many people use this computer: nothing of their cards is kept
    appearance: Literal["system", "light", "dark"] = "system"
    text_percent: int = Field(default=100, ge=100, le=200)  # size of the type on screen
    notify: bool = False  # a note of the system when a new contract comes
    copies: Path | None = None  # the folder in which signed copies are offered to be saved
    agencies: tuple[Agency, ...] = ()
    card: Card = Card()
    pin: PinEntry = PinEntry()
    proxy: Proxy = Proxy()
    tls: Tls = Tls()
    trust: Trust = Trust()
    test: TestWorld | None = None

    def way(self, login: Callable[[str], ProxyLogin | None]) -> Way:
        """Give the way to the network, with what is known of log-ins at proxies."""
        return Way(self.proxy.proxies, self.tls.roots, login)

    def agency(self, agency_id: str | None = None) -> AgencyInfo:
        """Give the agency of this id, or the only one there is; raises SignerError AGENCY_UNKNOWN."""
        found = [each for each in self.agencies if agency_id in {None, each.id}]
        if len(found) != 1:
            raise SignerError(ErrorCode.AGENCY_UNKNOWN)
        return found[0].info


def is_proxy_address(text: str) -> bool:
    """Tell whether a proxy can be written so: scheme, host and port, and nothing that should be secret."""
    try:
        return _PROXY.fullmatch(text) is not None and bool(urlsplit(text).port)
    except ValueError:  # a port that there is not
        return False
