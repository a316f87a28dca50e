"""The service, the readers and their drivers, the cards, the modules. Nothing about a card's holder is told."""
# ruff: noqa: PLC0415 - a library that cannot be loaded is a finding too, not the end of the others

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from signer import certificates
from signer.errors import ErrorCode, SignerError
from ui.diagnosis.findings import Check, Fact, Finding, Grade, Says, Surroundings

if TYPE_CHECKING:
    from eidcard.cards import ReaderReport
    from eidcard.module_probe import ModuleReport
    from eidcard.pcsc import PcscContext
    from signer.model import KeyInfo

_SEVERE: Final = frozenset(  # of a card that is there: it will not sign however often one tries
    {
        ErrorCode.CARD_UNRESPONSIVE,
        ErrorCode.CARD_CANNOT_SIGN,
        ErrorCode.CARD_TOO_OLD,
        ErrorCode.CERTIFICATE_EXPIRED,
        ErrorCode.CERTIFICATE_NOT_YET_VALID,
        ErrorCode.CERTIFICATE_NOT_FOR_SIGNING,
        ErrorCode.CERTIFICATE_UNREADABLE,
    }
)


def service(where: Surroundings) -> Iterator[Finding]:
    """See whether the smart card service runs."""
    del where
    try:
        from eidcard.pcsc import PcscContext
    except ImportError:
        yield Finding(Check.SERVICE, Grade.PROBLEM, Says.SERVICE_LIBRARY)
        return
    try:
        with closing(PcscContext()) as context:
            context.readers()
    except SignerError as error:
        yield Finding(Check.SERVICE, Grade.PROBLEM, error.code)
    else:
        yield Finding(Check.SERVICE, Grade.OK, Says.SERVICE_RUNS)


def readers(where: Surroundings) -> Iterator[Finding]:
    """List the readers with what PC/SC tells of their drivers."""
    from eidcard.pcsc import PcscContext
    from eidcard.virtual_readers import is_virtual

    del where
    with closing(PcscContext()) as context:
        try:
            names = [state.reader for state in context.readers()]
        except SignerError:
            return  # the service says so
        for name in names:
            says = Says.READER_SKIPPED if is_virtual(name) else Says.READER_FOUND
            yield Finding(Check.READER, Grade.OK, says, name, _told_by(context, name))
        if all(map(is_virtual, names)):
            yield Finding(Check.READER, Grade.PROBLEM, ErrorCode.NO_READER)


def _told_by(context: PcscContext, reader: str) -> dict[str, Fact]:
    try:
        driver = context.driver(reader)
    except SignerError as error:  # kept by another program, or just unplugged
        return {"because": error.code.support_id}
    facts = {"vendor": driver.vendor, "model": driver.model, "driver": driver.version}
    return {name: fact for name, fact in facts.items() if fact}


def cards(where: Surroundings) -> Iterator[Finding]:
    """Tell of each reader what is in it, and of the eID that would sign whether it can."""
    from eidcard.cards import CardPresence, PcscCardService
    from eidcard.virtual_readers import is_virtual

    with closing(PcscCardService()) as service_:
        try:
            reports = [report for report in service_.readers() if not is_virtual(report.name)]
        except SignerError:
            return  # the service says so
        for report in reports:
            if report.presence is not CardPresence.EID:
                yield judge_other(report)
        generations = [report.applet for report in reports if report.applet]
        if not generations:
            return
        facts: dict[str, Fact] = {"applet": ", ".join(applet.value for applet in generations)}
        try:
            with closing(service_.find_key()) as key:
                info = key.info
            certificates.require_usable(info.signer.certificate, where.clock.now())
        except SignerError as error:
            yield Finding(Check.CARD, _grade_of(error.code), error.code, facts=facts)
        else:
            yield judge_key(info, facts)


def judge_other(report: ReaderReport) -> Finding:
    """Judge a reader without an eID."""
    from eidcard.cards import CardPresence

    code = {
        CardPresence.EMPTY: ErrorCode.NO_CARD,
        CardPresence.CARD: ErrorCode.NOT_AN_EID,
        CardPresence.MUTE: ErrorCode.CARD_UNRESPONSIVE,
        CardPresence.IN_USE: ErrorCode.CARD_IN_USE,
    }[report.presence]
    return Finding(Check.CARD, _grade_of(code), code, report.name, {"atr": report.atr} if report.atr else {})


def judge_key(info: KeyInfo, facts: dict[str, Fact]) -> Finding:
    """Judge a key that is ready, by the tries that its PIN has left."""
    facts = facts | {"triesLeft": info.tries_left, "pinEntry": info.pin_entry.value, "test": info.test}
    if info.tries_left == 0:
        return Finding(Check.CARD, Grade.PROBLEM, ErrorCode.PIN_BLOCKED, info.place, facts)
    if info.tries_left == 1:
        return Finding(Check.CARD, Grade.WARNING, Says.CARD_ONE_TRY, info.place, facts)
    return Finding(Check.CARD, Grade.OK, Says.CARD_READY, info.place, facts)


def modules(where: Surroundings) -> Iterator[Finding]:
    """Load each module in a process of its own, and tell whether that works."""
    from eidcard.module_probe import probe
    from eidcard.modules import available

    card = where.settings.card
    found = available(card.module)
    needed = card.via == "pkcs11" or card.module is not None
    if not found:
        yield judge_no_module(needed=needed)
    for module in found:
        yield judge_module(module.name, probe(Path(module.path)), needed=needed)


def judge_no_module(*, needed: bool) -> Finding:
    """Judge a machine without modules: only settings that force one make it a problem."""
    if needed:
        return Finding(Check.MODULE, Grade.PROBLEM, ErrorCode.MODULE_NOT_FOUND)
    return Finding(Check.MODULE, Grade.OK, Says.MODULE_NONE)


def judge_module(name: str, report: ModuleReport, *, needed: bool) -> Finding:
    """Judge one module; one that nobody needs is at most a warning."""
    facts: dict[str, Fact] = {"path": report.path}
    if report.code is not None:
        grade = Grade.PROBLEM if needed else Grade.WARNING
        return Finding(Check.MODULE, grade, report.code, name, facts | {"because": report.detail})
    facts |= {
        "maker": report.manufacturer,
        "about": report.description,
        "version": report.version,
        "readers": report.slots,
        "tokens": len(report.tokens),
        "signs": report.signs,
    }
    return Finding(Check.MODULE, Grade.OK, Says.MODULE_WORKS, name, facts)


def _grade_of(code: ErrorCode) -> Grade:
    return Grade.PROBLEM if code in _SEVERE else Grade.WARNING
