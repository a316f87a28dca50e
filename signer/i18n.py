"""One gettext catalogue for every face (resources/locale); English is the source language."""

from __future__ import annotations

import gettext
import os
from collections.abc import Mapping
from typing import Final

from signer.paths import resource

DOMAIN: Final = "paraph"
# The one list of our languages, each by its own name; docs/translating.md says how to add one.
LANGUAGES: Final = {
    "nl": "Nederlands",
    "fr": "Français",
    "de": "Deutsch",
    "en": "English",
    "ro": "Română",
    "pl": "Polski",
}
LANGUAGE_VARIABLE: Final = "PARAPH_LANGUAGE"

_LOCALE_VARIABLES: Final = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")  # gettext manual, 2.3.2, in this order


def translator(language: str) -> gettext.NullTranslations:
    """Load the catalogue of a language; an unknown one gives the English source texts."""
    return gettext.translation(DOMAIN, resource("locale"), [language], fallback=True)


def choose_language(wanted: str | None, environ: Mapping[str, str] | None = None) -> str:
    """Choose among our languages: the wanted one, PARAPH_LANGUAGE, the system's, else English."""
    environ = os.environ if environ is None else environ
    candidates = [wanted or "", environ.get(LANGUAGE_VARIABLE, "")]
    for variable in _LOCALE_VARIABLES:
        candidates += environ.get(variable, "").split(":")
    codes = (candidate[:2].lower() for candidate in candidates)
    return next((code for code in codes if code in LANGUAGES), "en")


def mark(text: str) -> str:
    """Mark a text in a table for the catalogues; it is translated where it is shown."""
    return text
