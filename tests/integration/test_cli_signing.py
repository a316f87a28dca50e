"""The worker's way through the command line, with every mishap: right words, nothing half-written, nothing lost."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
from pathlib import Path
from typing import Self

import pytest

from agency.publishing import withdraw
from eidcard.simulator.faults import Pull
from signer.files import sha256_of
from signer.pades.text import pages_of
from tests.integration.conftest import RIGHT, WRONG, Desk
from ui.cli.face import NOT_PASSED

PSO = 0x2A
VERIFY = 0x20


def test_from_the_link_to_the_receipt(desk: Desk, tmp_path: Path) -> None:
    task = desk.publish()
    assert desk.paraph("open", desk.link(task)).returncode == 0
    assert task in desk.paraph("tasks").stdout
    assert desk.paraph("show", task, "--no-text", "--save", str(tmp_path / "read.pdf")).returncode == 0
    assert sha256_of(tmp_path / "read.pdf") == desk.examined.sha256
    done = desk.sign(task, "--out", str(tmp_path / "mine.pdf"))
    assert done.returncode == 0, done.stderr
    assert "Delivered on" in done.stderr
    [submission] = desk.submissions()
    assert submission["state"] == "delivered"
    receipt = json.loads(desk.paraph("outbox", "receipt", task).stdout)
    assert receipt["contractId"] == task
    verdict = json.loads(desk.paraph("validate", str(tmp_path / "mine.pdf"), "--json").stdout)
    [signature] = verdict["signatures"]
    assert (signature["intact"], signature["trusted"], signature["test"]) == (True, True, True)
    report = tmp_path / "report.pdf"
    told = desk.paraph("validate", str(tmp_path / "mine.pdf"), "--offline", "--report", str(report))
    assert "We could not check whether the certificate was withdrawn." in told.stdout
    assert told.returncode == NOT_PASSED
    (page,) = pages_of(report)
    assert "Signed by" in page
    assert "INDETERMINATE (TRY_LATER)" in page
    assert sha256_of(tmp_path / "mine.pdf") in page
    assert task not in desk.paraph("tasks").stdout


def test_a_contract_with_form_fields_is_signed_too(desk: Desk, tmp_path: Path) -> None:
    contract = tmp_path / "contract.pdf"
    task = desk.world.agency.publish(contract, desk.world.person, "fr")
    desk.log_in(task)
    done = desk.paraph("sign", task, "--read", sha256_of(contract), "--pin-fd", "0", pins=(RIGHT,))
    assert done.returncode == 0, done.stderr


def test_the_rsa_card_signs_too(desk: Desk) -> None:
    desk.insert(applet="1.7")
    done = desk.sign(desk.open_contract())
    assert done.returncode == 0, done.stderr


def test_json_says_the_same_to_a_machine(desk: Desk) -> None:
    done = desk.sign(desk.open_contract(), "--json")
    assert done.stderr == ""
    outcome = json.loads(done.stdout)
    assert outcome["state"] == "done"
    assert outcome["test"] is True


def test_a_wrong_pin_is_told_with_the_tries_that_are_left_and_not_tried_again(desk: Desk) -> None:
    done = desk.sign(desk.open_contract(), pins=(WRONG,))
    assert done.returncode == 4
    assert "Wrong PIN, 2 tries left" in done.stderr
    assert "PIN-001" in done.stderr
    assert desk.signed_files() == []
    assert json.loads(desk.paraph("card", "--json").stdout)["triesLeft"] == "2 tries left"


def test_the_right_pin_after_a_wrong_one_signs(desk: Desk) -> None:
    done = desk.sign(desk.open_contract(), pins=(WRONG, RIGHT))
    assert done.returncode == 0, done.stderr


def test_the_last_try_and_then_a_blocked_pin(desk: Desk) -> None:
    task = desk.open_contract()
    done = desk.sign(task, pins=(WRONG, WRONG, WRONG))
    assert done.returncode == 4
    assert "Wrong PIN, 1 try left" in done.stderr
    assert "Your PIN is blocked" in done.stderr
    assert "municipality" in done.stderr
    assert desk.signed_files() == []


def test_what_is_no_pin_never_reaches_the_card(desk: Desk) -> None:
    done = desk.sign(desk.open_contract(), pins=("12a4",))
    assert done.returncode == 4
    assert "A PIN has 4 to 12 digits" in done.stderr
    assert json.loads(desk.paraph("card", "--json").stdout)["triesLeft"] == "3 tries left"


@pytest.mark.parametrize("instruction", [VERIFY, PSO], ids=["at VERIFY", "at PSO"])
def test_a_card_pulled_out_at_the_pin(desk: Desk, instruction: int) -> None:
    task = desk.open_contract()
    desk.card.plan(Pull(ins=instruction))
    done = desk.sign(task)
    assert done.returncode == 3
    assert "Put the card back in" in done.stderr
    assert "Nothing was signed" in " ".join(done.stderr.replace("│", "").split())
    assert desk.signed_files() == []
    desk.insert()
    assert desk.sign(task).returncode == 0


def test_no_card(desk: Desk) -> None:
    task = desk.open_contract()
    desk.remove()
    done = desk.sign(task)
    assert done.returncode == 3
    assert "Put your eID in, chip first" in done.stderr


def test_a_minors_card_cannot_sign(desk: Desk) -> None:
    task = desk.open_contract()
    desk.insert("minor")
    done = desk.sign(task)
    assert done.returncode == 3
    assert "This card cannot sign" in done.stderr


def test_another_persons_card_is_refused_before_the_pin(desk: Desk) -> None:
    task = desk.open_contract()
    card = desk.insert("man")
    seen: list[bytes] = []
    card.before_command = seen.append
    done = desk.sign(task)
    assert done.returncode == 3
    assert "This card is of another person" in done.stderr
    assert [apdu for apdu in seen if apdu[1] == VERIFY and len(apdu) > 5] == []


def test_an_expired_card_is_refused_before_the_pin(desk: Desk) -> None:
    task = desk.open_contract("expired")
    desk.insert("expired")
    done = desk.sign(task)
    assert done.returncode == 5
    assert "Your card has expired" in done.stderr


def test_pcscd_not_running(desk: Desk) -> None:
    task = desk.open_contract()
    desk.environment["PCSCLITE_CSOCK_NAME"] = str(desk.home / "no-such-socket")
    done = desk.sign(task)
    assert done.returncode == 3
    assert "Start the smart card service" in done.stderr


def test_another_document_than_the_one_that_was_read_is_not_signed(desk: Desk) -> None:
    task = desk.open_contract()
    done = desk.paraph("sign", task, "--read", "00" * 32, "--pin-fd", "0", pins=(RIGHT,))
    assert done.returncode == 6
    assert "not the document that you read" in " ".join(done.stderr.split())
    assert desk.signed_files() == []


def test_an_agency_that_is_away_after_signing_gets_it_later(desk: Desk) -> None:
    task = desk.open_contract()
    address = settings_url(desk)
    with Relay(address) as relay:
        use_address(desk, relay.url)
        relay.refuse_after(b"PUT /v1/submissions/")
        done = desk.sign(task)
    assert done.returncode == 11, done.stderr
    assert "Signed. Waiting for the network" in done.stderr
    [waiting] = desk.submissions()
    assert waiting["state"] == "queued"
    use_address(desk, address)
    delivered = desk.paraph("outbox", "deliver")
    assert delivered.returncode == 0, delivered.stderr
    [submission] = desk.submissions()
    assert submission["state"] == "delivered"
    assert submission["submissionId"] == waiting["submissionId"]


def test_an_agency_that_is_away_at_the_start(desk: Desk) -> None:
    task = desk.open_contract()
    use_address(desk, "http://127.0.0.1:9")
    done = desk.paraph("sign", task, "--read", "00" * 32, "--pin-fd", "0", pins=(RIGHT,))
    assert done.returncode == 8
    assert "There is no connection with the agency" in done.stderr


def test_an_agency_that_answers_rubbish(desk: Desk) -> None:
    task = desk.open_contract()
    with Rubbish() as rubbish:
        use_address(desk, rubbish.url)
        done = desk.paraph("tasks")
    assert done.returncode == 9
    assert "The agency's answer could not be understood" in done.stderr
    assert task not in done.stdout


def test_a_withdrawn_contract_is_not_signed(desk: Desk) -> None:
    task = desk.open_contract()
    withdraw(desk.office, task)
    done = desk.sign(task)
    assert done.returncode == 9
    assert "The agency withdrew this contract" in done.stderr


def test_a_pdf_that_is_no_pdf(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "holiday.pdf"
    file.write_bytes(b"\xff\xd8\xff\xe0 a photo")
    done = desk.paraph("sign", str(file), "--read", "00" * 32, "--pin-fd", "0", pins=(RIGHT,))
    assert done.returncode == 6
    assert "It is not a PDF" in " ".join(done.stderr.split())
    assert list(tmp_path.glob("*signed*")) == []


def test_a_pdf_of_ones_own_is_signed_beside_it_and_never_over_another(desk: Desk, tmp_path: Path) -> None:
    own = tmp_path / "own.pdf"
    own.write_bytes(desk.world.contract.read_bytes())
    sha256 = hashlib.sha256(own.read_bytes()).hexdigest()
    for expected in ("own-signed.pdf", "own-signed-2.pdf"):
        done = desk.paraph("sign", str(own), "--read", sha256, "--pin-fd", "0", pins=(RIGHT,))
        assert done.returncode == 0, done.stderr
        assert (tmp_path / expected).exists()


def test_a_link_of_an_unknown_agency_goes_nowhere(desk: Desk) -> None:
    done = desk.paraph("open", "paraph://open/elsewhere/abcdefghijklmnopqrst")
    assert done.returncode == 9
    assert "We do not know this agency" in done.stderr


def test_a_link_works_once(desk: Desk) -> None:
    task = desk.open_contract()
    link = desk.link(task)
    assert desk.paraph("open", link).returncode == 0
    again = desk.paraph("open", link)
    assert again.returncode == 9
    assert "was used already" in " ".join(again.stderr.split())


def test_the_banner_of_the_test_world_cannot_be_missed(desk: Desk) -> None:
    assert "/// TEST ///" in desk.paraph("tasks").stderr


def test_a_file_is_never_written_over(desk: Desk, tmp_path: Path) -> None:
    own, other = tmp_path / "own.pdf", tmp_path / "other.pdf"
    own.write_bytes(desk.world.contract.read_bytes())
    other.write_bytes(b"mine")
    done = desk.paraph("sign", str(own), "--out", str(other), "--read", "00" * 32, "--pin-fd", "0")
    assert done.returncode == 2
    assert "other.pdf exists already" in done.stderr
    assert other.read_bytes() == b"mine"


def settings_url(desk: Desk) -> str:
    lines = (desk.home / "config" / "settings.toml").read_text().splitlines()
    return next(line for line in lines if line.startswith("url")).split('"')[1]


def use_address(desk: Desk, url: str) -> None:
    path = desk.home / "config" / "settings.toml"
    path.write_text(path.read_text().replace(settings_url(desk), url))


class Rubbish:
    """A server that answers every request with a page of its own, as a captive portal does."""

    ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 14\r\n\r\n<h1>Hello</h1>"

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                link, _ = self._listener.accept()
            except OSError:
                return
            with link:
                self.answer(link)

    def answer(self, link: socket.socket) -> None:
        link.recv(65536)
        link.sendall(self.ANSWER)


class Relay(Rubbish):
    """A network that is there until a certain request, and gone from then on."""

    def __init__(self, address: str) -> None:
        host, _, port = address.removeprefix("http://").partition(":")
        self._address = (host, int(port))
        self._last = b"\0"

    def refuse_after(self, request: bytes) -> None:
        self._last = request

    def answer(self, link: socket.socket) -> None:
        request = link.recv(65536)
        if request.startswith(self._last):
            return
        with socket.create_connection(self._address) as onward:
            onward.sendall(request.replace(b"keep-alive", b"close"))
            link.settimeout(0.2)
            try:
                while more := link.recv(65536):
                    onward.sendall(more)
            except TimeoutError:
                pass
            while part := onward.recv(65536):
                link.sendall(part)
