"""A real pcscd with a simulated card, read by our own code and, as independent peers, by OpenSC's tools."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from eidcard.apdu import CommandApdu
from eidcard.cards import PcscCardService
from eidcard.pcsc import PcscContext
from eidcard.simulator import stack
from eidcard.simulator.faults import Pull
from eidcard.simulator.people import ADULT, MINOR
from eidcard.simulator.pki import TestPki
from eidcard.simulator.stack import PcscdUnavailableError, PrivatePcscd
from eidcard.simulator.vpcd import VpcdLink
from signer.certificates import verify_digest
from signer.errors import ErrorCode, SignerError
from tests.pins import typed
from tests.readers import DEADLINE_S, InsertCard, wait_for_card

BOTH = pytest.mark.parametrize("applet", ["1.7", "1.8"])
CARD_DATA = CommandApdu(0x80, 0xE4, 0x00, 0x00, le=0x1C)


def peer(*command: str, **environ: str) -> str:
    """Run another program on the worker's private pcscd; gives what it says."""
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, **environ})
    return done.stdout + done.stderr


@BOTH
def test_a_card_signs_through_a_real_pcscd(insert_card: InsertCard, applet: str) -> None:
    handle = insert_card(applet)
    with closing(PcscCardService()) as service, closing(service.find_key()) as key:
        info = key.info
        digest = hashlib.new(info.mechanism.digest_algorithm, b"contract").digest()

        signature = key.sign_digest(digest, typed(handle.pin))

    verify_digest(info.signer.certificate, info.mechanism, digest, signature)
    assert info.test


@pytest.mark.parametrize(("applet", "atr"), [("1.7", "3b:98:13:40:0a"), ("1.8", "3b:7f:96:00:00")])
def test_opensc_sees_the_answer_to_reset_of_a_belgian_eid(insert_card: InsertCard, applet: str, atr: str) -> None:
    insert_card(applet)

    said = peer("opensc-tool", "--atr", "--name")

    assert f"{atr}:" in said
    assert "Belpic cards" in said


@BOTH
def test_opensc_lists_the_certificates_where_they_are_on_real_cards(insert_card: InsertCard, applet: str) -> None:
    insert_card(applet)

    said = peer("pkcs15-tool", "--list-certificates")

    found = [line.split(": ")[1] for line in said.splitlines() if line.strip().startswith("Path")]
    assert found == ["3f00df005038", "3f00df005039", "3f00df00503a", "3f00df00503b"]


@BOTH
def test_opensc_reads_the_very_signature_certificate(insert_card: InsertCard, test_pki: TestPki, applet: str) -> None:
    insert_card(applet)
    signature = test_pki.person(ADULT, applet).signature
    assert signature is not None

    said = peer("pkcs15-tool", "--read-certificate", "03")

    pem = said[said.index("-----BEGIN") :]
    assert x509.load_pem_x509_certificate(pem.encode()) == x509.load_der_x509_certificate(signature.certificate)


@BOTH
def test_opensc_s_module_lists_objects_of_the_test_person(insert_card: InsertCard, applet: str) -> None:
    insert_card(applet)

    said = peer("pkcs11-tool", "--list-objects")

    assert "CN=Fien Voorbeeld (Signature)" in said
    assert said.count("Certificate Object") == 4


def test_opensc_s_module_signs_with_the_authentication_key_of_the_rsa_card(
    insert_card: InsertCard, test_pki: TestPki, tmp_path: Path
) -> None:
    handle = insert_card("1.7")
    (tmp_path / "data").write_bytes(b"challenge")
    key = x509.load_der_x509_certificate(test_pki.person(ADULT, "1.7").authentication.certificate).public_key()

    files = ("--input-file", str(tmp_path / "data"), "--output-file", str(tmp_path / "signature"))
    choice = ("--sign", "--id", "02", "--mechanism", "SHA256-RSA-PKCS")
    peer("pkcs11-tool", "--login", "--pin", "env:TEST_PIN", *choice, *files, TEST_PIN=handle.pin)

    assert isinstance(key, rsa.RSAPublicKey)
    key.verify((tmp_path / "signature").read_bytes(), b"challenge", padding.PKCS1v15(), hashes.SHA256())


