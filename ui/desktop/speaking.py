"""The language of the windows: our texts, Qt's own, the direction of writing and the signs of numbers."""

from __future__ import annotations

import gettext
from typing import Final

from PySide6.QtCore import QLibraryInfo, QLocale, QTranslator
from PySide6.QtWidgets import QApplication

from signer.i18n import mark
from ui import words
from ui.words import _

# What Qt writes itself in the windows that we use of it: the menu of a text field, the buttons and the field of a file
# dialog. Ours come first: they keep to docs/words.md, and Qt has no Romanian. The rest is of Qt's own catalogues.
_OURS: Final = frozenset(
    {
        *(
            mark("&Undo"),
            mark("&Redo"),
            mark("Cu&t"),
            mark("&Copy"),
            mark("&Paste"),
            mark("Delete"),
            mark("Select All"),
        ),
        *(mark("OK"), mark("Cancel"), mark("Close"), mark("Save"), mark("Open"), mark("&Yes"), mark("&No")),
        *(mark("&Save"), mark("&Open"), mark("&Print"), mark("Print"), mark("File &name:"), mark("Save As")),
        *(mark("&Look in:"), mark("Files of &type:"), mark("All Files (*)"), mark("Create New Folder")),
        *(mark("Back"), mark("Forward"), mark("Parent Directory"), mark("List View"), mark("Detail View")),
        *(mark("Name"), mark("Size"), mark("Type"), mark("Date Modified"), mark("Computer"), mark("Folder")),
    }
)


class _OurWords(QTranslator):
    """Gives Qt the words of our catalogue, where we have them."""

    def translate(
        self,
        context: str,
        sourceText: str,  # noqa: N803 - Qt's name
        disambiguation: str | None = None,
        n: int = -1,
    ) -> str | None:
        """Translate a text of Qt's own, whatever its context."""
        del context, disambiguation, n
        return _(sourceText) if sourceText in _OURS else None

    def isEmpty(self) -> bool:
        """Say that there is something in it: Qt does not install an empty one."""
        return False


_installed: list[QTranslator] = []


def speak(application: QApplication, language: str, catalogue: gettext.NullTranslations | None = None) -> None:
    """Speak a language in every window that is built from now on; mirrors them where it is written so."""
    words.use(language, catalogue)
    for each in _installed:
        application.removeTranslator(each)
    _installed[:] = [_qts_own(language), _OurWords()]
    for each in _installed:  # the last that is installed is asked first
        application.installTranslator(each)
    locale = QLocale(language)
    QLocale.setDefault(locale)
    application.setLayoutDirection(locale.textDirection())


def _qts_own(language: str) -> QTranslator:
    result = QTranslator()
    result.load(f"qtbase_{language}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))
    return result
