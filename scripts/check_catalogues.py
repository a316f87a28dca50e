"""Fail when a text is missing, unused, untranslated or still English, or has lost a placeholder, in any language."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Final

from babel.messages.catalog import Catalog, Message
from catalogue import LANGUAGES, SOURCES, TOP, extracted, read

_HIDDEN: Final = re.compile(r"""\{(?:\w+\()*_\(['"]""")
_WORD: Final = re.compile(r"[A-Za-z]{2,}")
_NAME_AT_MOST: Final = 2  # words: "Open Paraph" is Dutch too
_PLACEHOLDER: Final = re.compile(r"\{[^}]*\}")


def problems(language: str, template: Catalog, catalogue: Catalog) -> Iterator[str]:
    """Tell everything that is wrong with one catalogue."""
    wanted = {message.id for message in template if message.id}
    there = {message.id: message for message in catalogue if message.id}
    yield from (f"{language}: missing: {text!r}" for text in sorted(map(str, wanted - set(there))))
    yield from (f"{language}: unused: {text!r}" for text in sorted(map(str, set(there) - wanted)))
    for text in wanted & set(there):
        yield from (f"{language}: {fault}: {text!r}" for fault in _faults(there[text], catalogue.num_plurals))
        if language != "en" and _is_still_english(there[text]):
            yield f"{language}: still English: {text!r}"


def hidden_texts() -> list[str]:
    """Find texts inside f-strings, which the collector does not see: they would stay English, and silently so."""
    files = (path for folder in SOURCES for path in (TOP / folder).rglob("*.py"))
    return [f"{path.name}: a text inside an f-string" for path in files if _HIDDEN.search(path.read_text("utf-8"))]


def _is_still_english(message: Message) -> bool:
    """Whether a sentence was taken over as it was; a name or a sign may be the same everywhere."""
    words = _WORD.findall(_PLACEHOLDER.sub("", str(message.id)))
    return message.string == message.id and len(words) > _NAME_AT_MOST


def _faults(message: Message, plurals: int) -> Iterator[str]:
    sources = (message.id,) if isinstance(message.id, str) else message.id
    targets = (message.string,) if isinstance(message.string, str) else message.string
    if message.fuzzy:
        yield "fuzzy"
    if not targets or not all(targets):
        yield "not translated"
        return
    if isinstance(message.id, tuple) and len(targets) != plurals:
        yield f"{len(targets)} plural forms, not {plurals}"
    allowed = {name for source in sources for name in _PLACEHOLDER.findall(source)}
    if any(set(_PLACEHOLDER.findall(target)) - allowed for target in targets):
        yield "a placeholder that the source has not"
    if allowed - set(_PLACEHOLDER.findall(targets[-1])):
        yield "a placeholder is lost"


def main() -> int:
    """Check all; 0 when they are complete."""
    template = extracted()
    found = [fault for language in LANGUAGES for fault in problems(language, template, read(language))]
    found += hidden_texts()
    for fault in found:
        print(fault, file=sys.stderr)
    print(f"catalogues: {len(list(template)) - 1} texts in {len(LANGUAGES)} languages, {len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
