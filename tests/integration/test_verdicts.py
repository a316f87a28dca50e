"""Verdicts over the years, with services that answer by a clock of ours; and on what others signed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import keys
from asn1crypto import x509 as asn1
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import SimpleSigner
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from eidcard.simulator.people import ADULT, REVOKED, SUSPENDED, Person
from eidcard.simulator.pki import TestPki
from eidcard.simulator.services import served_pki
from signer.errors import ErrorCode, SignerError
from signer.model import Level
from signer.pades import extend
from signer.pades.extend import Means
from signer.pades.validate import validate
from signer.pades.verdict import Indication, SignatureVerdict, SignerKind, Unchecked
from signer.trust.answers import Answers
from signer.trust.fetchers import TrustFetchers
from signer.trust.stamping import TimeStamps
from signer.trust.time_stamps import HttpTimeStamper
from tests import papers
from tests.signing_desk import SigningDesk
from tests.stamping_desk import door_to, policy_of

ROOT_ENDS = datetime(2028, 1, 28, tzinfo=UTC)  # as of two Belgian roots, and of all that they issued
STAMPER_ENDS = datetime(2030, 6, 1, tzinfo=UTC)
ENDS = {"root-1.7": ROOT_ENDS, "citizen-ca-1.7": ROOT_ENDS, "ocsp-1.7": ROOT_ENDS, "tsa-1": STAMPER_ENDS}
BEFORE, AFTER = ROOT_ENDS - timedelta(days=1), ROOT_ENDS + timedelta(days=1)
FIVE_YEARS_MORE = ROOT_ENDS + timedelta(days=5 * 365 + 2)
PASSED = (Indication.PASSED, "")
ENDED = (Indication.INDETERMINATE, "OUT_OF_BOUNDS_NO_POE")
UNKNOWN = (Indication.INDETERMINATE, "TRY_LATER")


@dataclass
class Years:
    """A PKI with services, all of it at one moment; a contract signed by its RSA card, at every level."""

    pki: TestPki
    folder: Path
    now: datetime
    signed_at: datetime

    def clock(self) -> datetime:
        return self.now

    def fetchers(self) -> TrustFetchers:
        return TrustFetchers(door_to(self.pki), Answers(), self.Clock(self))

    @dataclass
    class Clock:
        years: Years

        def now(self) -> datetime:
            return self.years.now

    def means(self, stamper: int) -> Means:
        url = self.pki.time_stamp_urls[stamper]
        stamps = TimeStamps([HttpTimeStamper(url, door_to(self.pki))], policy_of(self.pki), self.clock, self.fetchers())
        return Means(policy_of(self.pki), stamps, self.fetchers(), self.clock)

    def desk(self, generation: str = "1.7", person: Person = ADULT) -> SigningDesk:
        return SigningDesk(self.folder, self.pki, generation, person, now=self.signed_at)

    def sign(self, level: Level, name: str = "", *, rewrite: bool = True) -> Path:
        self.now = self.signed_at
        source = papers.contract(self.folder / "contract.pdf")
        signed = self.desk().sign(source, f"{name or level.value}.pdf")
        assert extend.extend(signed, level, self.means(0), rewrite=rewrite).level is level
        return signed

    def renewed(self, path: Path, at: datetime) -> Path:
        self.now = at
        copy = path.with_name("renewed.pdf")
        shutil.copy(path, copy)
        extend.renew(copy, self.means(1))
        return copy

    def verdicts(self, path: Path, at: datetime, *, online: bool = True) -> tuple[SignatureVerdict, ...]:
        self.now = at
        return validate(path, policy_of(self.pki), at, self.fetchers() if online else None)

    def said(self, path: Path, at: datetime, *, online: bool = True) -> tuple[Indication, str]:
        first = self.verdicts(path, at, online=online)[0]
        return first.indication, first.sub_indication


@pytest.fixture(scope="module")
def years(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Years]:
    folder, start = tmp_path_factory.mktemp("years"), datetime.now(UTC).replace(microsecond=0)
    moment: list[Years] = []

    def clock() -> datetime:
        return moment[0].now if moment else start

    with served_pki(folder / "pki", clock=clock, ends=ENDS) as pki:
        moment.append(Years(pki, folder, start, start))
        yield moment[0]


def test_a_good_signature_is_passed_when_the_issuers_can_be_asked(years: Years) -> None:
    (found,) = years.verdicts(years.sign(Level.B_B), years.signed_at)
    assert (found.indication, found.revocation_checked, found.trusted) == (Indication.PASSED, True, True)
    assert found.unchecked == (Unchecked.TIME, Unchecked.QUALIFICATION)
    assert found.proven_at is None


def test_without_network_it_is_said_what_could_not_be_checked(years: Years) -> None:
    (found,) = years.verdicts(years.sign(Level.B_B), years.signed_at, online=False)
    assert (found.indication, found.sub_indication) == UNKNOWN
    assert Unchecked.REVOCATION in found.unchecked
    assert found.trusted


def test_a_time_stamp_proves_when(years: Years) -> None:
    (found,) = years.verdicts(years.sign(Level.B_T), years.signed_at)
    assert (found.indication, found.proven_at) == (Indication.PASSED, years.signed_at)
    assert Unchecked.TIME not in found.unchecked


def test_what_is_in_the_file_is_enough_without_network(years: Years) -> None:
    path = years.sign(Level.B_LT)
    assert years.said(path, years.signed_at, online=False) == PASSED
    assert years.said(path, BEFORE, online=False) == PASSED  # the answers are old, and from after the time-stamp


def test_answers_from_before_a_time_stamp_say_nothing_of_it(years: Years) -> None:
    path = years.sign(Level.B_LT, "old-answers")
    years.now = years.signed_at + timedelta(days=1)
    extend.stamp_document(path, years.means(0))
    signature, stamp = years.verdicts(path, years.signed_at + timedelta(days=2), online=False)
    assert signature.indication is Indication.PASSED
    assert (stamp.indication, stamp.sub_indication) == UNKNOWN


@pytest.mark.parametrize("person", [REVOKED, SUSPENDED], ids=lambda person: person.id)
def test_a_withdrawn_certificate_is_not_trusted(years: Years, person: Person) -> None:
    desk = years.desk("1.8", person)
    signed = desk.sign(papers.contract(years.folder / "contract.pdf"), "withdrawn.pdf")
    (found,) = years.verdicts(signed, years.signed_at)
    assert found.indication is not Indication.PASSED
    assert "REVOKED" in found.sub_indication
    assert (found.trusted, found.untrusted_because) == (False, ErrorCode.CERTIFICATE_REVOKED)
    assert found.revocation_checked


@pytest.mark.parametrize(
    ("level", "before", "after", "later"),
    [
        (Level.B_B, PASSED, ENDED, ENDED),
        (Level.B_T, PASSED, ENDED, ENDED),
        (Level.B_LT, PASSED, ENDED, ENDED),
        (Level.B_LTA, PASSED, PASSED, ENDED),  # until the time-stamp's own certificate ends
    ],
    ids=lambda each: each.value if isinstance(each, Level) else "",
)
def test_a_contract_outlives_the_root_of_its_card_by_an_archive_time_stamp_alone(
    years: Years, level: Level, before: object, after: object, later: object
) -> None:
    path = years.sign(level, f"crossing-{level.value}")
    assert [years.said(path, at) for at in (BEFORE, AFTER, FIVE_YEARS_MORE)] == [before, after, later]


def test_renewed_in_time_it_holds_five_years_more(years: Years) -> None:
    path = years.sign(Level.B_LTA, "to-renew")
    renewed = years.renewed(path, STAMPER_ENDS - timedelta(days=300))
    signature, *stamps = years.verdicts(renewed, FIVE_YEARS_MORE)
    assert (signature.indication, signature.proven_at) == (Indication.PASSED, years.signed_at)
    assert [(each.kind, each.indication) for each in stamps] == [(SignerKind.TIMESTAMP, Indication.PASSED)] * 2
    assert years.said(path, FIVE_YEARS_MORE) == ENDED


def test_a_renewal_that_comes_too_late_proves_nothing(years: Years) -> None:
    """After the end of the first time-stamp's certificate nobody vouches for it any more."""
    path = years.sign(Level.B_LTA, "late")
    before = path.read_bytes()
    with pytest.raises(SignerError):
        years.renewed(path, STAMPER_ENDS + timedelta(days=1))
    assert path.with_name("renewed.pdf").read_bytes() == before


