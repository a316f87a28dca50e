"""The look of every window: colours, sizes and type as tokens; from them one style sheet and one palette."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from string import Template
from typing import Final

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from signer.paths import resource

FAMILY: Final = "Noto Sans"
UNIT: Final = 8  # pixels; space comes in steps of it
_FONTS: Final = ("NotoSans-Regular.ttf", "NotoSans-Bold.ttf")


@dataclass(frozen=True, slots=True)
class Colours:
    """What each colour is for, as #rrggbb."""

    paper: str  # cards and bars
    ground: str  # behind them
    desk: str  # behind the document
    ink: str
    soft: str  # what is less important, still easily read
    line: str  # separates
    edge: str  # shows where a control is
    act: str  # the one action
    act_ink: str
    act_over: str
    act_soft: str
    ok: str  # signed, and nothing else
    ok_soft: str
    soon: str
    soon_soft: str
    late: str  # late and blocked
    late_soft: str


LIGHT: Final = Colours(
    paper="#ffffff",
    ground="#f4f5f7",
    desk="#e9ecf0",
    ink="#14202e",
    soft="#556273",
    line="#d5dbe2",
    edge="#7b8896",
    act="#0b4f9e",
    act_ink="#ffffff",
    act_over="#093f7f",
    act_soft="#e6eff9",
    ok="#12723c",
    ok_soft="#e3f4ea",
    soon="#8a5300",
    soon_soft="#fdf1dc",
    late="#b3261e",
    late_soft="#fbe6e4",
)

DARK: Final = Colours(
    paper="#161c24",
    ground="#0f141a",
    desk="#0b0f14",
    ink="#eef2f6",
    soft="#a3b0be",
    line="#2b3542",
    edge="#6b7a8b",
    act="#7ab4f5",
    act_ink="#08182b",
    act_over="#a2cbf9",
    act_soft="#1b2c41",
    ok="#6fd39a",
    ok_soft="#173226",
    soon="#f0b75b",
    soon_soft="#37290f",
    late="#ff9a92",
    late_soft="#3d1b19",
)

# The test world's banner, the same in light and dark.
TEST_GROUND: Final = "#ffd24d"
TEST_STRIPE: Final = "#e0a800"
TEST_INK: Final = "#14202e"

# For who asked the system for high contrast: nothing is soft, and every edge is drawn in ink.
HIGH_LIGHT: Final = replace(
    LIGHT,
    ground="#ffffff",
    desk="#ffffff",
    ink="#000000",
    soft="#000000",
    line="#000000",
    edge="#000000",
    act="#003a80",
    act_over="#000000",
    ok="#00501f",
    soon="#5a3400",
    late="#8c0009",
)
HIGH_DARK: Final = replace(
    DARK,
    paper="#000000",
    ground="#000000",
    desk="#000000",
    ink="#ffffff",
    soft="#ffffff",
    line="#ffffff",
    edge="#ffffff",
    act="#a9d1ff",
    act_over="#ffffff",
    act_ink="#000000",
    ok="#a4f5c4",
    soon="#ffd79a",
    late="#ffc9c4",
)

_TEXT: Final = 4.5  # WCAG 2.2, 1.4.3
_SHAPE: Final = 3.0  # WCAG 2.2, 1.4.11

# Every pair that stands on a screen: what is in front, what is behind, and the contrast that it must have.
PAIRS: Final[tuple[tuple[str, str, float], ...]] = (
    *((front, behind, _TEXT) for front in ("ink", "soft", "act") for behind in ("paper", "ground", "desk", "act_soft")),
    ("act_ink", "act", _TEXT),
    ("act_ink", "act_over", _TEXT),
    *((each, f"{each}_soft", _TEXT) for each in ("ok", "soon", "late")),
    *((each, "paper", _TEXT) for each in ("ok", "soon", "late")),
    ("paper", "ok", _TEXT),
    ("ink", "soon_soft", _TEXT),
    *(("edge", behind, _SHAPE) for behind in ("paper", "ground")),
)

