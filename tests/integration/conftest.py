"""A worker's desk in the demo world: real pcscd, real agency server, real ``paraph`` processes, a simulated card."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from agency.office import Office, open_office
from agency.publishing import link, publish, read_draft
from eidcard.simulator.card import SimulatedCard
from eidcard.simulator.people import PEOPLE
from eidcard.simulator.stack import PrivatePcscd
from signer.agency.link import parse_link
from signer.model import Document
from signer.paths import HOME_VARIABLE, user_folders
from tests.file_keyring import BACKEND, FILE_VARIABLE
from tests.middleware import build_shim
from tests.readers import InsertedCard
from ui.bootstrap import App
from ui.demo.world import DemoWorld, Wish, demo_world

RIGHT, WRONG = "1234", "9999"


@dataclass
class Desk:
    """One worker, one home folder, one card in the reader."""

    world: DemoWorld
    home: Path
    pcscd: PrivatePcscd
    office: Office
    environment: dict[str, str] = field(init=False)
    _inserted: InsertedCard | None = None

    def __post_init__(self) -> None:
        own = {HOME_VARIABLE: str(self.home), "PARAPH_LANGUAGE": "en", **self.pcscd.environment}
        self.environment = dict(self.world.environment) | own
        shutil.copytree(self.world.home / "config", self.home / "config")
        settings = self.home / "config" / "settings.toml"
        settings.write_text(settings.read_text().replace('via = "simulator"', 'via = "card"'))
        self.insert()

    @property
    def card(self) -> SimulatedCard:
        assert self._inserted
        return self._inserted.card

    def insert(self, person: str = "default", applet: str = "1.8") -> SimulatedCard:
        """Put a card in that has never seen a wrong PIN."""
        self.remove()
        card = SimulatedCard(self.world.pki.person(PEOPLE[person], applet))
        self._inserted = InsertedCard(card, self.pcscd.port, RIGHT)
        self._inserted.insert()
        return card

    def keep_keys(self, file: Path) -> None:
        """Have a system that keeps keys, in this file."""
        self.environment |= BACKEND | {FILE_VARIABLE: str(file)}

    def remove(self) -> None:
        """Leave the reader empty."""
        if self._inserted:
            self._inserted.remove()
            self._inserted = None

    def paraph(self, *arguments: str, pins: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        """Run the real command; PINs go in through its standard input, one line a try."""
        return subprocess.run(
            [sys.executable, "-m", "ui.cli", *arguments],
            input="".join(f"{pin}\n" for pin in pins),
            capture_output=True,
            text=True,
            env=self.environment,
            timeout=60,
            check=False,
        )

    def open_contract(self, person: str = "default") -> str:
        """Publish a fresh contract and log in by its link, without a process; gives the task."""
        task = self.publish(person)
        self.log_in(task)
        return task

    def log_in(self, task: str) -> None:
        """Log in by a fresh link, without a process."""
        app = App(user_folders(self.environment))
        app.gateway(app.settings.agency()).open_link(parse_link(self.link(task)).token)

    def publish(self, person: str = "default", **changes: object) -> str:
        """Publish a fresh contract, with some of its data changed; gives the task."""
        draft = read_draft(self.world.contract.with_name("contract.pdf.json"))
        draft = draft.model_copy(update={"id": f"C-{uuid4().hex[:8]}", **changes})
        number = PEOPLE[person].national_number
        # The sample was examined when the world was made.
        return publish(self.office, self.world.contract, draft, number, lambda _pdf, _field: self.examined)

    @property
    def examined(self) -> Document:
        """The sample contract, bound."""
        content = self.world.contract.read_bytes()
        return Document(self.world.contract, hashlib.sha256(content).hexdigest(), len(content), page_count=3)

    def link(self, task: str) -> str:
        """Give a link as the agency's page would."""
        return link(self.office, task)

    def sign(self, task: str, *more: str, pins: tuple[str, ...] = (RIGHT,)) -> subprocess.CompletedProcess[str]:
        """Sign what was read: every contract here is the sample."""
        return self.paraph("sign", task, "--read", self.examined.sha256, "--pin-fd", "0", *more, pins=pins)

    def mailed_code(self) -> str:
        """Take the code out of the newest message."""
        newest = max(self.world.agency.mail_folder.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
        content = message_from_bytes(newest.read_bytes()).get_payload(decode=True)
        assert isinstance(content, bytes)
        return str(re.findall(r"\b\d{6}\b", content.decode())[0])

    def submissions(self) -> list[dict[str, Any]]:
        """What the outbox says."""
        listed = self.paraph("outbox", "list", "--json")
        assert listed.returncode == 0, listed.stderr
        found: list[dict[str, Any]] = json.loads(listed.stdout)["submissions"]
        return found

    def traces(self, *more: str) -> list[str]:
        """Name the files that tell of a document, or have one of these words, to who has the disk."""
        original = self.world.contract.read_bytes()
        pieces = [original[place : place + 32] for place in range(2000, len(original) - 32, len(original) // 7)]
        telling = [b"%PDF", b"/ByteRange", *pieces, *(word.encode() for word in more)]
        files = [file for file in self.home.rglob("*") if file.is_file() and "config" not in file.parts]
        assert any("outbox" in file.parts for file in files)
        return [f"{file.name}: {each!r}" for file in files for each in telling if each in file.read_bytes()]

    def signed_files(self) -> list[Path]:
        """Signed files, and anything half-written beside them."""
        return [path for path in (self.home / "data" / "outbox").glob("*") if "sqlite3" not in path.name]


@pytest.fixture(scope="session")
def demo() -> Iterator[DemoWorld]:
    """One demo world for each worker; its card is not in it, but in this worker's own pcscd."""
    with demo_world(Wish(login=("link",), pcsc=False)) as world:
        yield world


@pytest.fixture(scope="session")
def office(demo: DemoWorld) -> Iterator[Office]:
    """The agency's back office, on the same data as the server that runs."""
    office = open_office(demo.folder / "agency")
    yield office
    office.close()


@pytest.fixture(scope="session")
def careful() -> Iterator[DemoWorld]:
    """A world in which a link logs nobody in; its tests are one group (xdist_group), since one is enough."""
    with demo_world(Wish(pcsc=False)) as world:
        yield world


@pytest.fixture(scope="session")
def careful_office(careful: DemoWorld) -> Iterator[Office]:
    """The back office of that agency."""
    office = open_office(careful.folder / "agency")
    yield office
    office.close()


@pytest.fixture
def careful_desk(careful: DemoWorld, careful_office: Office, pcscd: PrivatePcscd, tmp_path: Path) -> Iterator[Desk]:
    """A worker of that agency with an empty home and a fresh card."""
    desk = Desk(careful, tmp_path / "home", pcscd, careful_office)
    yield desk
    desk.remove()


@pytest.fixture
def desk(demo: DemoWorld, office: Office, pcscd: PrivatePcscd, tmp_path: Path) -> Iterator[Desk]:
    """A worker with an empty home and a fresh card."""
    desk = Desk(demo, tmp_path / "home", pcscd, office)
    yield desk
    desk.remove()


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a PKCS#11 module that behaves as the official one."""
    return build_shim(tmp_path_factory.mktemp("shim"))
