"""The settings that everybody may want to change: language, look, signing, and who uses this computer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import Signal

from signer.i18n import LANGUAGES, mark
from signer.settings_file import Layers
from ui.desktop.choosing import Choices
from ui.desktop.settings.parts import Part, Row
from ui.desktop.widgets.choices import Choice, Switch
from ui.desktop.widgets.pieces import Button, Label, announce
from ui.words import _, language, plural

_APPEARANCES: Final = {"system": mark("As the system"), "light": mark("Light"), "dark": mark("Dark")}
_SIZES: Final = {100: mark("Normal"), 125: mark("Larger"), 150: mark("Large"), 200: mark("Very large")}


class Look(Part):
    """Language, colours and size of the type: what counts is seen at once."""

    def __init__(self) -> None:
        super().__init__(_("Language and look"))
        about: dict[str, tuple[str, str, Mapping[Any, str]]] = {
            "language": (_("Language"), _("Of these windows. A contract keeps its own language."), LANGUAGES),
            "appearance": (_("Appearance"), "", {value: _(text) for value, text in _APPEARANCES.items()}),
            "text_percent": (_("Size of the text"), "", {value: _(text) for value, text in _SIZES.items()}),
        }
        self._rows = {}
        for name, (title, meaning, options) in about.items():
            choice = Choice(title, options)
            choice.setObjectName(f"setting-{name}")
            choice.chosen.connect(lambda value, name=name: self.prefer({name: value}))
            self._rows[name] = (Row(title, meaning, [choice]), choice)
            self.rows.addWidget(self._rows[name][0])

    def show_layers(self, layers: Layers) -> None:
        """Show what counts."""
        settings = layers.settings
        nearest = min(_SIZES, key=lambda size: abs(size - settings.text_percent))
        values = {"language": language(), "appearance": settings.appearance, "text_percent": nearest}
        for name, (row, choice) in self._rows.items():
            choice.show_value(values[name])
            row.show_fixed(fixed=layers.is_fixed(name))


class Signing(Part):
    """The keypad, the folder of copies, and a note for what is new."""

    def __init__(self, choose: Choices) -> None:
        super().__init__(_("Your contracts"))
        self._choose_by = choose
        self._shuffle = Switch(_("Mix the digits of the PIN keys"))
        self._notify = Switch(_("Tell me of a new contract"))
        self._copies: Path | None = None
        self._choose = Button(_("Choose a folder"), "line", self._choose_folder)
        self._ask = Button(_("Ask each time"), "ghost", lambda: self.prefer({"copies": None}))
        self._rows = {
            "pin.shuffle": Row(
                _("Mix the digits of the PIN keys"),
                _("They stand at other places each time, so nobody reads your PIN from your hand."),
                [self._shuffle],
            ),
            "copies": Row(_("Folder for signed copies"), "", [self._choose, self._ask]),
            "notify": Row(
                _("Tell me of a new contract"), _("The system shows a short note when one comes."), [self._notify]
            ),
        }
        for row in self._rows.values():
            self.rows.addWidget(row)
        for switch, name in ((self._shuffle, "pin.shuffle"), (self._notify, "notify")):
            switch.setObjectName(f"setting-{name}")
            switch.clicked.connect(lambda checked, name=name: self.prefer({name: checked}))
        self._choose.setObjectName("setting-copies")

    def show_layers(self, layers: Layers) -> None:
        """Show what counts."""
        settings = layers.settings
        self._shuffle.setChecked(settings.pin.shuffle)
        self._notify.setChecked(settings.notify)
        self._copies = settings.copies
        self._rows["copies"].say(str(settings.copies) if settings.copies else _("You choose each time."))
        for name, row in self._rows.items():
            row.show_fixed(fixed=layers.is_fixed(name))
        self._ask.setVisible(settings.copies is not None)

    def _choose_folder(self) -> None:
        chosen = self._choose_by.copies(self, self._copies or Path.home())
        if chosen is not None:
            self.prefer({"copies": str(chosen)})


class Computer(Part):
    """Whether many people use it, and what is kept of their cards."""

    erase = Signal()

    def __init__(self) -> None:
        super().__init__(_("This computer"))
        self._shared = Switch(_("Many people use this computer"))
        self._shared.setObjectName("setting-shared")
        self._shared.clicked.connect(lambda checked: self.prefer({"shared": checked}))
        self._row = Row(_("Many people use this computer"), meaning_of_shared(), [self._shared])
        erase = Button(_("Erase now"), "line", self.erase.emit)
        erase.setObjectName("erase-cards")
        erase.setAccessibleName(_("Erase now what is kept of cards"))
        self._erased = Label("", "small")
        self._erased.hide()
        self.rows.addWidget(self._row)
        self.rows.addWidget(Row(_("What is kept of cards"), _("The certificates in them, with the name."), [erase]))
        self.rows.addWidget(self._erased)

    def show_layers(self, layers: Layers) -> None:
        """Show what counts."""
        self._shared.setChecked(layers.settings.shared)
        self._row.show_fixed(fixed=layers.is_fixed("shared"))

    def show_erased(self, cards: int) -> None:
        """Tell of how many cards something was erased."""
        text = plural("What was kept of {count} card is erased.", "What was kept of {count} cards is erased.", cards)
        text = text if cards else _("Nothing is kept of any card.")
        self._erased.setText(text)
        self._erased.show()
        announce(self, text)


def meaning_of_shared() -> str:
    """Say what it means that many people use a computer; the first question says it too."""
    return _(
        "Paraph then keeps nothing of the cards that are put in. Each card is read anew, so it takes a little longer."
    )
