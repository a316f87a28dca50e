"""A client that signs and delivers until it is killed; with a step's name, it kills itself there."""

from __future__ import annotations

import itertools
import os
import signal
import sys
from pathlib import Path
from typing import BinaryIO

from signer.agency.client import HttpAgency
from signer.agency.session import SessionStore
from signer.clock import SystemClock
from signer.delivery import deliver
from signer.files import write_whole
from signer.http import HttpClient
from signer.model import AgencyInfo, Receipt, SignedContract, SigningTerms
from signer.outbox import Outbox
from tests.outbox_world import SIGNED, contract, described, terms

STEPS = ("begun", "half-written", "written", "queued", "leased", "sent", "delivered")
SURVIVES_FIRST = 2  # submissions that go through before the step kills


class Doomed:
    """Kills the process at one step, as a power cut would: nothing is closed, nothing is flushed."""

    def __init__(self, step: str) -> None:
        self._step = step
        self.armed = False

    def reach(self, step: str) -> None:
        if self.armed and step == self._step:
            os.kill(os.getpid(), signal.SIGKILL)


class DoomedAgency(HttpAgency):
    """The real client, between two steps."""

    doomed: Doomed

    def deliver(self, signed: SignedContract, terms: SigningTerms) -> Receipt:
        self.doomed.reach("leased")
        receipt = super().deliver(signed, terms)
        self.doomed.reach("sent")
        return receipt


def main(folder: Path, url: str, step: str) -> None:
    clock, doomed = SystemClock(), Doomed(step)
    info = AgencyInfo("demo", "Demo", url)
    agency = DoomedAgency(info, HttpClient(f"{url}/v1"), SessionStore(folder), clock)
    agency.doomed = doomed
    outbox = Outbox.open(folder)
    for number in itertools.count():
        doomed.armed = number >= SURVIVES_FIRST
        _sign(outbox, doomed, agency)


def _sign(outbox: Outbox, doomed: Doomed, agency: HttpAgency) -> None:
    agreed = terms()
    path = outbox.begin(agreed, contract())
    doomed.reach("begun")

    def fill(file: BinaryIO) -> None:
        file.write(SIGNED[:-5])
        file.flush()
        doomed.reach("half-written")
        file.write(SIGNED[-5:])

    write_whole(path, fill)
    _say("written", agreed)
    doomed.reach("written")
    outbox.queue(described(agreed, path))
    _say("queued", agreed)
    doomed.reach("queued")
    deliver(outbox, outbox.entry(agreed.submission_id), agency, SystemClock())
    _say("delivered", agreed)
    doomed.reach("delivered")


def _say(what: str, agreed: SigningTerms) -> None:
    os.write(1, f"{what} {agreed.submission_id}\n".encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
