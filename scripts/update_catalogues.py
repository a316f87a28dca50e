"""Bring every catalogue in line with the texts in the code; new ones are empty until somebody translates them."""

from __future__ import annotations

from datetime import UTC, datetime

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from catalogue import LANGUAGES, extracted, po_file, read


def main() -> None:
    """Update every catalogue in place."""
    template = extracted()
    for language in LANGUAGES:
        catalogue = read(language)
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        _set_header(catalogue, language)
        if language == "en":
            for text in catalogue:
                if text.id:
                    text.string = text.id
        path = po_file(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as target:
            write_po(target, catalogue, width=120, sort_output=True, no_location=True, omit_header=False)


def _set_header(catalogue: Catalog, language: str) -> None:
    """Keep the header the same from run to run, so that a diff shows texts alone."""
    catalogue.project, catalogue.version, catalogue.fuzzy = "Paraph", "1", False
    catalogue.header_comment = f"# Paraph in {language}; words: docs/words.md"
    catalogue.creation_date = catalogue.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    catalogue.last_translator = catalogue.language_team = catalogue.msgid_bugs_address = "Paraph"


if __name__ == "__main__":
    main()
