"""Making a sample: drawn, with a prepared field for the worker, and sealed where the agency seals it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from agency.samples import layout
from agency.samples.text import WORKER_FIELD, SampleText
from signer.pades.prepare import add_signature_field
from signer.pades.seal import seal

BELGIUM: Final = ZoneInfo("Europe/Brussels")


class SealFiles(NamedTuple):
    """The agency's seal: PEM files of its key and of its chain, its own certificate first."""

    key: Path
    chain: Path


def make(text: SampleText, target: Path, agency_seal: SealFiles | None = None) -> None:
    """Write the PDF to ``target``, and what ``publish`` asks beside it to ``target``.json.

    A seal certifies the document: forms and signatures are still allowed, nothing else. Raises SignerError of the kinds
    DOCUMENT, FILE and CERTIFICATE.
    """
    place = layout.draw(text, target, sealed=agency_seal is not None)
    add_signature_field(target, target, WORKER_FIELD, place.page, place.rectangle)
    if agency_seal:
        seal(target, target, key=agency_seal.key, chain=agency_seal.chain)
    data = text.draft().model_dump_json(by_alias=True, indent=2)
    target.with_name(f"{target.name}.json").write_text(f"{data}\n", encoding="utf-8")


def next_monday(now: datetime) -> datetime:
    """Give the next Monday at six in Belgium, when the early shift begins."""
    today = now.astimezone(BELGIUM)
    monday = today + timedelta(days=7 - today.weekday())
    return monday.replace(hour=6, minute=0, second=0, microsecond=0)
