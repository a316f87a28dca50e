"""The settings: what somebody chooses counts at once, and is kept."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QScrollArea, QWidget

from signer.errors import ErrorCode, SignerError
from signer.settings_file import Layers
from ui.desktop import theme
from ui.desktop.choosing import Choices
from ui.desktop.pages.context import Context
from ui.desktop.pages.page import Aside, in_a_column
from ui.desktop.settings.everyday import Computer, Look, Signing
from ui.desktop.settings.parts import Part
from ui.desktop.settings.technical import Agencies, CardWay, Network
from ui.desktop.widgets.choices import Choice
from ui.desktop.widgets.pieces import Button, Label, announce
from ui.messages import message
from ui.words import _


class SettingsPage(Aside):
    """A part for each subject; the everyday ones first."""

    preferred = Signal(object)  # Mapping[str, signer.settings_file.Value]
    erase = Signal()
    diagnose = Signal()
    proxy_login = Signal(str, str)
    agency_chosen = Signal(object)  # Path of a descriptor

    def __init__(self, context: Context, choose: Choices) -> None:
        super().__init__(_("Settings"))
        self._computer = Computer()
        self._computer.erase.connect(self.erase)
        card = CardWay(choose)
        card.diagnose.connect(self.diagnose)
        agencies = Agencies(choose)
        agencies.descriptor_chosen.connect(self.agency_chosen)
        self._network = Network()
        self._network.proxy_login.connect(self.proxy_login)
        self._parts: tuple[Part, ...] = (Look(), Signing(choose), self._computer, card, self._network, agencies)
        layout = in_a_column(self, 760)
        layout.addWidget(Label(_("Settings"), "title"))
        layout.addWidget(Label(_("What you change counts at once."), "soft"))
        self._mishap = Label("", "error")
        self._mishap.hide()
        layout.addWidget(self._mishap)
        layout.addSpacing(theme.UNIT)
        for part in self._parts:
            part.preferred.connect(self._prefer)
            layout.addWidget(part)
        layout.addSpacing(theme.UNIT)
        layout.addWidget(Button(_("Back"), "line", self.back.emit), 0, Qt.AlignmentFlag.AlignLeft)
        layout.addStretch()
        self.show_layers(context.layers)

    def show_layers(self, layers: Layers) -> None:
        """Show what counts."""
        for part in self._parts:
            part.show_layers(layers)

    def show_mishap(self, error: SignerError) -> None:
        """Say why a setting could not be kept, and what to do."""
        words = message(error.code, _)
        place = error.detail if error.code is ErrorCode.SETTINGS_BROKEN else ""
        support = _("Support code: {id}").format(id=error.code.support_id)
        lines = (f"{words.title}.", words.meaning, words.next_step, place, support)
        self._mishap.setText(" ".join(filter(None, lines)))
        self._mishap.show()
        announce(self, self._mishap.text())
        area = self.findChild(QScrollArea)
        if area is not None:
            area.ensureWidgetVisible(self._mishap)

    def show_erased(self, cards: int) -> None:
        """Tell of how many cards something was erased."""
        self._computer.show_erased(cards)

    def show_proxy_told(self, text: str) -> None:
        """Say what became of a name and a password for the proxy."""
        self._network.show_told(text)

    def first_focus(self) -> QWidget | None:
        """Begin at the language."""
        return next(iter(self.findChildren(Choice)), None)

    def _prefer(self, values: object) -> None:
        self._mishap.hide()
        self.preferred.emit(values)
