"""The transaction proof with the agency's seal (requirement 13): as a PDF for people, as signed JSON for machines."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc import jws
from joserfc.jwk import ECKey

from agency.office import Office
from agency.problems import ProblemError, ProblemType
from agency.store import ProofRow, SubmissionRow
from signer.agency.schema import TransactionProof
from signer.i18n import mark, translator
from signer.model import Timeliness
from signer.pades.report import Attachment, Paragraph, write_report
from signer.pades.seal import seal

Translate = Callable[[str], str]

_ZONE: Final = ZoneInfo("Europe/Brussels")
_RED: Final = (0.75, 0.0, 0.0)
_ALGORITHM: Final = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}  # RFC 7518, 3.4


_IN_TIME: Final = {
    Timeliness.IN_TIME: mark("The signature was there in time."),
    Timeliness.CLAIMED_IN_TIME: mark(
        "The signature is in time by the clock of the worker’s computer only: it was made without a network."
    ),
    Timeliness.LATE: mark("The signature is late."),
}


def of(office: Office, submission_id: UUID) -> ProofRow:
    """Give the sealed proof of an accepted submission, which is made when it is first asked for.

    Raises ProblemError NOT_SEALED when the agency has no seal.
    """
    key, chain = office.settings.seal_key, office.settings.seal_chain
    with office.store.reading() as session:
        made = session.get(ProofRow, str(submission_id))
        submission = session.get_one(SubmissionRow, str(submission_id))
    if made is not None:
        return made
    if key is None or chain is None:
        raise ProblemError(ProblemType.NOT_SEALED)
    row = _made(office, submission, key, chain)
    with office.store.writing() as session:  # whoever comes second, even by a millisecond, gets the first one's
        first = session.get(ProofRow, row.submission_id)
        if first is None:
            session.add(row)
        return first or row


def _made(office: Office, submission: SubmissionRow, key: Path, chain: Path) -> ProofRow:
    proof = TransactionProof.model_validate_json(submission.receipt)
    with office.documents.reading(submission.signed_sha256) as file:
        signed = file.read_bytes()
    with office.documents.incoming() as plain, office.documents.incoming() as sealed:
        title = translator(proof.language).gettext("Transaction proof")
        paragraphs = [Paragraph(title, 18), *_paragraphs(office.settings.name, proof)]
        contract = Attachment(f"{proof.contract_id}.pdf", "application/pdf", signed)
        receipt = Attachment("receipt.json", "application/json", submission.receipt.encode())
        write_report(plain, title, proof.language, paragraphs, [contract, receipt])
        seal(plain, sealed, key=key, chain=chain, certify=False)
        kept = office.documents.keep(sealed)
    signed_json = _signed_json(submission.receipt, key.read_bytes(), chain.read_bytes())
    return ProofRow(submission_id=submission.id, pdf_sha256=kept, signed_json=signed_json)


def _signed_json(receipt: str, key: bytes, chain: bytes) -> str:
    private, certificates = ECKey.import_key(key), x509.load_pem_x509_certificates(chain)
    encoded = [base64.b64encode(each.public_bytes(Encoding.DER)).decode() for each in certificates]
    algorithm = _ALGORITHM[str(private.curve_name)]
    header = {"alg": algorithm, "typ": "JOSE", "cty": "json", "x5c": encoded}  # RFC 7515, 4.1
    return jws.serialize_compact(header, receipt, private, algorithms=[algorithm])


def _paragraphs(agency: str, proof: TransactionProof) -> Iterator[Paragraph]:
    _ = translator(proof.language).gettext
    if proof.test:
        yield Paragraph(_("TEST: nothing in this proof is a real signature."), 12, 8, colour=_RED)
    yield Paragraph(_("{agency} received this signature and checked it.").format(agency=agency), 10, 12)
    for name, told in _facts(_, proof):
        yield Paragraph(name, 8, 10, colour=(0.35, 0.35, 0.35))
        yield Paragraph(told, 10, 1)
    yield Paragraph(_("The signed contract is attached to this document, and the same facts for machines."), 10, 16)


def _facts(_: Translate, proof: TransactionProof) -> Iterator[tuple[str, str]]:
    yield _("Transaction"), str(proof.transaction_id)
    yield _("Contract"), f"{proof.title} ({proof.contract_id}, {proof.language})"
    yield _("Pages"), str(proof.page_count)
    yield _("Signed by"), proof.signer_name
    yield _("With"), _("eID card, {level}").format(level=f"PAdES {proof.level}")
    yield _("Contract published"), _shown(proof.created_at)
    if proof.opened_at:
        yield _("Opened by the worker"), _shown(proof.opened_at)
    yield _("Signed (by the clock of the worker’s computer)"), _shown(proof.claimed_at)
    if proof.clock_offset_ms:
        seconds = f"{proof.clock_offset_ms / 1000:+.1f} s"
        yield _("Our clock compared with that one"), seconds
    if proof.proven_at:
        yield _("Proven (by a time-stamp in the signature)"), _shown(proof.proven_at)
    yield _("Received (by our clock)"), _shown(proof.received_at)
    yield _("The job starts"), f"{_shown(proof.deadline)}. {_(_IN_TIME[Timeliness(proof.told_timeliness)])}"
    yield _("SHA-256 of the contract"), proof.original_sha256
    yield _("SHA-256 of the signed contract"), proof.signed_sha256
    yield _("SHA-256 of the signer’s certificate"), proof.signer_certificate_sha256
    known = _("asked: it was not") if proof.revocation_checked else _("could not be asked")
    yield _("Was the card withdrawn or suspended?"), known


def _shown(moment: datetime) -> str:
    return f"{moment.astimezone(_ZONE):%d/%m/%Y %H:%M:%S %Z}"
