"""The pages as somebody reads them: text to select and copy, finds marked, keys, words for a screen reader."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Final

from PySide6.QtCore import QPointF, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from ui.desktop.document import look
from ui.desktop.document.cache import ROOM
from ui.desktop.document.finding import Findings
from ui.desktop.document.pages import Mark, Pages
from ui.desktop.document.paper import Size
from ui.desktop.document.selection import Selection, caret
from ui.desktop.document.text import PageText, plain
from ui.desktop.document.work import Copy, Read, Work, Workshop
from ui.words import _

_TEXTS: Final = 16  # pages whose text is kept; 50 kB each
_DRAG_MS: Final = 40  # how often the pages move while a selection is drawn past the edge
_DRAG_STEP: Final = 24  # logical pixels


class ReadablePages(Pages):
    """Pages with their text; with ``may_copy`` False nothing can be taken from the screen (kiosk)."""

    def __init__(
        self, workshop: Workshop, parent: QWidget | None = None, *, may_copy: bool = True, room: int = ROOM
    ) -> None:
        super().__init__(workshop, parent, room=room)
        self._may_copy = may_copy
        self._texts: OrderedDict[int, PageText] = OrderedDict()
        self.findings = Findings()
        self._selection: Selection | None = None
        self._described = -1
        self._dragging = QTimer(self, interval=_DRAG_MS)
        self._dragging.timeout.connect(self._drag_on)
        self.viewport().setMouseTracking(True)
        self.moved.connect(self._read_what_is_near)
        self.setObjectName("document")
        self.setAccessibleName(_("Contract"))

    def show_document(self, visit: int, sizes: tuple[Size, ...]) -> None:
        """Begin with nothing selected, found or read."""
        self._texts.clear()
        self.findings.forget()
        self._selection, self._described = None, -1
        self.setAccessibleDescription("")
        super().show_document(visit, sizes)

    def text(self, page: int) -> PageText | None:
        """Give a page's text, when it was read."""
        return self._texts.get(page)

    # Selecting

    @property
    def selection(self) -> Selection | None:
        """What is selected; None when nothing is."""
        return self._selection or None

    def select(self, selection: Selection | None) -> None:
        """Select this, or nothing."""
        self._selection = selection if self._may_copy else None
        self.viewport().update()

    def select_all(self) -> None:
        """Select every page."""
        if self.count:
            self.select(Selection((0, 0), (self.count - 1, 1 << 30)))

    def copy(self) -> None:
        """Put the selected text on the clipboard as soon as it is collected."""
        if self.selection:
            self._workshop.ask(Copy(self._visit, self.selection.start, self.selection.end))

    def marks(self, page: int) -> Iterator[Mark]:
        """Mark what was found and what is selected."""
        yield from self.findings.marks(page)
        text = self._texts.get(page)
        if text is not None and self.selection:
            yield text.lines(*self.selection.on(page, len(text.characters))), look.SELECTED

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a selection; a finger scrolls instead, whose touch comes here as a mouse's too."""
        if event.source() is not Qt.MouseEventSource.MouseEventNotSynthesized:
            self.select(None)
        elif event.button() is Qt.MouseButton.LeftButton:
            place = self._place(event.position())
            self.select(Selection(place, place) if place else None)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Select a word."""
        where = self.on_paper(event.position())
        text = self._texts.get(where[0]) if where else None
        index = text.nearest(where[1], where[2]) if where and text else None
        if where and text and index is not None:
            start, end = text.word(index)
            self.select(Selection((where[0], start), (where[0], end)))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draw the selection on; past the edge, the pages come along."""
        if not event.buttons() & Qt.MouseButton.LeftButton:
            self._point_at(event.position())
        elif self._selection is not None:
            self._draw_to(event.position())
        inside = self.viewport().rect().contains(event.position().toPoint())
        if self._selection is None or inside or not event.buttons():
            self._dragging.stop()
        elif not self._dragging.isActive():
            self._dragging.start()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a selection."""
        del event
        self._dragging.stop()

    def _draw_to(self, point: QPointF) -> None:
        place = self._place(point)
        if place and self._selection is not None:
            self.select(Selection(self._selection.anchor, place))

    def _drag_on(self) -> None:
        point = QPointF(self.viewport().mapFromGlobal(self.cursor().pos()))
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + (_DRAG_STEP if point.y() > 0 else -_DRAG_STEP))
        self._draw_to(point)

    def _place(self, point: QPointF) -> tuple[int, int] | None:
        where = self.on_paper(point)
        text = self._texts.get(where[0]) if where else None
        index = caret(text, where[1], where[2]) if where and text else None
        return (where[0], index) if where and index is not None else None

    def _point_at(self, point: QPointF) -> None:
        where = self.on_paper(point) if self._may_copy else None
        text = self._texts.get(where[0]) if where else None
        over = bool(where and text and text.over(where[1], where[2]))
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor if over else Qt.CursorShape.ArrowCursor)

    # Reading

    def _read_what_is_near(self) -> None:
        near = [self.current, *(page for page in self.in_sight if page != self.current)]
        for page in near:
            if page in self._texts:
                self._texts.move_to_end(page)
        self._workshop.ask_instead(Read, (Read(self._visit, page) for page in near if page not in self._texts))
        self._describe()

    def _done(self, work: Work, result: object) -> None:
        super()._done(work, result)
        if work.visit != self._visit:
            return
        if isinstance(work, Read) and isinstance(result, PageText):
            self._texts[work.page] = result
            while len(self._texts) > _TEXTS:
                self._texts.popitem(last=False)
            self._describe()
            self.viewport().update()
        elif isinstance(work, Copy) and isinstance(result, str) and self._may_copy:
            QGuiApplication.clipboard().setText(result)

    def _describe(self) -> None:
        """Let a screen reader say which page this is, and read its text."""
        page = self.current
        text = self._texts.get(page)
        if text is None or page == self._described:
            return
        self._described = page
        self.setAccessibleName(_("Contract, page {page} of {count}").format(page=page + 1, count=self.count))
        self.setAccessibleDescription(plain(text.characters))

    # Keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go about the pages; what is no key of ours goes to the window."""
        bar, back = self.verticalScrollBar(), event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        forward = Qt.Key.Key_PageUp if back else Qt.Key.Key_PageDown
        key = forward if event.key() == Qt.Key.Key_Space else event.key()
        steps = {
            Qt.Key.Key_Down: bar.singleStep(),
            Qt.Key.Key_Up: -bar.singleStep(),
            Qt.Key.Key_PageDown: bar.pageStep(),
            Qt.Key.Key_PageUp: -bar.pageStep(),
            Qt.Key.Key_Home: -bar.maximum(),
            Qt.Key.Key_End: bar.maximum(),
        }
        across = {Qt.Key.Key_Left: -bar.singleStep(), Qt.Key.Key_Right: bar.singleStep()}
        if key in steps:
            bar.setValue(bar.value() + steps[Qt.Key(key)])
        elif key in across:
            self._scroll(self.horizontalScrollBar(), across[Qt.Key(key)])
        else:
            event.ignore()
