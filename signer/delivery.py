"""Delivers what is due: what each mishap means for a signature, when to try again, and one round through the outbox."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final
from uuid import UUID

from signer.errors import ErrorCode, Kind, SignerError
from signer.model import Level, Receipt, SignedContract
from signer.outbox import LONGEST_WAIT, Entry, Outbox
from signer.ports import AgencyGateway, Clock, Extender

_LOG: Final = logging.getLogger("paraph.delivery")

SHORTEST_WAIT: Final = timedelta(seconds=5)
_DOUBLINGS: Final = 13  # 5 s, 13 times doubled, is more than LONGEST_WAIT


class Decision(Enum):
    """What a mishap means for a signature that exists; it is kept in any case."""

    RETRY = "retry"  # waiting can mend it
    PARK = "park"  # only people can


_DECISIONS: Final = {  # where "retriable" is said of another moment than this one
    ErrorCode.AGENCY_UNKNOWN: Decision.RETRY,  # the settings lost an agency, and can have it back
    ErrorCode.SETTINGS_BROKEN: Decision.RETRY,
    ErrorCode.INTERNAL: Decision.RETRY,  # a newer version of the program mends it
}


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """What became of one submission in one round: a receipt, or what went wrong."""

    submission_id: UUID
    agency_id: str
    contract_id: str
    receipt: Receipt | None
    code: ErrorCode | None

    @property
    def delivered(self) -> bool:
        """Whether the agency has it."""
        return self.receipt is not None


def decide(code: ErrorCode) -> Decision:
    """Decide what a mishap means for a signature that waits to be delivered."""
    return _DECISIONS.get(code, Decision.RETRY if code.retriable else Decision.PARK)


def next_try(attempts: int, now: datetime, jitter: float) -> datetime:
    """Give the time of the next try after ``attempts`` failed ones: 5 s, doubled each time, at most 6 h.

    ``jitter`` (0 to 1) takes up to half of it away, so that a thousand clients do not come back in the same second.
    """
    wait = min(SHORTEST_WAIT * 2.0 ** min(max(attempts - 1, 0), _DOUBLINGS), LONGEST_WAIT)
    return now + max(SHORTEST_WAIT, wait * (1 - jitter / 2))


def deliver(
    outbox: Outbox,
    entry: Entry,
    gateway: AgencyGateway,
    clock: Clock,
    jitter: Callable[[], float] = random.random,
    extender: Extender | None = None,
) -> Receipt:
    """Send one signature now, due or not, and note what came of it; with a time-stamp where one is asked.

    What was delivered before is not sent again. Raises the SignerError that was noted, or STORE_DAMAGED for an entry
    that has no signature.
    """
    if entry.receipt is not None:
        return entry.receipt
    if entry.signed is None:
        raise SignerError(ErrorCode.STORE_DAMAGED, "not signed yet")
    outbox.lease(entry.submission_id, clock.now())  # for the other copies; two of us at once would do no harm
    with _noted(outbox, entry, clock, jitter):
        signed = _last_touch(outbox, entry, gateway, extender) or entry.signed
        receipt = gateway.deliver(signed, entry.terms)
    outbox.record_delivery(entry.submission_id, receipt)
    return receipt


def _last_touch(
    outbox: Outbox, entry: Entry, gateway: AgencyGateway, extender: Extender | None
) -> SignedContract | None:
    """Put a time-stamp in where one is asked, while nobody has the file yet; what cannot be had now is added later.

    Gives what is sent: from now on its bytes stay. A network that is away as a whole is noticed before anything counts
    as sent, so that the next try can stamp.
    """
    if not entry.terms.level.reaches(Level.B_T):
        outbox.mark_sent(entry.submission_id)
        return None
    with outbox.one_raising():
        fresh = outbox.entry(entry.submission_id)  # another thread or copy may have been at it
        signed = fresh.signed
        if signed is None or fresh.sent:
            return signed
        if extender is not None and not signed.level.reaches(Level.B_T):
            try:
                signed = outbox.restamp(fresh, lambda before: extender.stamp(before, entry.terms.clock_offset))
            except SignerError as error:
                _LOG.info("submission %s goes without a time-stamp: %s", entry.submission_id, error)
                gateway.greet()
        outbox.mark_sent(entry.submission_id)
        return signed


def drain(
    outbox: Outbox,
    gateway_for: Callable[[str], AgencyGateway],
    clock: Clock,
    jitter: Callable[[], float] = random.random,
    *,
    entries: Iterable[Entry] | None = None,
    extender: Extender | None = None,
) -> list[DeliveryResult]:
    """Deliver once what is due (or ``entries``, due or not), oldest first; one failure does not stop the rest.

    An agency that cannot be reached is left alone for the rest of the round. Raises SignerError only when the outbox
    itself cannot be read.
    """
    results: list[DeliveryResult] = []
    resting: set[str] = set()
    for entry in outbox.due(clock.now()) if entries is None else entries:
        if entry.agency_id in resting:
            continue
        result = _try(outbox, entry, gateway_for, clock, jitter, extender)
        if result is not None:
            results.append(result)
            if _stops_the_agency(result.code):
                resting.add(entry.agency_id)
    return results


def _try(
    outbox: Outbox,
    entry: Entry,
    gateway_for: Callable[[str], AgencyGateway],
    clock: Clock,
    jitter: Callable[[], float],
    extender: Extender | None,
) -> DeliveryResult | None:
    try:
        if not outbox.lease(entry.submission_id, clock.now()):
            return None  # another copy is at it
        with _noted(outbox, entry, clock, jitter):
            gateway = gateway_for(entry.agency_id)
        receipt = deliver(outbox, entry, gateway, clock, jitter, extender)
    except SignerError as error:
        _LOG.info("submission %s: %s", entry.submission_id, error, exc_info=error.code is ErrorCode.INTERNAL)
        return DeliveryResult(entry.submission_id, entry.agency_id, entry.contract_id, None, error.code)
    return DeliveryResult(entry.submission_id, entry.agency_id, entry.contract_id, receipt, None)


def _stops_the_agency(code: ErrorCode | None) -> bool:
    return code is ErrorCode.AGENCY_BUSY or (code is not None and code.kind is Kind.NETWORK)


@contextmanager
def _noted(outbox: Outbox, entry: Entry, clock: Clock, jitter: Callable[[], float]) -> Iterator[None]:
    """Note what goes wrong; a mistake of ours becomes INTERNAL, so that it cannot hold up the other signatures."""
    try:
        yield
    except SignerError as error:
        _note(
            outbox, entry, error.code, _after(error, clock.now(), next_try(entry.attempts + 1, clock.now(), jitter()))
        )
        raise
    except (KeyboardInterrupt, SystemExit):
        outbox.release(entry.submission_id)
        raise
    except Exception as error:
        _note(outbox, entry, ErrorCode.INTERNAL, next_try(entry.attempts + 1, clock.now(), jitter()))
        raise SignerError(ErrorCode.INTERNAL, type(error).__name__) from error


def _after(error: SignerError, now: datetime, ours: datetime) -> datetime:
    """Wait as long as the agency asks, when that is longer than we would, and never longer than we ever do."""
    asked = now + timedelta(seconds=error.again_s or 0)
    return max(ours, min(asked, now + LONGEST_WAIT))


def _note(outbox: Outbox, entry: Entry, code: ErrorCode, next_try_at: datetime) -> None:
    if decide(code) is Decision.PARK:
        outbox.park(entry.submission_id, code)
    else:
        outbox.record_failure(entry.submission_id, code, next_try_at)