def test_opensc_finds_no_signature_certificate_on_a_minor_s_card(insert_card: InsertCard) -> None:
    insert_card("1.8", person=MINOR)

    said = peer("pkcs15-tool", "--list-certificates")

    assert "3f00df005038" in said
    assert "3f00df005039" not in said


def test_a_card_comes_and_goes_in_the_reader(insert_card: InsertCard) -> None:
    handle = insert_card()
    seen = [_present()]

    handle.remove()
    seen.append(_present())
    handle.insert()
    seen.append(_present())

    assert seen == [True, False, True]


def test_a_card_put_back_at_once_is_powered_on_again(insert_card: InsertCard) -> None:
    link = insert_card().link

    for _ in range(4):
        link.remove()
        link.insert()

    wait_for_card(present=True)
    assert link.inserted


def test_spent_tries_stay_spent_when_the_card_is_put_back(insert_card: InsertCard) -> None:
    handle = insert_card()
    with closing(PcscCardService()) as service:
        with closing(service.find_key()) as key, pytest.raises(SignerError):
            key.sign_digest(bytes(48), typed("9999"))

        handle.remove()
        handle.insert()

        with closing(service.find_key()) as key:
            assert key.info.tries_left == 2


def test_a_fault_pulls_the_card_out_of_the_real_reader(insert_card: InsertCard) -> None:
    handle = insert_card()
    with closing(PcscCardService()) as service, closing(service.find_key()) as key:
        handle.card.plan(Pull(ins=0x2A))

        with pytest.raises(SignerError) as refusal:
            key.sign_digest(bytes(48), typed(handle.pin))

    wait_for_card(present=False)
    assert refusal.value.code is ErrorCode.CARD_REMOVED
    assert not handle.link.inserted


def test_an_apdu_costs_far_less_than_a_delayed_acknowledgement(insert_card: InsertCard) -> None:
    insert_card()
    count = 50
    with closing(PcscContext()) as context:
        (reader,) = [state.reader for state in context.readers() if state.present]
        with closing(context.connect(reader)) as connection:
            start = time.perf_counter()
            for _ in range(count):
                connection.transmit(CARD_DATA)
            milliseconds = 1000 * (time.perf_counter() - start) / count

    assert milliseconds < 20  # 44 with delayed acknowledgements, below 1 without


def test_a_second_daemon_stands_beside_the_first(pcscd: PrivatePcscd) -> None:
    with PrivatePcscd(reader_name="TEST other reader") as other:
        theirs = peer("opensc-tool", "--list-readers", **other.environment)

    ours = peer("opensc-tool", "--list-readers")
    assert "TEST other reader" in theirs
    assert "TEST other reader" not in ours
    assert "TEST reader" in ours


def test_a_private_daemon_sees_no_driver_of_a_real_reader(pcscd: PrivatePcscd) -> None:
    mounts = Path(f"/proc/{pcscd.pid}/mountinfo").read_text().splitlines()

    covered = {mount.split()[4]: mount.split()[3] for mount in mounts}

    assert covered["/usr/lib/pcsc/drivers"].endswith("/no-drivers")


def test_nothing_is_left_when_a_daemon_stops() -> None:
    with PrivatePcscd() as daemon:
        pid, folder = daemon.pid, daemon.socket_path.parents[2]
        was_there = _alive(pid) and folder.exists()

    assert was_there
    assert not _alive(pid)
    assert not folder.exists()


def test_an_ordinary_user_gets_a_daemon_by_a_user_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    with PrivatePcscd() as daemon:
        mapped = Path(f"/proc/{daemon.pid}/uid_map").read_text().split()
        said = peer("opensc-tool", "--list-readers", **daemon.environment)

    assert mapped[2] == "1"  # one user alone: a namespace of its own
    assert "TEST reader" in said


