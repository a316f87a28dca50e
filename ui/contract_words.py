"""A contract's facts in words, for every face: what it says, what a new version changed, what the agency was told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from signer import workflow as w
from signer.errors import LOGGED_OUT
from signer.model import Contract, Level, Told, Wrong
from signer.objections import Waiting
from signer.versions import Fact, changed
from ui.levels import level_line, pending_line
from ui.messages import FACTS, NEW_VERSION, SAME_FACTS, WRONG
from ui.words import _, clock, day, money, plural, when


def hours(contract: Contract) -> str:
    """Write from when to when, by the computer's clock."""
    return f"{clock(contract.starts_at)}–{clock(contract.ends_at)}"


def pay(contract: Contract) -> str:
    """Write the gross pay."""
    return _("{pay} gross an hour").format(pay=money(contract.hourly_pay))


def reasons(wrong: Iterable[Wrong]) -> str:
    """Write what is wrong, as one clause."""
    return ", ".join(_(WRONG[each]) for each in wrong)


def told(word: Told) -> str:
    """Write what the agency was told, and when."""
    return _("You told the agency on {when}: {wrong}.").format(when=when(word.received_at), wrong=reasons(word.reasons))


def not_sent(waiting: Waiting) -> str:
    """Write what waits to be told to the agency, and what keeps it."""
    clause = reasons(waiting.objection.reasons)
    if waiting.held:
        return _("The agency did not take what you wrote: {wrong}.").format(wrong=clause)
    how = _("We send it by ourselves.")
    if waiting.last_error in LOGGED_OUT:
        how = _("Open a new link of the agency, then we send it.")
    return " ".join((_("Not sent to the agency yet: {wrong}.").format(wrong=clause), how))


def kept_ahead(paper: w.Paper) -> str:
    """Write that a contract is read and signed with no network, and what the signature is then; else nothing."""
    if paper.fetched_at is None or paper.terms is None:
        return ""
    fetched = _("No connection with the agency. You read what we fetched on {when}.").format(
        when=when(paper.fetched_at)
    )
    sign = _("You can sign it now. We deliver it by ourselves when there is a network.")
    level = f"{level_line(Level.B_B)}."  # nobody can prove the time without a network
    return " ".join(filter(None, (fetched, sign, level, pending_line(Level.B_B, paper.terms.level))))


def changes(before: Contract | None, after: Contract) -> list[str]:
    """Write that this is a new version and what changed in it, a line each; nothing for a first version."""
    if after.replaces is None:
        return []
    facts = changed(before, after) if before else ()
    lines = [_change(fact, before, after) for fact in facts if before]
    return [_(NEW_VERSION), *(lines or [_(SAME_FACTS)] if before else [])]


def _change(fact: Fact, before: Contract, after: Contract) -> str:
    write = _WRITTEN[fact]
    return _("{fact}: {after} (was {before})").format(fact=_(FACTS[fact]), after=write(after), before=write(before))


_WRITTEN: Final[Mapping[Fact, Callable[[Contract], str]]] = {
    Fact.JOB: lambda contract: contract.job,
    Fact.COMPANY: lambda contract: contract.company,
    Fact.PLACE: lambda contract: contract.place,
    Fact.HOURS: lambda contract: f"{day(contract.starts_at)}, {hours(contract)}",
    Fact.PAY: pay,
    Fact.PAGES: lambda contract: plural("{count} page", "{count} pages", contract.page_count),
}