def test_a_file_signed_without_network_is_proven_by_a_document_time_stamp(years: Years) -> None:
    path = years.sign(Level.B_LTA, "offline", rewrite=False)
    assert years.said(path, AFTER) == PASSED
    assert years.verdicts(path, AFTER)[0].proven_at == years.signed_at


def test_a_byte_changed_under_all_time_stamps_fails(years: Years) -> None:
    path = years.sign(Level.B_LTA, "changed")
    path.write_bytes(path.read_bytes().replace(b"16,42 euro", b"96,42 euro", 1))
    assert [each.indication for each in years.verdicts(path, years.signed_at)] == [Indication.FAILED] * 2
    assert years.said(path, AFTER) == (Indication.FAILED, "HASH_FAILURE")


# ── signed by others ──


def by_another_program(years: Years, path: Path, target: Path) -> None:
    """Sign as programs did before PAdES: adbe.pkcs7.detached, with no attribute that names the certificate."""
    credentials = years.desk("1.8").credentials
    assert credentials.signature is not None
    chain = [asn1.Certificate.load(der) for der in (credentials.signature.certificate, *credentials.chain)]
    encoded = credentials.signature.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    store = SimpleCertificateStore.from_certs(chain)  # type: ignore[no-untyped-call]
    signer = SimpleSigner(chain[0], keys.PrivateKeyInfo.load(encoded), store)
    how = PdfSignatureMetadata("Old", subfilter=SigSeedSubFilter.ADOBE_PKCS7_DETACHED)
    with path.open("rb") as original, target.open("w+b") as output:
        writer = IncrementalPdfFileWriter(original)
        PdfSigner(how, signer, new_field_spec=SigFieldSpec("Old")).sign_pdf(writer, output=output)