# Pixels: 15 are 11 points, 27 are 20.
_TYPE: Final = {
    "small": 15,
    "body": 16,
    "button": 17,
    "lead": 18,
    "heading": 20,
    "brand": 20,
    "digit": 22,
    "name": 22,
    "day": 28,
    "title": 30,
}

_SHEET: Final = Template("""
* { font-family: "$family"; font-size: ${body}px; color: $ink; outline: none; }
QWidget#window, QWidget#page { background: $ground; }
QToolTip { background: $paper; color: $ink; border: 1px solid $edge; padding: 4px; }
QLabel { background: transparent; }
QLabel[look="soft"] { color: $soft; }
QLabel[look="lead"] { color: $soft; font-size: ${lead}px; }
QLabel[look="small"] { color: $soft; font-size: ${small}px; }
QLabel[look="title"] { font-size: ${title}px; font-weight: bold; }
QLabel[look="name"] { font-size: ${name}px; font-weight: bold; }
QLabel[look="heading"] { font-size: ${heading}px; font-weight: bold; }
QLabel[look="brand"] { font-size: ${brand}px; font-weight: bold; }
QLabel[look="day"] { font-size: ${day}px; font-weight: bold; }
QLabel[look="error"] { color: $late; font-weight: bold; }
QLabel[look="now"] { font-weight: bold; }
QLabel[look="caution"] { font-size: ${small}px; }

QLabel[chip] { border-radius: ${chip_radius}px; padding: 4px 12px; font-size: ${small}px; font-weight: bold; }
QLabel[chip="calm"] { color: $soft; background: $ground; }
QLabel[chip="soon"] { color: $soon; background: $soon_soft; }
QLabel[chip="late"] { color: $late; background: $late_soft; }
QLabel[chip="test"] { color: $test_ink; background: $test_ground; border-radius: 0; }
QLabel[chip="ok"] { color: $ok; background: $ok_soft; }

QFrame#notice { background: $act_soft; border: none; }
QFrame#notice QLabel { color: $ink; }
QLabel[note] { border-radius: 8px; padding: 10px 12px; font-size: 15px; }
QLabel[note="act"] { background: $act_soft; }
QLabel[note="soon"] { background: $soon_soft; }

QFrame#card, QFrame#row { background: $paper; border: 1px solid $line; border-radius: 12px; }
QFrame#inner { background: $paper; border: 1px solid $line; border-radius: 12px; }
QFrame#bar { background: $paper; border: none; border-bottom: 1px solid $line; }
QFrame#side { background: $paper; border: none; }
QFrame#caution { background: $soon_soft; border: none; border-bottom: 1px solid $line; }
QFrame#rule { background: $line; border: none; min-height: 1px; max-height: 1px; }
QFrame#upright { background: $line; border: none; min-width: 1px; max-width: 1px; }
QFrame#pill { background: $paper; border: 1px solid $edge; border-radius: ${pill_radius}px; }
QFrame#dots { background: $paper; border: 1px solid $edge; border-radius: 8px; }
QFrame#dots[focused="true"] { border: 3px solid $act; }

QPushButton { border: 2px solid transparent; border-radius: 8px; padding: 8px 16px; background: transparent; }
QPushButton:focus { border-color: $act; }
QPushButton[kind="act"] { background: $act; color: $act_ink; font-weight: bold; }
QPushButton[kind="act"] { font-size: ${button}px; border: 6px solid $act; padding: 6px 10px; }
QPushButton[kind="act"]:hover { background: $act_over; border-color: $act_over; }
QPushButton[kind="act"]:disabled { background: $act_soft; border-color: $act_soft; color: $soft; }
QPushButton[kind="act"]:focus { border-style: double; }
QPushButton[kind="line"] { font-size: ${button}px; background: $paper; border: 1px solid $edge; padding: 11px 15px; }
QPushButton[kind="line"]:focus { border: 3px solid $act; padding: 9px 13px; }
QPushButton[kind="line"]:hover { background: $act_soft; }
QPushButton[kind="ghost"] { color: $act; font-weight: bold; padding: 8px 12px; }
QPushButton[kind="line"]:disabled { color: $soft; border-color: $line; }
QPushButton[kind="ghost"]:disabled { color: $soft; font-weight: normal; }
QPushButton[kind="ghost"]:hover, QPushButton[kind="quiet"]:hover { background: $act_soft; }
QPushButton[kind="quiet"] { color: $soft; font-size: ${small}px; padding: 8px 12px; }
QPushButton[kind="small"] { color: $act; font-size: ${small}px; padding: 2px 8px; }
QPushButton[kind="key"] { background: $ground; border: 1px solid $edge; font-size: ${digit}px; padding: 0; }
QPushButton[kind="key"]:hover { background: $act_soft; }
QPushButton[kind="key"]:pressed { background: $line; }
QPushButton[kind="key"]:focus { border: 2px solid $act; }
QPushButton[word="true"] { font-size: ${small}px; }
QPushButton[kind="offline"] { color: $soon; background: $soon_soft; font-size: ${small}px; padding: 6px 12px; }
QPushButton[kind="offline"]:focus { border-color: $soon; }
QPushButton[kind="tab"] { color: $soft; padding: 6px 14px; }
QPushButton[kind="tab"]:hover { background: $ground; }
QPushButton[kind="tab"][here="true"] { background: $act_soft; color: $act; font-weight: bold; }
QPushButton[kind="bar"] { color: $soft; font-size: ${small}px; padding: 6px 10px; }
QPushButton[kind="bar"]:hover { background: $ground; }
QPushButton::menu-indicator { image: none; width: 0; }

QCheckBox { spacing: 12px; padding: 4px; border: 2px solid transparent; border-radius: 8px; }
QCheckBox:focus { border-color: $act; }
QCheckBox::indicator { width: 20px; height: 20px; border: 2px solid $edge; border-radius: 6px; background: $paper; }
QCheckBox::indicator:hover { background: $act_soft; }
QCheckBox::indicator:checked { border-color: $act; background: $act; }
QPlainTextEdit { background: $paper; border: 1px solid $edge; border-radius: 8px; padding: 8px; }
QPlainTextEdit:focus { border: 2px solid $act; padding: 7px; }
QPlainTextEdit { selection-background-color: $act; selection-color: $act_ink; }
QPlainTextEdit[look="small"] { font-size: ${small}px; }
QComboBox { background: $paper; border: 1px solid $edge; border-radius: 8px; padding: 8px 40px 8px 14px; }
QComboBox:hover, QLineEdit:hover { background: $act_soft; }
QComboBox:focus { border: 2px solid $act; padding: 7px 39px 7px 13px; }
QComboBox:disabled, QRadioButton:disabled { color: $soft; }
QComboBox::drop-down { border: none; width: 36px; }
QComboBox::down-arrow { image: none; }
QComboBox QAbstractItemView { background: $paper; border: 1px solid $edge; padding: 4px; }
QComboBox QAbstractItemView::item { padding: 8px 10px; min-height: 28px; border-radius: 6px; }
QComboBox QAbstractItemView::item:selected { background: $act_soft; color: $act; }
QLineEdit { background: $paper; border: 1px solid $edge; border-radius: 8px; padding: 8px 12px; }
QLineEdit#code { font-size: ${title}px; font-weight: bold; }
QLineEdit:focus { border: 2px solid $act; padding: 7px 11px; }
QRadioButton { spacing: 12px; padding: 7px 8px; border: 2px solid transparent; border-radius: 8px; }
QRadioButton:focus { border-color: $act; }
QRadioButton::indicator { width: ${mark}px; height: ${mark}px; border-radius: ${mark_radius}px; }
QRadioButton::indicator { border: 2px solid $edge; background: $paper; }
QRadioButton::indicator:checked { width: ${dot}px; height: ${dot}px; border: ${ring}px solid $act; }
QRadioButton::indicator:checked:disabled { border-color: $edge; }

QMenu { background: $paper; border: 1px solid $line; padding: 8px; }
QMenu::item { padding: 8px 24px; border-radius: 8px; }
QMenu::item:selected { background: $act_soft; color: $act; }
QMenu::item:checked { font-weight: bold; }

QScrollArea { border: 2px solid transparent; background: transparent; }
QScrollArea:focus { border-color: $act; }
QAbstractScrollArea#document { border: 2px solid $desk; }
QAbstractScrollArea#document:focus { border-color: $act; }
QScrollArea > QWidget > QWidget { background: transparent; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar::handle:vertical { background: $edge; border-radius: 4px; min-height: 40px; margin: 2px; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; }
QScrollBar::handle:horizontal { background: $edge; border-radius: 4px; min-width: 40px; margin: 2px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
""")


