"""The pages on the desk: painted, scrolled, enlarged. What is not painted yet is grey, and in its place at once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Final

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QNativeGestureEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea, QGestureEvent, QPinchGesture, QScrollBar, QScroller, QWidget

from ui.desktop import theme
from ui.desktop.document import look
from ui.desktop.document.cache import ROOM, Pictures
from ui.desktop.document.layout import CSS_PIXELS_PER_POINT, MARGIN, Layout, Rect
from ui.desktop.document.paper import Size
from ui.desktop.document.text import Box
from ui.desktop.document.work import Tile, Work, Workshop

ZOOMS: Final = (0.25, 0.33, 0.5, 0.67, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 5.0)
_FIT_AT_MOST: Final = 1.25  # wider, and a line of text is too long to read with ease
_STEP: Final = 40  # logical pixels for an arrow key
_OVERLAP: Final = 60  # logical pixels that stay in sight when a page key is pressed
_END_SLACK: Final = 6  # logical pixels of the last page's margin that need not be seen
_WHEEL_NOTCH: Final = 120  # QWheelEvent: eighths of a degree

Mark = tuple[tuple[Box, ...], QColor]


class Pages(QAbstractScrollArea):
    """Shows tiles that the workshop paints."""

    moved = Signal()  # other pages, or other parts of them, are in sight
    zoomed = Signal(float)
    end_seen = Signal()  # the last page's end is in sight, and painted

    def __init__(self, workshop: Workshop, parent: QWidget | None = None, *, room: int = ROOM) -> None:
        super().__init__(parent)
        self._workshop, self._visit = workshop, 0
        self._pictures, self._room = Pictures(room), room
        self._fits = True
        self.layout_of_pages = Layout((), 1.0, self.devicePixelRatioF())
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.horizontalScrollBar().setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # as the paper lies
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        QScroller.grabGesture(self.viewport(), QScroller.ScrollerGestureType.TouchGesture)
        self.viewport().grabGesture(Qt.GestureType.PinchGesture)
        self._soon = QTimer(self, interval=0, singleShot=True)
        self._soon.timeout.connect(self._order)
        workshop.done.connect(self._done)

    # What is shown

    def show_document(self, visit: int, sizes: tuple[Size, ...]) -> None:
        """Lay out a document and begin at its top; no sizes clear the desk."""
        self._visit, self._fits = visit, True
        self._pictures.clear()
        self._lay_out(sizes, self._fitting(sizes))
        self.verticalScrollBar().setValue(0)
        self.horizontalScrollBar().setValue(self.horizontalScrollBar().maximum() // 2)
        self._order()

    @property
    def count(self) -> int:
        """How many pages there are."""
        return len(self.layout_of_pages.sizes)

    @property
    def current(self) -> int:
        """The page that is read now, from 0: at two fifths of the height, and the last one at the end."""
        bar = self.verticalScrollBar()
        if bar.maximum() and bar.value() == bar.maximum():
            return max(0, self.count - 1)
        top, bottom = self._span()
        return self.layout_of_pages.at(top + (bottom - top) * 2 // 5)

    @property
    def in_sight(self) -> range:
        """The pages of which something is on the screen."""
        return self.layout_of_pages.between(*self._span())

    @property
    def bytes_of_pictures(self) -> int:
        """What painted pages take now."""
        return self._pictures.bytes

    @property
    def is_sharp(self) -> bool:
        """Whether all that is in sight is painted."""
        return bool(self.count) and all(tile in self._pictures for tile in self._tiles(*self._span()))

    def marks(self, page: int) -> Iterator[Mark]:
        """Give what is to be marked on a page: overridden by whoever knows."""
        del page
        yield from ()

    # Going about

    def go_to(self, page: int) -> None:
        """Bring a page's top to the window's top."""
        if self.count:
            rect = self.layout_of_pages.page(min(max(page, 0), self.count - 1))
            self.verticalScrollBar().setValue(round((rect.top - self._pixels(MARGIN / 2)) / self._ratio))

    def go_to_end(self) -> None:
        """Bring the last page's end in sight."""
        self.verticalScrollBar().setValue(self.verticalScrollBar().maximum())

    def bring_in_sight(self, page: int, box: Box) -> None:
        """Scroll as little as is needed to have a place on a page a third from the top."""
        where = self.on_screen(page, box)
        if not self.viewport().rect().adjusted(0, MARGIN, 0, -3 * MARGIN).contains(where.toRect()):
            self._scroll(self.verticalScrollBar(), where.top() - self.viewport().height() / 3)
            self._scroll(self.horizontalScrollBar(), where.center().x() - self.viewport().width() / 2)

    def on_screen(self, page: int, box: Box) -> QRectF:
        """Give where a place on a page is in the window, in logical pixels of the viewport."""
        rect, scale, ratio = self.layout_of_pages.page(page), self.layout_of_pages.scale, self._ratio
        left, top = self._corner()
        return QRectF(
            QPointF((rect.left - left + box.left * scale) / ratio, (rect.top - top + box.top * scale) / ratio),
            QPointF((rect.left - left + box.right * scale) / ratio, (rect.top - top + box.bottom * scale) / ratio),
        )

    def on_paper(self, point: QPointF) -> tuple[int, float, float] | None:
        """Give the page at a point of the viewport, or the nearest, and the place on it in points."""
        if not self.count:
            return None
        left, top = self._corner()
        page = self.layout_of_pages.at(round(top + point.y() * self._ratio))
        rect, scale = self.layout_of_pages.page(page), self.layout_of_pages.scale
        return (
            page,
            (left + point.x() * self._ratio - rect.left) / scale,
            (top + point.y() * self._ratio - rect.top) / scale,
        )

    # Size

    @property
    def zoom(self) -> float:
        """1.0 is 100 %."""
        return self.layout_of_pages.zoom

    def set_zoom(self, zoom: float, about: QPointF | None = None) -> None:
        """Enlarge or reduce; the point ``about`` (else the middle) stays where it is."""
        self._fits = False
        self._set_zoom(zoom, about)

    def zoom_step(self, direction: int, about: QPointF | None = None) -> None:
        """Go to the next greater (1) or smaller (-1) size."""
        near = self.zoom * (1 + 0.01 * direction)
        steps = [zoom for zoom in ZOOMS if (zoom > near if direction > 0 else zoom < near)]
        if steps:
            self.set_zoom(steps[0] if direction > 0 else steps[-1], about)

    def fit_width(self) -> None:
        """Make the pages as wide as the window, at any width."""
        self._fits = True
        self._set_zoom(self._fitting(self.layout_of_pages.sizes))

    def _set_zoom(self, zoom: float, about: QPointF | None = None) -> None:
        about = about or QPointF(self.viewport().rect().center())
        held = self.on_paper(about)
        self._lay_out(self.layout_of_pages.sizes, min(max(zoom, ZOOMS[0]), ZOOMS[-1]))
        if held:
            page, x, y = held
            now = self.on_screen(page, Box(x, y, x, y)).topLeft()
            self._scroll(self.horizontalScrollBar(), now.x() - about.x())
            self._scroll(self.verticalScrollBar(), now.y() - about.y())
        self._changed()

    def _fitting(self, sizes: tuple[Size, ...]) -> float:
        widest = max((size.width for size in sizes), default=0.0)
        room = self.viewport().width() - 2 * MARGIN
        fitting = room / (widest * CSS_PIXELS_PER_POINT) if widest else 1.0
        return min(max(fitting, ZOOMS[0]), _FIT_AT_MOST)

    def _lay_out(self, sizes: tuple[Size, ...], zoom: float) -> None:
        before = self.layout_of_pages.zoom
        room = self.viewport().size()
        self.layout_of_pages = Layout(sizes, zoom, self._ratio, int(room.width() * self._ratio))
        for bar, whole, shown in (
            (self.horizontalScrollBar(), self.layout_of_pages.width, room.width()),
            (self.verticalScrollBar(), self.layout_of_pages.height, room.height()),
        ):
            bar.setRange(0, max(0, round(whole / self._ratio) - shown))
            bar.setPageStep(max(_STEP, shown - _OVERLAP))
            bar.setSingleStep(_STEP)
        if zoom != before:
            self.zoomed.emit(zoom)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint in device pixels, so that no picture is scaled that need not be."""
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), QColor(theme.shown().desk))
        painter.scale(1 / self._ratio, 1 / self._ratio)
        left, top = self._corner()
        painter.translate(-left, -top)
        span = top + self._pixels(event.rect().top()), top + self._pixels(event.rect().bottom() + 1)
        for page in self.layout_of_pages.between(*span):
            self._paint_page(painter, page, span)

    def _paint_page(self, painter: QPainter, page: int, span: tuple[int, int]) -> None:
        rect = self.layout_of_pages.page(page)
        painter.fillRect(_grown(rect, max(1, round(self._ratio))), QColor(theme.shown().line))
        painter.fillRect(QRect(*rect), look.WAITING)
        cuts = list(self.layout_of_pages.cuts(page, *span))
        ready = [self._pictures.get(Tile(self._visit, page, cut)) for cut in cuts]
        if not all(ready):
            self._paint_stretched(painter, page, rect)
        for cut, picture in zip(cuts, ready, strict=True):
            if picture is not None:
                painter.drawImage(QPoint(rect.left + cut.left, rect.top + cut.top), picture)
        self._paint_marks(painter, page, rect)

    def _paint_stretched(self, painter: QPainter, page: int, rect: Rect) -> None:
        """What was painted in another size holds the place until the sharp one is there."""
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for tile, picture in self._pictures.others(page, (rect.width, rect.height)):
            across, down = rect.width / tile.cut.whole[0], rect.height / tile.cut.whole[1]
            left, top = rect.left + tile.cut.left * across, rect.top + tile.cut.top * down
            painter.drawImage(QRectF(left, top, tile.cut.width * across, tile.cut.height * down), picture)

    def _paint_marks(self, painter: QPainter, page: int, rect: Rect) -> None:
        scale = self.layout_of_pages.scale
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Multiply)
        for boxes, colour in self.marks(page):
            for box in boxes:
                left, top = rect.left + box.left * scale, rect.top + box.top * scale
                size = (box.right - box.left) * scale, (box.bottom - box.top) * scale
                painter.fillRect(QRectF(left, top, *size), colour)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)

    # What is to be painted

    def _tiles(self, top: int, bottom: int) -> Iterator[Tile]:
        for page in self.layout_of_pages.between(top, bottom):
            for cut in self.layout_of_pages.cuts(page, top, bottom):
                yield Tile(self._visit, page, cut)

    def _order(self) -> None:
        """Ask for what is in sight, then for one screen below and one above, as far as there is room."""
        if not self.count:
            return
        top, bottom = self._span()
        height = bottom - top
        near = chain(
            self._tiles(top, bottom), self._tiles(bottom, bottom + height), self._tiles(max(0, top - height), top)
        )
        wanted, taken = dict[Tile, None](), 0
        for tile in near:
            taken += 4 * tile.cut.width * tile.cut.height
            if taken > self._room * 3 // 4 and wanted:
                break
            if tile not in self._pictures:
                wanted[tile] = None
        self._workshop.ask_instead(Tile, wanted)
        self.moved.emit()
        self._look_for_end()

    def _done(self, work: Work, result: object) -> None:
        if isinstance(work, Tile) and work.visit == self._visit and isinstance(result, QImage):
            self._pictures.put(work, result)
            self.viewport().update()
            self._look_for_end()

    def _look_for_end(self) -> None:
        if not self.count or not self.isVisible():
            return
        _, bottom = self._span()
        if self.layout_of_pages.page(self.count - 1).bottom - self._pixels(_END_SLACK) <= bottom and self.is_sharp:
            self.end_seen.emit()

    # Events

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Paint anew where we are now, and ask for what is near."""
        del dx, dy
        self._changed()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the pages again when they are to fit."""
        super().resizeEvent(event)
        self._fit_again()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """With Ctrl enlarge about the pointer, else scroll."""
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().wheelEvent(event)
            return
        turned = event.angleDelta().y()
        if abs(turned) >= _WHEEL_NOTCH:
            self.zoom_step(1 if turned > 0 else -1, event.position())
        elif turned:
            self.set_zoom(self.zoom * 2 ** (turned / 4 / _WHEEL_NOTCH), event.position())
        event.accept()

    def event(self, event: QEvent) -> bool:
        """Lay out anew on a screen of another sharpness."""
        if event.type() is QEvent.Type.DevicePixelRatioChange:
            self._fit_again()
        return super().event(event)

    def viewportEvent(self, event: QEvent) -> bool:
        """Enlarge with two fingers, on a screen or on a touch pad."""
        if isinstance(event, QGestureEvent):
            pinch = event.gesture(Qt.GestureType.PinchGesture)
            if isinstance(pinch, QPinchGesture):
                centre = QPointF(self.viewport().mapFromGlobal(pinch.centerPoint().toPoint()))
                self.set_zoom(self.zoom * pinch.scaleFactor(), centre)
                return True
        if isinstance(event, QNativeGestureEvent) and event.gestureType() is Qt.NativeGestureType.ZoomNativeGesture:
            self.set_zoom(self.zoom * (1 + event.value()), event.position())
            return True
        return super().viewportEvent(event)

    def sizeHint(self) -> QSize:
        """As wide as a page at its own size."""
        return QSize(850, 700)

    # Small change

    @property
    def _ratio(self) -> float:
        return self.devicePixelRatioF()

    def _pixels(self, logical: float) -> int:
        return round(logical * self._ratio)

    def _corner(self) -> tuple[int, int]:
        """The upper left corner of what is in sight, in device pixels of the area."""
        return self._pixels(self.horizontalScrollBar().value()), self._pixels(self.verticalScrollBar().value())

    def _span(self) -> tuple[int, int]:
        top = self._corner()[1]
        return top, top + self._pixels(self.viewport().height())

    def _fit_again(self) -> None:
        self._set_zoom(self._fitting(self.layout_of_pages.sizes) if self._fits else self.zoom)

    def _changed(self) -> None:
        self.viewport().update()
        self._soon.start()

    @staticmethod
    def _scroll(bar: QScrollBar, by: float) -> None:
        bar.setValue(bar.value() + round(by))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self.viewport().update()


def _grown(rect: Rect, by: int) -> QRect:
    return QRect(*rect).adjusted(-by, -by, by, by)
