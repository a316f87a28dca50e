"""Where things are: what ships with the program, and what it keeps for this user."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import platformdirs

from signer.files import file_errors

_APP: Final = "paraph"
HOME_VARIABLE: Final = "PARAPH_HOME"  # one folder for everything: tests, the demo world, a portable copy


def resource(*parts: str) -> Path:
    """Give a file that ships with the program, in a checkout, a wheel or a frozen bundle."""
    frozen = getattr(sys, "_MEIPASS", None)  # PyInstaller unpacks data there
    top = Path(frozen) if frozen else Path(__file__).resolve().parent.parent
    return top.joinpath("resources", *parts)


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders of one user; each is made, for this user alone, when it is first asked for."""

    config: Path
    data: Path  # what must never be lost: the outbox
    state: Path  # sessions, logs
    cache: Path  # what can be made again
    machine: Path  # what an administrator decided for everybody; never made, never written

    @property
    def managed_file(self) -> Path:
        """The settings that an administrator fixed, as TOML; usually there is none."""
        return self.machine / "settings.toml"

    @property
    def agencies(self) -> Path:
        """The descriptors of agencies that the user confirmed; not made by being asked for."""
        return self.config / "agencies"

    @property
    def machine_agencies(self) -> Path:
        """The descriptors of agencies that an administrator set up for everybody."""
        return self.machine / "agencies"

    @property
    def settings_file(self) -> Path:
        """The settings, as TOML."""
        return self.config / "settings.toml"

    @property
    def outbox(self) -> Path:
        """The durable outbox."""
        return private_folder(self.data / "outbox")

    @property
    def objections(self) -> Path:
        """What was written to agencies about contracts and is not sent yet."""
        return private_folder(self.data / "objections")

    @property
    def ahead(self) -> Path:
        """Contracts fetched ahead."""
        return private_folder(self.data / "ahead")

    @property
    def documents(self) -> Path:
        """Originals: what was read, and what a signature belongs to."""
        return private_folder(self.data / "documents")

    @property
    def workspace(self) -> Path:
        """Documents that are prepared and not yet signed."""
        return private_folder(self.cache / "workspace")

    @property
    def cards(self) -> Path:
        """What is known of cards already seen."""
        return private_folder(self.cache / "cards")

    @property
    def answers(self) -> Path:
        """What trust services said of certificates, until it is old."""
        return private_folder(self.cache / "answers")

    @property
    def devices(self) -> Path:
        """At which agencies this computer is enrolled."""
        return private_folder(self.state / "devices")

    @property
    def sessions(self) -> Path:
        """Sessions with agencies."""
        return private_folder(self.state / "sessions")


def user_folders(environ: dict[str, str] | None = None) -> Folders:
    """Find this user's folders by the system's custom; PARAPH_HOME puts them all in one place."""
    home = (os.environ if environ is None else environ).get(HOME_VARIABLE)
    if home:
        top = Path(home)
        return Folders(top / "config", top / "data", top / "state", top / "cache", top / "machine")
    return Folders(
        platformdirs.user_config_path(_APP, appauthor=False),
        platformdirs.user_data_path(_APP, appauthor=False),
        platformdirs.user_state_path(_APP, appauthor=False),
        platformdirs.user_cache_path(_APP, appauthor=False),
        _machine_folder(),
    )


def _machine_folder() -> Path:
    """Find where administrators put things; on Linux not by XDG_CONFIG_DIRS, which a user can turn elsewhere."""
    if sys.platform in {"win32", "darwin"}:
        return platformdirs.site_config_path(_APP, appauthor=False)
    return Path("/etc") / _APP


def private_folder(path: Path) -> Path:
    """Make a folder that only this user can read; raises SignerError FILE_NOT_WRITABLE or DISK_FULL."""
    with file_errors():
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path