def test_the_daemon_ends_when_its_parent_is_killed() -> None:
    program = "import time; from eidcard.simulator.stack import PrivatePcscd as P\np = P(); p.start()\n"
    program += "print(p.pid, p.socket_path, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid, socket_path = parent.stdout.readline().split()
        was_there = _alive(int(pid))
        parent.kill()

    _until(lambda: not _alive(int(pid)))
    assert was_there
    peer("rm", "-r", str(Path(socket_path).parents[2]))  # what a killed parent cannot do


@pytest.mark.parametrize(
    ("attribute", "value", "words"),
    [
        ("DRIVER", Path("/nowhere/libifdvpcd.so"), "install the Debian packages vsmartcard-vpcd"),
        ("_PROGRAMS", {"pcscd-that-is-not-there": "pcscd"}, "install the Debian packages pcscd"),
    ],
)
def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, attribute: str, value: object, words: str) -> None:
    monkeypatch.setattr(stack, attribute, value)

    with pytest.raises(PcscdUnavailableError, match=words):
        PrivatePcscd().start()


@pytest.mark.parametrize(("place", "maker"), [(tempfile, "mkdtemp"), (subprocess, "Popen")])
def test_a_stop_while_it_is_being_made_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, place: ModuleType, maker: str
) -> None:
    """The signal comes when the thing is there and nobody has its name yet."""
    make, made = getattr(place, maker), []

    def stopped_after(*args: Any, **more: Any) -> Any:
        made.append(make(*args, **more))
        if maker == "mkdtemp" or "pcscd" in str(args):
            signal.raise_signal(signal.SIGINT)
        return made[-1]

    monkeypatch.setattr(tempfile, "tempdir", tempfile.mkdtemp(dir="/tmp"))  # short: a socket's path is in it
    monkeypatch.setattr(place, maker, stopped_after)
    try:
        with pytest.raises(KeyboardInterrupt):
            PrivatePcscd().start()
        assert list(Path(tempfile.gettempdir()).iterdir()) == []
        assert all(each.poll() is not None for each in made if not isinstance(each, str))
    finally:
        shutil.rmtree(tempfile.gettempdir())


def test_a_daemon_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack, "_START", "echo no such luck >&2; exit 3")

    with pytest.raises(PcscdUnavailableError, match="no such luck"):
        PrivatePcscd().start()


def test_a_card_without_a_reader_gives_up_in_time(test_pki: TestPki, insert_card: InsertCard) -> None:
    link = VpcdLink(insert_card().card, port=1)

    with pytest.raises(TimeoutError, match="no virtual reader"):
        link.insert(timeout_s=0.1)


@contextmanager
def card_program(pki: TestPki, port: int, *options: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "eidcard.simulator", "--folder", str(pki.folder), "--port", str(port), *options]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()
    wait_for_card(present=False)


def say(process: subprocess.Popen[str], word: str) -> str:
    assert process.stdin is not None
    process.stdin.write(f"{word}\n")
    process.stdin.flush()
    return hear(process)


