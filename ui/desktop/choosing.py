"""How the worker chooses files and folders: by the system's dialogs; tests choose for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from signer.known_agencies import SUFFIX
from ui.words import _


def _ask_copies(parent: QWidget, begin: Path) -> Path | None:
    chosen = QFileDialog.getExistingDirectory(parent, _("Folder for signed copies"), str(begin))
    return Path(chosen) if chosen else None


def _ask_module(parent: QWidget) -> Path | None:
    chosen, _filter = QFileDialog.getOpenFileName(parent, _("PKCS#11 module"))
    return Path(chosen) if chosen else None


def _ask_descriptor(parent: QWidget) -> Path | None:
    chosen, _filter = QFileDialog.getOpenFileName(parent, _("The agency’s file"), "", f"Paraph (*{SUFFIX})")
    return Path(chosen) if chosen else None


class Choices(NamedTuple):
    """Each asks over a window; None when nothing was chosen."""

    copy: Callable[[QWidget, str], Path | None]  # where a copy of this name goes
    document: Callable[[QWidget], Path | None]
    folder: Callable[[QWidget], Path | None]
    look: Callable[[Path], object]  # shows a folder in the system's own window
    copies: Callable[[QWidget, Path], Path | None] = _ask_copies  # a folder, beginning at one
    module: Callable[[QWidget], Path | None] = _ask_module  # PKCS#11's
    descriptor: Callable[[QWidget], Path | None] = _ask_descriptor  # an agency's


def _ask_copy(parent: QWidget, name: str) -> Path | None:
    chosen, _filter = QFileDialog.getSaveFileName(parent, _("Save a copy"), name)
    return Path(chosen) if chosen else None


def _ask_document(parent: QWidget) -> Path | None:
    chosen, _filter = QFileDialog.getOpenFileName(parent, _("Open a PDF of your own"), "", "PDF (*.pdf *.PDF)")
    return Path(chosen) if chosen else None


def _ask_folder(parent: QWidget) -> Path | None:
    chosen = QFileDialog.getExistingDirectory(parent, _("Choose a folder for the signed file"))
    return Path(chosen) if chosen else None


def _look_at(folder: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


BY_DIALOG: Final = Choices(_ask_copy, _ask_document, _ask_folder, _look_at)
