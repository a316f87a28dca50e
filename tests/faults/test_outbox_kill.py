"""A client that is killed at any moment: nothing lost, nothing doubled, everything readable, the same receipt again."""

from __future__ import annotations

import base64
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest

from signer.agency.client import HttpAgency
from signer.agency.session import SessionStore
from signer.delivery import drain
from signer.http import HttpClient
from signer.model import AgencyInfo
from signer.outbox import EntryState, Outbox
from tests.clocks import TurnedClock
from tests.faults.outbox_child import STEPS
from tests.hostile_server import HostileServer, hostile_server, response
from tests.outbox_world import INCREMENT, SIGNED, described

RUNS: Final = int(os.environ.get("TORTURE_RUNS", "20"))
TOP: Final = Path(__file__).parents[2]


@dataclass
class Archive:
    """An agency that keeps what it is sent, and notes what it should never see."""

    kept: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def answer(self, server: HostileServer, line: socket.socket) -> None:
        head, _, body = server.requests[-1].partition(b"\r\n\r\n")
        try:
            sent = json.loads(body)
        except ValueError:
            return  # the client died while it was sending
        submission = UUID(head.split(b" ")[1].decode().rsplit("/", 1)[1])
        if base64.b64decode(sent["increment"]) != INCREMENT:
            self.wrong.append(f"other bytes for {submission}")
        proof = self.kept.setdefault(submission, _proof(submission, sent))
        answer = {"submissionId": str(submission), "state": "accepted", "receipt": proof}
        line.sendall(response(json.dumps(answer).encode()))


def _proof(submission: UUID, sent: dict[str, Any]) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    return {
        "transactionId": str(submission),
        "submissionId": str(submission),
        "agencyId": "demo",
        "contractId": "c-1",
        "title": "TEST",
        "language": "nl",
        "pageCount": 3,
        "originalSha256": sent["originalSha256"],
        "signedSha256": sent["signedSha256"],
        "createdAt": now,
        "openedAt": None,
        "claimedAt": sent["claimedAt"],
        "receivedAt": now,
        "deadline": now,
        "late": False,
        "level": "B-B",
        "method": "eid",
        "login": "one-time-link",
        "signerName": "TEST",
        "signerCertificateSha256": "0" * 64,
        "test": True,
    }


@dataclass
class World:
    """An outbox folder, an agency, and clients that die."""

    folder: Path
    archive: Archive
    url: str
    promised: dict[str, set[UUID]] = field(default_factory=dict)

    def run_until_killed(self, step: str, after_s: float | None = None) -> None:
        """Let a client sign; it kills itself at ``step``, or is killed ``after_s`` seconds after its first file."""
        command = [sys.executable, "-m", "tests.faults.outbox_child", str(self.folder), self.url, step]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=TOP, text=True) as child:
            assert child.stdout
            said = child.stdout.readline()
            if after_s is not None:
                time.sleep(after_s)  # the moment of the kill is what is tried here
                child.kill()
            said += child.stdout.read()
        assert child.returncode == -signal.SIGKILL
        for line in said.splitlines():
            what, _, submission = line.partition(" ")
            self.promised.setdefault(what, set()).add(UUID(submission))

    def start_again(self) -> Outbox:
        """Start the program again, an hour later: recover, deliver what is due."""
        clock = TurnedClock(datetime.now(UTC) + timedelta(hours=1))
        outbox = Outbox.open(self.folder, clock)
        outbox.recover(described)
        info = AgencyInfo("demo", "Demo", self.url)
        agency = HttpAgency(info, HttpClient(f"{self.url}/v1"), SessionStore(self.folder), clock)
        drain(outbox, {"demo": agency}.__getitem__, clock)
        return outbox


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    archive = Archive()
    with hostile_server(archive.answer) as server:
        yield World(tmp_path / "outbox", archive, f"http://127.0.0.1:{server.port}")


def assert_nothing_lost_or_doubled(world: World, outbox: Outbox) -> None:
    entries = {entry.submission_id: entry for entry in outbox.all()}
    delivered = {id_ for id_, entry in entries.items() if entry.state is EntryState.DELIVERED}
    files = {UUID(path.stem) for path in world.folder.glob("*.pdf")}
    assert world.promised["written"] <= delivered, "lost"
    assert world.promised["queued"] <= delivered, "lost"
    assert delivered == files == set(world.archive.kept), "doubled, or kept by one side only"
    assert world.archive.wrong == []
    for id_ in delivered:
        entry = entries[id_]
        assert entry.path.read_bytes() == SIGNED, "unreadable"
        assert entry.receipt
        assert json.loads(entry.receipt.proof) == world.archive.kept[id_], "another receipt"
    assert {entries[id_].state for id_ in entries.keys() - delivered} <= {EntryState.SIGNING}


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_each_step_loses_and_doubles_nothing(world: World, step: str) -> None:
    world.run_until_killed(step)

    outbox = world.start_again()

    assert_nothing_lost_or_doubled(world, outbox)
    reached = STEPS.index(step) >= STEPS.index("written")
    assert len(world.archive.kept) == (3 if reached else 2)


def test_kills_at_random_moments_lose_and_double_nothing(world: World) -> None:
    rng = random.Random()
    for _ in range(RUNS):
        world.run_until_killed("none", after_s=rng.uniform(0, 0.1))

    outbox = world.start_again()

    assert_nothing_lost_or_doubled(world, outbox)
    assert len(world.archive.kept) >= RUNS
