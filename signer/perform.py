"""Performs the workflow's effects through the ports, and answers each with the event that follows.

One worker owns a Performer: the card, the prepared document and the PIN never leave its thread. What goes wrong
comes back as ``Failed``; nothing is raised to a face, and nothing is retried here.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

from signer import certificates
from signer import workflow as w
from signer.agency.login import challenge_digest
from signer.ahead import Ahead, Kept, nobody_answers
from signer.delivery import deliver
from signer.errors import ErrorCode, Kind, SignerError
from signer.files import DRAFTS, PARTS, clear_away, require_writable, sha256_of, signed_name, write_whole
from signer.model import Contract, Document, KeyInfo, KeyUse, Level, SignedContract, SigningTerms, Withdrawal
from signer.outbox import ABANDONED, Outbox
from signer.pades import preflight, sign
from signer.ports import AgencyGateway, CardService, Clock, Entrance, ErasablePin, Extender, PinSource, SigningKey
from signer.trust.anchors import FOR_LOGGING_IN, Chain, TrustPolicy, chain_to_root
from signer.trust.fetchers import TrustFetchers
from signer.trust.qualified import claims_to_be_qualified, qualified_status
from signer.trust.revocation import BackgroundCheck
from signer.versions import version_before

if TYPE_CHECKING:  # the reader of lists is loaded when there are some
    from signer.trust.lists import TrustedLists

_LOG: Final = logging.getLogger("paraph.perform")
_PATIENCE_S: Final = 3.0  # for who asks about a card; later answers are looked at before it signs
_FRESH: Final = timedelta(seconds=30)  # design.md: the claimed time is the time of signing


@dataclass(frozen=True, slots=True)
class Ports:
    """The world as the performer needs it; ``ui.bootstrap`` builds it, tests build their own."""

    agency: AgencyGateway | None  # None: local files only
    cards: CardService
    outbox: Outbox
    pins: PinSource
    trust: TrustPolicy
    clock: Clock
    documents: Path  # folder for originals, and for what is signed and sealed, as long as somebody looks at it
    workspace: Path  # folder for what is prepared and not yet signed
    language: str
    fetchers: TrustFetchers | None = None  # None: nobody is asked whether a card was withdrawn
    extender: Extender | None = None  # None: what is signed stays at level B-B
    number_notice: Callable[[], bool] = lambda: False  # whether to tell now that the signature has the number
    lists: Callable[[], TrustedLists] | None = None  # None: nothing is called qualified
    ahead: Ahead | None = None  # None: nothing is kept for a signing without a network
    entrance: Entrance | None = None  # the agency's door; None: nobody logs in


class Performer:
    """Performs effects one at a time; keeps the key and the prepared document between them."""

    def __init__(self, ports: Ports, report: Callable[[w.Event], None]) -> None:
        self._ports = ports
        self._report = report
        self._key: SigningKey | None = None
        self._prepared: sign.PreparedSignature | None = None
        self._check: BackgroundCheck | None = None
        self._qualified = False
        self._begun: UUID | None = None  # on record in the outbox, and not signed
        self._seen_off: list[Path] = []  # open documents of contracts that are signed, where the outbox seals
        with suppress(SignerError):  # a contract that a kill left lying about keeps nobody from signing
            clear_away(ports.workspace, DRAFTS, ABANDONED)
            clear_away(ports.documents, PARTS, ABANDONED)

    def perform(self, effect: w.Effect) -> w.Event | None:
        """Perform one effect; None when it has no answer of its own (WatchCard, AskPin, LetGo)."""
        try:
            return _PERFORMERS[type(effect)](self, effect)
        except SignerError as error:
            _LOG.info("%s failed: %s", type(effect).__name__, error, exc_info=error.__cause__ is not None)
            detail = error.detail if error.code.kind is Kind.DOCUMENT else ""
            return w.Failed(error.code, error.tries_left, detail)
        except Exception:  # noqa: BLE001 - a mistake of ours becomes a message too, and the signature is kept
            _LOG.exception("%s failed unexpectedly", type(effect).__name__)
            return w.Failed(ErrorCode.INTERNAL)

    def close(self) -> None:
        """Let go of the card, and of readers and modules with it; harmless when done twice."""
        self.perform(w.LetGo())
        self._ports.cards.close()

    def _open_paper(self, effect: w.OpenPaper) -> w.Event:
        while self._seen_off:
            self._seen_off.pop().unlink(missing_ok=True)
        if isinstance(effect.target, w.FileTarget):
            require_writable(effect.target.output.parent)
            document = preflight.inspect(effect.target.path)
            cautions = preflight.preflight(document, None)
            return w.Opened(w.Paper(effect.target, document, cautions=cautions))
        try:
            contract, terms = self._agree(effect.target.contract_id)
            document = self._fetch(contract)
        except SignerError as error:
            if error.code is ErrorCode.AGENCY_LOGIN_NEEDED:
                return w.LoginNeeded(self._entrance().login_ways() or ())
            kept = self._kept(effect.target.contract_id) if nobody_answers(error.code) else None
            if kept is None:
                raise
            return w.Opened(self._paper_of(effect.target, kept))
        cautions = preflight.preflight(document, terms.field)
        return w.Opened(
            w.Paper(effect.target, document, contract, terms, cautions, version_before(self._agency(), contract))
        )

    def _kept(self, contract_id: str) -> Kept | None:
        """Give what was fetched ahead of a contract, unless it is signed here already."""
        if self._ports.ahead is None:
            return None
        kept = self._ports.ahead.find(self._agency().agency.id, contract_id)
        if kept is not None:
            self._ports.outbox.require_new(kept.terms.agency_id, contract_id)
        return kept

    def _paper_of(self, target: w.Target, kept: Kept) -> w.Paper:
        """Open what was fetched ahead: the same checks, with no network."""
        assert self._ports.ahead is not None
        path = self._original(kept.contract)
        self._ports.ahead.bring(kept, path)
        document = self._inspected(path, kept.contract)
        cautions = preflight.preflight(document, kept.terms.field)
        return w.Paper(target, document, kept.contract, kept.terms, cautions, kept.before, kept.fetched_at)

    def _agree(self, contract_id: str) -> tuple[Contract, SigningTerms]:
        agency = self._agency()
        self._ports.outbox.require_new(agency.agency.id, contract_id)
        contract = self._newest(contract_id)
        if not contract.open:
            raise SignerError(_CODE_BY_STATE.get(contract.state, ErrorCode.AGENCY_GARBLED))
        self._ports.outbox.require_new(agency.agency.id, contract.id)
        terms = agency.open_signing(contract, uuid4())
        if terms.original_sha256 != contract.original_sha256:
            raise SignerError(ErrorCode.AGENCY_GARBLED, "terms and contract speak of different documents")
        return contract, terms

    def _newest(self, contract_id: str) -> Contract:
        """Give a contract, or the version that came in its place; an old link leads to what is to be signed now."""
        seen = {contract_id}
        contract = self._agency().contract(contract_id)
        while contract.replaced_by and contract.replaced_by not in seen:
            seen.add(contract.replaced_by)
            contract = self._agency().contract(contract.replaced_by)
        return contract

    def _fetch(self, contract: Contract) -> Document:
        """Download the original unless the very bytes are here already."""
        path = self._original(contract)
        if not (path.exists() and sha256_of(path) == contract.original_sha256):
            self._agency().download(contract, path)
        return self._inspected(path, contract)

    def _original(self, contract: Contract) -> Path:
        return self._ports.documents / f"{contract.original_sha256}.pdf"

    def _inspected(self, path: Path, contract: Contract) -> Document:
        document = preflight.inspect(path)
        if document.sha256 != contract.original_sha256:
            raise SignerError(ErrorCode.DOCUMENT_NOT_AS_SHOWN)
        return document

    def _find_key(self, effect: w.FindKey) -> w.Event:
        self._let_go(w.LetGo())
        self._key = self._ports.cards.find_key()
        info = self._key.info
        chain = self._require_may_sign(info, effect.paper).certificates
        self._ask_about(chain)
        self._qualified = not info.test and self._is_qualified(chain)
        self._prepare(effect.paper, info)
        tells_number = certificates.has_national_number(info.signer.certificate) and self._ports.number_notice()
        return w.KeyFound(replace(info, withdrawal=self._withdrawal(_PATIENCE_S), tells_number=tells_number))

    def _find_login_key(self, _: w.FindLoginKey) -> w.Event:
        self._let_go(w.LetGo())
        self._key = self._ports.cards.find_key(KeyUse.LOGGING_IN)
        info = self._key.info
        # Refused before a PIN is asked: the agency would not take it either.
        chain_to_root(
            self._ports.trust, info.signer.certificate, info.signer.chain, self._ports.clock.now(), FOR_LOGGING_IN
        )
        return w.KeyFound(info)

    def _log_in(self, _: w.LogIn) -> w.Event:
        pin = self._ports.pins.take()
        try:
            if self._key is None:
                raise SignerError(ErrorCode.CARD_REMOVED)
            text, info = self._entrance().login_text(), self._key.info
            signature = self._key.sign_digest(challenge_digest(info.mechanism, text), pin)
        finally:
            if pin is not None:
                pin.wipe()
        self._entrance().log_in(info.signer, signature)
        return w.LoggedIn()

    def _send_code(self, _: w.SendCode) -> w.Event:
        return w.CodeSent(self._entrance().send_code())

    def _log_in_by_code(self, effect: w.LogInByCode) -> w.Event:
        self._entrance().log_in_by_code(effect.code)
        return w.LoggedIn()

    def _entrance(self) -> Entrance:
        if self._ports.entrance is None:
            raise SignerError(ErrorCode.AGENCY_UNKNOWN)
        return self._ports.entrance

    def _ask_about(self, chain: tuple[bytes, ...]) -> None:
        """Begin to ask whether the card was withdrawn, while the document is prepared."""
        fetchers, now = self._ports.fetchers, self._ports.clock.now()
        if fetchers is not None and not (self._check and self._check.is_about(chain, now)):
            self._check = BackgroundCheck(chain, fetchers, now)

    def _is_qualified(self, chain: tuple[bytes, ...]) -> bool:
        """Tell whether certificate and trusted list agree, by the lists that are here."""
        if self._ports.lists is None or not claims_to_be_qualified(chain[0]):
            return False
        return qualified_status(chain, self._ports.lists(), self._ports.clock.now()).is_qualified_signature

    def _withdrawal(self, patience_s: float) -> Withdrawal:
        """Tell what is known by now; raises CERTIFICATE_REVOKED, _SUSPENDED or _UNTRUSTED."""
        if self._check is None:
            return Withdrawal.NOT_ASKED
        learned = self._check.result(patience_s)
        if learned is not None:
            learned.require_not_revoked()
        return Withdrawal.NONE if learned and learned.known else Withdrawal.UNKNOWN

    def _require_may_sign(self, info: KeyInfo, paper: w.Paper) -> Chain:
        """Refuse, before a PIN is asked, every key whose signature would be worth nothing."""
        now = self._ports.clock.now()
        certificates.require_usable(info.signer.certificate, now)
        chain = chain_to_root(self._ports.trust, info.signer.certificate, info.signer.chain, now)
        if paper.terms and not certificates.is_expected(paper.terms.expected_signer, info.signer.certificate):
            raise SignerError(ErrorCode.CARD_OF_ANOTHER)
        return chain

    def _prepare(self, paper: w.Paper, info: KeyInfo) -> sign.PreparedSignature:
        request = sign.SignatureRequest(
            signer=info.signer,
            mechanism=info.mechanism,
            field=paper.terms.field if paper.terms else None,
            claimed_at=self._ports.clock.now().replace(microsecond=0),  # /M has whole seconds (ISO 32000-2, 7.9.4)
            language=paper.contract.language if paper.contract else self._ports.language,
            test=info.test,
            qualified=self._qualified,
            visible=paper.terms.visible if paper.terms else True,
        )
        self._prepared = sign.prepare(paper.document, request, self._ports.workspace)
        return self._prepared

    def _sign(self, effect: w.Sign) -> w.Event:
        pin = self._ports.pins.take()
        try:
            if self._key is None:
                raise SignerError(ErrorCode.CARD_REMOVED)
            with self._ports.outbox.one_signing():
                return self._sign_with(self._key, effect, pin)
        finally:
            if pin is not None:
                pin.wipe()

    def _sign_with(self, key: SigningKey, effect: w.Sign, pin: ErasablePin | None) -> w.Event:
        self._withdrawal(0)  # refuses by what came in while the PIN was typed
        prepared = self._fresh(effect.paper, effect.key)
        self._report(w.StepDone(w.Step.PREPARED))
        target = self._place_for(effect.paper)
        signature = key.sign_digest(prepared.digest, pin)
        if pin is not None:
            pin.wipe()
        self._report(w.StepDone(w.Step.CARD_SIGNED))
        try:
            sign.finish(prepared, signature, target)
        finally:
            if not prepared.draft.exists():  # it has become the signed file, or it is of no more use
                self._prepared = None
        signed = _described(effect, prepared, target)
        if effect.paper.terms:
            self._ports.outbox.queue(signed)
            self._begun = None
            signed = self._put_away(signed, effect.paper.document)
        self._report(w.StepDone(w.Step.CHECKED))
        return w.Signed(signed)

    def _put_away(self, signed: SignedContract, original: Document) -> SignedContract:
        """Have what waits sealed, and leave a copy to look at until the next contract; a mishap loses nothing."""
        outbox, copy = self._ports.outbox, original.path.with_name(signed.path.name)
        if not outbox.seals:
            return signed
        try:
            write_whole(copy, signed.path.read_bytes())
            outbox.seal(signed.submission_id)
        except (SignerError, OSError) as error:  # it is queued in any case, and sealed later
            _LOG.warning("what was signed is not sealed yet: %s", type(error).__name__)
            return signed
        self._seen_off += [copy, original.path]
        sealed = outbox.entry(signed.submission_id).signed
        return replace(signed, path=copy, sealed=sealed.sealed if sealed else None)

    def _fresh(self, paper: w.Paper, info: KeyInfo) -> sign.PreparedSignature:
        prepared = self._prepared
        if prepared is None or self._ports.clock.now() - prepared.prepared_at > _FRESH:
            self._discard_prepared()
            return self._prepare(paper, info)
        return prepared

    def _place_for(self, paper: w.Paper) -> Path:
        """Give where the signed file goes; for an agency, its submission is on record before the card signs."""
        if isinstance(paper.target, w.FileTarget):
            output = paper.target.output  # another program may have put something there since
            return signed_name(paper.target.path, output.parent) if os.path.lexists(output) else output
        assert paper.terms
        assert paper.contract
        terms, outbox = paper.terms, self._ports.outbox
        outbox.require_new(
            terms.agency_id, terms.contract_id, terms.submission_id
        )  # another copy may have been quicker
        target = outbox.begin(terms, paper.contract)
        self._begun = terms.submission_id
        return target

    def _deliver(self, effect: w.Deliver) -> w.Event:
        entry = self._ports.outbox.entry(effect.signed.submission_id)
        ports = self._ports
        return w.Delivered(deliver(ports.outbox, entry, self._agency(), ports.clock, extender=ports.extender))

    def _let_go(self, _: w.LetGo) -> None:
        pin = self._ports.pins.take()
        if pin is not None:
            pin.wipe()
        self._discard_prepared()
        if self._begun is not None:
            with suppress(SignerError):  # it stays on the list as not finished, for a day
                self._ports.outbox.give_up(self._begun)
            self._begun = None
        if self._key is not None:
            with suppress(SignerError):  # a card that is out already cannot be let go of
                self._key.close()
            self._key = None

    def _discard_prepared(self) -> None:
        if self._prepared is not None:
            self._prepared.discard()
            self._prepared = None

    def _agency(self) -> AgencyGateway:
        if self._ports.agency is None:
            raise SignerError(ErrorCode.AGENCY_UNKNOWN)
        return self._ports.agency

    def _nothing(self, _: w.WatchCard | w.AskPin) -> None:
        """These two are the face's to perform: it knows how to wait and how to ask."""