def style_sheet(colours: Colours, scale: float = 1.0) -> str:
    """Write the style sheet; ``scale`` enlarges the type alone (1.6 for a kiosk, 2.0 at most)."""
    sizes = {name: round(size * scale) for name, size in _TYPE.items()}
    # Qt draws no rounded corner at all when the radius is more than half the height.
    radii = {"chip_radius": round(13 * scale), "pill_radius": round(17 * scale)}
    ring, dot = round(6 * scale), round(8 * scale)
    mark = dot + 2 * ring - 4  # as large with its thin border as the chosen one with its ring
    marks = {"mark": mark, "mark_radius": mark // 2 + 2, "dot": dot, "ring": ring}
    return _SHEET.substitute(
        asdict(colours), family=FAMILY, test_ink=TEST_INK, test_ground=TEST_GROUND, **sizes, **radii, **marks
    )


def load_fonts() -> None:
    """Register the bundled type, so that every system shows the same letters."""
    for name in _FONTS:
        QFontDatabase.addApplicationFont(str(resource("fonts", name)))


def palette(colours: Colours) -> QPalette:
    """Give the colours to what a style sheet does not reach: dialogs, selections, the ground before the first paint."""
    result = QPalette()
    for role, name in _ROLES.items():
        result.setColor(role, QColor(getattr(colours, name)))
    return result


_ROLES: Final = {
    QPalette.ColorRole.Window: "ground",
    QPalette.ColorRole.Base: "paper",
    QPalette.ColorRole.AlternateBase: "ground",
    QPalette.ColorRole.Button: "paper",
    QPalette.ColorRole.WindowText: "ink",
    QPalette.ColorRole.Text: "ink",
    QPalette.ColorRole.ButtonText: "ink",
    QPalette.ColorRole.PlaceholderText: "soft",
    QPalette.ColorRole.Highlight: "act",
    QPalette.ColorRole.HighlightedText: "act_ink",
    QPalette.ColorRole.Link: "act",
    QPalette.ColorRole.ToolTipBase: "paper",
    QPalette.ColorRole.ToolTipText: "ink",
}


@dataclass(frozen=True, slots=True)
class _Dress:
    colours: Colours = LIGHT
    scale: float = 1.0


_worn = [_Dress()]


def apply(application: QApplication, colours: Colours, scale: float = 1.0) -> None:
    """Dress the whole application."""
    _worn[:] = [_Dress(colours, scale)]
    application.setStyle("Fusion")  # the one that looks the same on every system
    application.setFont(QFont(FAMILY, round(12 * scale)))
    application.setPalette(palette(colours))
    application.setStyleSheet(style_sheet(colours, scale))


def shown() -> Colours:
    """Give the colours that are on the screen, for what is painted by hand."""
    return _worn[0].colours


def sized(pixels: float) -> int:
    """Give a length that grows with the type, for what must hold a text or is painted beside one."""
    return round(pixels * _worn[0].scale)


def contrast(first: str, second: str) -> float:
    """Give the contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    darker, lighter = sorted((_luminance(first), _luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
