"""Fetches contracts ahead: each that waits is brought here and checked as for a signing, with its terms."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import uuid4

from signer.ahead import Ahead, Kept, nobody_answers
from signer.errors import ErrorCode, SignerError
from signer.model import Contract, Standing
from signer.outbox import Outbox
from signer.pades import preflight
from signer.ports import AgencyGateway, Clock
from signer.versions import version_before

_LOG: Final = logging.getLogger("paraph.ahead")


@dataclass(frozen=True, slots=True)
class Fetched:
    """One contract that waits: ready to be signed with no network, or what keeps it from that."""

    agency_id: str
    contract: Contract
    code: ErrorCode | None = None
    new: bool = False  # it was not here before

    @property
    def ready(self) -> bool:
        """Whether it can be signed with no network."""
        return self.code is None


@dataclass(frozen=True, slots=True)
class Fetcher:
    """What fetching ahead needs: the store, the outbox to tell what is signed, and a place for a document's check."""

    ahead: Ahead
    outbox: Outbox
    clock: Clock
    workspace: Path

    def fetch(self, gateway: AgencyGateway) -> list[Fetched]:
        """Fetch what waits at one agency, and erase what does not wait any more; gives what waits.

        A contract whose job has started is left out: it is late, and to be spoken about. Raises the SignerError that
        kept the list from being had, or the agency from going on.
        """
        self.ahead.purge()
        agency_id = gateway.agency.id
        waiting = [contract for contract in gateway.tasks() if self._is_wanted(agency_id, contract)]
        self._erase_others(agency_id, {contract.id for contract in waiting})
        return list(self._fetched(gateway, waiting))

    def _is_wanted(self, agency_id: str, contract: Contract) -> bool:
        if not contract.open or contract.standing(self.clock.now()) is Standing.LATE:
            return False
        try:
            self.outbox.require_new(agency_id, contract.id)
        except SignerError:  # signed here already
            return False
        return True

    def _erase_others(self, agency_id: str, wanted: set[str]) -> None:
        for kept in self.ahead.all():
            if kept.terms.agency_id == agency_id and kept.contract.id not in wanted:
                self.ahead.drop(agency_id, kept.contract.id)

    def _fetched(self, gateway: AgencyGateway, waiting: list[Contract]) -> Iterator[Fetched]:
        for contract in waiting:
            try:
                new = self._bring(gateway, contract)
            except SignerError as error:
                _LOG.info("contract %s is not fetched ahead: %s", contract.id, error)
                if nobody_answers(error.code) or error.code is ErrorCode.DISK_FULL:
                    raise
                yield Fetched(gateway.agency.id, contract, error.code)
            else:
                yield Fetched(gateway.agency.id, contract, new=new)

    def _bring(self, gateway: AgencyGateway, contract: Contract) -> bool:
        """Bring one here unless it is here as it is now; tells whether it was brought."""
        kept, now = self.ahead.find(gateway.agency.id, contract.id), self.clock.now()
        if kept is not None and kept.contract.original_sha256 == contract.original_sha256 and not _ages(kept, now):
            if kept.contract != contract:
                self.ahead.note(replace(kept, contract=contract))
            return False
        terms = gateway.open_signing(contract, uuid4())
        if terms.expires_at is None:
            raise SignerError(ErrorCode.AGENCY_REFUSED, "terms without an end: this agency lets nobody fetch ahead")
        with TemporaryDirectory(dir=self.workspace, prefix="ahead-") as folder:
            path = Path(folder) / "document.pdf"
            gateway.download(contract, path)
            preflight.preflight(preflight.inspect(path), terms.field)
            self.ahead.keep(Kept(contract, terms, version_before(gateway, contract), now), path.read_bytes())
        return True


def _ages(kept: Kept, now: datetime) -> bool:
    """Tell whether more than half of the time is over, of terms that end before the job starts: they can be renewed."""
    ends = kept.terms.expires_at
    return ends is None or (ends < kept.contract.starts_at and ends - now < (ends - kept.fetched_at) / 2)
