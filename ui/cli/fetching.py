"""``paraph fetch``: what waits is brought here, so that it can be signed with no network at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ui.bootstrap import App
from ui.cli.contracts import agency_option, chosen_agency
from ui.cli.face import Face, speaking
from ui.cli.words import _, plural, when

if TYPE_CHECKING:  # only for their names: quick start
    from signer.ahead import Kept
    from signer.fetching import Fetched


@click.command("fetch", help=_("Fetch the contracts that wait, so that you can sign them with no network."))
@agency_option
@click.option("--list", "only_list", is_flag=True, help=_("List what was fetched, and fetch nothing."))
@click.option("--forget", is_flag=True, help=_("Erase what was fetched; nothing that was signed is erased."))
@speaking
def fetch_command(*, face: Face, app: App, agency_id: str | None, only_list: bool, forget: bool) -> int:
    """Fetch ahead, list it, or erase it."""
    ahead = app.ahead()
    if ahead is None:
        raise click.UsageError(_("Many people use this computer, so no contract is kept on it."))
    if forget:
        count = ahead.forget(agency_id)
        face.say(plural("{count} contract was erased here.", "{count} contracts were erased here.", count), "ok")
        face.result({"erased": count})
        return 0
    ahead.purge()
    fetched = [] if only_list else app.fetch_ahead(chosen_agency(app, agency_id))
    kept = [each for each in ahead.all() if agency_id in {None, each.terms.agency_id}]
    face.result({"ready": [_kept_facts(each) for each in kept], "problems": _not_ready(fetched)})
    for one in fetched:
        if one.code:
            face.say(_("{task}: it cannot be signed with no network").format(task=one.contract.id), "late")
            face.trouble(one.code)
    face.say(
        plural(
            "{count} contract is ready to be signed with no network.",
            "{count} contracts are ready to be signed with no network.",
            len(kept),
        ),
        "ok" if kept else "",
    )
    for each in kept:
        ends = _("until {when}").format(when=when(each.expires_at))
        face.say(f"• {each.contract.id}: {each.contract.job}, {each.contract.company} ({ends})")
    return max((one.code.kind.value for one in fetched if one.code), default=0)


def _kept_facts(kept: Kept) -> dict[str, object]:
    return {
        "agency": kept.terms.agency_id,
        "task": kept.contract.id,
        "sha256": kept.contract.original_sha256,
        "fetchedAt": kept.fetched_at.isoformat(),
        "expiresAt": kept.expires_at.isoformat(),
    }


def _not_ready(fetched: list[Fetched]) -> list[dict[str, str]]:
    return [{"task": each.contract.id, "supportId": each.code.support_id} for each in fetched if each.code]
