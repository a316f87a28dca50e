"""An agency that somebody may add: who it is and where, before this computer talks to it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from ui.bootstrap import Offer
from ui.desktop import theme
from ui.desktop.pages.page import Aside, in_the_middle
from ui.desktop.widgets.pieces import Button, Label, announce
from ui.words import _


class AgencyPage(Aside):
    """Shows an offer whose signature was good; the answer that changes nothing has the keyboard."""

    confirmed = Signal()

    def __init__(self) -> None:
        super().__init__(_("Add an agency"))
        _card, layout = in_the_middle(self, 640)
        self._name, self._address, self._before = Label("", "title"), Label("", "lead"), Label("", "error")
        self._fingerprint = Label()
        self._fingerprint.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._name.setMargin(theme.UNIT)
        self._name.setAlignment(Qt.AlignmentFlag.AlignCenter)
        about = _("The agency can tell you its fingerprint on the telephone. Add it only when it is the same.")
        for each in (self._name, self._address, self._before, self._fingerprint, Label(about, "small")):
            layout.addWidget(each)
        layout.addSpacing(theme.UNIT)
        self._add = Button(_("Add this agency"), "act", self.confirmed.emit)
        self._add.setObjectName("agency-add")
        self._leave = Button(_("Do not add"), "line", self.back.emit)
        for button in (self._add, self._leave):
            layout.addWidget(button)

    def show_offer(self, offer: Offer) -> None:
        """Show one, in the agency's own colours, which can be read on each other."""
        new, known = offer.signed.descriptor, offer.known
        self._name.setText(new.name)
        colours = f"background: {new.colours.background}; color: {new.colours.text};" if new.colours else ""
        self._name.setStyleSheet(f"QLabel {{ {colours} border-radius: {theme.UNIT}px; }}" if colours else "")
        self._address.setText(_("Address: {host}").format(host=new.host))
        moved = known is not None and known.descriptor.host != new.host
        self._before.setText(_("Until now: {host}").format(host=known.descriptor.host) if known and moved else "")
        self._before.setVisible(moved)
        self._fingerprint.setText(_("Fingerprint: {fingerprint}").format(fingerprint=offer.signed.fingerprint))
        announce(self, f"{self._name.text()}. {self._address.text()}. {self._before.text()}")

    def first_focus(self) -> QWidget | None:
        """Begin at the answer that changes nothing."""
        return self._leave
