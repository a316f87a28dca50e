"""``paraph-agency serve``: the server, until it is told to stop."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any, Final, NamedTuple

import click
import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from agency import extensions, webhooks
from agency.app import create_app
from agency.checking import signature_check
from agency.commands import options
from agency.office import Office, open_office

_MAX_CONNECTIONS: Final = 128  # more are told to come back
_IDLE_SECONDS: Final = 15
_CLIENT_FIRST: Final = timedelta(minutes=5)  # a client usually has all there is a few seconds after it delivered
_START_SECONDS: Final = 30  # for a process to load and answer; a slow machine needs five
_PATIENCE_SECONDS: Final = 10  # for requests under way when told to stop

_log: Final = logging.getLogger("agency.serve")


@click.command("serve")
@options.data
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=0, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 takes a free one.")
@click.option("--ready-fd", type=int, help="File descriptor that gets the port, as a line, once requests are answered.")
@click.option(
    "--extend-every",
    default=300,
    show_default=True,
    type=click.IntRange(0),
    help="Seconds between two rounds in which we add what signatures lack of the level asked; 0: never.",
)
@click.option(
    "--events-every",
    default=5,
    show_default=True,
    type=click.IntRange(0),
    help="Seconds between two looks for events that the back office is to be told; 0: never.",
)
@click.option(
    "--behind",
    "proxies",
    multiple=True,
    default=["127.0.0.1", "::1"],
    show_default=True,
    metavar="ADDRESS",
    help="A proxy before us, whose X-Forwarded-For says who calls; nobody else's is believed.",
)
@click.option(
    "--processes",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    help="How many answer; one for each core checks as many signatures at once. One that dies is replaced.",
)
def command(data: Path, host: str, port: int, proxies: tuple[str, ...], processes: int, **more: int | None) -> None:
    """Serve the API over plain HTTP: for loopback, or behind a proxy that ends TLS."""
    _log_lines()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, _leave)
    with (
        options.opened(data, signature_check) as office,
        _listening(host, port) as listener,
        extending(office, more["extend_every"] or 0),  # here alone, however many answer
        rounds("events", more["events_every"] or 0, lambda: webhooks.deliver_due(office)),
    ):
        app: Any = create_app(office) if processes == 1 else _AppOf(data)
        config = uvicorn.Config(
            app,
            factory=processes > 1,
            workers=processes,
            access_log=False,  # agency.intake writes the line
            log_config=None,
            server_header=False,
            forwarded_allow_ips=list(proxies),
            limit_concurrency=_MAX_CONNECTIONS,
            timeout_keep_alive=_IDLE_SECONDS,
            timeout_graceful_shutdown=_PATIENCE_SECONDS,
            timeout_worker_healthcheck=_START_SECONDS,
        )
        if processes == 1:
            _Server(config, more["ready_fd"]).run(sockets=[listener])
        else:
            _Team(config, [listener], more["ready_fd"]).run()


class _AppOf(NamedTuple):
    """What each of several processes makes for itself: its own office, over the same data."""

    data: Path

    def __call__(self) -> FastAPI:
        _log_lines()
        threading.Thread(target=_leave_with_parent, name="parent", daemon=True).start()
        return create_app(open_office(self.data, signature_check))


class _Team(Multiprocess):
    """Several processes behind one address; says on which port they answer, when the first one does."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket], ready_fd: int | None) -> None:
        super().__init__(config, sockets)
        self._ready_fd = ready_fd

    def init_processes(self) -> None:
        super().init_processes()
        if self.processes[0].wait_until_ready(_START_SECONDS, self.should_exit):
            _tell(self.sockets, self._ready_fd)


def _leave_with_parent() -> None:
    """End with the process that started this one, however it ended: nobody else holds the address then."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


def _log_lines() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")


def extending(office: Office, every_s: float) -> AbstractContextManager[None]:
    """Raise signatures to the level that was asked, round after round, while the server runs."""
    return rounds("extending", every_s, lambda: extensions.extend_all(office, older_than=_CLIENT_FIRST))


@contextmanager
def rounds(name: str, every_s: float, do: Callable[[], object]) -> Iterator[None]:
    """Do something round after round while the server runs; never, when ``every_s`` is 0."""
    ended = threading.Event()

    def _go_round() -> None:
        while not ended.wait(every_s):
            try:
                do()
            except Exception:  # noqa: BLE001 - the next round may succeed
                _log.exception("a round of %s failed", name)

    thread = threading.Thread(target=_go_round, name=name, daemon=True)
    if every_s:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        if every_s:
            thread.join(_PATIENCE_SECONDS)


class _Server(uvicorn.Server):
    """Says on which port it answers, when it does."""

    def __init__(self, config: uvicorn.Config, ready_fd: int | None) -> None:
        super().__init__(config)
        self._ready_fd = ready_fd

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        _tell(sockets or [], self._ready_fd)


def _tell(sockets: list[socket.socket], ready_fd: int | None) -> None:
    host, port = sockets[0].getsockname()[:2]
    click.echo(f"Listening on http://{host}:{port}")
    if ready_fd is not None:
        with os.fdopen(ready_fd, "w") as ready:
            ready.write(f"{port}\n")


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle off only where the protocol is named; with it, each answer waits 40 ms for an ACK.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise click.ClickException(f"cannot listen on {host}:{port}: {error.strerror}") from error
    return listener


def _leave(_signal: int, _frame: FrameType | None) -> None:
    """Before and after serving; while serving, uvicorn finishes what is under way and then raises the signal again."""
    sys.exit(0)
