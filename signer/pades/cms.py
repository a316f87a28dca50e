"""The CMS of a PAdES B-B signature (ETSI EN 319 142-1, clause 6): its signed attributes, and how it is put together."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Final

from asn1crypto import cms, x509
from pyhanko.sign.ades.api import CAdESSignedAttrSpec, GenericCommitment
from pyhanko.sign.signers import ExternalSigner
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko_certvalidator.registry import SimpleCertificateStore

from signer.errors import ErrorCode, SignerError
from signer.model import Mechanism, Signer

ROOM: Final = 16 * 1024  # bytes of DER: a time-stamp is to fit in later (ETSI EN 319 142-1, level B-T)
# The reason for signing is given by the commitment type, so the dictionary has no /Reason (requirement of baseline).
ATTRIBUTES: Final = PdfCMSSignedAttributes(
    cades_signed_attrs=CAdESSignedAttrSpec(commitment_type=GenericCommitment.PROOF_OF_APPROVAL.asn1)
)


def external_signer(signer: Signer, signature: bytes) -> ExternalSigner:
    """Make pyHanko's signer around a signature value; the file gets the signature certificate's own chain alone."""
    store = SimpleCertificateStore.from_certs([x509.Certificate.load(der) for der in signer.chain])  # type: ignore[no-untyped-call]  # pyHanko's
    return ExternalSigner(x509.Certificate.load(signer.certificate), store, signature_value=signature)


def signed_attributes(signer: Signer, mechanism: Mechanism, document_digest: bytes) -> bytes:
    """Build what the card signs the digest of: the signed attributes as DER, without a signing time."""
    attributes = asyncio.run(
        external_signer(signer, b"").signed_attrs(
            document_digest, mechanism.digest_algorithm, attr_settings=ATTRIBUTES, use_pades=True
        )
    )
    return bytes(attributes.dump())


def digest_to_sign(mechanism: Mechanism, attributes: bytes) -> bytes:
    """Hash the signed attributes (RFC 5652, 5.4) for the card."""
    return hashlib.new(mechanism.digest_algorithm, attributes).digest()


def assemble(signer: Signer, mechanism: Mechanism, attributes: bytes, signature: bytes) -> bytes:
    """Put the CMS together (DER); raises SignerError DOCUMENT_TOO_LARGE when it outgrows its room."""
    content = asyncio.run(
        external_signer(signer, signature).async_sign_prescribed_attributes(
            mechanism.digest_algorithm, cms.CMSAttributes.load(attributes)
        )
    )
    der = bytes(content.dump())
    if len(der) > ROOM:
        raise SignerError(ErrorCode.DOCUMENT_TOO_LARGE, "the certificates outgrow the room for the signature")
    return der
