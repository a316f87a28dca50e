"""Which baseline level a signature has reached (ETSI EN 319 142-1, clause 6), by what the file holds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from asn1crypto import cms, crl, ocsp, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.rw_common import PdfHandler
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import ValidationInfoReadingError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko_certvalidator.revinfo.archival import CRLContainer, OCSPContainer

from signer.model import Level
from signer.pades.signature_stamp import stamps_bytes, time_of, tokens_of


@dataclass(frozen=True, slots=True)
class SecurityStore:
    """What a document security store (DSS) holds: certificates, and what issuers said of them."""

    certificates: tuple[x509.Certificate, ...] = ()
    ocsps: tuple[OCSPContainer, ...] = ()
    crls: tuple[CRLContainer, ...] = ()

    @classmethod
    def read(cls, document: PdfHandler) -> SecurityStore:
        """Read the store of a document, or of an earlier revision of it; an absent one is empty."""
        try:
            dss = DocumentSecurityStore.read_dss(document)
        except ValidationInfoReadingError:
            return cls()
        lists = (crl.CertificateList.load(each.get_object().data) for each in dss.crls)
        answers = (ocsp.OCSPResponse.load(each.get_object().data) for each in dss.ocsps)
        return cls(
            certificates=tuple(dss.load_certs()),
            ocsps=tuple(told for each in answers for told in OCSPContainer.load_multi(each)),
            crls=tuple(map(CRLContainer, lists)),
        )

    @property
    def issued_at(self) -> list[datetime]:
        """Give the moments at which answers and lists were made, the last one first."""
        moments = {each.issuance_date for each in (*self.ocsps, *self.crls)}
        return sorted(filter(None, moments), reverse=True)

    def speaks_of(self, certificate: x509.Certificate) -> bool:
        """Tell whether an issuer's word on a certificate is here, where there can be one: on a root there is none."""
        if certificate.self_signed in {"yes", "maybe"} or not _can_be_asked_about(certificate):
            return True
        issuer = certificate.issuer.dump()
        listed = any(each.crl_data["tbs_cert_list"]["issuer"].dump() == issuer for each in self.crls)
        answers = filter(None, (each.extract_single_response() for each in self.ocsps))
        return listed or any(_is_about(each["cert_id"], certificate) for each in answers)


class Standing(NamedTuple):
    """The level of a signature, None where it is no PAdES baseline signature; and the earliest proof of its time."""

    level: Level | None
    proven_at: datetime | None


def level_of(signature: EmbeddedPdfSignature) -> Level | None:
    """Tell the level of a signature that pyHanko has read; None: no PAdES baseline signature."""
    return standing_of(signature).level


def standing_of(signature: EmbeddedPdfSignature, counts: Callable[[cms.SignedData], bool] = lambda _: True) -> Standing:
    """Tell the level of a signature, and since when it is proven to exist.

    A document time-stamp after it proves its time as well as one inside it. That validation data and time-stamps are
    *there* is what is told; ``counts`` says which time-stamps are believed, and the verdict whether all of it holds.
    """
    if signature.sig_object.get("/SubFilter") != SigSeedSubFilter.PADES.value:
        return Standing(None, None)
    reader: PdfFileReader = signature.reader
    since, value = signature.signed_revision, signature.signer_info["signature"].native
    later = [
        each
        for each in reader.embedded_timestamp_signatures
        if each.signed_revision > since and counts(each.signed_data)
    ]
    inside = [each for each in tokens_of(signature) if stamps_bytes(each, value) and counts(each)]
    tokens = [*inside, *(each.signed_data for each in later)]
    return Standing(_level(reader, signature, inside, later), min(map(time_of, tokens), default=None))


def _level(
    reader: PdfFileReader,
    signature: EmbeddedPdfSignature,
    inside: list[cms.SignedData],
    later: list[EmbeddedPdfSignature],
) -> Level:
    """Tell the level by the time-stamps that count: those inside the signature and those on later revisions."""
    if not (inside or later):
        return Level.B_B
    needed = [signature.signed_data, *(inside or [later[0].signed_data])]
    if not _complete(SecurityStore.read(reader), needed):
        return Level.B_T
    stores = (SecurityStore.read(reader.get_historical_resolver(each.signed_revision)) for each in reversed(later))
    return Level.B_LTA if any(_complete(store, needed) for store in stores) else Level.B_LT


def _complete(store: SecurityStore, signed: Iterable[cms.SignedData]) -> bool:
    return bool(store.certificates) and all(
        store.speaks_of(certificate) for each in signed for certificate in chain_of(each, store.certificates)
    )


def chain_of(signed: cms.SignedData, others: Iterable[x509.Certificate]) -> Iterator[x509.Certificate]:
    """Walk from the signer's certificate up, by names, as far as certificates are at hand."""
    known = [*_inside(signed), *others]
    link = _signer(signed, known)
    seen: set[bytes] = set()
    while link is not None and link.dump() not in seen:
        yield link
        seen.add(link.dump())
        issuer = link.issuer.dump()
        link = next((each for each in known if each.subject.dump() == issuer and each.dump() not in seen), None)


def signer_certificate(signed: cms.SignedData) -> bytes | None:
    """Give the certificate (DER) of who signed, when it is inside."""
    found = _signer(signed, _inside(signed))
    return bytes(found.dump()) if found else None


def _inside(signed: cms.SignedData) -> list[x509.Certificate]:
    return [each.chosen for each in signed["certificates"] if isinstance(each.chosen, x509.Certificate)]


def _signer(signed: cms.SignedData, known: Iterable[x509.Certificate]) -> x509.Certificate | None:
    sid = signed["signer_infos"][0]["sid"].chosen
    return next((each for each in known if _is_named(each, sid)), None)


def _is_named(certificate: x509.Certificate, sid: cms.IssuerAndSerialNumber | x509.OctetString) -> bool:
    if isinstance(sid, cms.IssuerAndSerialNumber):
        return bool(certificate.issuer == sid["issuer"] and certificate.serial_number == sid["serial_number"].native)
    return bool(certificate.key_identifier == sid.native)


def _can_be_asked_about(certificate: x509.Certificate) -> bool:
    return bool(certificate.ocsp_urls or certificate.crl_distribution_points)


def _is_about(told: ocsp.CertId, certificate: x509.Certificate) -> bool:
    if told["serial_number"].native != certificate.serial_number:
        return False
    name = hashlib.new(told["hash_algorithm"]["algorithm"].native, certificate.issuer.dump()).digest()
    return bool(told["issuer_name_hash"].native == name)
