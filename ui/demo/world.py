"""The demo world: an agency with a contract, a reader with a simulated card, and a worker's empty home. All TEST.

Everything lives in one temporary folder and in child processes that end with the block, however it ends.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Final
from zoneinfo import ZoneInfo

from eidcard.simulator.card import SimulatedCard
from eidcard.simulator.people import PEOPLE, Person
from eidcard.simulator.pki import TestPki
from eidcard.simulator.services import served_pki
from eidcard.simulator.stack import PcscdUnavailableError, PrivatePcscd
from eidcard.simulator.unbroken import unbroken
from eidcard.simulator.vpcd import VpcdLink
from signer.paths import HOME_VARIABLE

AGENCY_ID: Final = "horizon"
AGENCY_NAME: Final = "Horizon Interim (TEST)"
TEST_PIN: Final = b"1234\n"  # of every simulated card

_MAIL: Final = "worker@post.example"
_BELGIUM: Final = ZoneInfo("Europe/Brussels")
_PATIENCE_S: Final = 10.0

_NO_KEYS: Final = {
    "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"
}  # a demo leaves nothing in the user's store


@dataclass(frozen=True, slots=True)
class Wish:
    """What the demo world should be like."""

    applet: str = "1.8"
    language: str = "nl"  # of the contract: nl, fr (with form fields) or de (sealed by the agency)
    person: str = "default"
    level: str = "B-B"  # of signature, that the agency asks
    login: tuple[str, ...] = ("eid", "code")  # what opens a contract after its link; "link": that alone
    pcsc: bool = True  # False: the card is inside the client's own process


@dataclass(frozen=True, slots=True)
class DemoWorld:
    """A world that runs: what a client needs to be in it."""

    folder: Path
    environment: Mapping[str, str]
    pki: TestPki
    person: Person
    agency: DemoAgency
    contract: Path
    contract_id: str
    card: VpcdLink | None

    @property
    def home(self) -> Path:
        """The worker's own folders."""
        return Path(self.environment[HOME_VARIABLE])


@contextmanager
def demo_world(wish: Wish) -> Iterator[DemoWorld]:
    """Build the world, and take it down whatever happens; raises PcscdUnavailableError without a PC/SC service."""
    with ExitStack() as stack:
        stack.enter_context(_unwinding_on_signals())
        with unbroken():
            folder = Path(
                stack.enter_context(tempfile.TemporaryDirectory(prefix="paraph-demo-", ignore_cleanup_errors=True))
            )
        pki, person = stack.enter_context(served_pki(folder / "pki")), PEOPLE[wish.person]
        roots = _write_roots(pki, folder / "roots")
        environment = dict(os.environ) | {HOME_VARIABLE: str(folder / "home")} | _NO_KEYS
        agency = DemoAgency(folder / "agency", environment, pki)
        agency.initialise(roots[0].parent, wish.level, wish.login)
        contract = folder / "contract.pdf"
        contract_id = agency.publish(contract, person, wish.language)
        url = stack.enter_context(agency.serving())
        card = stack.enter_context(_card_in_reader(wish, pki, person, environment)) if wish.pcsc else None
        _write_settings(folder / "home" / "config" / "settings.toml", url, wish, roots, pki)
        yield DemoWorld(folder, environment, pki, person, agency, contract, contract_id, card)


