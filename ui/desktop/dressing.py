"""The dress that the system asks for: light or dark, high contrast, larger letters; put on again when it changes."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAccessibleWidget, QApplication, QWidget

from ui.desktop import theme
from ui.desktop.theme import DARK, HIGH_DARK, HIGH_LIGHT, LIGHT, Colours

# Windows makes its own letters larger for who asks for larger text, and Qt takes them over; 9 points are usual.
# On the other systems all that Qt draws grows, ours included.
_USUAL_POINTS: Final[Mapping[str, float]] = {"win32": 9.0}
_LARGEST: Final = 2.0

# What our own widgets are for a screen reader, which would take them for mere frames.
_ROLES: Final[Mapping[str, QAccessible.Role]] = {
    "Page": QAccessible.Role.Pane,
    "Bar": QAccessible.Role.ToolBar,
    "PinDots": QAccessible.Role.EditableText,
    "Scroll": QAccessible.Role.Pane,
    "Step": QAccessible.Role.ListItem,
    "ReadablePages": QAccessible.Role.Document,
}
_MOVING: Final = (
    *(Qt.UIEffect.UI_AnimateMenu, Qt.UIEffect.UI_FadeMenu, Qt.UIEffect.UI_AnimateCombo),
    *(Qt.UIEffect.UI_AnimateTooltip, Qt.UIEffect.UI_FadeTooltip, Qt.UIEffect.UI_AnimateToolBox),
)


class Wardrobe(QObject):
    """Dresses the application as the system wishes, or as the worker chose, now and whenever that changes."""

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._application = application
        hints = application.styleHints()
        self._systems_scale = self._scale = text_scale(sys.platform, application.font().pointSizeF())
        self._chosen = Qt.ColorScheme.Unknown
        self._systems, self._contrast = hints.colorScheme(), hints.accessibility().contrastPreference()
        hints.colorSchemeChanged.connect(self._scheme_changed)
        hints.accessibility().contrastPreferenceChanged.connect(self._contrast_changed)
        self._put_on()

    def choose(self, appearance: str, text_percent: int = 100) -> None:
        """Wear "light" or "dark" whatever the system wears, or as the "system" does (``Settings.appearance``).

        ``text_percent`` enlarges the letters where the system does not enlarge them more.
        """
        self._chosen = _SCHEMES[appearance]
        self._scale = max(self._systems_scale, text_percent / 100)
        self._put_on()

    def _scheme_changed(self, scheme: Qt.ColorScheme) -> None:
        self._systems = scheme
        self._put_on()

    def _contrast_changed(self, preference: Qt.ContrastPreference) -> None:
        self._contrast = preference
        self._put_on()

    def _put_on(self) -> None:
        scheme = self._systems if self._chosen is Qt.ColorScheme.Unknown else self._chosen
        dark, high = scheme is Qt.ColorScheme.Dark, self._contrast is Qt.ContrastPreference.HighContrast
        theme.apply(self._application, _COLOURS[dark, high], self._scale)


_SCHEMES: Final = {"system": Qt.ColorScheme.Unknown, "light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}
_COLOURS: Final[Mapping[tuple[bool, bool], Colours]] = {  # dark, high contrast
    (False, False): LIGHT,
    (True, False): DARK,
    (False, True): HIGH_LIGHT,
    (True, True): HIGH_DARK,
}


def dress(application: QApplication) -> Wardrobe:
    """Give the application its type, its colours, its roles for a screen reader, and no motion."""
    for effect in _MOVING:  # nothing moves by itself, whether the system allows motion or not
        application.setEffectEnabled(effect, False)  # noqa: FBT003 - Qt has no name for it
    theme.load_fonts()
    QAccessible.installFactory(_accessible)
    return Wardrobe(application)


def wardrobe(application: QApplication) -> Wardrobe:
    """Give the one that dresses this application."""
    found = application.findChild(Wardrobe)
    assert found is not None
    return found


def text_scale(system: str, points: float) -> float:
    """Say how much larger than usual the system's letters are, 1 to 2; ``points`` of its own font."""
    usual = _USUAL_POINTS.get(system, points)
    return min(_LARGEST, max(1.0, points / usual))


def _accessible(name: str, thing: QObject) -> QAccessibleWidget | None:
    role = _ROLES.get(name)
    return QAccessibleWidget(thing, role) if role is not None and isinstance(thing, QWidget) else None
