"""Whether a signature is qualified: the certificate claims it, and the trusted list of its country says the same."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Final

from asn1crypto import core
from asn1crypto import x509 as asn1
from cryptography import x509

from signer.certificates import load

if TYPE_CHECKING:  # the reader of lists costs a second of start, which only those pay who have some
    from signer.trust.lists import ListTrouble, TrustedLists

_LOG: Final = logging.getLogger("paraph.trust")
logging.getLogger("pyhanko.sign.validation.qualified.assess").disabled = True  # its lines have the holder's subject

_QC_STATEMENTS: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3")  # RFC 3739, 3.2.6
_COMPLIANCE: Final = "0.4.0.1862.1.1"  # ETSI EN 319 412-5: QcCompliance
_REQUIRED: Final = {_COMPLIANCE, "0.4.0.1862.1.4"}  # and QcSSCD


class Qualification(Enum):
    """What can be said of a certificate."""

    NOT_CLAIMED = "not-claimed"
    CLAIMED = "claimed"  # it says so; no list was there to ask
    QUALIFIED = "qualified"  # it says so, and the list agrees
    CONTRADICTED = "contradicted"  # it says so, and the list does not


class Purpose(Enum):
    """What a qualified certificate is for (ETSI EN 319 412-5, 4.2.3)."""

    SIGNATURE = "signature"  # a person's
    SEAL = "seal"  # an organisation's
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class QualifiedStatus:
    """The answer, and how old the national lists are that it comes from."""

    qualification: Qualification
    purpose: Purpose = Purpose.OTHER  # told with QUALIFIED
    in_device: bool = False  # the key is in a qualified device: only then is the signature qualified
    list_issued_at: datetime | None = None
    trouble: ListTrouble | None = None  # why no list could be asked

    @property
    def is_qualified_signature(self) -> bool:
        """Whether a signature with it is a qualified electronic signature (eIDAS, article 3, 12)."""
        wanted = (Qualification.QUALIFIED, Purpose.SIGNATURE, True)
        return (self.qualification, self.purpose, self.in_device) == wanted


def qualified_status(chain: Sequence[bytes], lists: TrustedLists, at: datetime) -> QualifiedStatus:
    """Ask the lists about a certificate, by its chain (DER, itself first, a trusted root last), at a moment.

    The lists must be current now; the moment is the signature's, for services come and go. Raises nothing.
    """
    if not claims_to_be_qualified(chain[0]):
        return QualifiedStatus(Qualification.NOT_CLAIMED)
    if not lists.national:
        return QualifiedStatus(Qualification.CLAIMED, trouble=lists.trouble)
    issued_at = min(each.issued_at for each in lists.national)
    try:
        return _by_the_list(chain, lists, at, issued_at)
    except Exception as error:  # noqa: BLE001 - its text has the certificate's subject
        _LOG.warning("the trusted lists could not be asked: %s", type(error).__name__)
        return QualifiedStatus(Qualification.CLAIMED)


def qualified_by(chain: Sequence[bytes], lists: TrustedLists | None, at: datetime) -> QualifiedStatus:
    """Ask the lists as ``qualified_status`` does; without lists, tell what the certificate claims. Raises nothing."""
    if lists is not None:
        return qualified_status(chain, lists, at)
    claims = claims_to_be_qualified(chain[0])
    return QualifiedStatus(Qualification.CLAIMED if claims else Qualification.NOT_CLAIMED)


def _by_the_list(chain: Sequence[bytes], lists: TrustedLists, at: datetime, issued_at: datetime) -> QualifiedStatus:
    from pyhanko.sign.validation.qualified.assess import QualificationAssessor  # noqa: PLC0415 - see above
    from pyhanko.sign.validation.qualified.tsp import QcCertType  # noqa: PLC0415
    from pyhanko_certvalidator.authority import CertTrustAnchor  # noqa: PLC0415
    from pyhanko_certvalidator.path import ValidationPath  # noqa: PLC0415

    certificate, *issuers = (asn1.Certificate.load(der) for der in chain)
    path = ValidationPath(CertTrustAnchor(issuers[-1]), interm=issuers[-2::-1], leaf=certificate)
    told = QualificationAssessor(lists.registry()).check_entity_cert_qualified(path, at).status
    purposes = {QcCertType.QC_ESIGN: Purpose.SIGNATURE, QcCertType.QC_ESEAL: Purpose.SEAL}
    return QualifiedStatus(
        Qualification.QUALIFIED if told.qualified else Qualification.CONTRADICTED,
        purposes.get(told.qc_type, Purpose.OTHER) if told.qualified else Purpose.OTHER,
        told.qualified and told.qc_key_security.is_qscd,
        issued_at,
    )


def claims_to_be_qualified(certificate: bytes) -> bool:
    """Tell whether a certificate (DER) says that it is qualified, whatever holds its key."""
    return _COMPLIANCE in _statements(certificate)


def claims_qualified(certificate: bytes) -> bool:
    """Tell whether a certificate (DER) says that it is qualified and that its key is in a qualified device."""
    return _statements(certificate) >= _REQUIRED


def _statements(certificate: bytes) -> set[str]:
    try:
        extension = load(certificate).extensions.get_extension_for_oid(_QC_STATEMENTS).value
    except x509.ExtensionNotFound:
        return set()
    assert isinstance(extension, x509.UnrecognizedExtension)
    return set(_identifiers(extension.value))


def _identifiers(statements: bytes) -> list[str]:
    try:
        listed = core.SequenceOf.load(statements, spec=core.Sequence)
        return [statement[0].dotted for statement in listed]
    except (ValueError, KeyError, AttributeError):
        return []
