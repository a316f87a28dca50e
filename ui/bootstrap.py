"""The composition root: builds the real objects from the settings; the only place that knows them all.

Heavy parts (pyHanko, PyKCS11, pyscard) are imported when they are first built: a command that needs none of them
answers at once.
"""
# ruff: noqa: PLC0415 - the reason stands above

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property, wraps
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Final, NamedTuple, ParamSpec, TypeVar
from urllib.request import getproxies
from uuid import UUID

from signer.clock import SystemClock
from signer.errors import ErrorCode, SignerError
from signer.files import DRAFTS, clear_away, file_errors
from signer.i18n import LANGUAGE_VARIABLE, choose_language
from signer.known_agencies import Shelf, with_agencies
from signer.model import AgencyInfo, Contract, Objection, SignedContract, SigningTerms
from signer.paths import Folders, private_folder, user_folders
from signer.ports import AgencyGateway, CardService, Clock, PinSource
from signer.settings import Settings
from signer.settings_file import Layers, Value, change, counting, load_layers, set_aside
from signer.way import ProxyLogins, Way, address_of

if TYPE_CHECKING:  # only for their names: see above
    from eidcard.all_modules import ModulesCardService
    from eidcard.cards import PcscCardService
    from eidcard.known_cards import KnownCards
    from signer import workflow as w
    from signer.agency.client import HttpAgency
    from signer.agency.device import Enrolments
    from signer.agency.schema import DeviceResource
    from signer.ahead import Ahead
    from signer.delivery import DeliveryResult
    from signer.descriptors import SignedDescriptor
    from signer.extending import ExtensionResult
    from signer.fetching import Fetched
    from signer.objections import Objections
    from signer.outbox import Entry, Outbox
    from signer.outbox_seals import Seals
    from signer.pades.extender import FileExtender
    from signer.perform import Performer
    from signer.run_folder import RunFolder
    from signer.sealing import HomeKey
    from signer.trust.anchors import TrustPolicy
    from signer.trust.fetchers import TrustFetchers
    from signer.trust.lists import ListShelf, TrustedLists
    from signer.trust.services import ServiceDoor

_P = ParamSpec("_P")
_T = TypeVar("_T")

_LOOPBACK: Final = ("127.0.0.1",)  # where the demo world's services are
_LISTS_AGAIN: Final = timedelta(hours=1)


