"""Every route × every role: what worker A's things look like to everybody else. A new route needs a row here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

import httpx
import pytest
from starlette.routing import Route

from agency import invitations, tokens
from agency.app import create_app
from agency.routes import pages
from eidcard.simulator.people import ADULT, ADULT_MAN
from tests.agency.world import AgencyServer, Delivery, Worker

SECRET: Final = "Delfour Logistics BV"  # only A's contract has it: B's is made with another company

Send = Callable[[httpx.Client, "Things"], httpx.Response]


@dataclass(frozen=True)
class Things:
    """What is A's: nobody else is to see any of it."""

    contract: str
    delivery: Delivery
    invitation: str
    device: str

    @property
    def submission(self) -> str:
        return f"/v1/submissions/{self.delivery.submission_id}"


@dataclass(frozen=True)
class Row:
    """A request about A's things, and what each role gets; a role that is not named gets ``others``."""

    send: Send
    others: int
    by_role: dict[str, int]


def get(path: str) -> Send:
    return lambda client, things: client.get(_address(path, things))


def _address(path: str, things: Things) -> str:
    return path.format(contract=things.contract, submission=things.submission, device=things.device)


def delete_device(client: httpx.Client, things: Things) -> httpx.Response:
    return client.delete(things.device)


def post(path: str, body: dict[str, Any] | None = None) -> Send:
    return lambda client, things: client.post(
        path.format(contract=things.contract), json=body, headers={"Idempotency-Key": str(uuid4())}
    )


def signing_session(client: httpx.Client, things: Things) -> httpx.Response:
    return client.post(f"/v1/contracts/{things.contract}/signingSessions", json={"submissionId": str(uuid4())})


def submission(client: httpx.Client, things: Things) -> httpx.Response:
    return client.put(things.submission, json=things.delivery.request.model_dump(mode="json", by_alias=True))


def extension(client: httpx.Client, things: Things) -> httpx.Response:
    return client.put(f"{things.submission}/extensions/1", json={"wholeSha256": "0" * 64, "increment": "AAAA"})


def invitation(method: str) -> Send:
    return lambda client, things: client.request(method, things.invitation)


CODE: Final = {"way": "code", "code": "000000"}
ANYBODY: Final[dict[str, int]] = {}
WORKER: Final = {"A": 200, "B": 404, "located": 403}  # a contract of A, with a session
CAPABILITY: Final = {"A's capability": 200}
READER: Final = WORKER | {"A's device": 200}  # lists and fetches
LOGGED_IN: Final = {"A": 201, "B": 201, "located": 403, "A's device": 403}
DOOR: Final = {"located": 201}

ROUTES: Final = {
    "GET /health": Row(get("/health"), 200, ANYBODY),
    "GET /v1/openapi.json": Row(get("/v1/openapi.json"), 200, ANYBODY),
    "GET /v1/agency": Row(get("/v1/agency"), 200, ANYBODY),
    "POST /v1/sessions": Row(post("/v1/sessions", {"oneTimeToken": "x" * 20}), 403, ANYBODY),
    "POST /v1/sessions/challenge": Row(post("/v1/sessions/challenge"), 401, DOOR),
    "POST /v1/sessions/codes": Row(post("/v1/sessions/codes"), 401, DOOR),
    "POST /v1/sessions/login": Row(
        post("/v1/sessions/login", {"way": "code", "code": "000000"}), 401, {"located": 403}
    ),
    "GET /v1/tasks": Row(get("/v1/tasks"), 401, READER | {"B": 200}),
    "GET /v1/contracts/{contractId}": Row(get("/v1/contracts/{contract}"), 401, READER),
    "GET /v1/contracts/{contractId}/document": Row(get("/v1/contracts/{contract}/document"), 401, READER),
    "POST /v1/contracts/{contractId}/signingSessions": Row(
        signing_session, 401, READER | dict.fromkeys(("A", "A's device"), 409)
    ),
    "POST /v1/contracts/{contractId}/objections": Row(
        post("/v1/contracts/{contract}/objections", {"reasons": ["pay"]}), 401, WORKER | {"A": 201, "A's device": 403}
    ),
    "POST /v1/devices": Row(post("/v1/devices", {"name": "laptop"}), 401, LOGGED_IN),
    "GET /v1/devices": Row(get("/v1/devices"), 401, LOGGED_IN | {"A": 200, "B": 200}),
    "GET /v1/devices/{deviceId}": Row(get("{device}"), 401, LOGGED_IN | {"A": 200, "B": 404}),
    "DELETE /v1/devices/{deviceId}": Row(  # the last of its kind: from here on A's device is none
        delete_device, 401, {"A": 204, "A's device": 204, "B": 404, "located": 403}
    ),
    "POST /v1/sessions/device": Row(post("/v1/sessions/device", {"deviceToken": "x" * 43}), 403, ANYBODY),
    "PUT /v1/submissions/{submissionId}": Row(submission, 401, CAPABILITY),
    "GET /v1/submissions/{submissionId}": Row(get("{submission}"), 401, CAPABILITY),
    "GET /v1/submissions/{submissionId}/receipt": Row(get("{submission}/receipt"), 401, CAPABILITY),
    "GET /v1/submissions/{submissionId}/receipt/sealed": Row(get("{submission}/receipt/sealed"), 401, CAPABILITY),
    "PUT /v1/submissions/{submissionId}/extensions/{number}": Row(extension, 401, {"A's capability": 422}),
    "GET /open/{token}": Row(invitation("GET"), 409, ANYBODY),  # signed by now; says nothing of the contract
    "POST /open/{token}": Row(invitation("POST"), 409, ANYBODY),
}
ROLES: Final = ("nobody", "a guess", "located", "A", "A, over", "B", "A's device", "A's capability", "B's capability")


