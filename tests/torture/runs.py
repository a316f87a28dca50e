"""Runs of one signing each, in which the client or the agency's server is killed at one of its calls."""

from __future__ import annotations

import contextlib
import os
import re
import select
import shutil
import signal
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from unittest import mock

import uvicorn

from agency.app import create_app
from agency.checking import signature_check
from agency.office import Office, open_office
from agency.publishing import link, publish, read_draft
from signer.agency.link import parse_link
from signer.files import PARTS, sha256_of
from signer.model import Document
from signer.pades import preflight
from tests.file_keyring import BACKEND, FILE_VARIABLE
from tests.torture.client import Client, Later, app_at, deliver_all
from tests.torture.killing import Call, Watched, fork, let_go_on, was_killed
from tests.torture.ledger import Verdict, audit
from ui.demo.world import DemoWorld, Wish, demo_world

_PATIENCE_S: Final = 60.0
COMPUTERS: Final = {  # by what a worker's computer is: its settings, and its key store
    "open": ("", {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}),
    "own": ("", BACKEND),
    "shared": ("shared = true\n", {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}),
}


@dataclass
class Torture:
    """One worker, one agency, and what each was promised."""

    world: DemoWorld
    office: Office
    home: Path
    listener: socket.socket
    sealed: bool
    contracts: list[str] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    _server: int = 0
    _reader: int = -1
    _writer: int = -1

    def __post_init__(self) -> None:
        self._reader, self._writer = os.pipe()
        self._start_server()

    @property
    def log(self) -> Path:
        """What strace saw last."""
        return self.world.folder / "strace.log"

    def sign_and_kill_client(self, at: Call | None) -> bool:
        """Let a client sign, and die at this call; False when it did not come to it."""
        client = self._client()
        pid = fork(client.sign, waiting=True)
        watched = Watched(pid, self.log, at)
        let_go_on(pid)
        killed = was_killed(pid)
        watched.end()
        client.leave(killed=killed)
        self.kills["client"] += killed
        return killed

    def kill_client_before_pin(self) -> bool:
        """Let a client open a contract, prepare the signature, and die."""

        def die() -> None:
            _opened = self._client()
            os.kill(os.getpid(), signal.SIGKILL)

        return was_killed(fork(die))

    def sign_and_kill_server(self, at: Call | None) -> bool:
        """Let the server die at this call of one of its threads, while a client signs; it is started again at once."""
        client = self._client()
        server = self._server
        watched = Watched(server, self.log, at)
        pid = fork(client.sign)
        self._keep_serving_until_ended(pid)
        if was_killed(pid):
            raise RuntimeError("the client was killed, and should not have been")
        watched.end()
        client.leave()
        killed = self._server != server
        self.kills["server"] += killed
        return killed

    def sign_on_bad_disk(self, at: Call, error: str) -> None:
        """Let one call of a client's fail as a disk fails; raises RuntimeError when it does not say so by its name."""
        client = self._client()
        pid = fork(client.sign_if_the_disk_lets_us, waiting=True)
        self.log.with_suffix(".last").write_text(f"{at} {error}")
        watched = Watched(pid, self.log, at, error)
        let_go_on(pid)
        was_killed(pid)
        watched.end()
        client.leave()
        self.kills["client's disk"] += 1

    def deliver_to_bad_disk(self, at: Call, error: str) -> None:
        """Let one call of the server's fail as a disk fails, while a client signs, tries again and has its receipt."""
        client = self._client()
        watched = Watched(self._server, self.log, at, error)
        pid = fork(client.sign)
        self._keep_serving_until_ended(pid)
        was_killed(pid)
        watched.end()
        client.leave()
        self.kills["server's disk"] += 1

    def verdict(self) -> Verdict:
        """Start the client again, and compare both sides."""
        for part in self.home.rglob(PARTS):  # an hour later, as its clock says
            os.utime(part, (before := time.time() - 3600, before))
        app = app_at(self.home, Later())
        deliver_all(app)
        return audit(app, self.office, self._promised(), self.contracts)

    def end(self) -> None:
        """End the server."""
        os.kill(self._server, 9)
        os.waitpid(self._server, 0)
        os.close(self._reader)
        os.close(self._writer)

    def _client(self) -> Client:
        app, contract_id = app_at(self.home), self._publish()
        app.gateway(app.settings.agency()).open_link(parse_link(link(self.office, contract_id)).token)
        client = Client(app, contract_id, self._promise)
        client.open()
        return client

    def _publish(self) -> str:
        draft = read_draft(self.world.contract.with_name("contract.pdf.json"))
        contract_id = f"T-{os.getpid()}-{len(self.contracts)}"
        examined = _bound(self.world.contract)
        number = self.world.person.national_number
        publish(
            self.office,
            self.world.contract,
            draft.model_copy(update={"id": contract_id}),
            number,
            lambda _pdf, _field: examined,
        )
        self.contracts.append(contract_id)
        return contract_id

    def _promise(self, contract_id: str) -> None:
        os.write(self._writer, f"{contract_id}\n".encode())  # less than PIPE_BUF: whole, or not at all

    def _promised(self) -> set[str]:
        os.set_blocking(self._reader, False)
        said = b""
        with contextlib.suppress(BlockingIOError):
            while more := os.read(self._reader, 65536):
                said += more
        return set(said.decode().split())

    def _start_server(self) -> None:
        self._server = fork(self._serve)

    def _serve(self) -> None:
        office = open_office(self.world.folder / "agency", signature_check)
        uvicorn.Server(uvicorn.Config(create_app(office), log_config=None, access_log=False)).run([self.listener])

    def _keep_serving_until_ended(self, client: int) -> None:
        waiting = os.pidfd_open(client)
        try:
            while True:
                serving = os.pidfd_open(self._server)
                try:
                    ended, _, _ = select.select([waiting, serving], [], [], _PATIENCE_S)
                finally:
                    os.close(serving)
                if not ended:
                    raise RuntimeError(f"nothing happened for {_PATIENCE_S:.0f} s")
                if serving in ended:
                    os.waitpid(self._server, 0)
                    self._start_server()
                if waiting in ended:
                    return
        finally:
            os.close(waiting)


