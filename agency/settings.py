"""What one agency server is set to: a small JSON file in its data folder, written by ``paraph-agency init``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from signer.agency.schema import Identifier, LevelName
from signer.errors import ErrorCode, SignerError

Way = Literal["link", "eid", "code"]

_FILE: Final = "agency.json"
_DATABASE: Final = "agency.sqlite3"
_VARIABLE: Final = "DATABASE_URL"  # may hold a password, which is not to stand in a file


class Settings(BaseModel):
    """Who the agency is and what it asks; the data folder holds everything that it keeps."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Identifier
    name: str
    telephone: str = ""
    mail: str = ""
    level: LevelName = "B-B"
    seal_key: Path | None = None  # PEM; with its chain: what this agency seals its transaction proofs with
    seal_chain: Path | None = None
    visible: bool = True  # signatures have a panel on the page
    login: tuple[Way, ...] = ("link",)  # what opens a session: the link alone, or one of the others after it
    server_names: tuple[str, ...] = (
        "127.0.0.1",
        "localhost",
    )  # as clients know us: an eID logs in to no other
    mail_folder: Path | None = None  # where messages are put as .eml files, in place of sending them
    mail_server: str = ""  # host:port that takes messages (SMTP with STARTTLS)
    mail_user: str = ""  # its password is the environment's PARAPH_MAIL_PASSWORD
    mail_from: str = ""
    webhook_url: str = ""  # of the back office, which is told what happens
    webhook_secrets: tuple[Path, ...] = ()  # files: what events are signed with; two while one is being changed
    one_pin: bool = False  # workers may sign several contracts, each of them read, with one PIN entry
    documents_url: str = ""  # s3://bucket/prefix; empty: a folder in the data folder
    # Days after the job's end. Signed: five years, as the law of 3 July 1978, art. 3bis, asks of electronic contracts.
    keep_signed_days: int = 1827
    keep_unsigned_days: int = 365
    database_url: str = ""  # as SQLAlchemy has it; empty: the environment's, else SQLite in the data folder
    time_stamps: tuple[str, ...] = ()  # addresses of services, in their order; empty: the Belgian ones
    test_roots: Path | None = None  # a folder of PEM roots of simulated cards; makes this a TEST agency

    @property
    def test(self) -> bool:
        """Whether simulated cards are taken; shown to every client and put in every receipt."""
        return self.test_roots is not None


def initialise(data: Path, settings: Settings) -> None:
    """Make the data folder, for this user alone; raises SignerError SETTINGS_BROKEN when there is one already."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(data / _FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise SignerError(ErrorCode.SETTINGS_BROKEN, f"{data} belongs to an agency already") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(settings.model_dump_json(indent=2) + "\n")


def load(data: Path) -> Settings:
    """Read the settings of a data folder; raises SignerError SETTINGS_BROKEN."""
    try:
        return Settings.model_validate_json((data / _FILE).read_bytes())
    except OSError as error:
        raise SignerError(ErrorCode.SETTINGS_BROKEN, f"{data} is no agency's data folder: run init first") from error
    except ValidationError as error:
        raise SignerError(ErrorCode.SETTINGS_BROKEN, f"{data / _FILE} is not understood") from error


def database_url(settings: Settings, data: Path) -> str:
    """Give the database's address: the settings', the environment's ``DATABASE_URL``, or SQLite in the data folder."""
    return settings.database_url or os.environ.get(_VARIABLE) or f"sqlite:///{(data / _DATABASE).resolve()}"
