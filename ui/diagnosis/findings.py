"""A finding: what was looked at, how good it is, what it says, and facts for a helper at the other end of a phone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from signer.clock import SystemClock
from signer.errors import ErrorCode, SignerError
from signer.known_agencies import Found, Shelf, with_agencies
from signer.paths import Folders, user_folders
from signer.ports import Clock
from signer.settings import Settings
from signer.settings_file import load_layers
from signer.way import ProxyLogins

Fact: TypeAlias = str | int | bool | None


class Grade(Enum):
    """How good a finding is; a problem keeps somebody from signing or delivering."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


class Check(Enum):
    """What is looked at, in the order in which it is told."""

    SETTINGS = "settings"
    SERVICE = "service"
    READER = "reader"
    CARD = "card"
    MODULE = "module"
    TIME = "time"
    PROXY = "proxy"
    AGENCY = "agency"
    FOLDER = "folder"
    DISK = "disk"
    OUTBOX = "outbox"
    TRUST = "trust"
    LISTS = "lists"
    VERSION = "version"


class Says(Enum):
    """What a finding says when no ErrorCode does; the words are in ``ui.diagnosis.words``."""

    SETTINGS_READ = "settings-read"
    SETTINGS_USUAL = "settings-usual"
    SERVICE_RUNS = "service-runs"
    SERVICE_LIBRARY = "service-library"
    READER_FOUND = "reader-found"
    READER_SKIPPED = "reader-skipped"
    CARD_READY = "card-ready"
    CARD_ONE_TRY = "card-one-try"
    MODULE_WORKS = "module-works"
    MODULE_NONE = "module-none"
    TIME_RIGHT = "time-right"
    TIME_WRONG = "time-wrong"
    TIME_NOT_COMPARED = "time-not-compared"
    PROXY_NONE = "proxy-none"
    PROXY_SET = "proxy-set"
    PROXY_SCRIPT = "proxy-script"
    AGENCY_NONE = "agency-none"
    AGENCY_ANSWERS = "agency-answers"
    AGENCY_OTHER = "agency-other"
    FOLDER_WRITABLE = "folder-writable"
    FOLDER_OPEN = "folder-open"
    DISK_ROOM = "disk-room"
    DISK_SOON_FULL = "disk-soon-full"
    OUTBOX_CLEAR = "outbox-clear"
    OUTBOX_WAITS = "outbox-waits"
    OUTBOX_PARKED = "outbox-parked"
    TRUST_PINNED = "trust-pinned"
    TRUST_TEST = "trust-test"
    TRUST_EXTRA = "trust-extra"
    LISTS_CURRENT = "lists-current"
    LISTS_MISSING = "lists-missing"
    LISTS_NOT_USED = "lists-not-used"
    LISTS_USELESS = "lists-useless"
    VERSIONS = "versions"
    NOT_CHECKED = "not-checked"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found; ``subject`` is which one, where there are several."""

    check: Check
    grade: Grade
    says: Says | ErrorCode
    subject: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The stable name of what it says: a support id, or a word of its own."""
        return self.says.support_id if isinstance(self.says, ErrorCode) else self.says.value


@dataclass(frozen=True)
class Surroundings:
    """One user's place on this computer, whatever state it is in."""

    folders: Folders
    settings: Settings
    broken: SignerError | None = None  # why the usual settings stand in for the user's
    clock: Clock = field(default_factory=SystemClock)
    unused_descriptors: tuple[Found, ...] = ()

    @property
    def proxy_logins(self) -> ProxyLogins:
        """Who we are to proxies."""
        from signer.key_store import SystemKeyStore  # noqa: PLC0415 - it brings cryptography along

        return ProxyLogins(None if self.settings.shared else SystemKeyStore())

    @classmethod
    def here(cls, folders: Folders | None = None) -> Surroundings:
        """Find them; never raises for settings that cannot be read."""
        folders = folders or user_folders()
        try:
            layers, now = load_layers(folders), SystemClock().now()
            unused = tuple(each for each in Shelf(folders, layers).found(now) if each.code)
            return cls(folders, with_agencies(layers, folders, now).settings, unused_descriptors=unused)
        except SignerError as error:
            return cls(folders, Settings(), error)


def worst(findings: Iterable[Finding]) -> Grade:
    """Give the worst grade of all; OK for none."""
    order = list(Grade)
    return max((finding.grade for finding in findings), key=order.index, default=Grade.OK)
