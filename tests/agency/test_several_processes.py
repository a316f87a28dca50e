"""Several processes behind one address and over one database: what one does the other knows, and one may die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from agency import audit
from agency.audit import Happening
from agency.store import AuditRow, SubmissionRow
from tests.agency.world import AgencyServer, Delivery

DEADLINE_S = 60.0


@contextmanager
def two_processes(data: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Serve with two processes on a free port."""
    ready, theirs = os.pipe()
    line = [sys.executable, "-m", "agency", "serve", "--data", str(data), "--processes", "2", "--ready-fd", str(theirs)]
    log = data.parent / "log"
    with log.open("wb") as output, subprocess.Popen(line, stdout=output, stderr=output, pass_fds=[theirs]) as server:
        os.close(theirs)
        with os.fdopen(ready) as port:
            said = port.read()
        assert said, log.read_text()
        try:
            yield f"http://127.0.0.1:{int(said)}", server
        finally:
            server.terminate()
            server.wait(DEADLINE_S)


def workers(server: subprocess.Popen[bytes]) -> list[int]:
    """Name the processes that answer; Python has one more child, which tidies up."""
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    found = []
    for each in children:
        with suppress(OSError):  # gone meanwhile
            if b"spawn_main" in Path(f"/proc/{each}/cmdline").read_bytes():
                found.append(int(each))
    return found


def signed(agency_server: AgencyServer, url: str, count: int) -> list[Delivery]:
    contracts = [agency_server.worker(agency_server.publish()) for _ in range(count)]
    return [replace(each.signed(), url=url) for each in contracts]


def test_the_same_signature_and_others_at_once_get_one_receipt_each(agency_server: AgencyServer) -> None:
    with two_processes(agency_server.data) as (url, server):
        deliveries = signed(agency_server, url, 3)
        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(lambda each: (each.submission_id, each.put()), 4 * deliveries))
    assert server.returncode == 0  # told to end, it does so well
    assert {answer.status_code for _, answer in answers} == {200}
    told = Counter((submission_id, answer.content) for submission_id, answer in answers)
    assert len(told) == 3
    with agency_server.office.store.reading() as session:
        assert session.scalars(select(func.count()).select_from(SubmissionRow)).one() == 3
        accepted = select(func.count()).select_from(AuditRow).where(AuditRow.happening == Happening.ACCEPTED.value)
        assert session.scalars(accepted).one() == 3
        assert audit.first_broken(session) is None


@pytest.mark.parametrize("database_url", [""], ids=["sqlite"])
def test_one_that_dies_is_replaced_and_all_end_with_the_one_that_started_them(
    agency_server: AgencyServer, database_url: str
) -> None:
    del database_url
    with two_processes(agency_server.data) as (url, server):
        first, second = until_two(server)
        os.kill(first, signal.SIGKILL)
        (delivery,) = signed(agency_server, url, 1)
        assert delivered(delivery) == 200
        answering = until_two(server, without=first)
        assert second in answering
        server.kill()
        end = time.monotonic() + DEADLINE_S
        while any(is_alive(each) for each in answering):
            assert time.monotonic() < end, "they live on"
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{url}/health")


def is_alive(process: int) -> bool:
    """Tell whether a process runs; a dead one that nobody has asked about yet does not."""
    with suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def until_two(server: subprocess.Popen[bytes], without: int = 0) -> list[int]:
    end = time.monotonic() + DEADLINE_S
    while len(found := [each for each in workers(server) if each != without]) < 2:
        assert time.monotonic() < end, found
    return found


def delivered(delivery: Delivery) -> int:
    """Deliver as a client does: again, when the connection breaks."""
    for _ in range(20):
        try:
            return delivery.put().status_code
        except httpx.TransportError:
            continue
    raise AssertionError("nobody answers")
