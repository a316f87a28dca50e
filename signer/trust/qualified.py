"""What a certificate itself claims about being qualified; the trusted list says whether that is so."""

from __future__ import annotations

from typing import Final

from asn1crypto import core
from cryptography import x509

from signer.certificates import load

_QC_STATEMENTS: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3")  # RFC 3739, 3.2.6
_REQUIRED: Final = {"0.4.0.1862.1.1", "0.4.0.1862.1.4"}  # ETSI EN 319 412-5: QcCompliance, QcSSCD


def claims_qualified(certificate: bytes) -> bool:
    """Tell whether a certificate (DER) says that it is qualified and that its key is in a qualified device."""
    try:
        extension = load(certificate).extensions.get_extension_for_oid(_QC_STATEMENTS).value
    except x509.ExtensionNotFound:
        return False
    assert isinstance(extension, x509.UnrecognizedExtension)
    return set(_identifiers(extension.value)) >= _REQUIRED


def _identifiers(statements: bytes) -> list[str]:
    try:
        listed = core.SequenceOf.load(statements, spec=core.Sequence)
        return [statement[0].dotted for statement in listed]
    except (ValueError, KeyError, AttributeError):
        return []
