"""What the office worker does, on the layers below: lists, links, deliveries."""

from __future__ import annotations

import logging
from dataclasses import replace
from itertools import chain
from typing import Final
from uuid import UUID

from signer.agency.device import Enrolments
from signer.agency.link import parse_link
from signer.errors import LOGGED_OUT, ErrorCode, Kind, SignerError
from signer.extending import ExtensionResult
from signer.model import AgencyInfo, Contract, Objection, Standing
from ui.bootstrap import App
from ui.qt.worker import KeepReady, Lists, Task

_LOG: Final = logging.getLogger("paraph.desk")


class AppDesk:
    """``ui.qt.worker.Desk`` for one user's settings and folders."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._known: dict[str, tuple[Task, ...]] = {}  # by agency: what it said last
        self._ahead: dict[tuple[str, str], Contract] = {}  # by agency and contract: what can be signed with no network
        self._cannot: set[tuple[str, str]] = set()  # agencies and documents that cannot be signed
        self._key_store: bool | None = None  # whether the system keeps keys; None: not looked yet
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
        ready = self._ready(codes)
        tasks = [replace(task, ahead=self._is_ahead(task)) for task in tasks]
        names = tuple(each.name for each in self._app.settings.agencies if each.id in self._unreached)
        return Lists(tuple(tasks), tuple(entries), because, tuple(objections), names, ready)

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

    def _ready(self, codes: dict[str, ErrorCode | None]) -> KeepReady:
        """Tell whether contracts are kept ready here, or could be: somebody is logged in, and the system keeps keys."""
        enrolments = self._app.enrolments()
        if enrolments is None:
            return KeepReady.NOT_OFFERED
        enrolled = {agency_id for agency_id in codes if enrolments.of(agency_id)}
        if any(code is None for agency_id, code in codes.items() if agency_id not in enrolled):
            return KeepReady.OFFERED if self._has_key_store(enrolments) else KeepReady.NOT_OFFERED
        return KeepReady.ON if enrolled else KeepReady.NOT_OFFERED

    def _has_key_store(self, enrolments: Enrolments) -> bool:
        """Look once: it asks the system's services."""
        if self._key_store is None:
            try:
                self._key_store = enrolments.keys.usable
            except SignerError:
                self._key_store = False
        return self._key_store

    def keep_ready(self, *, on: bool) -> None:
        """Enrol this computer where somebody is logged in, or take it off every list; raises SignerError."""
        enrolments = self._app.enrolments()
        for each in self._app.settings.agencies if enrolments else ():
            agency = self._app.settings.agency(each.id)
            enrolled = enrolments is not None and enrolments.of(agency.id) is not None
            if on and not enrolled and each.id in self._known:
                self._app.enrol(agency)
            elif not on and enrolled:
                self._app.leave(agency)

    def fetch_ahead(self) -> bool:
        """Fetch what waits and is not here, where this computer is enrolled; True when something came or went."""
        enrolments = self._app.enrolments()
        changed = False
        for agency_id in [each for each in self._known if enrolments and enrolments.of(each)]:
            if agency_id not in self._unreached and self._is_behind(agency_id):
                try:
                    fetched = self._app.fetch_ahead(self._app.settings.agency(agency_id))
                except SignerError as error:  # the list has told it, or tells it with the next look
                    _LOG.info("nothing is fetched ahead: %s", error)
                    continue
                self._cannot |= {(agency_id, each.contract.original_sha256) for each in fetched if each.code}
                changed = True
        return changed

    def _is_behind(self, agency_id: str) -> bool:
        """Tell whether what is here is not what is to be signed; what cannot be fetched is not tried at each look."""
        now = self._app.clock.now()
        signed = {each.contract_id for each in self._app.outbox().all() if each.signed and each.agency_id == agency_id}
        wanted = {
            (task.contract.id, task.contract.original_sha256)
            for task in self._known[agency_id]
            if task.contract.open
            and task.contract.standing(now) is not Standing.LATE
            and task.contract.id not in signed
            and (agency_id, task.contract.original_sha256) not in self._cannot
        }
        kept = {(key, each.original_sha256) for (agency, key), each in self._ahead.items() if agency == agency_id}
        return wanted != kept

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
