"""The icon beside the clock: opt-in, for workers at home; it tells that a contract came, and from whom, no more.

On a computer that many people use there is none: the next person would read the note.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from signer.settings import Settings
from ui.desktop.widgets.pieces import icon
from ui.qt.worker import Lists
from ui.words import _


class Arrivals:
    """Which agencies have sent something since somebody looked."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, str]] | None = None  # agency and contract; None before every agency was asked once

    def since(self, lists: Lists) -> tuple[str, ...]:
        """Name the agencies of contracts that were not there before; what was there at the start is not new."""
        there = {(task.agency_id, task.contract.id): task.agency_name for task in lists.to_sign}
        if self._seen is None:
            self._seen = None if lists.unreached else set(there)
            return ()
        names = [name for key, name in there.items() if key not in self._seen]
        self._seen |= set(there)
        return tuple(dict.fromkeys(names))


class Tray(QObject):
    """Keeps the program at hand while its window is closed."""

    opened = Signal()
    quitted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._icon: QSystemTrayIcon | None = None
        self._menu: QMenu | None = None
        self._arrivals = Arrivals()

    @property
    def there(self) -> bool:
        """Whether it is on the screen, so that the window may be closed without the program ending."""
        return self._icon is not None

    def follow(self, settings: Settings) -> None:
        """Be there as the settings say; where the system has no place for it, it is not there."""
        wanted = settings.notify and not settings.shared and QSystemTrayIcon.isSystemTrayAvailable()
        if wanted and self._icon is None:
            self._show()
        elif not wanted:
            self.hide()

    def hide(self) -> None:
        """Go; harmless when it is not there."""
        if self._icon is not None:
            self._icon.hide()
            self._icon.deleteLater()
        if self._menu is not None:
            self._menu.deleteLater()
        self._icon = self._menu = None

    def look(self, lists: Lists, *, seen: bool) -> None:
        """Tell of what is new, unless somebody sees it anyway."""
        names = self._arrivals.since(lists)
        if names and not seen and self._icon is not None:
            self._icon.showMessage(_("A new contract"), ", ".join(names), icon("logo", "act"))

    def _show(self) -> None:
        self._icon, self._menu = QSystemTrayIcon(icon("logo", "act")), QMenu()
        self._icon.setToolTip("Paraph")
        self._menu.addAction(_("Open Paraph")).triggered.connect(self.opened)
        self._menu.addAction(_("Quit")).triggered.connect(self.quitted)
        self._icon.setContextMenu(self._menu)
        self._icon.activated.connect(self._pressed)
        self._icon.messageClicked.connect(self.opened)
        self._icon.show()

    def _pressed(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason is not QSystemTrayIcon.ActivationReason.Context:
            self.opened.emit()
