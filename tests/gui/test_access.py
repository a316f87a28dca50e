"""WCAG 2.2 AA, as WCAG2ICT reads it, on every page: name, role, order, focus, contrast, size; seen on the screen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QRadioButton, QWidget

from tests.gui.conftest import until
from tests.gui.faults import place_of, settle, texts
from tests.gui.scenes import Props, play, props, stage
from ui.desktop import theme
from ui.desktop.pages.page import Page
from ui.desktop.pages.pin import PinPage
from ui.desktop.theme import DARK, HIGH_DARK, HIGH_LIGHT, LIGHT, Colours, contrast
from ui.desktop.window import Window

SIZE = (1100, 760)
LARGE_TYPE = 18.66  # CSS pixels, bold (WCAG 2.2, "large-scale")
_SLACK = 8  # logical pixels that things of one line may differ


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Props:
    return props(Path(tmp_path_factory.mktemp("scenes")))


def walk(qt: QApplication, given: Props) -> Iterator[tuple[str, Window]]:
    window, session = stage(given)
    window.resize(*SIZE)
    window.activateWindow()
    until(window.isActiveWindow, "the window")
    for scene in play(window, session, given):
        settle(qt, window)
        yield scene, window
    window.close()
    window.deleteLater()


def reachable(window: Window) -> list[QWidget]:
    """Everything that the keyboard must come to: what takes keys, and every button but the keypad for fingers.

    Of choices that exclude each other, one: the arrows go to the others.
    """
    there = [each for each in window.findChildren(QWidget) if each.isVisible() and each.isEnabled()]
    return [
        each
        for each in there
        if each.focusPolicy() & Qt.FocusPolicy.TabFocus or isinstance(each, QAbstractButton)
        if each.focusProxy() is None and each.property("kind") != "key"
        if not isinstance(each, QRadioButton) or each.isChecked()
    ]


# 4.1.2 name, role, value; 1.3.1 information and relationships

_NAMED = {QAccessible.Role.Client, QAccessible.Role.Border, QAccessible.Role.NoRole}  # say nothing of what a thing does


def test_everything_that_the_keyboard_reaches_has_a_name_and_a_role(qt: QApplication, given: Props) -> None:
    faults = []
    for scene, window in walk(qt, given):
        for each in reachable(window):
            seen = QAccessible.queryAccessibleInterface(each)
            if not seen.text(QAccessible.Text.Name).strip():
                faults.append(f"{scene}: {type(each).__name__} has no name")
            if seen.role() in _NAMED:
                faults.append(f"{scene}: {each.accessibleName()!r} is a {seen.role().name}")
    assert faults == []


def test_every_page_tells_what_it_is_called(qt: QApplication, given: Props) -> None:
    for scene, window in walk(qt, given):
        page = window.stack.currentWidget()
        assert isinstance(page, Page), scene
        assert page.accessibleName(), scene
        assert QAccessible.queryAccessibleInterface(page).role() is QAccessible.Role.Pane


def test_the_pin_has_the_role_of_a_field_and_never_tells_a_digit(qt: QApplication, given: Props) -> None:
    window, session = stage(given)
    for scene in play(window, session, given):
        if scene == "pin":
            field = QAccessible.queryAccessibleInterface(window.page(PinPage).dots)
            assert field.role() is QAccessible.Role.EditableText
            assert field.text(QAccessible.Text.Value) == ""
            assert field.text(QAccessible.Text.Description) == "3 digits"
    window.close()
    window.deleteLater()


# 2.1.1 keyboard, 2.1.2 no trap, 2.4.3 focus order


def test_tab_comes_to_everything_in_the_order_of_reading_and_round_again(qt: QApplication, given: Props) -> None:
    faults = []
    for scene, window in walk(qt, given):
        there = _round(window, Qt.Key.Key_Tab)
        missed = [_name(each) for each in reachable(window) if each not in there]
        if missed:
            faults.append(f"{scene}: not reached: {missed}")
        back = _round(window, Qt.Key.Key_Backtab)
        at = there.index(back[0])
        if list(reversed(back)) != [*there[at + 1 :], *there[: at + 1]]:
            faults.append(f"{scene}: the way back is another one")
        places = [place_of(each, window) for each in there]
        first = places.index(min(places, key=lambda place: (place.top() // 80, place.left())))
        in_order = [*there[first:], *there[:first]]
        faults += [
            f"{scene}: {_name(later)} comes after {_name(earlier)}"
            for earlier, later in pairwise(in_order)
            if not earlier.isAncestorOf(later)
            if not _is_read_after(place_of(earlier, window), place_of(later, window))
        ]
    assert faults == []


def _round(window: Window, key: Qt.Key) -> list[QWidget]:
    """Press a key until the focus is back where it came to first; gives where it was."""
    begin = QApplication.focusWidget()
    assert begin is not None
    if not begin.focusPolicy() & Qt.FocusPolicy.TabFocus:  # a page without an action
        QTest.keyClick(begin, key)
    focused = QApplication.focusWidget()
    assert focused is not None
    there = [focused]
    while len(there) < 60:
        QTest.keyClick(there[-1], key)
        focused = QApplication.focusWidget()
        assert focused is not None
        assert focused.visibleRegion().boundingRect().height() >= min(24, focused.height()), _name(focused)
        if focused is there[0]:
            return there
        there.append(focused)
    pytest.fail(f"the keyboard is caught at {_name(there[-1])}")


def _is_read_after(earlier: QRect, later: QRect) -> bool:
    """Whether a thing is below another, beside it at the right, or comes in sight over it when the keyboard comes."""
    waits = later.right() < 0
    return waits or later.top() >= earlier.bottom() - _SLACK or later.left() >= earlier.right() - _SLACK


def _name(widget: QWidget) -> str:
    return widget.accessibleName() or type(widget).__name__


# 3.2, 3.3.4: nothing happens that was not meant

_AFTER_ESCAPE = {
    "to-sign": "Contracts to sign",
    "contract": "Contracts to sign",
    "no-card": "Contracts to sign",
    "pin": "Opening the contract",
    "pin-wrong": "Opening the contract",
    "pin-last": "Opening the contract",
    "put-back": "Contracts to sign",
    "signing": "Signing",
    "waiting": "Contracts to sign",
    "done": "Contracts to sign",
    "refused": "Contracts to sign",
    "signed": "Contracts to sign",
    "objection": "Contract",
    "pin-dialog": "Opening the contract",
    "signing-dialog": "Signing",
    "own-file-done": "Contracts to sign",
    "receipt": "Signed contracts",
    "settings": "Receipt",  # where it was opened
    "help": "Receipt",
    "together-ready": "Contract",
    "pin-together": "Contract",
    "signing-together-second": "Signing",
    "together-delivering": "Signed",
    "together-pulled": "Contracts to sign",
    "welcome": "Welcome",  # to be answered first
    "settings-broken": "The settings cannot be read",
}


@pytest.mark.parametrize("scene", _AFTER_ESCAPE)
def test_escape_goes_back_and_never_ends_what_a_card_does(qt: QApplication, given: Props, scene: str) -> None:
    window, session = stage(given)
    window.activateWindow()
    until(window.isActiveWindow, "the window")
    next(name for name in play(window, session, given) if name == scene)
    settle(qt, window)
    QTest.keyClick(window, Qt.Key.Key_Escape)
    page = window.stack.currentWidget()
    assert page is not None
    assert page.accessibleName() == _AFTER_ESCAPE[scene]
    assert len(window.page(PinPage).dots._pin) == 0
    window.close()
    window.deleteLater()


# 2.4.7 focus visible, 2.4.11 focus not obscured, 1.4.11 non-text contrast


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_whoever_has_the_focus_is_seen_to_have_it(qt: QApplication, given: Props, colours: Colours) -> None:
    theme.apply(qt, colours)
    faults, seen = [], set()
    for scene, window in walk(qt, given):
        for each in reachable(window):
            what = (_name(each), each.property("kind"), each.size().toTuple())
            if what in seen:  # the bar is on every page
                continue
            seen.add(what)
            each.setFocus(Qt.FocusReason.TabFocusReason)
            qt.processEvents()
            with_focus = window.grab().toImage()
            place = each.visibleRegion().boundingRect().translated(each.mapTo(window, QPoint(0, 0)))
            each.clearFocus()
            qt.processEvents()
            without = window.grab().toImage()
            changed = _changed(with_focus, without, place.adjusted(-3, -3, 3, 3))
            if len(changed) < place.width() + place.height():
                faults.append(f"{scene}: {_name(each)}: {len(changed)} pixels tell it")
            elif max(contrast(*pair) for pair in set(changed)) < 3:
                faults.append(f"{scene}: {_name(each)}: too faint")
    theme.apply(qt, LIGHT)
    assert faults == []


def _changed(one: QImage, other: QImage, place: QRect) -> list[tuple[str, str]]:
    pairs = (
        pair
        for area in _frame(place.intersected(one.rect()))
        for pair in zip(_pixels(one, area), _pixels(other, area), strict=True)
    )
    return [(_colour(before), _colour(after)) for before, after in pairs if before != after]


def _frame(place: QRect) -> Iterator[QRect]:
    """Give the four edges of a thing, where a focus is drawn."""
    wide, high, thick = place.width(), place.height(), 6
    yield QRect(place.left(), place.top(), wide, thick)
    yield QRect(place.left(), place.bottom() - thick + 1, wide, thick)
    yield QRect(place.left(), place.top() + thick, thick, high - 2 * thick)
    yield QRect(place.right() - thick + 1, place.top() + thick, thick, high - 2 * thick)


# 1.4.3 contrast, as it comes out on the screen


@pytest.mark.parametrize(
    ("colours", "more"),
    [(LIGHT, 1.0), (DARK, 1.0), (HIGH_LIGHT, 1.5), (HIGH_DARK, 1.5)],
    ids=["light", "dark", "high", "high dark"],
)
def test_every_text_stands_out(qt: QApplication, given: Props, colours: Colours, more: float) -> None:
    theme.apply(qt, colours)
    faults, looked_at = [], set()
    for scene, window in walk(qt, given):
        new = {each: _looks(each, window) for each in texts(window)}
        new = {each: looks for each, looks in new.items() if looks not in looked_at}
        looked_at |= set(new.values())
        if not new:
            continue
        picture = window.grab().toImage()
        for each in new:
            seen = each.visibleRegion().boundingRect().translated(each.mapTo(window, QPoint(0, 0)))
            if seen.height() >= 12 and each.isEnabled():
                large = each.font().bold() and each.fontInfo().pixelSize() >= LARGE_TYPE
                found = _contrast_in(picture, seen.adjusted(3, 3, -3, -3))
                if found < (3.0 if large else 4.5) * more:
                    faults.append(f"{scene}: {each.text()!r} has {found:.2f}")
    theme.apply(qt, LIGHT)
    assert faults == []


def _looks(widget: QWidget, window: Window) -> tuple[object, ...]:
    """Tell what is seen of a text: what is said and how, in which part of the window."""
    shown = widget.text() if isinstance(widget, QLabel | QAbstractButton) else ""
    marks = (widget.property(each) for each in ("look", "chip", "kind", "here"))
    return shown, widget.isEnabled(), type(window.stack.currentWidget()), *marks


def _contrast_in(picture: QImage, place: QRect) -> float:
    """Give the contrast of what is most frequent in a place, its ground, and what is farthest from it, its letters."""
    colours = Counter(_pixels(picture, place))
    [(ground, _)] = colours.most_common(1)
    return max(contrast(_colour(ground), _colour(each)) for each in colours)


def _pixels(picture: QImage, place: QRect) -> list[int]:
    """Give the pixels of a part of a picture, as 0xffrrggbb."""
    part = picture.copy(place).convertToFormat(QImage.Format.Format_RGB32)
    return memoryview(part.constBits()).cast("I").tolist()


def _colour(pixel: int) -> str:
    return f"#{pixel & 0xFFFFFF:06x}"


# 2.5.8 target size


def test_every_button_can_be_hit(qt: QApplication, given: Props) -> None:
    small = [
        f"{scene}: {_name(each)} is {each.width()}x{each.height()}"
        for scene, window in walk(qt, given)
        for each in window.findChildren(QAbstractButton)
        if each.isVisible() and min(each.width(), each.height()) < 24
    ]
    assert small == []


# 2.2.2, 2.3.3 motion


def test_nothing_moves_by_itself(qt: QApplication) -> None:
    effects = [effect for effect in Qt.UIEffect if effect is not Qt.UIEffect.UI_General]
    assert not any(qt.isEffectEnabled(effect) for effect in effects)
    top = Path(__file__).resolve().parents[2] / "ui"
    moving = ("QPropertyAnimation", "QVariantAnimation", "QTimeLine", "QMovie", "QGraphicsOpacityEffect")
    code = {path.name: path.read_text("utf-8") for path in top.rglob("*.py")}
    assert [name for name, text in code.items() if any(word in text for word in moving)] == []
