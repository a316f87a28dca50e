"""Raising signed files to their level, with OCSP, revocation lists and time-stamps from a PKI on loopback."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import signal
import warnings
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.dss import DocumentSecurityStore

from eidcard.simulator.people import REVOKED
from eidcard.simulator.pki import TestPki
from signer.errors import ErrorCode, SignerError
from signer.model import Level, Reached
from signer.pades import extend, pdfium
from signer.pades.check import check_appended, check_stamped
from signer.pades.extend import level_now
from signer.trust.anchors import TrustPolicy
from signer.trust.services import Service, ServiceDoor
from signer.trust.stamping import TimeStamps
from signer.trust.time_stamps import HttpTimeStamper
from tests import papers
from tests.lying_stamper import Liar
from tests.signing_desk import SigningDesk, bind
from tests.stamping_desk import door_to, fetchers_of, means, now, time_stamps


@pytest.fixture
def desk(tmp_path: Path, served_pki: TestPki) -> SigningDesk:
    return SigningDesk(tmp_path, served_pki)


@pytest.fixture
def signed(desk: SigningDesk) -> Path:
    return desk.sign(papers.contract(desk.folder / "contract.pdf"))


def outside_the_gap(path: Path) -> bytes:
    content = path.read_bytes()
    (seen,) = pdfium.signatures_seen(path)
    _, first, start, _ = seen.byte_range
    return content[: first + 1] + content[start - 1 :]


def store_of(path: Path) -> DocumentSecurityStore:
    with path.open("rb") as stream:
        return DocumentSecurityStore.read_dss(PdfFileReader(stream))


def test_a_signature_time_stamp_is_written_into_the_signature_s_own_room_and_nowhere_else(
    signed: Path, served_pki: TestPki
) -> None:
    before, size = outside_the_gap(signed), signed.stat().st_size

    reached = extend.extend(signed, Level.B_T, means(served_pki), rewrite=True)

    assert reached == Reached(Level.B_T)
    assert signed.stat().st_size == size
    assert outside_the_gap(signed) == before


def test_each_step_after_it_only_appends(signed: Path, served_pki: TestPki) -> None:
    extend.extend(signed, Level.B_T, means(served_pki), rewrite=True)
    for level in (Level.B_LT, Level.B_LTA):
        before = signed.read_bytes()

        assert extend.extend(signed, level, means(served_pki), rewrite=True) == Reached(level)

        assert signed.read_bytes().startswith(before)
        assert level_now(signed) is level


def test_a_file_that_somebody_has_already_is_only_appended_to(signed: Path, served_pki: TestPki) -> None:
    before = signed.read_bytes()

    reached = extend.extend(signed, Level.B_LTA, means(served_pki), rewrite=False)

    assert reached == Reached(Level.B_LTA)
    assert signed.read_bytes().startswith(before)


def test_a_file_with_its_level_is_left_as_it_is(signed: Path, served_pki: TestPki) -> None:
    extend.extend(signed, Level.B_LTA, means(served_pki), rewrite=True)
    before = signed.read_bytes()

    for asked in Level:
        assert extend.extend(signed, asked, means(served_pki), rewrite=True) == Reached(Level.B_LTA)

    assert signed.read_bytes() == before


def test_chain_and_revocation_answers_are_in_the_store_and_no_vri(signed: Path, served_pki: TestPki) -> None:
    extend.extend(signed, Level.B_LT, means(served_pki), rewrite=True)
    store = store_of(signed)
    subjects = {certificate.subject.native["common_name"] for certificate in store.load_certs()}
    assert {"TEST Belgium Root CA6", "TEST Citizen CA", "TEST Time Stamping 1"} <= subjects
    assert len(store.ocsps) == 3  # of the person, the citizens' authority, the time-stamp service
    assert not store.vri_entries


def test_the_agency_s_seal_gets_its_data_too(desk: SigningDesk, served_pki: TestPki) -> None:
    source = papers.with_field(papers.contract(desk.folder / "c.pdf"), desk.folder / "p.pdf")
    signed = desk.sign(desk.seal(source), "signed.pdf", "worker")
    extend.extend(signed, Level.B_LT, means(served_pki), rewrite=True)
    subjects = {certificate.subject.native["common_name"] for certificate in store_of(signed).load_certs()}
    assert "TEST Seal CA" in subjects


def test_a_byte_beside_the_signature_s_room_is_not_let_pass(signed: Path, served_pki: TestPki) -> None:
    before = signed.with_name("before.pdf")
    shutil.copyfile(signed, before)
    _, *between, _ = pdfium.signatures_seen(signed)[0].byte_range
    gap = (between[0], between[1])
    certificate = extend.signer_of_newest(signed)
    extend.extend(signed, Level.B_T, means(served_pki), rewrite=True)
    check_stamped(signed, before, gap, certificate)  # the control

    content = bytearray(before.read_bytes())
    content[content.index(b"Bruto") + 1] ^= 1
    before.write_bytes(content)

    with pytest.raises(SignerError) as caught:
        check_stamped(signed, before, gap, certificate)
    assert caught.value.code is ErrorCode.EXTENSION_INVALID


def test_nothing_but_evidence_passes_for_an_extension(signed: Path, served_pki: TestPki, tmp_path: Path) -> None:
    before = bind(signed)
    forged = papers.forged(signed, tmp_path / "forged.pdf", papers.refill)
    with pytest.raises(SignerError) as caught:
        check_appended(forged, before)
    assert caught.value.code is ErrorCode.EXTENSION_INVALID
    again = SigningDesk(tmp_path, served_pki, "1.7").sign(signed, "twice.pdf")
    with pytest.raises(SignerError) as caught:
        check_appended(again, before)
    assert caught.value.code is ErrorCode.EXTENSION_INVALID


def test_renewal_adds_what_proves_the_last_time_stamp_and_a_new_one(signed: Path, served_pki: TestPki) -> None:
    extend.extend(signed, Level.B_LTA, means(served_pki), rewrite=True)
    before, stamps = signed.read_bytes(), len(pdfium.signatures_seen(signed))

    extend.renew(signed, means(served_pki))

    assert signed.read_bytes().startswith(before)
    assert len(pdfium.signatures_seen(signed)) == stamps + 1
    assert level_now(signed) is Level.B_LTA


def test_an_encrypted_contract_goes_the_whole_way(desk: SigningDesk, served_pki: TestPki) -> None:
    signed = desk.sign(papers.encrypted(desk.folder / "encrypted.pdf"))
    assert extend.extend(signed, Level.B_LTA, means(served_pki), rewrite=True) == Reached(Level.B_LTA)


def test_a_contract_certified_by_the_agency_goes_the_whole_way(desk: SigningDesk, served_pki: TestPki) -> None:
    source = papers.with_field(papers.contract(desk.folder / "c.pdf"), desk.folder / "p.pdf")
    signed = desk.sign(desk.seal(source, certify=True), "signed.pdf", "worker")
    assert extend.extend(signed, Level.B_LTA, means(served_pki), rewrite=True) == Reached(Level.B_LTA)


def test_a_root_that_is_known_by_its_key_alone_is_fetched(signed: Path, served_pki: TestPki, desk: SigningDesk) -> None:
    keys = (x509.load_der_x509_certificate(root).public_key() for root in served_pki.roots)
    pins = (hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest() for key in keys)
    policy = TrustPolicy(frozenset(pins))
    stampers = [HttpTimeStamper(url, door_to(served_pki)) for url in served_pki.time_stamp_urls]
    world = replace(means(served_pki, TimeStamps(stampers, policy, now, fetchers_of(served_pki))), policy=policy)
    assert extend.extend(signed, Level.B_LT, world, rewrite=True) == Reached(Level.B_LT)


def test_without_a_network_the_file_stays_whole_and_says_what_is_missing(signed: Path, served_pki: TestPki) -> None:
    before = signed.read_bytes()
    nobody = time_stamps(served_pki, ["http://127.0.0.1:9/tsa"])

    reached = extend.extend(signed, Level.B_LTA, means(served_pki, nobody), rewrite=True)

    assert reached == Reached(Level.B_B, ErrorCode.TIMESTAMP_UNAVAILABLE)
    assert signed.read_bytes() == before


def test_days_later_it_goes_on_where_it_stopped(signed: Path, served_pki: TestPki) -> None:
    nowhere = door_to(served_pki).__class__(frozenset())
    halted = extend.extend(signed, Level.B_LTA, means(served_pki, revocation=nowhere), rewrite=True)
    assert halted == Reached(Level.B_T, ErrorCode.REVOCATION_UNAVAILABLE)

    assert extend.extend(signed, Level.B_LTA, means(served_pki), rewrite=True) == Reached(Level.B_LTA)


def test_a_revoked_signer_gets_no_validation_data(tmp_path: Path, served_pki: TestPki) -> None:
    desk = SigningDesk(tmp_path, served_pki, person=REVOKED)
    signed = desk.sign(papers.contract(tmp_path / "contract.pdf"))
    reached = extend.extend(signed, Level.B_LT, means(served_pki), rewrite=True)
    assert reached == Reached(Level.B_T, ErrorCode.EVIDENCE_REFUSED)
    assert level_now(signed) is Level.B_T


def test_a_card_that_was_withdrawn_after_the_proven_time_had_signed_while_it_was_good(
    tmp_path: Path, served_pki: TestPki
) -> None:
    desk = SigningDesk(tmp_path, served_pki, person=REVOKED, now=now() - timedelta(days=40))  # withdrawn 30 days ago
    signed = desk.sign(papers.contract(tmp_path / "contract.pdf"))
    world = replace(means(served_pki), timestamps=Liar(served_pki).stamper(now() - timedelta(days=40)))

    assert extend.extend(signed, Level.B_LT, world, rewrite=True) == Reached(Level.B_LT)

    assert len(store_of(signed).ocsps) == 2  # the withdrawal itself is in it


def test_where_ocsp_is_silent_the_revocation_lists_serve(
    signed: Path, served_pki: TestPki, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = ServiceDoor.post

    def silent(door: ServiceDoor, url: str, service: Service, *rest: Any) -> bytes:
        if service is Service.OCSP:
            raise SignerError(ErrorCode.NETWORK_TIMEOUT)
        return post(door, url, service, *rest)

    monkeypatch.setattr(ServiceDoor, "post", silent)
    assert extend.extend(signed, Level.B_LT, means(served_pki), rewrite=True) == Reached(Level.B_LT)
    assert store_of(signed).crls
    assert not store_of(signed).ocsps


def test_a_step_that_brings_nothing_ends_the_way_up(
    signed: Path, served_pki: TestPki, monkeypatch: pytest.MonkeyPatch
) -> None:
    extend.extend(signed, Level.B_T, means(served_pki), rewrite=True)
    monkeypatch.setattr(extend, "add_validation_data", lambda *_: None)
    reached = extend.extend(signed, Level.B_LTA, means(served_pki), rewrite=True)
    assert reached == Reached(Level.B_T, ErrorCode.REVOCATION_UNAVAILABLE)


@pytest.mark.parametrize("asked", [Level.B_T, Level.B_LT])
def test_a_kill_leaves_the_old_whole_file_and_the_next_try_goes_on(
    signed: Path, served_pki: TestPki, asked: Level
) -> None:
    """The child is killed when the new file is written, checked, and not yet in its place."""
    if asked is Level.B_LT:
        extend.extend(signed, Level.B_T, means(served_pki), rewrite=True)
    before = signed.read_bytes()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12: our other threads are servers, and idle
        child = os.fork()
    if not child:
        with mock.patch.object(Path, "replace", side_effect=lambda _: os.kill(os.getpid(), signal.SIGKILL)):
            extend.extend(signed, asked, means(served_pki), rewrite=True)
        os._exit(1)
    _, status = os.waitpid(child, 0)

    assert os.WTERMSIG(status) == signal.SIGKILL
    assert signed.read_bytes() == before
    assert len(list(signed.parent.glob(".signed.pdf.*.part"))) == 1
    assert extend.extend(signed, asked, means(served_pki), rewrite=True) == Reached(asked)


def test_a_file_without_a_signature_is_not_extended(desk: SigningDesk, served_pki: TestPki) -> None:
    with pytest.raises(SignerError) as caught:
        extend.extend(papers.contract(desk.folder / "contract.pdf"), Level.B_T, means(served_pki), rewrite=True)
    assert caught.value.code is ErrorCode.DOCUMENT_NOT_SIGNED


def test_a_token_about_something_else_never_gets_into_a_signature(signed: Path, served_pki: TestPki) -> None:
    """The services are held to what was asked; here the last check is alone."""
    from tests.stamping_desk import Fixed  # noqa: PLC0415

    stray = asyncio.run(time_stamps(served_pki).async_timestamp(hashlib.sha256(b"other").digest(), "sha256"))
    before = signed.read_bytes()
    with pytest.raises(SignerError) as caught:
        extend.stamp_document(signed, replace(means(served_pki), timestamps=Fixed(stray)))  # type: ignore[arg-type]
    assert caught.value.code is ErrorCode.EXTENSION_INVALID
    with pytest.raises(SignerError) as caught:
        extend.stamp_signature(signed, replace(means(served_pki), timestamps=Fixed(stray)))  # type: ignore[arg-type]
    assert caught.value.code is ErrorCode.EXTENSION_INVALID
    assert signed.read_bytes() == before
