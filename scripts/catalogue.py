"""What the catalogue scripts share: where texts stand in the code, and where their translations are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from signer.i18n import DOMAIN, LANGUAGES

__all__ = ["LANGUAGES", "SOURCES", "TOP", "extracted", "po_file", "read"]

TOP: Final = Path(__file__).resolve().parent.parent
SOURCES: Final = ("signer", "ui", "pkcs11", "agency")  # where texts for people are
_KEYWORDS: Final = {"_": None, "mark": None, "plural": (1, 2), "gettext": None, "ngettext": (1, 2)}


def po_file(language: str) -> Path:
    """Give the path of a language's catalogue."""
    return TOP / "resources" / "locale" / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(language: str) -> Catalog:
    """Read a language's catalogue; an empty one when there is none."""
    path = po_file(language)
    if not path.exists():
        return Catalog(locale=language, domain=DOMAIN)
    with path.open("rb") as source:
        return read_po(source, locale=language, domain=DOMAIN)


def extracted() -> Catalog:
    """Collect every marked text of the code."""
    catalogue = Catalog(domain=DOMAIN, project="Paraph", fuzzy=False)
    for file, line, text in _texts():
        catalogue.add(text, locations=[(file, line)])
    return catalogue


def _texts() -> Iterator[tuple[str, int, str | tuple[str, ...]]]:
    for source in SOURCES:
        found = extract_from_dir(TOP / source, keywords=_KEYWORDS, method_map=[("**.py", "python")])
        for file, line, text, _, _ in found:
            yield f"{source}/{file}", line, text
