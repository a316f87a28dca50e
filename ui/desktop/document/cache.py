"""Pictures of pages that were painted: as many as fit in a number of bytes, the longest unused go first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Final

from PySide6.QtGui import QImage

from ui.desktop.document.work import Tile

ROOM: Final = 96 << 20  # bytes; two screens of 2560 by 1600 and the pages around them


class Pictures:
    """Tiles by what was asked."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._tiles: OrderedDict[Tile, QImage] = OrderedDict()
        self.bytes = 0

    def __contains__(self, tile: Tile) -> bool:
        return tile in self._tiles

    def put(self, tile: Tile, picture: QImage) -> None:
        """Keep one, and let the oldest go when there is no room."""
        if tile in self._tiles:
            return
        self._tiles[tile] = picture
        self.bytes += picture.sizeInBytes()
        while self.bytes > self._room and len(self._tiles) > 1:
            _, gone = self._tiles.popitem(last=False)
            self.bytes -= gone.sizeInBytes()

    def get(self, tile: Tile) -> QImage | None:
        """Give one, and remember that it was used."""
        picture = self._tiles.get(tile)
        if picture is not None:
            self._tiles.move_to_end(tile)
        return picture

    def others(self, page: int, whole: tuple[int, int]) -> Iterator[tuple[Tile, QImage]]:
        """Give what there is of a page in another size: blurred is better than blank."""
        return (
            (tile, picture) for tile, picture in self._tiles.items() if tile.page == page and tile.cut.whole != whole
        )

    def clear(self) -> None:
        """Forget them all."""
        self._tiles.clear()
        self.bytes = 0
