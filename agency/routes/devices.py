"""A worker's own computers, which fetch ahead by themselves."""
# ruff: noqa: FAST003 - the names in paths are aliases: lowerCamelCase outside, snake_case inside

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response, status

from agency import devices
from agency.problems import ProblemType, documented
from agency.rates import COUNTED
from agency.routes.dependencies import IdempotencyKey, OfficeDep, ReaderDep, WorkerDep
from signer.agency.schema import (
    DeviceList,
    DeviceLogin,
    DeviceRequest,
    DeviceResource,
    EnrolledDevice,
    Session,
)

router = APIRouter(tags=["devices"])

DeviceId = Annotated[UUID, Path(alias="deviceId", description="The id that the client made when it enrolled.")]


@router.post(
    "/devices",
    operation_id="createDevice",
    summary="Enrol a worker's own computer",
    status_code=status.HTTP_201_CREATED,
    responses=documented(
        ProblemType.BAD_REQUEST,
        ProblemType.NOT_LOGGED_IN,
        ProblemType.LOGIN_NEEDED,
        ProblemType.CONFLICT,
        ProblemType.TOO_MANY,
    ),
)
def create_device(
    office: OfficeDep, worker: WorkerDep, key: IdempotencyKey, request: DeviceRequest, response: Response
) -> EnrolledDevice:
    """Give this computer a token with which it lists and fetches contracts by itself, until it is revoked.

    Only who is logged in enrols, and never a computer that many people use. `Idempotency-Key` becomes the id; asked
    again with the same one, the answer has another token, and the first is over. The server keeps no more than a hash.
    """
    enrolled = devices.enrol(office, worker, key, request)
    response.headers["Location"] = enrolled.href
    return enrolled


@router.get(
    "/devices",
    operation_id="getDevices",
    summary="The computers of this worker",
    responses=documented(ProblemType.NOT_LOGGED_IN, ProblemType.LOGIN_NEEDED),
)
def get_devices(office: OfficeDep, worker: WorkerDep) -> DeviceList:
    """List them, the newest first, with those that were revoked."""
    with office.store.reading() as session:
        items = [devices.as_resource(row) for row in devices.of(session, worker.id)]
    return DeviceList(items=items, total=len(items))


@router.get(
    "/devices/{deviceId}",
    operation_id="getDevice",
    summary="One computer of this worker",
    responses=documented(ProblemType.NOT_LOGGED_IN, ProblemType.LOGIN_NEEDED, ProblemType.NOT_FOUND),
)
def get_device(office: OfficeDep, worker: WorkerDep, device_id: DeviceId) -> DeviceResource:
    """Tell when it was enrolled, used last, and revoked."""
    with office.store.reading() as session:
        return devices.as_resource(devices.own(session, worker, device_id))


@router.delete(
    "/devices/{deviceId}",
    operation_id="deleteDevice",
    summary="Revoke a computer",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=documented(ProblemType.NOT_LOGGED_IN, ProblemType.LOGIN_NEEDED, ProblemType.NOT_FOUND),
)
def delete_device(office: OfficeDep, reader: ReaderDep, device_id: DeviceId) -> None:
    """Let it fetch nothing any more, from this moment; it can revoke itself. What it signed is delivered all the same.

    It erases what it fetched when it next asks; done twice, the answer is the same.
    """
    with office.store.writing() as session:
        devices.revoke(session, devices.own(session, reader, device_id), office.now(), by="worker")


@router.post(
    "/sessions/device",
    dependencies=[COUNTED],
    operation_id="createDeviceSession",
    summary="A session that an enrolled computer begins by itself",
    status_code=status.HTTP_201_CREATED,
    responses=documented(ProblemType.BAD_REQUEST, ProblemType.DEVICE_UNKNOWN, ProblemType.TOO_MANY),
)
def create_device_session(office: OfficeDep, request: DeviceLogin) -> Session:
    """Give a session of an hour that lists tasks, reads contracts and agrees on signing them, and no more."""
    opened = devices.open_session(office, request.device_token)
    return Session(access_token=opened.token, expires_at=opened.expires_at, logged_in=True, login_ways=[])