def _signing_loaded(build: Callable[_P, _T]) -> Callable[_P, _T]:
    """Have what signs loaded whole before a part of it is imported: threads build their parts at the same time."""

    @wraps(build)
    def loaded(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        from signer.pades.loading import load

        load()
        return build(*args, **kwargs)

    return loaded


class Offer(NamedTuple):
    """An agency's descriptor that somebody may add, and the one that it would replace."""

    signed: SignedDescriptor
    known: SignedDescriptor | None


@dataclass
class App:
    """What a face needs, built on demand from one user's settings and folders."""

    folders: Folders = field(default_factory=user_folders)
    clock: SystemClock = field(default_factory=SystemClock)

    must_read: bool = True  # the settings; a window opens also when it cannot, to say so
    fault: SignerError | None = field(default=None, init=False)  # why the settings could not be read

    def __post_init__(self) -> None:
        self._lists_tried_at: datetime | None = None
        self._run: RunFolder | None = None
        self._home_key: HomeKey | None = None
        self._asked_for_key = False
        # What cannot be read may say that many people use this computer; until somebody mends it, nothing is kept.
        self.layers: Layers = Layers(Settings(shared=True))
        try:
            self.read_settings()
        except SignerError:
            if self.must_read:
                raise
        self.language = choose_language(os.environ.get(LANGUAGE_VARIABLE) or self.settings.language)

    @property
    def settings(self) -> Settings:
        """What counts for this user on this machine."""
        return self.layers.settings

    def read_settings(self) -> None:
        """Read the settings anew; raises SignerError SETTINGS_BROKEN or SETTINGS_OF_MACHINE_BROKEN."""
        try:
            self.layers = self._read_layers()
        except SignerError as error:
            self.fault = error
            raise
        self.fault = None

    def _read_layers(self) -> Layers:
        return with_agencies(load_layers(self.folders), self.folders, self.clock.now())

    def agency_shelf(self) -> Shelf:
        """Open the descriptors of agencies."""
        return Shelf(self.folders, load_layers(self.folders))

    def offered_agency(self, file: Path) -> Offer:
        """Read and judge a descriptor that somebody brings; raises SignerError as ``Shelf.judge``, or of the file."""
        from signer.descriptors import LARGEST

        with file_errors(ErrorCode.FILE_NOT_READABLE), file.open("rb") as opened:
            content = opened.read(LARGEST + 1)
        shelf, now = self.agency_shelf(), self.clock.now()
        signed = shelf.judge(content, now)
        return Offer(signed, shelf.known(signed.descriptor.id, now))

    def add_agency(self, signed: SignedDescriptor) -> None:
        """Keep a descriptor that somebody confirmed, and let it count; raises SignerError.

        At another address one logs in anew: the session was of the old one.
        """
        from signer.agency.session import SessionStore

        of = signed.descriptor
        self.agency_shelf().add(signed)
        if of.url not in {each.url for each in self.settings.agencies if each.id == of.id}:
            SessionStore(self.folders.sessions).forget(of.id)
        self.read_settings()

    def remove_agency(self, agency_id: str) -> None:
        """Take an agency away, unless something still waits for it; raises SignerError as ``Shelf.remove``."""
        from signer.agency.session import SessionStore
        from signer.ahead import Ahead
        from signer.outbox import EntryState

        done = EntryState.DELIVERED
        waiting = {each.agency_id for each in self.outbox().all() if each.state is not done or each.pending}
        waiting |= {each.objection.agency_id for each in self.objections().all()}
        self.agency_shelf().remove(agency_id, self.clock.now(), waiting)
        Ahead(self.folders.ahead, self.clock).forget(agency_id)
        SessionStore(self.folders.sessions).forget(agency_id)
        self.read_settings()

    def set_settings_aside(self) -> None:
        """Give the user's settings file another name, and begin with the usual settings; raises SignerError."""
        set_aside(self.folders.settings_file)
        self.read_settings()

    def change(self, values: Mapping[str, Value]) -> None:
        """Write settings and let them count from now on.

        Raises SignerError SETTINGS_BROKEN, and then nothing changed; SETTINGS_NOT_SAVED, and then they count for as
        long as this program runs.
        """
        try:
            change(self.folders.settings_file, values)
            self.layers = self._read_layers()
        except SignerError as error:
            if error.code is ErrorCode.SETTINGS_NOT_SAVED:
                self.layers = counting(self.layers, values)
            raise

    @property
    def is_test_world(self) -> bool:
        """Whether every face must show the TEST banner."""
        return self.settings.test is not None

    @_signing_loaded
    def trust(self) -> TrustPolicy:
        """Build the trust policy: the pinned roots, and what the settings add."""
        from signer.trust.anchors import TrustPolicy

        test = self.settings.test
        return TrustPolicy.load(
            test_roots=test.roots if test else (),
            extra_roots=self.settings.trust.extra_roots,
        )

    @property
    def way(self) -> Way:
        """The way to the network, as the settings have it now."""
        return self.settings.way(self.proxy_logins.of)

    @cached_property
    def proxy_logins(self) -> ProxyLogins:
        """Who we are to proxies; on a computer that many people use in memory alone."""
        from signer.key_store import SystemKeyStore

        return ProxyLogins(None if self.settings.shared else SystemKeyStore())

    def _forget_proxy(self) -> None:
        from signer.key_store import SystemKeyStore

        address = self.proxy_address()
        with suppress(SignerError):  # what cannot be opened is not used either
            if address:
                ProxyLogins(SystemKeyStore()).forget(address)
        self.proxy_logins.keep_none()

    def proxy_address(self) -> str | None:
        """Name the proxy that is in force now; None where there is none."""
        proxies = getproxies() if self.way.proxies is None else self.way.proxies
        with suppress(ValueError):
            return address_of(proxies.get("https") or proxies.get("http", ""))
        return None

    def service_door(self) -> ServiceDoor:
        """Build the way to trust services; the demo world's are on this machine."""
        from signer.trust.services import ServiceDoor

        hosts = (*self.settings.trust.hosts, *(_LOOPBACK if self.is_test_world else ()))
        return ServiceDoor.belgian(*hosts, way=self.way)

    @_signing_loaded
    def fetchers(self) -> TrustFetchers:
        """Build what asks about certificates; a computer that many people use keeps no answers."""
        from signer.trust.answers import Answers
        from signer.trust.fetchers import TrustFetchers

        answers = Answers(None if self.settings.shared else self.folders.answers)
        return TrustFetchers(self.service_door(), answers, self.clock)

    @_signing_loaded
    def extender(self) -> FileExtender:
        """Build what raises signatures to their level, with the time-stamp services that the settings name."""
        from signer.pades.extender import FileExtender
        from signer.trust.services import belgian_time_stamps

        time_stamps = self.settings.trust.time_stamps or belgian_time_stamps()
        return FileExtender(self.trust(), self.service_door().knowing(*time_stamps), time_stamps, self.clock)

    def list_shelf(self) -> ListShelf | None:
        """Open the European trusted lists; the demo world has none unless its settings name some."""
        return list_shelf(self.settings, self.folders, self.service_door(), self.clock)

    @_signing_loaded
    def trusted_lists(self) -> TrustedLists:
        """Give the trusted lists that are on this computer; ``keep_lists_fresh`` fetches them."""
        from signer.trust.lists import TrustedLists

        shelf = self.list_shelf()
        return shelf.lists() if shelf else TrustedLists()

    @_signing_loaded
    def fetched_lists(self) -> TrustedLists:
        """Give the trusted lists, fetched now where those that are here cannot be used."""
        from signer.trust.lists import TrustedLists

        shelf = self.list_shelf()
        if shelf is None:
            return TrustedLists()
        found = shelf.lists()
        return found if found.national else shelf.refresh()

    def keep_lists_fresh(self) -> None:
        """Fetch the trusted lists again, in a thread of its own, when they are a day old; once an hour at most."""
        now = self.clock.now()
        if self._lists_tried_at is not None and now - self._lists_tried_at < _LISTS_AGAIN:
            return
        self._lists_tried_at = now
        Thread(target=self._fetch_lists, name="lists", daemon=True).start()

    def _fetch_lists(self) -> None:
        shelf = self.list_shelf()
        if shelf and not shelf.is_fresh():
            shelf.refresh()

    def cards(self, via: str | None = None, module: Path | None = None) -> CardService:
        """Build the way to the key that the settings or the caller name."""
        return _CARD_SERVICES[via or self.settings.card.via](self.settings, module)

    def modules(self, module: Path | None = None) -> ModulesCardService:
        """Build what looks through PKCS#11 modules: the one that is named here or in the settings, else all."""
        return _pkcs11(self.settings, module)

    def identity_cards(self) -> PcscCardService:
        """Build what reads a card for a screen."""
        from eidcard.cards import PcscCardService

        return PcscCardService()

    def forget_cards(self) -> int:
        """Erase what is known of cards already seen, and of their certificates; gives the number of cards.

        On a computer that many people use also who somebody was to the proxy.
        """
        from eidcard.known_cards import KnownCards
        from signer.trust.answers import forget_answers

        if self.settings.shared:
            self._forget_proxy()
        forget_answers(self.folders.answers)
        return KnownCards(self.folders.cards).forget_all()

    def seals(self) -> Seals | None:
        """Give how what waits is sealed here; None: it lies open, for this user alone."""
        from signer.outbox_seals import Seals

        if self.fault is not None:  # nobody knows who uses this computer: nothing is sealed, and nothing erased
            return None
        return Seals(self.folders.workspace, shared=self.settings.shared, find_key=self.home_key)

    def home_key(self) -> HomeKey | None:
        """Give this user's own key, as the system's store has it; asked once in a run."""
        from signer.key_store import SystemKeyStore, home_key

        if not self._asked_for_key:
            self._home_key = home_key(SystemKeyStore(), private_folder(self.folders.data) / "home-key.lock")
            self._asked_for_key = True
        return self._home_key

    def outbox(self) -> Outbox:
        """Open the outbox."""
        from signer.outbox import Outbox

        return Outbox.open(self.folders.outbox, self.clock, self.seals())

    def recovered_outbox(self) -> Outbox:
        """Open the outbox and bring in order what a crash left; what checks signatures is loaded only for that."""
        outbox = self.outbox()
        outbox.recover(self._described)
        if outbox.seals:
            self._sweep(outbox)
        return outbox

    @_signing_loaded
    def _described(self, terms: SigningTerms, path: Path) -> SignedContract:
        from signer.recovery import describe_found
        from signer.run_folder import run_folders

        places = [self.folders.documents, *run_folders(self.folders.workspace)]
        return describe_found(terms, path, places, self.trust(), self.clock)

    def read_signed(self, entry: Entry) -> bytes:
        """Give a signed file; raises SignerError SEAL_NOT_OURS, FILE_MISSING or another of its kind."""
        with self.outbox().opened(entry) as signed, file_errors(ErrorCode.FILE_NOT_READABLE):
            return signed.path.read_bytes()

    def _sweep(self, outbox: Outbox) -> None:
        """Erase the documents that nobody has open any more, but for those that a found signature needs."""
        from signer.outbox import ABANDONED, EntryState
        from signer.run_folder import sweep

        clear_away(self.folders.workspace, DRAFTS, ABANDONED)  # as the documents: from before this computer sealed
        begun = (entry.terms for entry in outbox.all() if entry.state is EntryState.SIGNING and entry.path.exists())
        keep = frozenset(f"{terms.original_sha256}.pdf" for terms in begun)
        sweep(self.folders.workspace, keep)
        for file in self.folders.documents.glob("*.pdf"):  # from before this computer sealed
            if file.name not in keep:
                file.unlink(missing_ok=True)

    def close_documents(self) -> None:
        """Erase what was open in this run, where nothing is to lie open; also done when the program ends."""
        if self._run is not None:
            self._run.close()
            self._run = None

    @property
    def documents(self) -> Path:
        """The folder for documents that are open: of this run alone, where nothing is to lie open afterwards."""
        from signer.run_folder import RunFolder

        seals = self.seals()
        if seals is None or not seals.active:
            return self.folders.documents
        if self._run is None:
            self._run = RunFolder(self.folders.workspace)
        return self._run.path

    @property
    def drafts(self) -> Path:
        """The folder for what is prepared and not yet signed: of this run alone in the same way."""
        documents = self.documents
        return documents if self._run else self.folders.workspace

    @_signing_loaded
    def deliver_now(self, *, again: bool = False, this: UUID | None = None) -> list[DeliveryResult]:
        """Deliver everything that waits, due or not.

        ``again``: also what agencies did not take before; ``this``: of that only one.
        """
        from signer.delivery import drain
        from signer.outbox import EntryState

        outbox = self.outbox()
        for entry in outbox.all() if again or this else ():
            if this in {None, entry.submission_id}:
                outbox.unpark(entry.submission_id)
        outbox = self.recovered_outbox()
        waiting = [entry for entry in outbox.all() if entry.state is EntryState.QUEUED]
        return drain(outbox, self._gateway_of, self.clock, entries=waiting, extender=self.extender())

    def objections(self) -> Objections:
        """Open what was written to agencies and is not sent yet."""
        from signer.objections import Objections

        return Objections(self.folders.objections, self.clock)

    def tell_wrong(self, objection: Objection) -> None:
        """Keep an objection on the disk, then send it at once; raises the SignerError that kept it from leaving.

        It stays on the disk where waiting can mend that (``signer.objections.can_wait``), to be sent later; but never
        on a computer that many people use.
        """
        from signer.objections import send

        box = self.objections()
        box.keep(objection)
        send(box, (each for each in box.all() if each.objection == objection), self._gateway_of)
        for left in (each for each in box.all() if each.objection.id == objection.id):
            if left.held or self.settings.shared:
                box.drop(objection.id)
            raise SignerError(left.last_error or ErrorCode.INTERNAL)

    def send_objections(self, *, due_only: bool = False) -> list[Objection]:
        """Send what was written to agencies and could not leave; gives what they have now."""
        from signer.objections import send

        box = self.objections()
        return send(box, box.due() if due_only else box.all(), self._gateway_of)

    def original(self, contract: Contract) -> Path:
        """Give where a contract's document goes."""
        return self.documents / f"{contract.original_sha256}.pdf"

    def ahead(self) -> Ahead | None:
        """Open what was fetched ahead; a computer that many people use has none, and loses what it had."""
        from signer.ahead import Ahead, Sealed

        if not self.settings.shared:
            key = self.home_key()
            return Ahead(self.folders.ahead, self.clock, Sealed(key) if key else None)
        if self.fault is None:  # else nobody knows yet who uses it
            Ahead(self.folders.ahead, self.clock).forget()
        return None

    @_signing_loaded
    def fetch_ahead(self, agency: AgencyInfo) -> list[Fetched]:
        """Fetch what waits at an agency, for a signing with no network; nothing, where many people use the computer."""
        from signer.fetching import Fetcher

        ahead = self.ahead()
        if ahead is None:
            return []
        fetcher = Fetcher(ahead, self.outbox(), self.clock, self.folders.workspace)
        return fetcher.fetch(self.gateway(agency))

    def deliver_due(self) -> list[DeliveryResult]:
        """Deliver what is due by now, and leave the rest its time."""
        from signer.delivery import drain

        return drain(self.outbox(), self._gateway_of, self.clock, extender=self.extender())

    def extend_delivered(self, *submissions: UUID) -> list[ExtensionResult]:
        """Raise what was delivered towards the level that was asked: these submissions, or all that are due."""
        from signer.extending import extend_delivered

        outbox = self.outbox()
        entries = [entry for entry in map(outbox.entry, submissions) if entry.pending] if submissions else None
        return extend_delivered(outbox, self._gateway_of, self.extender(), self.clock, entries=entries)

    def gateway(self, agency: AgencyInfo) -> HttpAgency:
        """Build the client of one agency; where this computer is enrolled, one that begins sessions by itself."""
        from signer.agency.client import HttpAgency
        from signer.agency.device import OwnComputer
        from signer.agency.session import SessionStore

        sessions = SessionStore(self.folders.sessions)
        enrolments = self.enrolments()
        if enrolments is None or enrolments.of(agency.id) is None:
            return HttpAgency.at(agency, sessions, self.clock, self.language, way=self.way)
        own = OwnComputer.at(agency, sessions, self.clock, self.language, way=self.way)
        return own.with_token(lambda: enrolments.token(agency.id), lambda: self.forget_enrolment(agency.id))

    def enrolments(self) -> Enrolments | None:
        """Tell at which agencies this computer is enrolled; one that many people use is at none, and forgets them."""
        from signer.agency.device import Enrolments
        from signer.key_store import SystemKeyStore

        enrolments = Enrolments(self.folders.devices, SystemKeyStore())
        if not self.settings.shared:
            return enrolments
        if self.fault is None:  # else nobody knows yet who uses it
            enrolments.forget_all()
        return None

    def enrol(self, agency: AgencyInfo, name: str | None = None) -> DeviceResource:
        """Enrol this computer as the worker's own; never one that many people use.

        Raises SignerError NO_KEY_STORE, AGENCY_NOT_LOGGED_IN, AGENCY_LOGIN_NEEDED.
        """
        import platform

        enrolments = self.enrolments()
        assert enrolments is not None, "many people use this computer"
        return enrolments.enrol(self.gateway(agency), name or platform.system() or "computer")

    def leave(self, agency: AgencyInfo) -> None:
        """Revoke this computer at an agency, and erase what it fetched; raises SignerError when nobody answers."""
        enrolments = self.enrolments()
        device = enrolments.of(agency.id) if enrolments else None
        if device is not None:
            try:
                self.gateway(agency).revoke(device.id)
            except SignerError as error:
                if error.code not in {ErrorCode.DEVICE_REVOKED, ErrorCode.AGENCY_NO_SUCH_CONTRACT}:
                    raise
        self.forget_enrolment(agency.id)

    def forget_enrolment(self, agency_id: str) -> None:
        """Forget an enrolment and erase what was fetched by it; what was signed waits in the outbox as before."""
        enrolments, ahead = self.enrolments(), self.ahead()
        if enrolments:
            enrolments.forget(agency_id)
        if ahead:
            ahead.forget(agency_id)

    def _gateway_of(self, agency_id: str) -> AgencyGateway:
        return self.gateway(self.settings.agency(agency_id))

    @_signing_loaded
    def performer(
        self, cards: CardService, agency: AgencyInfo | None, pins: PinSource, report: Callable[[w.Event], None]
    ) -> Performer:
        """Build what performs the workflow's effects."""
        from signer.notices import NumberNotice
        from signer.perform import Performer, Ports

        gateway = self.gateway(agency) if agency else None
        notice = NumberNotice(None if self.settings.shared else private_folder(self.folders.state))
        ports = Ports(
            number_notice=notice.is_due,
            agency=gateway,
            cards=cards,
            outbox=self.recovered_outbox(),
            pins=pins,
            trust=self.trust(),
            clock=self.clock,
            documents=self.documents,
            workspace=self.drafts,
            language=self.language,
            fetchers=self.fetchers(),
            extender=self.extender(),
            lists=self.trusted_lists,
            ahead=self.ahead() if agency else None,
            entrance=gateway,
        )
        return Performer(ports, report)


@_signing_loaded
def list_shelf(settings: Settings, folders: Folders, door: ServiceDoor, clock: Clock) -> ListShelf | None:
    """Open the European trusted lists as the settings have them; None: none are used."""
    wanted = settings.trust
    if settings.test is not None and not wanted.list_of_lists:
        return None
    from signer.trust.anchors import read_certificate
    from signer.trust.lists import Anchor, ListShelf

    anchor = Anchor.european()
    if wanted.list_signers:
        anchor = replace(anchor, signers=tuple(map(read_certificate, wanted.list_signers)))
    return ListShelf(replace(anchor, url=wanted.list_of_lists or anchor.url), folders.cache / "lists", door, clock)


def _pcsc(settings: Settings, _: Path | None) -> PcscCardService:
    from eidcard.cards import PcscCardService

    return PcscCardService(known=_known_cards(settings))


def _known_cards(settings: Settings) -> KnownCards | None:
    """Give the memory of cards; a computer that many people use has none, and loses what it had."""
    from eidcard.known_cards import KnownCards

    known = KnownCards(user_folders().cards)
    if settings.shared:
        known.forget_all()
        return None
    return known


def _pkcs11(settings: Settings, module: Path | None) -> ModulesCardService:
    from eidcard.all_modules import ModulesCardService
    from eidcard.modules import available

    named = module or settings.card.module
    return ModulesCardService(available(named), named=named is not None)


def _auto(settings: Settings, module: Path | None) -> CardService:
    from eidcard.choice import ChosenCardService

    return ChosenCardService(_pcsc(settings, module), lambda: _pkcs11(settings, module))


def _simulator(settings: Settings, _: Path | None) -> CardService:
    try:
        from eidcard.simulator.direct import SimulatorCardService
    except ModuleNotFoundError as error:  # the program folder has none, nor has an installation without its extra
        raise SignerError(ErrorCode.SETTINGS_BROKEN, "card.via: no simulator is installed") from error

    return SimulatorCardService.from_settings(settings)


_CARD_SERVICES: Final[dict[str, Callable[[Settings, Path | None], CardService]]] = {
    "auto": _auto,
    "card": _pcsc,
    "pkcs11": _pkcs11,
    "simulator": _simulator,
}
