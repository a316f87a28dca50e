"""What the office worker does, on the layers below: lists, links, deliveries."""

from __future__ import annotations

from signer.agency.link import parse_link
from signer.errors import ErrorCode, SignerError
from signer.model import Objection
from ui.bootstrap import App
from ui.qt.worker import Lists, Task

_NOT_A_FAULT = frozenset({ErrorCode.AGENCY_NOT_LOGGED_IN})  # nobody has opened a link of this agency yet


class AppDesk:
    """``ui.qt.worker.Desk`` for one user's settings and folders."""

    def __init__(self, app: App) -> None:
        self._app = app

    def lists(self) -> Lists:
        """Ask every agency, and look in the outbox; an agency that cannot be asked does not hide the others.

        Besides, the trusted lists are kept fresh, for this is called now and then while the window is open.
        """
        self._app.keep_lists_fresh()
        tasks: list[Task] = []
        because: ErrorCode | None = None
        for each in self._app.settings.agencies:
            agency = self._app.settings.agency(each.id)
            try:
                tasks += [Task(agency.id, agency.name, found) for found in self._app.gateway(agency).tasks()]
            except SignerError as error:
                because = because if error.code in _NOT_A_FAULT else error.code
        tasks.sort(key=lambda task: task.contract.starts_at)
        entries, objections = self._app.recovered_outbox().all(), self._app.objections().all()
        return Lists(tuple(tasks), tuple(entries), because, tuple(objections))

    def open_link(self, link: str) -> tuple[str, str]:
        """Spend a deep link; raises SignerError LINK_NOT_OURS, AGENCY_UNKNOWN, AGENCY_LINK_USED or of the network."""
        found = parse_link(link)
        agency = self._app.settings.agency(found.agency_id)
        return agency.id, self._app.gateway(agency).open_link(found.token)

    def deliver_due(self) -> bool:
        """Deliver and send what is due, and raise what was delivered; True when something came of it."""
        sent = self._app.send_objections(due_only=True)
        return bool([*self._app.deliver_due(), *self._app.extend_delivered(), *sent])

    def tell_wrong(self, objection: Objection) -> None:
        """Keep an objection and send it; raises the SignerError that kept it from leaving."""
        self._app.tell_wrong(objection)

    def deliver(self) -> None:
        """Deliver and send what waits, due or not."""
        self._app.send_objections()
        self._app.deliver_now()
        self._app.extend_delivered()
