"""Sessions with agencies, kept between two starts of the program: one small private file an agency."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from signer.agency.schema import Session
from signer.errors import ErrorCode, SignerError
from signer.files import file_errors, write_whole


@dataclass(frozen=True, slots=True)
class SessionStore:
    """The sessions in a folder that belongs to this user alone."""

    folder: Path

    def keep(self, agency_id: str, session: Session) -> None:
        """Keep a session in place of the one before; raises SignerError DISK_FULL or FILE_NOT_WRITABLE."""
        write_whole(self._file(agency_id), session.model_dump_json(by_alias=True).encode())

    def token(self, agency_id: str) -> str:
        """Give the bearer token; raises SignerError AGENCY_NOT_LOGGED_IN when there is none.

        Whether its time is over is the server's to say: by a clock that is a day ahead, every new session would be old.
        """
        session = self._read(agency_id)
        if session is None:
            raise SignerError(ErrorCode.AGENCY_NOT_LOGGED_IN)
        return session.access_token

    def login_ways(self, agency_id: str) -> tuple[str, ...] | None:
        """Tell how one can log in to a session that only locates; None where one is logged in.

        Raises SignerError AGENCY_NOT_LOGGED_IN when there is no session.
        """
        session = self._read(agency_id)
        if session is None:
            raise SignerError(ErrorCode.AGENCY_NOT_LOGGED_IN)
        return None if session.logged_in else tuple(session.login_ways)

    def forget(self, agency_id: str) -> None:
        """Log out here; harmless when there is no session."""
        with file_errors():
            self._file(agency_id).unlink(missing_ok=True)

    def _read(self, agency_id: str) -> Session | None:
        try:
            return Session.model_validate_json(self._file(agency_id).read_bytes())
        except (OSError, ValidationError):  # logging in again mends both
            return None

    def _file(self, agency_id: str) -> Path:
        return self.folder / f"{agency_id}.json"
