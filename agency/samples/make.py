"""Making a sample: drawn, with a prepared field for the worker, and sealed where the agency seals it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from agency.samples import layout
from agency.samples.text import WORKER_FIELD, SampleText
from signer.pades.prepare import add_signature_field

BELGIUM: Final = ZoneInfo("Europe/Brussels")


def make(text: SampleText, target: Path) -> None:
    """Write the PDF to ``target``, and what ``publish`` asks beside it to ``target``.json.

    Raises SignerError of the kinds DOCUMENT and FILE.
    """
    places = layout.draw(text, target)
    add_signature_field(target, target, WORKER_FIELD, places.worker.page, places.worker.rectangle)
    data = text.draft().model_dump_json(by_alias=True, indent=2)
    target.with_name(f"{target.name}.json").write_text(f"{data}\n", encoding="utf-8")


def next_monday(now: datetime) -> datetime:
    """Give the next Monday at six in Belgium, when the early shift begins."""
    today = now.astimezone(BELGIUM)
    monday = today + timedelta(days=7 - today.weekday())
    return monday.replace(hour=6, minute=0, second=0, microsecond=0)