@pytest.fixture
def roles(agency_server: AgencyServer) -> tuple[dict[str, str], Things]:
    """The token of each role, empty for nobody; and what is A's, signed and delivered."""
    mine = agency_server.publish(ADULT, mail="worker@post.example")
    theirs = agency_server.publish(ADULT_MAN, company="Bakkerij Lindenhof")
    over = agency_server.worker(mine).session
    agency_server.clock.turn(tokens.SESSION_LIFE + timedelta(seconds=1))
    a, b = agency_server.worker(mine), agency_server.worker(theirs, ADULT_MAN)
    delivery = a.signed()
    assert delivery.put().status_code == 200
    others = b.open_signing(uuid4())
    device = a.enrol()
    things = Things(mine, delivery, invitations.invite(agency_server.office, mine), device["href"])
    told = {
        "nobody": "",
        "a guess": "x" * 43,
        "located": located(agency_server, mine),
        "A": a.session,
        "A, over": over,
        "B": b.session,
        "A's device": a.begun_by(device),
        "A's capability": delivery.capability,
        "B's capability": others.upload_capability,
    }
    return told, things


def located(server: AgencyServer, contract: str) -> str:
    """Open a link where it logs nobody in."""
    before = server.office
    mail = {"mail_folder": server.data / "mail", "mail_from": "desk@horizon.example"}
    server.serve(replace(before, settings=before.settings.model_copy(update={"login": ("eid", "code"), **mail})))
    opened = httpx.post(f"{server.url}/v1/sessions", json={"oneTimeToken": server.token(contract)})
    assert opened.status_code == 201
    return str(opened.json()["accessToken"])


def test_every_route_has_its_row() -> None:
    described = {
        f"{method.upper()} {path}" for path, calls in create_app(None).openapi()["paths"].items() for method in calls
    }
    for_people = {
        f"{method} {route.path}"
        for route in pages.router.routes
        if isinstance(route, Route)
        for method in route.methods or ()
    }
    assert {"GET /v1/openapi.json"} | described | for_people == set(ROUTES)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_gets_what_is_its_own_and_nothing_else(
    agency_server: AgencyServer, roles: tuple[dict[str, str], Things], role: str
) -> None:
    told, things = roles
    headers = {"Authorization": f"Bearer {told[role]}"} if told[role] else {}
    with httpx.Client(base_url=agency_server.url, headers=headers, timeout=30) as client:
        answers = {name: row.send(client, things) for name, row in ROUTES.items()}
    wanted = {name: row.by_role.get(role, row.others) for name, row in ROUTES.items()}
    assert {name: answer.status_code for name, answer in answers.items()} == wanted
    leaks = [name for name, answer in answers.items() if SECRET in answer.text or things.contract in answer.text]
    assert leaks == [] or role in {"A", "A's device", "A's capability"}


@pytest.mark.parametrize("role", ["A", "A's capability"])
def test_the_secret_is_seen_by_whose_it_is(roles: tuple[dict[str, str], Things], role: str) -> None:
    """The test above looks for something that is there."""
    told, things = roles
    path = f"/v1/contracts/{things.contract}" if role == "A" else f"{things.submission}/receipt"
    answer = httpx.get(things.delivery.url + path, headers={"Authorization": f"Bearer {told[role]}"})
    assert things.contract in answer.text


def test_a_worker_in_the_matrix_is_one_who_can_read(agency_server: AgencyServer) -> None:
    worker: Worker = agency_server.worker(agency_server.publish(ADULT))
    assert SECRET in worker.client.get(f"/v1/contracts/{worker.contract_id}").text
