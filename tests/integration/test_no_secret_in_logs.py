"""A whole signing with every log at its loudest: what opens something, or says who somebody is, is in none of them."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from agency import audit
from eidcard.simulator.card import SimulatedCard
from eidcard.simulator.people import PEOPLE
from signer.agency.link import parse_link
from tests.integration.conftest import Desk
from tests.integration.test_cli_terminal import typing
from tests.readers import InsertedCard

PIN = "97531842"  # no time, size or port looks like it
PERSON = PEOPLE["default"]

pytestmark = pytest.mark.xdist_group("careful agency")  # one world is enough


@pytest.fixture
def desk(careful_desk: Desk) -> Desk:
    """A worker whose PIN cannot be mistaken for anything else."""
    careful_desk.remove()
    card = SimulatedCard(careful_desk.world.pki.person(PERSON, "1.8"), pin=PIN)
    careful_desk._inserted = InsertedCard(card, careful_desk.pcscd.port, PIN)
    careful_desk._inserted.insert()
    return careful_desk


class Loud:
    """Runs commands that say all they can, and keeps what they said."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.said = ""

    def paraph(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        done = self._desk.paraph("-vvv", *arguments, pins=(PIN,))
        self.said += done.stderr
        return done

    @property
    def log(self) -> str:
        """What is for support, without the words for the person in front of the card."""
        return "\n".join(line for line in self.said.splitlines() if not line.startswith("✓ Card found: "))


def secrets_of(desk: Desk, link: str) -> dict[str, str]:
    """Name what must not be in a log."""
    (session,) = (desk.home / "state" / "sessions").iterdir()
    token = json.loads(session.read_text())["accessToken"]
    (terms,) = re.findall(rb'"upload_capability":"([^"]+)"', (desk.home / "data/outbox/outbox.sqlite3").read_bytes())
    number = PERSON.national_number
    return {
        "PIN": PIN,
        "link": parse_link(link).token,
        "session": token,
        "capability": terms.decode(),
        "number": number,
        "written number": f"{number[:2]}.{number[2:4]}.{number[4:6]}-{number[6:9]}.{number[9:]}",
        "surname": PERSON.surname,
    }


def server_log(desk: Desk) -> str:
    return (desk.world.folder / "agency" / "server.log").read_text()


def audit_log(desk: Desk) -> str:
    with desk.office.store.reading() as session:
        return "\n".join(
            f"{row.happening} {row.contract_id} {row.pseudonym} {row.facts}" for row in audit.lines(session)
        )


def test_from_the_link_to_the_receipt_no_log_has_a_secret(desk: Desk) -> None:
    loud, task = Loud(desk), desk.publish()
    link = desk.link(task)
    assert loud.paraph("open", link).returncode == 0
    assert loud.paraph("login", "--pin-fd", "0").returncode == 0
    assert loud.paraph("fetch").returncode == 0
    signed = loud.paraph("sign", task, "--read", desk.examined.sha256, "--pin-fd", "0")
    assert signed.returncode == 0, signed.stderr
    secrets = secrets_of(desk, link) | {"code": code_of_another_login(desk)}
    logs = {"client": loud.log, "server": server_log(desk), "audit": audit_log(desk)}
    assert all(len(text) > 500 for text in logs.values()), "a log that says nothing proves nothing"
    assert "PUT /v1/submissions/" in logs["server"]
    found = [(log, name) for log, text in logs.items() for name, secret in secrets.items() if secret in text]
    assert found == []


def code_of_another_login(desk: Desk) -> str:
    """Log in once more, by a code; gives it."""
    assert desk.paraph("open", desk.link(desk.publish(mail="worker@post.example"))).returncode == 0
    with typing(desk, "login", "--code") as session:
        session.expect("new one)")
        code = desk.mailed_code()
        session.type(f"{code}\r")
        session.expect("Logged in")
        assert session.end() == 0
    return code
