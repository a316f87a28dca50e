"""The settings that somebody changes when told to: the way to the card, the way to the network, the agencies."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from signer.settings import is_proxy_address
from signer.settings_file import Layers
from signer.way import ProxyLogin
from ui.desktop import theme
from ui.desktop.choosing import Choices
from ui.desktop.settings.parts import Part, Row, fixed_note
from ui.desktop.widgets.choices import Option, Options
from ui.desktop.widgets.pieces import Button, Label, announce
from ui.desktop.widgets.reflow import Line
from ui.words import _

_ADDRESS: Final = 260  # logical pixels that an address wants


class CardWay(Part):
    """The card itself, or a PKCS#11 module."""

    diagnose = Signal()

    def __init__(self, choose: Choices) -> None:
        super().__init__(_("Card reader"))
        self._choose_by = choose
        options = (
            Option("auto", _("By itself"), _("The eID in a card reader; without one, the eID software.")),
            Option("card", _("Only the eID in a card reader")),
            Option("pkcs11", _("Only a PKCS#11 module"), _("The eID software, or a key that your helpdesk named.")),
        )
        self._via = Options(_("Way to the card"), options)
        self._via.chosen.connect(lambda value: self.prefer({"card.via": value}))
        self._row = Row("", "", [self._via], below=True)
        self._choose = Button(_("Choose a module"), "line", self._choose_module)
        self._choose.setObjectName("setting-card.module")
        self._any = Button(_("Use every module"), "ghost", lambda: self.prefer({"card.module": None}))
        self._module_row = Row(_("PKCS#11 module"), "", [self._choose, self._any])
        self.rows.addWidget(self._row)
        self.rows.addWidget(self._module_row)
        self.rows.addWidget(Button(_("Check this computer"), "line", self.diagnose.emit), 0, Qt.AlignmentFlag.AlignLeft)

    def show_layers(self, layers: Layers) -> None:
        """Show what counts; a simulated card is of the test world, and not chosen here."""
        card = layers.settings.card
        self._via.show_value(card.via)
        self._row.show_fixed(fixed=layers.is_fixed("card.via"))
        self._module_row.setVisible(card.via in {"auto", "pkcs11"})
        self._module_row.say(str(card.module) if card.module else _("Every module of this computer is tried."))
        self._module_row.show_fixed(fixed=layers.is_fixed("card.module"))
        self._any.setVisible(card.module is not None)

    def _choose_module(self) -> None:
        chosen = self._choose_by.module(self)
        if chosen is not None:
            self.prefer({"card.module": str(chosen)})


class Network(Part):
    """The way to the network, and who one is to its proxy: that is kept by the system, never in the settings."""

    proxy_login = Signal(str, str)  # name and password

    def __init__(self) -> None:
        super().__init__(_("Network"))
        options = (
            Option("system", _("As the system says")),
            Option("none", _("Without a proxy")),
            Option("manual", _("Through this proxy")),
        )
        self._via = Options(_("Way to the network"), options)
        self._via.chosen.connect(self._chosen)
        self._address = QLineEdit()
        self._address.setObjectName("setting-proxy.address")
        self._address.setAccessibleName(_("Address of the proxy"))
        self._address.setPlaceholderText("http://proxy.example:3128")
        self._address.textChanged.connect(self._judge)
        self._address.returnPressed.connect(self._use)
        self._button = Button(_("Use this proxy"), "line", self._use)
        self._hint = Label("", "small")
        self._entry = QWidget()
        across = QHBoxLayout(self._entry)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(0)
        across.addSpacing(theme.sized(20) + 20)  # under the words of the option
        column = QVBoxLayout()
        column.setSpacing(theme.UNIT)
        self._button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._address.setMinimumWidth(theme.sized(_ADDRESS))
        column.addWidget(Line(self._address, self._button, grows=self._address, space=theme.UNIT))
        column.addWidget(self._hint)
        across.addLayout(column, 1)
        self._row = Row("", "", [self._via, self._entry], below=True)
        self.rows.addWidget(self._row)
        self._login = _ProxyLogin()
        self._login.typed.connect(self.proxy_login)
        self.rows.addWidget(self._login)

    def show_told(self, text: str) -> None:
        """Say what became of a name and a password."""
        self._login.show_told(text)

    def show_layers(self, layers: Layers) -> None:
        """Show what counts."""
        proxy = layers.settings.proxy
        self._via.show_value(proxy.via)
        self._address.setText(proxy.address)
        self._row.show_fixed(fixed=layers.is_fixed("proxy"))
        self._show_entry()

    def _chosen(self, value: str) -> None:
        self._show_entry()
        if value != "manual":
            self.prefer({"proxy.via": value})
        elif is_proxy_address(self._address.text()):
            self._use()
        else:
            announce(self, self._hint.text())

    def _show_entry(self) -> None:
        is_manual = self._via.value == "manual"
        self._entry.setVisible(is_manual)
        self._login.setVisible(self._via.value != "none")
        self._hint.setText(_("Write it as http://host:port, without a name and a password."))
        self._judge()

    def _judge(self) -> None:
        self._button.setEnabled(is_proxy_address(self._address.text().strip()) and self._via.isEnabled())

    def _use(self) -> None:
        if self._button.isEnabled():
            self.prefer({"proxy.via": "manual", "proxy.address": self._address.text().strip()})


