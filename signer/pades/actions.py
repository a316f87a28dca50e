"""What a document does, by itself or when somebody clicks: programs, links, other files (ISO 32000-2, 12.6)."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Final, NamedTuple

from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, IndirectObject, PdfObject, pdf_name
from pyhanko.pdf_utils.reader import PdfFileReader

from signer.errors import ErrorCode, SignerError
from signer.model import Caution
from signer.pades.opening import entry
from signer.pades.tree import annotations_of, fields_of, linked, pages_of


class Moment(Enum):
    """When an action starts."""

    BY_ITSELF = "by itself"  # as soon as the document or a page is shown, printed, saved or closed
    ON_USE = "on use"  # somebody clicks or types


class _Rule(NamedTuple):
    """What one kind of action means for signing; None: nothing."""

    by_itself: ErrorCode | None
    on_use: ErrorCode | Caution | None


_ACTS: Final = ErrorCode.DOCUMENT_ACTS
_RULES: Final = {  # ISO 32000-2, table 201; a kind that is not here may do anything
    "/GoTo": _Rule(None, None),
    "/GoToDp": _Rule(None, None),
    "/Thread": _Rule(None, None),
    "/Named": _Rule(None, None),
    "/Trans": _Rule(None, None),
    "/GoToR": _Rule(_ACTS, Caution.LINKS),
    "/URI": _Rule(_ACTS, Caution.LINKS),
    "/Launch": _Rule(_ACTS, _ACTS),
}
_ANYTHING: Final = _Rule(_ACTS, Caution.PROGRAMS)
_LONGEST_CHAIN: Final = 50  # of actions that follow each other


def cautions_about_actions(reader: PdfFileReader) -> frozenset[Caution]:
    """Tell what a click may do; raises SignerError DOCUMENT_ACTS when something starts by itself or runs a program."""
    found = set()
    for moment, action in _actions(reader):
        kind = str(entry(action, "/S"))
        rule = _RULES.get(kind, _ANYTHING)
        meaning = rule.by_itself if moment is Moment.BY_ITSELF else rule.on_use
        if isinstance(meaning, ErrorCode):
            raise SignerError(meaning, f"{kind} {moment.value}")
        if meaning is not None:
            found.add(meaning)
    return frozenset(found)


def _actions(reader: PdfFileReader) -> Iterator[tuple[Moment, DictionaryObject]]:
    root = reader.root
    yield from _each(Moment.BY_ITSELF, entry(root, "/OpenAction"))
    yield from _triggered(Moment.BY_ITSELF, root)
    names = entry(root, "/Names")
    if isinstance(names, DictionaryObject) and entry(names, "/JavaScript") is not None:
        script = DictionaryObject({pdf_name("/S"): pdf_name("/JavaScript")})
        yield Moment.BY_ITSELF, script  # each of them runs when the document is opened
    for page in pages_of(reader):
        yield from _triggered(Moment.BY_ITSELF, page)
        for annotation in annotations_of(page):
            yield from _each(Moment.ON_USE, entry(annotation, "/A"))
            yield from _of_annotation(annotation)
    for field in fields_of(reader):
        yield from _triggered(Moment.ON_USE, field)
    outlines = entry(root, "/Outlines")
    for item in linked(outlines, "/First", "/Next"):
        yield from _each(Moment.ON_USE, entry(item, "/A"))


def _of_annotation(annotation: DictionaryObject) -> Iterator[tuple[Moment, DictionaryObject]]:
    """Give an annotation's triggers: some are the page's, not the person's (ISO 32000-2, table 197)."""
    triggers = entry(annotation, "/AA")
    if isinstance(triggers, DictionaryObject):
        for key in triggers:
            moment = Moment.BY_ITSELF if key in {"/PO", "/PC", "/PV", "/PI"} else Moment.ON_USE
            yield from _each(moment, entry(triggers, key))


def _triggered(moment: Moment, holder: DictionaryObject) -> Iterator[tuple[Moment, DictionaryObject]]:
    triggers = entry(holder, "/AA")
    if isinstance(triggers, DictionaryObject):
        for key in triggers:
            yield from _each(moment, entry(triggers, key))


def _each(moment: Moment, action: PdfObject | None) -> Iterator[tuple[Moment, DictionaryObject]]:
    """Follow a chain of actions; a destination in an action's place is an array or a name, and does nothing."""
    waiting = [action]
    for _ in range(_LONGEST_CHAIN):
        if not waiting:
            return
        first = waiting.pop()
        first = first.get_object() if isinstance(first, IndirectObject) else first
        if isinstance(first, DictionaryObject) and "/S" in first:
            yield moment, first
            following = entry(first, "/Next")
            waiting += following if isinstance(following, ArrayObject) else [following]
    if waiting:
        raise SignerError(ErrorCode.DOCUMENT_BROKEN, "a chain of actions without an end")
