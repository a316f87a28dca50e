"""The settings of one user or machine: which agencies, which card way, which world. TOML, read once at start."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from signer.agency.schema import Identifier
from signer.errors import ErrorCode, SignerError
from signer.model import AgencyInfo


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


class Card(_Table):
    """Which way to the key: the card by PC/SC, a PKCS#11 module, or a simulated card in this process.

    ``auto`` takes the card when it is an eID, else a module.
    """

    via: Literal["auto", "card", "pkcs11", "simulator"] = "auto"
    module: Path | None = None  # the only one that is tried


class Trust(_Table):
    """Roots beside the pinned Belgian ones; whoever sets this is told so loudly, on every screen."""

    extra_roots: tuple[Path, ...] = ()  # PEM or DER


class TestWorld(_Table):
    """The demo world: its own roots are trusted, and every face shows the TEST banner."""

    roots: tuple[Path, ...] = ()
    simulator: Path | None = None  # the folder of the simulated card's test PKI
    person: str = "default"
    applet: Literal["1.1", "1.7", "1.8"] = "1.8"


class Settings(_Table):
    """All settings; an absent file means the defaults."""

    language: str | None = None
    shared: bool = False  # many people use this computer: nothing of their cards is kept
    agencies: tuple[Agency, ...] = ()
    card: Card = Card()
    trust: Trust = Trust()
    test: TestWorld | None = None

    def agency(self, agency_id: str | None = None) -> AgencyInfo:
        """Give the agency of this id, or the only one there is; raises SignerError AGENCY_UNKNOWN."""
        found = [each for each in self.agencies if agency_id in {None, each.id}]
        if len(found) != 1:
            raise SignerError(ErrorCode.AGENCY_UNKNOWN)
        return AgencyInfo(**found[0].model_dump())


def load(path: Path) -> Settings:
    """Read the settings; raises SignerError SETTINGS_BROKEN, naming the place in the file."""
    try:
        return Settings.model_validate(tomllib.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return Settings()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SignerError(ErrorCode.SETTINGS_BROKEN, str(error)) from error
    except ValidationError as error:
        places = ", ".join(".".join(map(str, each["loc"])) for each in error.errors())
        raise SignerError(ErrorCode.SETTINGS_BROKEN, places) from error
