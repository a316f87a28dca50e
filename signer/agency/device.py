"""A worker's own computer: enrolled at an agency, it begins sessions by itself, to list and to fetch ahead.

What it is called lies in a small file; its token lies in the system's store of secrets and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar
from uuid import UUID, uuid4

from pydantic import ValidationError

from signer.agency.client import HttpAgency
from signer.agency.schema import DeviceResource
from signer.errors import ErrorCode, SignerError
from signer.files import file_errors, write_whole
from signer.key_store import KeyStore
from signer.model import Contract, SigningTerms

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Enrolments:
    """At which agencies this computer is enrolled; everything raises SignerError of the kind FILE."""

    folder: Path
    keys: KeyStore

    def of(self, agency_id: str) -> DeviceResource | None:
        """Tell what this computer is at an agency; None: not enrolled."""
        try:
            return DeviceResource.model_validate_json(self._file(agency_id).read_bytes())
        except (OSError, ValidationError):  # enrolling again mends both
            return None

    def enrol(self, agency: HttpAgency, name: str) -> DeviceResource:
        """Enrol this computer; raises SignerError NO_KEY_STORE before anything is asked, or the agency's."""
        device_id = uuid4()
        self.keys.keep(str(device_id), "")
        try:
            enrolled = agency.enrol(device_id, name)
            self.keys.keep(str(device_id), enrolled.device_token)
        except SignerError:
            with suppress(SignerError):
                self.keys.drop(str(device_id))
            raise
        device = DeviceResource(**enrolled.model_dump(exclude={"device_token"}))
        write_whole(self._file(agency.agency.id), device.model_dump_json(by_alias=True).encode())
        return device

    def token(self, agency_id: str) -> str | None:
        """Give the token with which this computer begins a session; None: it cannot."""
        device = self.of(agency_id)
        return (self.keys.read(str(device.id)) or None) if device else None

    def forget(self, agency_id: str) -> None:
        """Forget an enrolment here; harmless when there is none."""
        device = self.of(agency_id)
        if device is not None:
            with suppress(SignerError):  # a store that is gone has lost it too
                self.keys.drop(str(device.id))
        with file_errors():
            self._file(agency_id).unlink(missing_ok=True)

    def forget_all(self) -> None:
        """Forget all of them: many people use this computer now."""
        for agency_id in self._agencies():
            self.forget(agency_id)

    def _agencies(self) -> Iterator[str]:
        yield from [file.stem for file in self.folder.glob("*.json")]

    def _file(self, agency_id: str) -> Path:
        return self.folder / f"{agency_id}.json"


class OwnComputer(HttpAgency):
    """An agency as an enrolled computer speaks to it: where nobody is logged in, it begins a session by itself.

    Only for listing, reading and agreeing; for everything else somebody logs in. Besides what ``HttpAgency`` raises,
    DEVICE_REVOKED tells that the agency does not know this computer any more.
    """

    _device_token: Callable[[], str | None]
    _forget: Callable[[], object]

    def with_token(self, token: Callable[[], str | None], revoked: Callable[[], object]) -> Self:
        """Begin sessions with what ``token`` gives; ``revoked`` hears that the agency does not know it any more."""
        self._device_token, self._forget = token, revoked
        return self

    def tasks(self) -> list[Contract]:
        """List as ``HttpAgency`` does."""
        return self._begun(super().tasks)

    def contract(self, contract_id: str) -> Contract:
        """Give one contract's data as ``HttpAgency`` does."""
        ask = super().contract
        return self._begun(lambda: ask(contract_id))

    def download(self, contract: Contract, target: Path) -> None:
        """Put the document at ``target`` as ``HttpAgency`` does."""
        fetch = super().download
        self._begun(lambda: fetch(contract, target))

    def open_signing(self, contract: Contract, submission_id: UUID) -> SigningTerms:
        """Agree on one signature as ``HttpAgency`` does."""
        agree = super().open_signing
        return self._begun(lambda: agree(contract, submission_id))

    def revoke(self, device_id: UUID) -> None:
        """Revoke this computer as ``HttpAgency`` does."""
        end = super().revoke
        self._begun(lambda: end(device_id))

    def _begun(self, ask: Callable[[], _Answer]) -> _Answer:
        try:
            return ask()
        except SignerError as error:
            token = self._device_token() if error.code is ErrorCode.AGENCY_NOT_LOGGED_IN else None
            if token is None:
                raise
        try:
            self.begin(token)
        except SignerError as error:
            if error.code is ErrorCode.DEVICE_REVOKED:
                self._forget()
            raise
        return ask()
