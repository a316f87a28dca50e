"""Colours on paper: white on any desk, as it is signed; marks are multiplied with it, as a pen does."""

from __future__ import annotations

from typing import Final

from PySide6.QtGui import QColor

WAITING: Final = QColor("#f1f3f5")  # a page that is not painted yet
SELECTED: Final = QColor("#b9d3f5")
FOUND: Final = QColor("#ffe99a")
FOUND_NOW: Final = QColor("#ffb545")

BAR: Final = """
QFrame#documentBar {{ background: {paper}; border: 1px solid {line}; border-radius: {radius}px; }}
QFrame#documentBar QPushButton, QFrame#documentBar QLabel {{ font-size: {type}px; color: {soft}; }}
QFrame#documentBar QPushButton {{ border: 2px solid transparent; border-radius: 8px; padding: 3px 8px; }}
QFrame#documentBar QPushButton:hover {{ background: {act_soft}; color: {ink}; }}
QFrame#documentBar QPushButton:focus {{ border-color: {act}; }}
QFrame#documentBar QPushButton:disabled {{ color: {line}; }}
QFrame#documentBar QLineEdit {{
  background: {paper}; color: {ink}; border: 1px solid {edge}; border-radius: 8px;
  padding: 4px 8px; font-size: {type}px;
}}
QFrame#documentBar QLineEdit:focus {{ border: 2px solid {act}; padding: 3px 7px; }}
"""
