"""The settings, changed from the windows: written at once, in force at once, and never in the way of a signing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication

from signer.errors import ErrorCode, SignerError
from signer.i18n import choose_language
from signer.settings_file import Value
from signer.way import ProxyLogin
from ui.bootstrap import App, Offer
from ui.desktop.dressing import wardrobe
from ui.desktop.speaking import speak
from ui.words import _


def place_of(app: App, error: SignerError) -> str:
    """Name the settings file that cannot be read, and the place in it; a file that cannot be opened is named once."""
    files = {
        ErrorCode.SETTINGS_BROKEN: app.folders.settings_file,
        ErrorCode.SETTINGS_OF_MACHINE_BROKEN: app.folders.managed_file,
    }
    return f"{files[error.code]}: {error.detail}" if error.code in files else ""


class Preferences(QObject):
    """Takes what somebody chose, and tells what follows from it."""

    counted = Signal(object)  # signer.settings_file.Layers: these settings count from now on
    look_changed = Signal()  # language, colours or size of type are wanted that nobody wears yet
    refused = Signal(object)  # SignerError
    erased = Signal(int)  # cards of which nothing is kept any more
    agency_offered = Signal(object)  # ui.bootstrap.Offer: somebody is to be asked
    agency_added = Signal(str)  # its name
    proxy_told = Signal(str)  # what became of a name and a password for the proxy
    unreadable = Signal(object, str)  # SignerError, and the file and place of the mistake
    readable = Signal()  # again

    def __init__(self, app: App, qt: QApplication) -> None:
        super().__init__()
        self._app, self._qt = app, qt
        self._offer: Offer | None = None
        self._worn = ("", "", 0)
        self.wear()

    def prefer(self, values: Mapping[str, Value]) -> None:
        """Let settings count from now on, and keep them; who shares a computer from now on leaves no card behind."""
        was_shared = self._app.settings.shared
        try:
            self._app.change(values)
        except SignerError as error:
            self.refused.emit(error)
        if "language" in values and self._app.settings.language:
            self._app.language = self._app.settings.language
        self.counted.emit(self._app.layers)
        if self._app.settings.shared and not was_shared:
            self.erase()
        self._show()

    def read_again(self) -> None:
        """See whether somebody has mended the settings."""
        self._attempt(self._app.read_settings)

    def start_anew(self) -> None:
        """Put a file that cannot be read aside, and begin with the usual settings."""
        self._attempt(self._app.set_settings_aside)

    def _attempt(self, read: Callable[[], None]) -> None:
        try:
            read()
        except SignerError as error:
            self.unreadable.emit(error, place_of(self._app, error))
            return
        self._app.language = choose_language(self._app.settings.language)
        self.counted.emit(self._app.layers)
        self._show()
        self.readable.emit()

    def erase(self) -> None:
        """Erase what is kept of cards that were seen."""
        try:
            self.erased.emit(self._app.forget_cards())
        except SignerError as error:
            self.refused.emit(error)

    def offer_agency(self, file: Path) -> None:
        """Judge an agency's descriptor, and have somebody asked whether to add it."""
        try:
            self._offer = self._app.offered_agency(file)
        except SignerError as error:
            self.refused.emit(error)
        else:
            self.agency_offered.emit(self._offer)

    def add_agency(self) -> None:
        """Add the agency that was shown last."""
        offer, self._offer = self._offer, None
        if offer is None:
            return
        try:
            self._app.add_agency(offer.signed)
        except SignerError as error:
            self.refused.emit(error)
            return
        self.counted.emit(self._app.layers)
        self.agency_added.emit(offer.signed.descriptor.name)

    def keep_proxy_login(self, user: str, password: str) -> None:
        """Keep who one is to the proxy that is in force."""
        address = self._app.proxy_address()
        if address is None:
            self.proxy_told.emit(_("No proxy is set, in the settings or in the system."))
        elif self._app.proxy_logins.keep(address, ProxyLogin(user, password)):
            self.proxy_told.emit(_("Kept, for this proxy alone."))
        else:
            self.proxy_told.emit(_("Known until you close Paraph: this computer has no place to keep a password."))

    def speak(self, language: str) -> None:
        """Speak a language that was chosen in the bar; it is kept, unless the next person may speak another one."""
        self._app.language = language
        if not self._app.settings.shared and not self._app.layers.is_fixed("language"):
            with suppress(SignerError):  # it is spoken all the same
                self._app.change({"language": language})
            self.counted.emit(self._app.layers)
        self._show()

    def wear(self) -> bool:
        """Dress and speak as is wanted now; tells whether that is another way than before."""
        settings, before = self._app.settings, self._worn
        self._worn = (self._app.language, settings.appearance, settings.text_percent)
        if self._worn == before:
            return False
        speak(self._qt, self._app.language)
        wardrobe(self._qt).choose(settings.appearance, settings.text_percent)
        return True

    def _show(self) -> None:
        settings = self._app.settings
        if (self._app.language, settings.appearance, settings.text_percent) != self._worn:
            self.look_changed.emit()