def test_an_old_kind_of_signature_is_judged_and_has_no_pades_level(years: Years) -> None:
    target = years.folder / "old.pdf"
    by_another_program(years, papers.contract(years.folder / "contract.pdf"), target)
    (found,) = years.verdicts(target, datetime.now(UTC))
    assert (found.level, found.intact, found.trusted) == (None, True, True)
    assert found.indication is Indication.PASSED


def test_several_signatures_a_seal_and_a_time_stamp_are_judged_each(years: Years) -> None:
    years.now = years.signed_at
    desk = years.desk("1.8")
    target = years.folder / "all.pdf"
    by_another_program(years, desk.seal(papers.contract(years.folder / "contract.pdf")), target)
    signed = desk.sign(target, "all-signed.pdf")
    extend.extend(signed, Level.B_LTA, years.means(0), rewrite=True)
    found = years.verdicts(signed, datetime.now(UTC))
    kinds = [SignerKind.SEAL, SignerKind.PERSON, SignerKind.PERSON, SignerKind.TIMESTAMP]
    assert [each.kind for each in found] == kinds
    assert [each.indication for each in found] == [Indication.PASSED] * 4


def test_what_poppler_signs_is_judged_too(years: Years) -> None:
    """Poppler signs with the key of an NSS store, in version 22.12 with RSA alone."""
    desk, store = years.desk(), years.folder / "nss"
    assert desk.credentials.signature is not None
    bundle, source, target = store / "key.p12", papers.contract(years.folder / "contract.pdf"), store / "signed.pdf"
    store.mkdir()
    bundle.write_bytes(desk.pkcs12(b"secret"))
    for command in (
        ("certutil", "-N", "-d", f"sql:{store}", "--empty-password"),
        ("pk12util", "-i", bundle, "-d", f"sql:{store}", "-W", "secret"),
        (
            *("pdfsig", source, target, "-add-signature", "-nssdir", f"sql:{store}", "-nick", "worker"),
            *("-new-signature-field-name", "Poppler"),
        ),
    ):
        subprocess.run(list(map(str, command)), check=True, capture_output=True, timeout=60)
    (found,) = years.verdicts(target, datetime.now(UTC))
    assert (found.intact, found.indication) == (True, Indication.PASSED)
