"""What the window shows of several contracts that are signed together: which is offered, put aside, signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signer import workflow as w
from ui.desktop.pages.contract import ContractPage
from ui.desktop.pages.page import Page
from ui.desktop.pages.pin import PinPage
from ui.desktop.pages.several import SeveralPage
from ui.desktop.pages.trouble import TroublePage
from ui.desktop.pages.working import SigningPage
from ui.qt.several import Phase, SeveralSession
from ui.qt.worker import Lists, Task
from ui.words import plural

if TYPE_CHECKING:
    from ui.desktop.window import Window


class Together:
    """Tells the pages what is signed with the contract that they show."""

    def __init__(self, window: Window, session: SeveralSession) -> None:
        self._window, self._session = window, session
        self._next: Task | None = None

    def kind(self, usual: type[Page]) -> type[Page]:
        """Give the page of this moment; ``usual`` is the one where one contract is signed alone."""
        phase = self._session.phase
        return usual if phase is None else SigningPage if phase is Phase.SIGNING else SeveralPage

    def show(self, lists: Lists) -> None:
        """Tell what is put aside, offered, or signed by now."""
        window, session, state = self._window, self._session, self._session.state
        aside = tuple(each.paper for each in session.aside)
        window.page(PinPage).others = aside
        window.page(TroublePage).leads_back = bool(aside)
        if session.several:
            window.page(SeveralPage).show_several(session.several, lists.entries)
            window.page(SigningPage).count(len(session.several.signed) + 1, len(session.several.read))
            return
        window.page(SigningPage).count(1, 1)
        if isinstance(state, w.Reading | w.LookingForCard):
            self._next = next_of(state.paper, aside, lists)
            window.page(ContractPage).show_together(aside, has_next=self._next is not None)

    def read_next(self, sha256: str) -> None:
        """Put the contract on the screen aside, and open the one that was offered."""
        if self._next is not None:
            self._session.read_next(sha256, self._next.contract.id)

    def ready(self) -> str:
        """Say what is kept when somebody goes back."""
        count = len(self._session.aside) + 1
        return plural("One contract is read and ready to sign.", "{count} contracts are read and ready to sign.", count)


def left_out(count: int) -> str:
    """Say that contracts which were read are not signed, and where they are."""
    return plural(
        "One contract that you read is not signed. It is in the list.",
        "{count} contracts that you read are not signed. They are in the list.",
        count,
    )


def next_of(paper: w.Paper, aside: tuple[w.Paper, ...], lists: Lists) -> Task | None:
    """Give a contract of the same agency that one PIN entry may sign too; none whose answer is waited for."""
    terms = paper.terms
    if terms is None or not terms.one_pin:
        return None
    taken = {each.contract.id for each in (paper, *aside) if each.contract}
    taken |= {entry.contract_id for entry in lists.entries if entry.signed}
    of_agency = (task for task in lists.to_sign if task.agency_id == terms.agency_id)
    return next((task for task in of_agency if task.contract.id not in taken and not _is_asked(task, lists)), None)


def _is_asked(task: Task, lists: Lists) -> bool:
    """Whether the agency was told that something is wrong with it, or will be."""
    return lists.waiting(task.contract.id) is not None or lists.told(task.contract) is not None
