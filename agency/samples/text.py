"""What a sample contract says: resources/samples/*.toml with the times and the worker filled in."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, get_args

from agency.publishing import ContractDraft
from signer.agency.schema import DocumentLanguage
from signer.paths import resource

LANGUAGES: Final[tuple[DocumentLanguage, ...]] = get_args(DocumentLanguage)
WORKER_FIELD: Final = "worker"

_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class SampleText:
    """One contract's words, and the values that stand for its placeholders."""

    words: dict[str, Any]
    values: dict[str, str]
    shifts: list[tuple[datetime, datetime]]

    @property
    def blocks(self) -> list[dict[str, Any]]:
        """The parts of the document from top to bottom, each with its ``kind``."""
        blocks: list[dict[str, Any]] = self.words["blocks"]
        return blocks

    def say(self, sentence: str) -> str:
        """Fill in the placeholders of a sentence, and set its apostrophes."""
        return sentence.format_map(self.values).replace("'", "\N{RIGHT SINGLE QUOTATION MARK}")

    def draft(self) -> ContractDraft:
        """Give the data that is published beside the document."""
        return ContractDraft(
            id=self.values["id"],
            title=self.words["title"],
            starts_at=self.shifts[0][0],
            ends_at=self.shifts[-1][1],
            language=self.words["language"],
            field=WORKER_FIELD,
            **self.words["summary"],
        )


def sample_text(
    language: DocumentLanguage,
    start: datetime,
    issued: datetime,
    worker: str | None = None,
    contract_id: str | None = None,
) -> SampleText:
    """Read a sample's words for a job that starts at ``start``, as written on the contract of ``issued``."""
    words = tomllib.loads(resource("samples", f"{language}.toml").read_text(encoding="utf-8"))
    shifts = _shifts(start, words["days"], timedelta(hours=words["hours"]))
    first, last = shifts[0][0], shifts[-1][1]
    values = {
        "id": contract_id or words["id"],
        "worker": worker or words["worker"],
        "start_date": f"{first:{words['date']}}",
        "end_date": f"{last:{words['date']}}",
        "from": f"{first:%H:%M}",
        "to": f"{last:%H:%M}",
        "issued": f"{issued:{words['date']}}",
    }
    return SampleText(words, values, shifts)


def _shifts(start: datetime, days: int, length: timedelta) -> list[tuple[datetime, datetime]]:
    """Lay the working days from the first on, over the week-ends that follow it."""
    shifts: list[tuple[datetime, datetime]] = []
    day = start
    while len(shifts) < days:
        if day == start or day.weekday() < _SATURDAY:
            shifts.append((day, day + length))
        day += timedelta(days=1)
    return shifts
