"""After delivery: what a signature still lacks of the level that was asked is appended, here and at the agency.

Whoever is first does it: this client, or the agency with its own copy. Who comes second takes the other's word for it.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from signer.delivery import next_try
from signer.errors import ErrorCode, SignerError
from signer.files import prefix_sha256
from signer.model import Extension, Holding, Level, SignedContract
from signer.outbox import Entry, Outbox
from signer.ports import AgencyGateway, Clock, Extender

_LOG: Final = logging.getLogger("paraph.extending")


@dataclass(frozen=True, slots=True)
class ExtensionResult:
    """What became of one submission's level in one round."""

    submission_id: UUID
    contract_id: str
    level: Level | None  # at the agency
    asked: Level
    code: ErrorCode | None  # what kept it from the level that was asked

    @property
    def reached(self) -> bool:
        """Whether the agency has the level that it asked."""
        return self.level is not None and self.level.reaches(self.asked)


def extend_delivered(
    outbox: Outbox,
    gateway_for: Callable[[str], AgencyGateway],
    extender: Extender,
    clock: Clock,
    jitter: Callable[[], float] = random.random,
    *,
    entries: Iterable[Entry] | None = None,
) -> list[ExtensionResult]:
    """Raise once what is due (or ``entries``, due or not) towards its level; one failure does not stop the rest.

    Raises SignerError only when the outbox itself cannot be read, or somebody else is at it for too long.
    """
    results = []
    for due in outbox.to_extend(clock.now()) if entries is None else entries:
        with outbox.one_raising():
            entry = outbox.entry(due.submission_id)  # another thread or copy may have been at it
            if entry.pending:
                results.append(_extend_one(outbox, entry, gateway_for, extender, _again(entry, clock, jitter)))
    return results


def _again(entry: Entry, clock: Clock, jitter: Callable[[], float]) -> datetime:
    """Give the time of the next try if this one does not bring all."""
    return next_try(entry.extend_attempts + 1, clock.now(), jitter())


def _extend_one(
    outbox: Outbox,
    entry: Entry,
    gateway_for: Callable[[str], AgencyGateway],
    extender: Extender,
    again: datetime,
) -> ExtensionResult:
    level, code = entry.level, None
    try:
        level, code = _raise_one(outbox, entry, gateway_for(entry.agency_id), extender)
        outbox.record_level(entry.submission_id, level, again)
    except SignerError as error:
        _LOG.info("level of %s: %s", entry.submission_id, error)
        outbox.record_extension_failure(entry.submission_id, again)
        code = error.code
    return ExtensionResult(entry.submission_id, entry.contract_id, level, entry.terms.level, code)


def _raise_one(
    outbox: Outbox, entry: Entry, gateway: AgencyGateway, extender: Extender
) -> tuple[Level, ErrorCode | None]:
    """Give the level that the agency has afterwards, and what keeps it from more."""
    if entry.signed is None:
        raise SignerError(ErrorCode.STORE_DAMAGED, "not signed yet")
    holding = gateway.holding(entry.terms)
    if holding.level.reaches(entry.terms.level) or not _is_ours(entry, holding):
        return holding.level, None
    with outbox.opened(entry) as signed:
        waiting, because = _next_extension(outbox, entry, signed, extender)
        if waiting is None:
            return holding.level, because
        try:
            level = gateway.extend(signed, waiting, entry.terms)
        except SignerError as error:
            if error.code is not ErrorCode.AGENCY_CONFLICT:
                raise
            return gateway.holding(entry.terms).level, None  # the agency was quicker
    outbox.record_extension(entry.submission_id, waiting.number)
    return level, because


def _is_ours(entry: Entry, holding: Holding) -> bool:
    """Tell whether what the agency has is what we appended, the last of which may have arrived without our knowing."""
    return holding.extensions <= len(entry.extensions)


def _next_extension(
    outbox: Outbox, entry: Entry, signed: SignedContract, extender: Extender
) -> tuple[Extension | None, ErrorCode | None]:
    """Give what is to be sent next: what a try before has recorded, or what is appended now."""
    waiting = next((each for each in entry.extensions if not each.delivered), None)
    if waiting is not None:
        return waiting, None
    last = entry.extensions[-1] if entry.extensions else None
    start, known = (last.end, last.sha256) if last else (signed.size, signed.sha256)
    if prefix_sha256(signed.path, start) != known:
        raise SignerError(ErrorCode.STORE_DAMAGED, "the signed file has changed")
    reached = extender.append(signed.path, entry.terms.level, entry.terms.clock_offset)
    end = signed.path.stat().st_size
    if end == start:
        return None, reached.because
    number = len(entry.extensions) + 1
    made = Extension(number, start, end, prefix_sha256(signed.path, end), reached.level)
    outbox.add_extension(entry, made, signed.path)
    return made, reached.because