@contextmanager
def torture(level: str, computer: str) -> Iterator[Torture]:
    """Build the demo world with a server of our own, which listens as long as we do: nobody is ever turned away."""
    settings, keys = COMPUTERS[computer]
    with ExitStack() as stack:
        world = stack.enter_context(demo_world(Wish(login=("link",), pcsc=False, level=level)))
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=128))
        office = open_office(world.folder / "agency")
        stack.callback(office.close)
        # The contracts are all the same bytes, which the agency examined when the world was made.
        examined = _bound(world.contract)
        stack.enter_context(mock.patch.object(preflight, "preflight", return_value=None))
        stack.enter_context(mock.patch.object(preflight, "inspect", lambda path: _at(path, examined)))
        stack.enter_context(
            mock.patch.dict(os.environ, keys | {FILE_VARIABLE: str(world.folder / "keys-of-the-system.json")})
        )
        home = _home(world, listener.getsockname()[1], settings)
        ours = Torture(world, office, home, listener, sealed=computer != "open")
        stack.callback(ours.end)
        yield ours


def _home(world: DemoWorld, port: int, more: str) -> Path:
    home = world.folder / "tortured"
    shutil.copytree(world.home / "config", home / "config")
    settings = home / "config" / "settings.toml"
    settings.write_text(more + re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{port}", settings.read_text(), count=1))
    return home


def _bound(path: Path) -> Document:
    return Document(path, sha256_of(path), path.stat().st_size, page_count=3)


def _at(path: Path, examined: Document) -> Document:
    bound = Document(path, sha256_of(path), path.stat().st_size, examined.page_count)
    assert bound.sha256 == examined.sha256
    return bound
