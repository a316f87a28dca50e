"""An agency's own seal on a contract, with a key in a file: for samples, the reference server and tests."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from asn1crypto import keys
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import SimpleSigner
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from signer.certificates import mechanism_of
from signer.errors import ErrorCode, SignerError
from signer.files import file_errors, write_whole
from signer.pades.opening import open_pdf, pdf_errors


def seal(source: Path, target: Path, *, key: Path, chain: Path, certify: bool = True, field: str | None = None) -> None:
    """Sign ``source`` with the key and chain of two PEM files and write it to ``target``.

    ``certify`` makes it a certification that allows forms to be filled in and signatures (ISO 32000-2, table 257,
    P = 2). ``field`` None makes a new, invisible field. Raises SignerError of the kinds DOCUMENT, FILE, CERTIFICATE.
    """
    signer = _load(key, chain)
    assert signer.signing_cert is not None
    metadata = PdfSignatureMetadata(
        field_name=field or "AgencySeal",
        md_algorithm=mechanism_of(signer.signing_cert.dump()).digest_algorithm,
        subfilter=SigSeedSubFilter.PADES,
        certify=certify,
        docmdp_permissions=MDPPerm.FILL_FORMS,
    )
    pdf_signer = PdfSigner(metadata, signer, new_field_spec=None if field else SigFieldSpec("AgencySeal"))

    def write(output: BinaryIO) -> None:
        with source.open("rb") as original:
            writer = IncrementalPdfFileWriter.from_reader(open_pdf(original, strict=True).reader)
            pdf_signer.sign_pdf(writer, existing_fields_only=field is not None, output=output)

    with pdf_errors(), file_errors():
        write_whole(target, write)


def _load(key: Path, chain: Path) -> SimpleSigner:
    with file_errors():
        key_pem, chain_pem = key.read_bytes(), chain.read_bytes()
    try:
        private = serialization.load_pem_private_key(key_pem, password=None)
        certificates = [_asn1(certificate) for certificate in x509.load_pem_x509_certificates(chain_pem)]
    except (ValueError, TypeError):  # without the cause: nothing about a key file goes into a log
        raise SignerError(ErrorCode.CERTIFICATE_UNREADABLE, "the seal's key or chain") from None
    encoded = private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    store = SimpleCertificateStore.from_certs(certificates)  # type: ignore[no-untyped-call]  # pyHanko's
    return SimpleSigner(certificates[0], keys.PrivateKeyInfo.load(encoded), store)


def _asn1(certificate: x509.Certificate) -> asn1.Certificate:
    return asn1.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
