"""The pages beside the work: help, settings, the check of this computer, about; and the two that come before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from PySide6.QtCore import QObject, Signal

from signer.errors import SignerError
from ui.bootstrap import Offer
from ui.desktop.choosing import Choices
from ui.desktop.pages.about import AboutPage
from ui.desktop.pages.agency import AgencyPage
from ui.desktop.pages.context import Context
from ui.desktop.pages.diagnostics import DiagnosticsPage
from ui.desktop.pages.help import HelpPage
from ui.desktop.pages.page import Aside
from ui.desktop.pages.settings import SettingsPage
from ui.desktop.pages.settings_broken import SettingsBrokenPage
from ui.desktop.pages.welcome import WelcomePage
from ui.diagnosis.findings import Finding


class Asides(QObject):
    """Builds each page when it is first wanted, and keeps what was found for one that is built anew."""

    wanted = Signal(object)  # type[Aside]: one page leads to another
    spoken = Signal(str)
    preferred = Signal(object)  # Mapping[str, Value]
    answered = Signal()  # the first questions are
    erase = Signal()
    proxy_login = Signal(str, str)  # name and password
    agency_chosen = Signal(object)  # Path of a descriptor
    agency_confirmed = Signal()
    look = Signal()  # at this computer
    read_again = Signal()  # the settings
    start_anew = Signal()

    def __init__(self, context: Context, choose: Choices) -> None:
        super().__init__()
        self._context, self._choose = context, choose
        self._pages: dict[type[Aside], Aside] = {}
        self._findings: tuple[Finding, ...] = ()
        self._is_looking = False
        self._offer: Offer | None = None
        self._fault: tuple[SignerError, str] | None = None

    def page(self, kind: type[Aside]) -> Aside:
        """Give the one page of a kind."""
        if kind not in self._pages:
            build, connect = _PAGES[kind]
            page = self._pages[kind] = build(self._context, self._choose)
            connect(self, page)
        return self._pages[kind]

    def forget(self) -> None:
        """Let every page be built anew."""
        self._pages.clear()

    def opened(self, page: Aside) -> None:
        """Look at the computer when somebody comes to see how it is."""
        if isinstance(page, DiagnosticsPage):
            self._look()

    # ── what comes in ──

    def show_settings(self) -> None:
        """Show the settings that count now, where somebody sees them."""
        page = self._pages.get(SettingsPage)
        if isinstance(page, SettingsPage):
            page.show_layers(self._context.layers)

    def show_findings(self, findings: tuple[Finding, ...]) -> None:
        """Show what was found on this computer."""
        self._findings, self._is_looking = findings, False
        page = self._pages.get(DiagnosticsPage)
        if isinstance(page, DiagnosticsPage):
            page.show_findings(findings)

    def show_erased(self, cards: int) -> None:
        """Tell of how many cards something was erased, where somebody asked for it."""
        page = self._pages.get(SettingsPage)
        if isinstance(page, SettingsPage):
            page.show_erased(cards)

    def show_proxy_told(self, text: str) -> None:
        """Say what became of a name and a password for the proxy, where somebody typed them."""
        page = self._pages.get(SettingsPage)
        if isinstance(page, SettingsPage):
            page.show_proxy_told(text)

    def show_offer(self, offer: Offer) -> None:
        """Show an agency that somebody may add, on a page of its own."""
        self._offer = offer
        page = self.page(AgencyPage)
        assert isinstance(page, AgencyPage)
        page.show_offer(offer)
        self.wanted.emit(AgencyPage)

    def show_fault(self, error: SignerError, place: str) -> None:
        """Tell what is wrong with the settings, on the page that stands before everything."""
        self._fault = (error, place)
        page = self._pages.get(SettingsBrokenPage)
        if isinstance(page, SettingsBrokenPage):
            page.show_fault(error, place)

    # ── what each page is connected with ──

    def _look(self) -> None:
        page = self._pages[DiagnosticsPage]
        assert isinstance(page, DiagnosticsPage)
        page.show_looking()
        if not self._is_looking:
            self._is_looking = True
            self.look.emit()

    def _connect_settings(self, page: SettingsPage) -> None:
        page.preferred.connect(self.preferred)
        page.erase.connect(self.erase)
        page.proxy_login.connect(self.proxy_login)
        page.agency_chosen.connect(self.agency_chosen)
        page.diagnose.connect(lambda: self.wanted.emit(DiagnosticsPage))

    def _connect_diagnostics(self, page: DiagnosticsPage) -> None:
        page.look.connect(self._look)
        if self._findings:
            page.show_findings(self._findings)
        if self._is_looking:
            page.show_looking()

    def _connect_agency(self, page: AgencyPage) -> None:
        page.confirmed.connect(self.agency_confirmed)
        if self._offer:
            page.show_offer(self._offer)

    def _connect_about(self, page: AboutPage) -> None:
        page.diagnose.connect(lambda: self.wanted.emit(DiagnosticsPage))

    def _connect_help(self, page: HelpPage) -> None:
        page.diagnose.connect(lambda: self.wanted.emit(DiagnosticsPage))
        page.about.connect(lambda: self.wanted.emit(AboutPage))

    def _connect_welcome(self, page: WelcomePage) -> None:
        page.spoken.connect(self.spoken)
        page.answered.connect(self.preferred)
        page.answered.connect(self.answered)

    def _connect_broken(self, page: SettingsBrokenPage) -> None:
        page.look_again.connect(self.read_again)
        page.start_anew.connect(self.start_anew)
        if self._fault:
            page.show_fault(*self._fault)


_Build = Callable[[Context, Choices], Aside]

_PAGES: Final[Mapping[type[Aside], tuple[_Build, Callable[..., None]]]] = {
    HelpPage: (lambda context, _: HelpPage(context), Asides._connect_help),  # noqa: SLF001 - the table of its class
    SettingsPage: (SettingsPage, Asides._connect_settings),  # noqa: SLF001
    AgencyPage: (lambda *_: AgencyPage(), Asides._connect_agency),  # noqa: SLF001
    DiagnosticsPage: (lambda _, choose: DiagnosticsPage(choose), Asides._connect_diagnostics),  # noqa: SLF001
    AboutPage: (lambda *_: AboutPage(), Asides._connect_about),  # noqa: SLF001
    WelcomePage: (lambda context, _: WelcomePage(context), Asides._connect_welcome),  # noqa: SLF001
    SettingsBrokenPage: (lambda *_: SettingsBrokenPage(), Asides._connect_broken),  # noqa: SLF001
}
