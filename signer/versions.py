"""What a new version of a contract changes, as far as the data beside the document tells; the document decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import Enum
from typing import Final

from signer.errors import SignerError
from signer.model import Contract
from signer.ports import AgencyGateway


class Fact(Enum):
    """A line of the summary."""

    JOB = "job"
    COMPANY = "company"
    PLACE = "place"
    HOURS = "hours"
    PAY = "pay"
    PAGES = "pages"


_VALUES: Final[Mapping[Fact, Callable[[Contract], object]]] = {  # in the order in which they are read
    Fact.JOB: lambda contract: contract.job,
    Fact.COMPANY: lambda contract: contract.company,
    Fact.PLACE: lambda contract: contract.place,
    Fact.HOURS: lambda contract: (contract.starts_at, contract.ends_at),
    Fact.PAY: lambda contract: contract.hourly_pay,
    Fact.PAGES: lambda contract: contract.page_count,
}


def changed(before: Contract, after: Contract) -> tuple[Fact, ...]:
    """Name the facts that differ."""
    return tuple(fact for fact, value in _VALUES.items() if value(before) != value(after))


def version_before(gateway: AgencyGateway, contract: Contract) -> Contract | None:
    """Give the version before, to show what changed; without it the new one can be read and signed as well."""
    if contract.replaces is None:
        return None
    with suppress(SignerError):
        return gateway.contract(contract.replaces)
    return None