def hear(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    return process.stderr.readline().strip()


def test_a_card_in_its_own_process_obeys_and_says_that_it_is_a_test(pcscd: PrivatePcscd, test_pki: TestPki) -> None:
    with card_program(test_pki, pcscd.port, "--applet", "1.7", "--fault", "sw=6f00@data") as process:
        heard = [hear(process), hear(process)]
        wait_for_card(present=True)
        struck = card_data_status()
        heard += [say(process, "remove"), say(process, "insert"), say(process, "dance")]
        wait_for_card(present=True)
        heard += [say(process, "fault cut=1@data:2 stall=0.1@1"), say(process, "mend"), say(process, "fault trip@2")]
        mended = card_data_status()
        last = say(process, "quit"), process.wait(DEADLINE_S)

    assert heard[0].startswith("TEST card")
    assert heard[1:5] == [
        "card in",
        "card out",
        "card in",
        "say insert, remove, fault, mend, type, cancel, wait or quit",
    ]
    assert heard[5:7] == ["armed: cut=1@data:2, stall=0.1@1", "armed: nothing"]
    assert heard[7].startswith("no mishap 'trip@2': say pull, pull=late, sw=HEX")
    assert (struck, mended) == (0x6F00, 0x9000)
    assert last == ("", 0)


def test_a_card_s_tries_and_changed_pin_outlive_its_process(
    pcscd: PrivatePcscd, test_pki: TestPki, tmp_path: Path
) -> None:
    options = ("--state-file", str(tmp_path / "card.json"), "--latency-ms", "1", "--bytes-per-second", "100000")
    with card_program(test_pki, pcscd.port, *options) as process:
        hear(process), hear(process)
        wait_for_card(present=True)
        before = pin_answers(bytes.fromhex("241234FFFFFFFFFF2556789FFFFFFFFF"), bytes.fromhex("241234FFFFFFFFFF"))
    with card_program(test_pki, pcscd.port, *options) as process:
        hear(process), hear(process)
        wait_for_card(present=True)
        after = pin_answers(bytes.fromhex("241234FFFFFFFFFF"), bytes.fromhex("2556789FFFFFFFFF"))

    assert before == [0x9000, 0x63C2]
    assert after == [0x63C1, 0x9000]


def pin_answers(*bodies: bytes) -> list[int]:
    """Give the answers to VERIFY with one block, and to CHANGE PIN with two."""
    with closing(PcscContext()) as context:
        (reader,) = [state.reader for state in context.readers() if state.present]
        with closing(context.connect(reader)) as connection:
            return [
                connection.transmit(CommandApdu(0x00, {8: 0x20, 16: 0x24}[len(body)], 0x00, 0x01, body)).sw
                for body in bodies
            ]


def test_a_mishap_that_is_none_is_refused_at_the_start(test_pki: TestPki) -> None:
    command = [sys.executable, "-m", "eidcard.simulator", "--folder", str(test_pki.folder), "--fault", "pull@never"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no mishap 'pull@never'" in done.stderr


def card_data_status() -> int:
    with closing(PcscContext()) as context:
        (reader,) = [state.reader for state in context.readers() if state.present]
        with closing(context.connect(reader)) as connection:
            return connection.transmit(CARD_DATA).sw


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_pulls_the_card_and_ends_its_process_well(
    pcscd: PrivatePcscd, test_pki: TestPki, number: signal.Signals
) -> None:
    with card_program(test_pki, pcscd.port) as process:
        heard = [hear(process), hear(process)]

        process.send_signal(number)

        assert process.wait(DEADLINE_S) == 0
    assert heard[1] == "card in"


def test_the_card_s_pin_comes_by_a_file_descriptor(pcscd: PrivatePcscd, test_pki: TestPki) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"567890\n")
    os.close(writing)
    command = [sys.executable, "-m", "eidcard.simulator", "--folder", str(test_pki.folder)]
    command += ["--port", str(pcscd.port), "--pin-fd", str(reading)]
    with subprocess.Popen(command, pass_fds=(reading,), stderr=subprocess.PIPE, text=True) as process:
        os.close(reading)
        hear(process), hear(process)
        wait_for_card(present=True)
        with closing(PcscCardService()) as service, closing(service.find_key()) as key:
            signature = key.sign_digest(hashlib.sha384(b"x").digest(), typed("567890"))
        process.terminate()

    wait_for_card(present=False)
    assert signature


def _present() -> bool:
    with closing(PcscContext()) as context:
        return any(state.present for state in context.readers())


def _alive(pid: int) -> bool:
    """Tell a running process from one that is gone or waits to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_long_folder_for_temporary_files_is_no_hindrance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = tmp_path / ("so-long-" * 20)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    with PrivatePcscd() as daemon:
        said = subprocess.run(
            [sys.executable, "-c", "from eidcard.pcsc import PcscContext; print(*PcscContext().readers(), sep='')"],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, **daemon.environment},
        ).stdout
    assert stack.READER_NAME in said
    assert list(long.iterdir()) == []


def test_where_no_socket_has_room_the_message_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = tmp_path / ("so-long-" * 20)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    monkeypatch.setattr(stack, "_SHORT", str(long))
    with pytest.raises(PcscdUnavailableError, match="TMPDIR"):
        PrivatePcscd().start()
    assert list(long.iterdir()) == []
