"""What the findings say, and what to do now, at B1 level; those with an ErrorCode have the words of ``ui.messages``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from signer.errors import ErrorCode
from signer.i18n import mark as _
from ui.diagnosis.findings import Check, Finding, Grade, Says
from ui.messages import LAST_TRY, MESSAGES


class Words(NamedTuple):
    """English source texts; each is translated where it is shown. What is well needs no remedy."""

    title: str
    remedy: str = ""


WORDS: Final[Mapping[Says, Words]] = {
    Says.SETTINGS_READ: Words(_("The settings can be read")),
    Says.SETTINGS_USUAL: Words(_("There is no settings file, so the usual settings count")),
    Says.SERVICE_RUNS: Words(_("The smart card service runs")),
    Says.SERVICE_LIBRARY: Words(
        _("The part of Paraph that speaks to card readers does not start"),
        _("Install Paraph again. On Linux, install the packages pcscd and libpcsclite1 first."),
    ),
    Says.READER_FOUND: Words(_("A card reader is connected")),
    Says.READER_SKIPPED: Words(_("This is not a real card reader, so it is not used")),
    Says.CARD_READY: Words(_("The eID can sign")),
    Says.CARD_ONE_TRY: Words(LAST_TRY.title, LAST_TRY.meaning),
    Says.MODULE_WORKS: Words(_("The PKCS#11 module works")),
    Says.MODULE_NONE: Words(_("There is no PKCS#11 module, and none is needed")),
    Says.TIME_RIGHT: Words(_("The clock of this computer is right")),
    Says.TIME_WRONG: Words(
        _("The clock of this computer is wrong"),
        _("Let the computer set its date and time by itself. Check the time zone too."),
    ),
    Says.TIME_NOT_COMPARED: Words(_("The clock could not be compared with the agency's")),
    Says.PROXY_NONE: Words(_("The network is used without a proxy")),
    Says.PROXY_SET: Words(_("The network is used through a proxy")),
    Says.PROXY_SCRIPT: Words(
        _("The system asks a script for the proxy, and Paraph does not"),
        _("Where the agency does not answer, write the proxy's address in the settings, at “Network”."),
    ),
    Says.AGENCY_NONE: Words(
        _("No agency is set up on this computer"),
        _("Ask the agency for its file, and add it in the settings."),
    ),
    Says.AGENCY_ANSWERS: Words(_("The agency answers")),
    Says.AGENCY_OTHER: Words(
        _("Another agency answers at this address"),
        _("Ask the agency how to install Paraph for them."),
    ),
    Says.FOLDER_WRITABLE: Words(_("Paraph's folder can be used")),
    Says.FOLDER_OPEN: Words(
        _("Every user of this computer can change files in this folder"),
        _("Let only your own account write in it. Ask the person who looks after this computer."),
    ),
    Says.DISK_ROOM: Words(_("There is room on the disk")),
    Says.DISK_SOON_FULL: Words(
        _("The disk is almost full"),
        _("Delete files that you do not need."),
    ),
    Says.OUTBOX_CLEAR: Words(_("Nothing waits to be delivered")),
    Says.OUTBOX_WAITS: Words(
        _("Signed contracts wait to be delivered"),
        _("Check the network, then run: paraph outbox deliver"),
    ),
    Says.OUTBOX_PARKED: Words(
        _("The agency did not take a signed contract"),
        _("It is kept on this computer. Call the agency."),
    ),
    Says.TRUST_PINNED: Words(_("Only cards of the Belgian government are trusted")),
    Says.TRUST_TEST: Words(
        _("This is a test world: nothing signed here is a real signature"),
        _("To sign for real, take the part [test] out of the settings file."),
    ),
    Says.TRUST_EXTRA: Words(
        _("The settings trust other cards too"),
        _("If you do not know why, take extra_roots out of the settings file."),
    ),
    Says.LISTS_CURRENT: Words(_("The lists of who may make qualified signatures are up to date")),
    Says.LISTS_MISSING: Words(
        _("The lists of who may make qualified signatures are not here yet"),
        _("Paraph fetches them by itself when there is a network."),
    ),
    Says.LISTS_NOT_USED: Words(_("A test world needs no lists of who may make qualified signatures")),
    Says.LISTS_USELESS: Words(
        _("The lists of who may make qualified signatures cannot be used now"),
        _("Check the network, and the date of this computer. Paraph then fetches them again by itself."),
    ),
    Says.VERSIONS: Words(_("Versions")),
    Says.NOT_CHECKED: Words(
        _("This could not be checked"),
        _("Look at the other points first, then try again."),
    ),
}

CHECKS: Final[Mapping[Check, str]] = {
    Check.SETTINGS: _("Settings"),
    Check.SERVICE: _("Smart card service"),
    Check.READER: _("Card readers"),
    Check.CARD: _("Card"),
    Check.MODULE: _("PKCS#11 modules"),
    Check.TIME: _("Date and time"),
    Check.PROXY: _("Proxy"),
    Check.AGENCY: _("Agencies"),
    Check.FOLDER: _("Folders"),
    Check.DISK: _("Room on the disk"),
    Check.OUTBOX: _("Signed contracts"),
    Check.TRUST: _("Trust"),
    Check.LISTS: _("Qualified signatures"),
    Check.VERSION: _("Versions"),
}


def words(finding: Finding, gettext: Callable[[str], str]) -> Words:
    """Give a finding's words, translated; the remedy is empty when all is well."""
    if isinstance(finding.says, ErrorCode):
        message = MESSAGES[finding.says]
        title, remedy = message.title, message.next_step
    else:
        title, remedy = WORDS[finding.says]
    return Words(gettext(title), gettext(remedy) if remedy and finding.grade is not Grade.OK else "")