_CODE_BY_STATE: Final = {
    "signed": ErrorCode.AGENCY_ALREADY_SIGNED,
    "withdrawn": ErrorCode.AGENCY_WITHDRAWN,
    "replaced": ErrorCode.AGENCY_WITHDRAWN,
}

_PERFORMERS: Final[dict[type[w.Effect], Callable[[Performer, Any], w.Event | None]]] = {
    w.OpenPaper: Performer._open_paper,  # noqa: SLF001 - the table stands beside its class
    w.FindLoginKey: Performer._find_login_key,  # noqa: SLF001
    w.LogIn: Performer._log_in,  # noqa: SLF001
    w.SendCode: Performer._send_code,  # noqa: SLF001
    w.LogInByCode: Performer._log_in_by_code,  # noqa: SLF001
    w.FindKey: Performer._find_key,  # noqa: SLF001
    w.Sign: Performer._sign,  # noqa: SLF001
    w.Deliver: Performer._deliver,  # noqa: SLF001
    w.LetGo: Performer._let_go,  # noqa: SLF001
    w.WatchCard: Performer._nothing,  # noqa: SLF001
    w.AskPin: Performer._nothing,  # noqa: SLF001
}


def _described(effect: w.Sign, prepared: sign.PreparedSignature, path: Path) -> SignedContract:
    document, terms = effect.paper.document, effect.paper.terms
    return SignedContract(
        submission_id=terms.submission_id if terms else uuid4(),
        path=path,
        sha256=sha256_of(path),
        original_sha256=document.sha256,
        increment_offset=document.size,
        size=path.stat().st_size,
        signer_name=effect.key.signer.name,
        claimed_at=prepared.prepared_at,
        level=Level.B_B,
        test=effect.key.test,
    )
