"""What every page may know: the time, the agencies, and whether this is a test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from signer.model import AgencyInfo, Contract
from signer.outbox import Entry
from signer.ports import Clock
from signer.settings import Settings
from signer.settings_file import Layers
from ui.words import _, day


@dataclass(slots=True)
class Context:
    """Given to each page once; the settings in it are those of this moment."""

    layers: Layers
    clock: Clock
    read_signed: Callable[[Entry], bytes] = lambda entry: entry.path.read_bytes()  # raises SignerError

    @property
    def settings(self) -> Settings:
        """What counts now."""
        return self.layers.settings

    def place_of_copy(self, name: str) -> str:
        """Say where a copy of this name is offered to be saved: in the folder of the settings, while it is there."""
        folder = self.settings.copies
        return str(folder / name) if folder is not None and folder.is_dir() else name

    def agency(self, agency_id: str | None) -> AgencyInfo | None:
        """Give an agency that was set up here."""
        found = [each for each in self.settings.agencies if each.id == agency_id]
        return found[0].info if found else None

    def reach(self, agency_id: str | None) -> str:
        """Say how an agency is reached: name, telephone, mail."""
        agency = self.agency(agency_id)
        if agency is None:
            return _("the agency")
        telephone = agency.telephone.replace(" ", "\N{NO-BREAK SPACE}")  # one number, on one line
        return ", ".join(filter(None, (agency.name, telephone, agency.mail)))


def folder_name(file: Path) -> str:
    """Write which folder a file is in; a whole path is too long a word for a small window."""
    return file.parent.name or str(file.parent)


def in_short(contract: Contract) -> str:
    """Write which contract it is, in one line."""
    return f"{contract.job}, {day(contract.starts_at)}"
