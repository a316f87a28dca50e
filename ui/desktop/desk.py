"""What the office worker does, on the layers below: lists, links, deliveries."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from uuid import UUID

from signer.agency.link import parse_link
from signer.errors import LOGGED_OUT, ErrorCode, Kind, SignerError
from signer.extending import ExtensionResult
from signer.model import AgencyInfo, Contract, Objection
from ui.bootstrap import App
from ui.qt.worker import Lists, Task


class AppDesk:
    """``ui.qt.worker.Desk`` for one user's settings and folders."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._known: dict[str, tuple[Task, ...]] = {}  # by agency: what it said last
        self._ahead: dict[tuple[str, str], Contract] = {}  # by agency and contract: what can be signed with no network
        self._unreached: frozenset[str] = frozenset()  # agencies that did not answer the last time
        self._is_back = False  # one of them has answered since

    def lists(self) -> Lists:
        """Ask every agency, and look in the outbox; an agency that cannot be asked does not hide the others.

        Besides, the trusted lists are kept fresh, for this is called now and then while the window is open.
        """
        self._app.keep_lists_fresh()
        self._ahead = self._kept_ahead()
        codes = {each.id: self._ask(each.id) for each in self._app.settings.agencies}
        self._note_who_answers(frozenset(key for key, code in codes.items() if _is_no_answer(code)))
        tasks = sorted(chain.from_iterable(self._known.values()), key=lambda task: task.contract.starts_at)
        because = next((code for code in codes.values() if code and code not in LOGGED_OUT), None)
        entries, objections = self._app.recovered_outbox().all(), self._app.objections().all()
        tasks = [replace(task, ahead=self._is_ahead(task)) for task in tasks]
        names = tuple(each.name for each in self._app.settings.agencies if each.id in self._unreached)
        return Lists(tuple(tasks), tuple(entries), because, tuple(objections), names)

    def _ask(self, agency_id: str) -> ErrorCode | None:
        """Ask one agency for its tasks; who does not answer has those of the last time, who refuses has none."""
        agency = self._app.settings.agency(agency_id)
        try:
            found = self._app.gateway(agency).tasks()
        except SignerError as error:
            if not _is_no_answer(error.code):
                self._known.pop(agency_id, None)
            elif agency_id not in self._known:
                self._known[agency_id] = self._known_ahead(agency)
            return error.code
        self._known[agency_id] = tuple(Task(agency.id, agency.name, contract) for contract in found)
        return None

    def _kept_ahead(self) -> dict[tuple[str, str], Contract]:
        ahead = self._app.ahead()
        return {(each.terms.agency_id, each.contract.id): each.contract for each in ahead.all()} if ahead else {}

    def _is_ahead(self, task: Task) -> bool:
        """Tell whether a contract is here as the agency has it now."""
        kept = self._ahead.get((task.agency_id, task.contract.id))
        return kept is not None and kept.original_sha256 == task.contract.original_sha256 and task.contract.open

    def _known_ahead(self, agency: AgencyInfo) -> tuple[Task, ...]:
        """Give what was fetched ahead of an agency that has not answered since the program began."""
        kept = (contract for (agency_id, _), contract in self._ahead.items() if agency_id == agency.id)
        return tuple(Task(agency.id, agency.name, contract) for contract in kept)

    def _note_who_answers(self, unreached: frozenset[str]) -> None:
        self._is_back = self._is_back or bool(self._unreached - unreached)
        self._unreached = unreached

    def open_link(self, link: str) -> tuple[str, str]:
        """Spend a deep link; raises SignerError LINK_NOT_OURS, AGENCY_UNKNOWN, AGENCY_LINK_USED or of the network."""
        found = parse_link(link)
        agency = self._app.settings.agency(found.agency_id)
        return agency.id, self._app.gateway(agency).open_link(found.token)

    def deliver_due(self) -> bool:
        """Deliver and send what is due, and raise what was delivered; True when something came of it.

        Once an agency answers again, everything that waits is due.
        """
        if self._is_back:
            self._is_back = False
            return self.deliver()
        sent = self._app.send_objections(due_only=True)
        return bool([*self._app.deliver_due(), *self._raised(), *sent])

    def tell_wrong(self, objection: Objection) -> None:
        """Keep an objection and send it; raises the SignerError that kept it from leaving."""
        self._app.tell_wrong(objection)

    def deliver(self, again: UUID | None = None) -> bool:
        """Deliver and send what waits, due or not, and what was not taken before; True when something came of it."""
        sent = self._app.send_objections()
        return bool([*self._app.deliver_now(this=again), *self._raised(), *sent])

    def _raised(self) -> list[ExtensionResult]:
        """Raise what was delivered towards its level; gives what got on."""
        return [each for each in self._app.extend_delivered() if each.code is None]


def _is_no_answer(code: ErrorCode | None) -> bool:
    return code is ErrorCode.AGENCY_BUSY or (code is not None and code.kind is Kind.NETWORK)
