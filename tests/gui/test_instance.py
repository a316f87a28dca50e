"""One running copy: a second start hands over its link or file and ends; what comes through the door may be hostile."""

from __future__ import annotations

import logging
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from agency.store import UploadCapability
from signer import workflow as w
from signer.agency.link import parse_link
from signer.errors import ErrorCode, SignerError
from signer.files import alone
from signer.paths import user_folders
from tests.gui.conftest import Worker, until
from tests.integration.conftest import RIGHT, Desk
from ui.qt.instance import Instance, Message, Spot, hand_over


@pytest.fixture
def spot(worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spot:
    """Where the copies of this worker's program meet."""
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    if len(str(runtime)) > 60:  # an address has 107 bytes at most
        monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    else:
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    return Spot.of(user_folders())


@pytest.fixture
def instance(worker: Worker, spot: Spot) -> Iterator[Instance]:
    """The door of the window that is open."""
    instance = Instance(spot)
    assert instance.claim()
    instance.asked.connect(worker.desktop.answer)
    yield instance
    instance.close()


def start(desk: Desk, *arguments: str) -> subprocess.Popen[str]:
    """Start the program, as a browser or a double click does."""
    here = {name: os.environ[name] for name in ("XDG_RUNTIME_DIR", "DISPLAY", "QT_QPA_PLATFORM") if name in os.environ}
    line = [sys.executable, "-m", "ui.desktop", *arguments]
    return subprocess.Popen(
        line, env=desk.environment | here, cwd=desk.home, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for its end while the window lives; gives its exit code and what it said."""
    until(lambda: process.poll() is not None, "the end of the second start")
    said, _ = process.communicate()
    return process.returncode, said


@pytest.mark.usefixtures("qt")
def test_real_starts_find_each_other_and_one_after_a_crash_is_the_first_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    desk.log_in(desk.publish())
    first = start(desk)
    try:
        until(lambda: answers(desk), "the door of the first start")
        opened = desk.publish()
        assert ended(start(desk, desk.link(opened))) == (0, "")
        until(lambda: is_opened(desk, opened), "the contract in the first window")
        first.kill()  # no goodbye, no tidying up
        first.communicate()
        opened_anew = desk.publish()
        first = start(desk, desk.link(opened_anew))
        until(lambda: is_opened(desk, opened_anew), "the contract in a window of its own")
        assert first.poll() is None
    finally:
        first.kill()
        first.communicate()


def answers(desk: Desk) -> bool:
    spot = Spot.of(user_folders(desk.environment))
    return Path(spot.address).exists() and hand_over(spot, Message((), Path("/")), patience_s=0)


def is_opened(desk: Desk, task: str) -> bool:
    """Tell whether a client has agreed on signing it; the document itself may be at hand there already."""
    with desk.office.store.reading() as session:
        return session.query(UploadCapability).filter_by(contract_id=task).first() is not None


@pytest.mark.usefixtures("instance")
def test_a_link_opens_its_contract_in_the_window_that_is_there(
    worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    link = worker.desk.link(worker.task)
    with caplog.at_level(logging.DEBUG):
        assert ended(start(worker.desk, link)) == (0, "")
        worker.comes_to(w.Reading)
    assert isinstance(worker.state, w.Reading)
    assert worker.state.paper.target == w.AgencyTarget(worker.task)
    assert parse_link(link).token not in caplog.text


@pytest.mark.parametrize(
    ("agency", "says"), [("stranger", "AGY-001"), ("horizon", "AGY-011")], ids=["an unknown agency", "an unknown token"]
)
def test_a_link_that_leads_nowhere_is_refused_in_words(worker: Worker, agency: str, says: str) -> None:
    worker.desktop.answer(Message((f"paraph://open/{agency}/0123456789abcdef0123",), Path("/")))
    until(lambda: worker.page_name == "Something is in the way", "the refusal")
    assert f"Support code: {says}" in worker.words_on_screen()
    assert isinstance(worker.state, w.Idle)


@pytest.mark.usefixtures("instance")
def test_a_link_at_the_pin_waits_and_says_so_and_a_hostile_one_does_too(worker: Worker, spot: Spot) -> None:
    worker.read_and_sign()
    worker.comes_to(w.AwaitingPin)
    other = worker.desk.publish()
    worker.desktop.answer(Message((worker.desk.link(other),), Path("/")))
    until(worker.window.notice.isVisible, "that a link waits")
    worker.desktop.answer(Message(("paraph://evil.example/horizon/0123456789abcdef0123",), Path("/")))
    assert "link" in worker.window.notice.text().lower()
    assert worker.page_name == "PIN"
    worker.type_pin(RIGHT)
    worker.comes_to(w.Done)
    worker.window.notice.action.click()
    worker.comes_to(w.Reading)
    assert isinstance(worker.state, w.Reading)
    assert worker.state.paper.target == w.AgencyTarget(other)


@pytest.mark.usefixtures("instance")
def test_rubbish_at_the_door_disturbs_nobody(worker: Worker, spot: Spot) -> None:
    for rubbish in (
        b"",
        b"\n",
        b"{}\n",
        b'{"arguments": 7, "folder": "/"}\n',
        b"\xff\xfe\n",
        b"[" * 9000,
        b"x" * 20000,
    ):
        with socket.socket(socket.AF_UNIX) as guest, suppress(BrokenPipeError, ConnectionResetError):
            guest.connect(spot.address)
            guest.setblocking(False)
            guest.sendall(rubbish)
            if len(rubbish) > 1:
                until(lambda guest=guest: is_closed(guest), "the end of the talk")  # type: ignore[misc]
    assert worker.page_name == "Contracts to sign"
    code, _ = ended(start(worker.desk, "one.pdf", "two.pdf"))
    assert code == 0
    until(lambda: worker.page_name == "Something is in the way", "the refusal")
    assert "Open one document at a time" in worker.words_on_screen()


def is_closed(guest: socket.socket) -> bool:
    try:
        return guest.recv(100) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def test_a_socket_that_a_crash_left_is_in_nobodys_way(worker: Worker, spot: Spot) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(spot.address)
    assert not hand_over(spot, Message((), Path("/")), patience_s=0)
    instance = Instance(spot)
    try:
        assert instance.claim()
        assert ended(start(worker.desk)) == (0, "")
    finally:
        instance.close()


def test_the_door_is_of_this_user_alone(worker: Worker, spot: Spot, instance: Instance) -> None:
    assert stat.S_IMODE(Path(spot.address).stat().st_mode) & 0o077 == 0
    assert stat.S_IMODE(spot.lock.parent.stat().st_mode) == 0o700
    second = Instance(spot)
    assert not second.claim()
    second.close()
    with pytest.raises(SignerError), alone(spot.lock, ErrorCode.CARD_IN_USE):
        pass


def test_a_socket_of_somebody_else_gets_no_token(worker: Worker, spot: Spot) -> None:
    with socket.socket(socket.AF_UNIX) as squatter:
        squatter.bind(spot.address)
        squatter.listen()
        os.chown(spot.address, 12345, -1)
        assert not hand_over(spot, Message((worker.desk.link(worker.task),), Path("/")), patience_s=0)
        squatter.setblocking(False)
        with pytest.raises(BlockingIOError):
            squatter.accept()
    Path(spot.address).unlink()


def test_a_folder_that_others_can_read_is_not_used(
    worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_to_all = tmp_path / "paraph"
    open_to_all.mkdir(mode=0o777)
    open_to_all.chmod(0o777)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with pytest.raises(SignerError):
        Spot.of(user_folders())
