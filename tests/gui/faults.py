"""What eyes would find wrong with a window: text that is cut off or lies over other text, and what sticks out of it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QAbstractButton, QAbstractScrollArea, QApplication, QLabel, QScrollArea, QWidget

Texts = QLabel | QAbstractButton


def settle(qt: QApplication, window: QWidget) -> None:
    """Let every layout find its place."""
    for _again in range(3):  # a height that follows from a width is known one round later
        qt.sendPostedEvents()
        _lay_out(window)
    qt.processEvents()
    _lay_out(window)  # what came in with the events, such as the number of the document's page


def _lay_out(window: QWidget) -> None:
    for layout in filter(None, (each.layout() for each in window.findChildren(QWidget) if each.isVisible())):
        layout.activate()


def texts(window: QWidget) -> list[Texts]:
    """Everything that shows words now."""
    found: list[Texts] = [*window.findChildren(QLabel), *window.findChildren(QAbstractButton)]
    return [each for each in found if each.isVisible() and each.text() and _is_inside(each)]


def layout_faults(window: QWidget) -> Iterator[str]:
    """Tell what is cut off, lies over another, or sticks out."""
    shown = texts(window)
    for each in shown:
        yield from (f"{each.text()!r} {fault}" for fault in _faults(each))
    places = [(each, _seen_of(each, window)) for each in shown]
    for (first, one), (second, other) in combinations(places, 2):
        if one.intersects(other) and not first.isAncestorOf(second) and not second.isAncestorOf(first):
            yield f"{first.text()!r} and {second.text()!r} lie over each other"
    for area in window.findChildren(QScrollArea):
        content = area.widget()
        if area.isVisible() and content is not None and content.width() > area.viewport().width():
            yield f"a page is {content.width()} wide in a window of {area.viewport().width()}"


def place_of(widget: QWidget, window: QWidget) -> QRect:
    """Give where a widget is in the window, in logical pixels."""
    return QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())


def _seen_of(widget: QWidget, window: QWidget) -> QRect:
    """Give the part of it that no scrolling hides."""
    return widget.visibleRegion().boundingRect().translated(widget.mapTo(window, QPoint(0, 0)))


def _faults(widget: Texts) -> Iterator[str]:
    least = widget.minimumSizeHint()
    if isinstance(widget, QLabel) and widget.wordWrap():
        if widget.height() < widget.heightForWidth(widget.width()):
            yield f"is cut off: {widget.height()} high, not {widget.heightForWidth(widget.width())}"
        widest = max(widget.fontMetrics().horizontalAdvance(word) for word in widget.text().split())
        if widest > widget.contentsRect().width():
            yield f"has a word of {widest} in {widget.contentsRect().width()}"
    elif widget.width() < least.width() or widget.height() < least.height():
        yield f"is cut off: {widget.width()}x{widget.height()}, not {least.width()}x{least.height()}"
    if not _scrolls(widget) and widget.visibleRegion().boundingRect() != widget.rect():
        yield "is covered or sticks out"


def _scrolls(widget: QWidget) -> bool:
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QAbstractScrollArea):
            return True
        parent = parent.parentWidget()
    return False


def _is_inside(widget: QWidget) -> bool:
    """Whether it is meant to be seen: the button "I have read it" waits beside the window for the keyboard."""
    return widget.geometry().right() >= 0 or widget.focusPolicy() is Qt.FocusPolicy.NoFocus
