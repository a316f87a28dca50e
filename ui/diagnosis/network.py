"""Proxies, agencies and the clock: what is between this computer and where signatures go."""
# ruff: noqa: PLC0415 - a library that cannot be loaded is a finding too, not the end of the others

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from signer.errors import ErrorCode, SignerError
from signer.model import AgencyInfo
from signer.ports import Clock
from signer.way import USUAL, Way
from ui.diagnosis.findings import Check, Fact, Finding, Grade, Says, Surroundings
from ui.diagnosis.proxy_script import script_in_force

_CLOCK_IS_RIGHT: Final = timedelta(minutes=2)  # the header has whole seconds; certificates have whole days
_CLOCK_STILL_SIGNS: Final = timedelta(minutes=15)
_CONNECT_S, _READ_S, _TOTAL_S = 5, 5, 10


class Answered(NamedTuple):
    """What came of asking one agency who it is: an id with its clock's offset from ours, or the reason why not."""

    agency: AgencyInfo
    id: str | None = None
    offset: timedelta | None = None
    code: ErrorCode | None = None
    way: Way = USUAL


def proxies(where: Surroundings) -> Iterator[Finding]:
    """Tell which proxies are in force; never their passwords."""
    ours = where.settings.proxy.proxies
    finding = judge_proxies(urllib.request.getproxies() if ours is None else ours)
    if ours is None and finding.says is Says.PROXY_NONE and script_in_force():
        finding = replace(finding, grade=Grade.WARNING, says=Says.PROXY_SCRIPT)
    yield finding


def judge_proxies(found: dict[str, str]) -> Finding:
    """Judge proxies by scheme, as ``urllib.request.getproxies`` gives the system's."""
    facts: dict[str, Fact] = {scheme: _without_user(url) for scheme, url in sorted(found.items()) if scheme != "no"}
    if not facts:
        return Finding(Check.PROXY, Grade.OK, Says.PROXY_NONE)
    return Finding(Check.PROXY, Grade.OK, Says.PROXY_SET, facts=facts | {"exceptions": "no" in found})


def agencies_and_clock(where: Surroundings) -> Iterator[Finding]:
    """Ask each agency of the settings who it is, and compare the clocks."""
    way = where.settings.way(where.proxy_logins.of)
    answers = [ask(agency.info, where.clock, way) for agency in where.settings.agencies]
    if not answers:
        yield Finding(Check.AGENCY, Grade.WARNING, Says.AGENCY_NONE)
    for answer in answers:
        yield judge_agency(answer)
    for each in where.unused_descriptors:
        if each.code:
            yield Finding(Check.AGENCY, Grade.WARNING, each.code, each.file.stem, {"setUpBy": each.place.name.lower()})
    yield judge_clock(where.clock.now(), [answer.offset for answer in answers if answer.offset is not None])


def ask(agency: AgencyInfo, clock: Clock, way: Way = USUAL) -> Answered:
    """Ask one agency who it is (``GET /agency``); never raises."""
    from signer.http import Call, HttpClient, Limits

    limits = Limits(_CONNECT_S, _READ_S, _TOTAL_S)
    try:
        web = HttpClient(f"{agency.url.rstrip('/')}/v1", limits=limits, way=way)
        asked_at = clock.now()
        answer = web.send(Call("GET", "agency", headers={"Accept": "application/json"}))
        middle = asked_at + (clock.now() - asked_at) / 2
    except SignerError as error:
        return Answered(agency, code=error.code, way=way)
    offset = _offset(answer.headers.get("date", ""), middle)
    named = _named(answer.body) if answer.status == 200 else None
    if named is None:
        return Answered(agency, code=ErrorCode.AGENCY_GARBLED, way=way)
    return Answered(agency, named, offset, way=way)


def judge_agency(answer: Answered) -> Finding:
    """Judge one agency by its answer."""
    agency = answer.agency
    parts = urlsplit(agency.url)
    facts: dict[str, Fact] = {"host": parts.hostname or "", "tls": parts.scheme == "https"}
    with suppress(OSError, ValueError):
        ours = answer.way.proxies
        systems = urllib.request.getproxies() if ours is None else {}
        facts["proxy"] = parts.scheme in (ours or systems) and not urllib.request.proxy_bypass(parts.hostname or "")
    if answer.code is not None:
        return Finding(Check.AGENCY, Grade.PROBLEM, answer.code, agency.id, facts)
    if answer.id != agency.id:
        return Finding(Check.AGENCY, Grade.PROBLEM, Says.AGENCY_OTHER, agency.id, facts)
    return Finding(Check.AGENCY, Grade.OK, Says.AGENCY_ANSWERS, agency.id, facts)


def judge_clock(now: datetime, offsets: list[timedelta]) -> Finding:
    """Judge this computer's clock by how far those of the agencies are before it; the nearest one counts."""
    facts: dict[str, Fact] = {"utc": now.astimezone(UTC).isoformat(timespec="seconds"), "zone": _zone(now)}
    if not offsets:
        return Finding(Check.TIME, Grade.OK, Says.TIME_NOT_COMPARED, facts=facts)
    offset = min(offsets, key=abs)
    facts |= {"offsetSeconds": round(offset.total_seconds())}
    if abs(offset) <= _CLOCK_IS_RIGHT:
        return Finding(Check.TIME, Grade.OK, Says.TIME_RIGHT, facts=facts)
    grade = Grade.WARNING if abs(offset) <= _CLOCK_STILL_SIGNS else Grade.PROBLEM
    return Finding(Check.TIME, grade, Says.TIME_WRONG, facts=facts)


def _offset(date: str, measured_at: datetime) -> timedelta | None:
    """Compare an answer's Date (RFC 9110, 6.6.1: whole seconds, cut off, so that half a one is added)."""
    with suppress(ValueError, TypeError, OverflowError):
        told = parsedate_to_datetime(date)
        return (told if told.tzinfo else told.replace(tzinfo=UTC)) + timedelta(seconds=0.5) - measured_at
    return None


def _named(body: bytes) -> str | None:
    try:
        told: Any = json.loads(body)
    except ValueError:
        return None
    return told["id"] if isinstance(told, dict) and isinstance(told.get("id"), str) else None


def _zone(now: datetime) -> str:
    return now.astimezone().strftime("%z")


def _without_user(url: str) -> str:
    """Give host and port of a proxy; who and with which password is nobody's business."""
    try:
        parts = urlsplit(url if "//" in url else f"//{url}")
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "?"
    return f"{parts.hostname or '?'}{port}"