class DemoAgency:
    """The reference server, by its own command line."""

    def __init__(self, data: Path, environment: Mapping[str, str], pki: TestPki) -> None:
        self._data = data
        self._environment = environment
        self._pki = pki

    @property
    def mail_folder(self) -> Path:
        """Where its messages to workers are put."""
        return self._data / "mail"

    def initialise(self, test_roots: Path, level: str, login: tuple[str, ...]) -> None:
        """Make its data folder."""
        ways = [part for way in login for part in ("--login", way)]
        mail = ("--mail-from", "desk@horizon.example", "--mail-folder", str(self.mail_folder))
        stamps = [part for url in self._pki.time_stamp_urls for part in ("--time-stamp", url)]
        named = ("--id", AGENCY_ID, "--name", AGENCY_NAME, "--level", level)
        seal = ("--seal-key", str(self._pki.agency_seal.key), "--seal-chain", str(self._pki.agency_seal.chain))
        self._run("init", "--one-pin", *named, *ways, *mail, *stamps, *seal, "--test-roots", str(test_roots))

    def publish(self, contract: Path, person: Person, language: str = "nl", contract_id: str | None = None) -> str:
        """Write a sample contract to ``contract`` and publish it for the person; gives its id."""
        tomorrow = datetime.now(_BELGIUM) + timedelta(days=1)
        starts = tomorrow.replace(hour=6, minute=0, second=0, microsecond=0)
        seal = self._pki.agency_seal
        self._run(
            *("sample", "--language", language, "--out", str(contract), "--start", starts.isoformat()),
            *("--worker", f"{person.given_names} {person.surname}"),
            *(("--id", contract_id) if contract_id else ()),
            *(("--seal-key", str(seal.key), "--seal-chain", str(seal.chain)) if language == "de" else ()),
            data=False,
        )
        draft = contract.with_name(f"{contract.name}.json")
        published = self._run(
            *("publish", "--pdf", str(contract), "--contract-json", str(draft), "--mail", _MAIL),
            give=person.national_number.encode(),
        )
        return published.strip().splitlines()[-1]

    def withdraw(self, contract_id: str) -> None:
        """Withdraw a contract."""
        self._run("withdraw", "--contract", contract_id)

    def link(self, contract_id: str) -> str:
        """Give the link that the agency's page would open."""
        return self._run("link", "--contract", contract_id).strip().splitlines()[-1]

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Serve on a free port of loopback; gives the address."""
        log = self._data / "server.log"
        with ExitStack() as stack:
            errors = stack.enter_context(log.open("wb"))
            with unbroken():
                server = subprocess.Popen(  # noqa: S603 - our own server
                    [*_ends_with_parent(), sys.executable, "-m", "agency", "serve", "--data", str(self._data)],
                    env=dict(self._environment),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                )
                stack.callback(_end, server)
            assert server.stdout
            said = server.stdout.readline().decode().split()
            if not said:
                raise RuntimeError(f"the agency server did not start: {log.read_text()[-500:]}")
            yield said[-1]

    def _run(self, command: str, *arguments: str, give: bytes = b"", data: bool = True) -> str:
        line = [sys.executable, "-m", "agency", command, *(("--data", str(self._data)) if data else ()), *arguments]
        done = subprocess.run(line, input=give, capture_output=True, env=dict(self._environment), check=False)  # noqa: S603
        if done.returncode:
            raise RuntimeError(f"paraph-agency {command} failed: {done.stderr.decode(errors='replace')[-500:]}")
        return done.stdout.decode()


def _end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.communicate(timeout=_PATIENCE_S)
    except subprocess.TimeoutExpired:
        server.kill()
        server.communicate()


@contextmanager
def _card_in_reader(wish: Wish, pki: TestPki, person: Person, environment: dict[str, str]) -> Iterator[VpcdLink]:
    """Put the person's card in the reader of a private PC/SC service."""
    with PrivatePcscd() as pcscd:
        link = VpcdLink(SimulatedCard(pki.person(person, wish.applet)), pcscd.port)
        link.insert()
        environment |= pcscd.environment
        try:
            yield link
        finally:
            link.remove()


def _write_roots(pki: TestPki, folder: Path) -> tuple[Path, ...]:
    folder.mkdir()
    paths = tuple(folder / f"test-root-{number}.der" for number, _ in enumerate(pki.roots))
    for path, root in zip(paths, pki.roots, strict=True):
        path.write_bytes(root)
    return paths


def _write_settings(path: Path, url: str, wish: Wish, roots: tuple[Path, ...], pki: TestPki) -> None:
    """Write the client's settings; JSON strings and arrays are TOML as well."""
    path.parent.mkdir(parents=True)
    lines = [
        "# The demo world: nothing signed here is a real signature.",
        "welcome = false",
        "[[agencies]]",
        f"id = {json.dumps(AGENCY_ID)}",
        f"name = {json.dumps(AGENCY_NAME)}",
        f"url = {json.dumps(url)}",
        'telephone = "02 000 00 00"',
        'mail = "help@horizon.example"',
        "[card]",
        f"via = {json.dumps('card' if wish.pcsc else 'simulator')}",
        "[trust]",
        f"time_stamps = {json.dumps(pki.time_stamp_urls)}",
        "[test]",
        f"roots = {json.dumps([str(root) for root in roots])}",
        f"simulator = {json.dumps(str(pki.folder))}",
        f"person = {json.dumps(wish.person)}",
        f"applet = {json.dumps(wish.applet)}",
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@contextmanager
def _unwinding_on_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP unwind the stack as Ctrl-C does, so that everything that was started is ended."""

    def unwind(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    wanted = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.signal(number, unwind) for number in wanted}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ends_with_parent() -> list[str]:
    """Let Linux end the child when we are gone, even when we were killed (setpriv(1) of util-linux).

    Not by ``preexec_fn``: the hooks around its fork swallow a Ctrl-C that comes at that moment.
    """
    setpriv = shutil.which("setpriv") if sys.platform == "linux" else None
    return [setpriv, "--pdeathsig", "TERM"] if setpriv else []


__all__ = ["AGENCY_ID", "AGENCY_NAME", "TEST_PIN", "DemoWorld", "PcscdUnavailableError", "Wish", "demo_world"]