class _ProxyLogin(QWidget):
    """A name and a password for a proxy that asks; what is typed leaves this page when it is kept, and is not shown."""

    typed = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self._user, self._password = (
            _field("proxy-user", _("Name for the proxy")),
            _field("proxy-password", _("Password for the proxy")),
        )
        self._password.setEchoMode(QLineEdit.EchoMode.Password)
        self._password.setInputMethodHints(Qt.InputMethodHint.ImhHiddenText | Qt.InputMethodHint.ImhSensitiveData)
        self._button = Button(_("Keep for the proxy"), "line", self._keep)
        self._button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._told = Label(_("Only when the proxy asks for a name and a password. Your system keeps them."), "small")
        self._password.setPlaceholderText(_("Password"))
        self._password.setMinimumWidth(theme.sized(_ADDRESS) // 2)
        for each in (self._user, self._password):
            each.textChanged.connect(self._judge)
            each.returnPressed.connect(self._keep)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.UNIT)
        column.addWidget(Line(self._user, self._password, self._button, grows=self._user, space=theme.UNIT))
        column.addWidget(self._told)
        self._judge()

    def show_told(self, text: str) -> None:
        """Say what became of what was typed."""
        self._told.setText(text)
        announce(self, text)

    def _judge(self) -> None:
        self._button.setEnabled(ProxyLogin(self._user.text(), self._password.text()).can_be_sent)

    def _keep(self) -> None:
        if self._button.isEnabled():
            self.typed.emit(self._user.text(), self._password.text())
            self._password.clear()


def _field(name: str, label: str) -> QLineEdit:
    field = QLineEdit()
    field.setObjectName(name)
    field.setAccessibleName(label)
    field.setPlaceholderText(label)
    return field


class Agencies(Part):
    """Whom Paraph may talk to; one is added by its file, and never by hand, where a wrong address would be believed."""

    descriptor_chosen = Signal(object)  # Path

    def __init__(self, choose: Choices) -> None:
        super().__init__(_("Agencies"))
        self._choose_by = choose
        self._add = Button(_("Add an agency"), "line", self._choose)
        self._add.setObjectName("setting-agency-add")
        self._list = Label()
        self._fixed = fixed_note()
        self.rows.addWidget(self._list)
        self.rows.addWidget(self._fixed)
        alone = _("Paraph talks to these agencies alone.")
        adding = _("To add one, you need the file that the agency gave you.")
        self.rows.addWidget(Label(f"{alone} {adding}", "small"))
        self.rows.addWidget(self._add, 0, Qt.AlignmentFlag.AlignLeft)

    def show_layers(self, layers: Layers) -> None:
        """Show each with its address, telephone and mail."""
        lines = []
        for each in layers.settings.agencies:
            host = urlsplit(each.url).netloc
            lines.append("\n".join(filter(None, (each.name, host, each.telephone, each.mail))))
        self._fixed.setVisible(layers.is_fixed("agencies"))
        self._add.setVisible(not layers.is_fixed("agencies"))
        self._list.setText("\n\n".join(lines) or _("No agency is set up on this computer"))

    def _choose(self) -> None:
        chosen = self._choose_by.descriptor(self)
        if chosen is not None:
            self.descriptor_chosen.emit(chosen)
