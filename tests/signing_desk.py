"""A desk at which people of the test PKI sign files, with the way that the card step goes in the product."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from asn1crypto import keys
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import SimpleSigner
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from eidcard.simulator.people import ADULT, Person
from eidcard.simulator.pki import PersonCredentials, PrivateKey, TestPki
from signer.certificates import mechanism_of, signer_of
from signer.files import sha256_of
from signer.model import Document, Mechanism
from signer.pades import cms, pdfium
from signer.pades.sign import PreparedSignature, SignatureRequest, finish, prepare
from signer.trust.anchors import TrustPolicy
from tests import papers

_HASH = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384()}


def bind(path: Path) -> Document:
    """Bind a file that a test made, without the child process."""
    return Document(path, sha256_of(path), path.stat().st_size, pdfium.page_count(path))


def answer(key: PrivateKey, mechanism: Mechanism, digest: bytes) -> bytes:
    """Sign a digest as a card would."""
    hashed = utils.Prehashed(_HASH[mechanism.digest_algorithm])
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(digest, ec.ECDSA(hashed))
    return key.sign(digest, padding.PKCS1v15(), hashed)


@dataclass
class SigningDesk:
    """A folder to work in, a person with a card of one generation, and the clock's time."""

    folder: Path
    pki: TestPki
    generation: str = "1.8"
    person: Person = ADULT
    qualified: bool = True  # whether the trusted list says so
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    @property
    def credentials(self) -> PersonCredentials:
        """What is on the card."""
        return self.pki.person(self.person, self.generation)

    @property
    def certificate(self) -> bytes:
        """The signature certificate (DER)."""
        signature = self.credentials.signature
        assert signature is not None
        return signature.certificate

    @property
    def policy(self) -> TrustPolicy:
        """Trust as in the demo world."""
        return TrustPolicy(TrustPolicy.load().pins, test_roots=self.pki.roots)

    def pkcs12(self, password: bytes) -> bytes:
        """Give key and chain as a file that other programs import, under the name "worker"."""
        signature = self.credentials.signature
        assert signature is not None
        certificate, *chain = (
            x509.load_der_x509_certificate(der) for der in (signature.certificate, *self.credentials.chain)
        )
        lock = BestAvailableEncryption(password)
        return serialize_key_and_certificates(b"worker", signature.key, certificate, chain, lock)

    def request(self, field_name: str | None = None, *, test: bool = True, language: str = "en") -> SignatureRequest:
        """Say who signs, how and where."""
        signer = signer_of(self.certificate, self.credentials.chain)
        return SignatureRequest(
            signer, mechanism_of(self.certificate), field_name, self.now, language, test, self.qualified
        )

    def prepare(self, path: Path, field_name: str | None = None, *, test: bool = True) -> PreparedSignature:
        """Prepare a file that a test made."""
        return prepare(bind(path), self.request(field_name, test=test), self.folder)

    def card_signs(self, prepared: PreparedSignature) -> bytes:
        """Give the card's answer."""
        signature = self.credentials.signature
        assert signature is not None
        return answer(signature.key, prepared.request.mechanism, prepared.digest)

    def sign(self, path: Path, name: str = "signed.pdf", field_name: str | None = None, *, test: bool = True) -> Path:
        """Sign a file all the way."""
        prepared = self.prepare(path, field_name, test=test)
        target = self.folder / name
        finish(prepared, self.card_signs(prepared), target)
        return target

    def sign_unchecked(self, path: Path, name: str = "signed.pdf") -> Path:
        """Sign as a client would that looks at nothing: no preflight, no check of the result."""
        prepared, target = self.prepare(path, test=False), self.folder / name
        content = cms.assemble(
            prepared.request.signer, prepared.request.mechanism, prepared.attributes, self.card_signs(prepared)
        )
        with prepared.draft.open("r+b") as draft:
            draft.seek(prepared.gap[0] + 1)
            draft.write(content.hex().encode())
        return prepared.draft.replace(target)

    def sign_forging(self, path: Path, forge: papers.Forge, name: str = "signed.pdf") -> Path:
        """Sign in the same revision in which something else is changed."""
        return self._sign_with(PdfSignatureMetadata("forged", subfilter=SigSeedSubFilter.PADES), path, forge, name)

    def certify(self, path: Path, permission: MDPPerm, name: str = "certified.pdf") -> Path:
        """Certify a file, and forbid changes as told (ISO 32000-2, table 257)."""
        how = PdfSignatureMetadata(
            "author", subfilter=SigSeedSubFilter.PADES, certify=True, docmdp_permissions=permission
        )
        return self._sign_with(how, path, lambda _writer: None, name)

    def _sign_with(self, how: PdfSignatureMetadata, path: Path, forge: papers.Forge, name: str) -> Path:
        signature, target = self.credentials.signature, self.folder / name
        assert signature is not None
        assert how.field_name is not None
        key = keys.PrivateKeyInfo.load(signature.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
        chain = [asn1.Certificate.load(der) for der in (self.certificate, *self.credentials.chain)]
        signer = SimpleSigner(chain[0], key, SimpleCertificateStore.from_certs(chain))  # type: ignore[no-untyped-call]
        with path.open("rb") as original, target.open("w+b") as output:
            writer = IncrementalPdfFileWriter(original)
            forge(writer)
            PdfSigner(how, signer, new_field_spec=SigFieldSpec(how.field_name)).sign_pdf(writer, output=output)
        return target

    def seal(self, path: Path, name: str = "sealed.pdf", *, certify: bool = True) -> Path:
        """Seal a file as the agency does."""
        from signer.pades.seal import seal  # noqa: PLC0415 - only few tests need it

        files, target = self.pki.agency_seal, self.folder / name
        seal(path, target, key=files.key, chain=files.chain, certify=certify)
        return target
