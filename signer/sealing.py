"""Sealing: what lies on a disk, or travels to an agency, is for the holders of certain keys alone.

A seal is CMS AuthEnvelopedData (RFC 5083) with AES-256-GCM (RFC 5084): the content's key is wrapped for each recipient,
by RSAES-OAEP for an agency (RFC 5652, 6.2.1, and RFC 4055) and by AES key wrap for this user's own key (RFC 5652,
6.2.3, and RFC 3394). Any program that knows CMS opens it, such as ``openssl cms -decrypt``. What a seal is about is not
in it: whoever opens one compares what comes out with what is known beside it.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from asn1crypto import algos, cms, core
from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, keywrap
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from signer.errors import ErrorCode, SignerError

KEY_BYTES: Final = 32  # of AES-256
_NONCE_BYTES: Final = 12  # RFC 5084, 3.2
_TAG_BYTES: Final = 16
_OAEP: Final = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
_LEAST_RSA_BITS: Final = 2048


class _GcmParameters(core.Sequence):  # type: ignore[misc] # asn1crypto has no types
    """RFC 5084, 3.2; asn1crypto knows the algorithm and not its parameters."""

    _fields = [("nonce", core.OctetString), ("icv_length", core.Integer, {"default": 12})]  # noqa: RUF012 - asn1crypto reads it


class Recipient(Protocol):
    """Somebody who will be able to open a seal."""

    def wrap(self, key: bytes) -> cms.RecipientInfo:
        """Give the content's key as this recipient alone can read it."""
        ...


class Opener(Protocol):
    """Somebody who may be able to open a seal."""

    def unwrap(self, info: cms.RecipientInfo) -> bytes | None:
        """Give the content's key; None when it is wrapped for somebody else."""
        ...


@dataclass(frozen=True, slots=True)
class CertificateRecipient:
    """Who has the private key of an RSA certificate with a SubjectKeyIdentifier."""

    certificate: x509.Certificate

    @classmethod
    def of(cls, der: bytes) -> CertificateRecipient:
        """Read a certificate (DER); raises ValueError when nothing can be sealed to it."""
        certificate = x509.load_der_x509_certificate(der)
        key = certificate.public_key()
        if not isinstance(key, rsa.RSAPublicKey) or key.key_size < _LEAST_RSA_BITS:
            raise ValueError("no RSA key that is long enough")
        try:
            identifier_of(certificate)
        except x509.ExtensionNotFound as error:
            raise ValueError("no SubjectKeyIdentifier") from error
        return cls(certificate)

    def wrap(self, key: bytes) -> cms.RecipientInfo:
        """Wrap by RSAES-OAEP with SHA-256."""
        public = self.certificate.public_key()
        assert isinstance(public, rsa.RSAPublicKey)
        sha256 = {"algorithm": "sha256"}
        oaep = {
            "hash_algorithm": sha256,
            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": sha256},
        }
        info = cms.KeyTransRecipientInfo(
            {
                "version": "v2",
                "rid": cms.RecipientIdentifier("subject_key_identifier", identifier_of(self.certificate)),
                "key_encryption_algorithm": {"algorithm": "rsaes_oaep", "parameters": algos.RSAESOAEPParams(oaep)},
                "encrypted_key": public.encrypt(key, _OAEP),
            }
        )
        return cms.RecipientInfo("ktri", info)


@dataclass(frozen=True, slots=True)
class CertificateOpener:
    """The other side of ``CertificateRecipient``."""

    identifier: bytes  # SubjectKeyIdentifier
    private: rsa.RSAPrivateKey = field(repr=False)

    def unwrap(self, info: cms.RecipientInfo) -> bytes | None:
        """Unwrap; raises ValueError when it is for us and broken."""
        if info.name != "ktri" or info.chosen["rid"].name != "subject_key_identifier":
            return None
        if info.chosen["rid"].chosen.native != self.identifier:
            return None
        return self.private.decrypt(info.chosen["encrypted_key"].native, _OAEP)


@dataclass(frozen=True, slots=True)
class HomeKey:
    """A key of this user alone, from the system's key store: recipient and opener."""

    key: bytes = field(repr=False)  # KEY_BYTES long

    _NAME = b"paraph-home"

    def wrap(self, key: bytes) -> cms.RecipientInfo:
        """Wrap by AES-256 key wrap."""
        info = cms.KEKRecipientInfo(
            {
                "version": "v4",
                "kekid": {"key_identifier": self._NAME},
                "key_encryption_algorithm": {"algorithm": "aes256_wrap"},
                "encrypted_key": keywrap.aes_key_wrap(self.key, key),
            }
        )
        return cms.RecipientInfo("kekri", info)

    def unwrap(self, info: cms.RecipientInfo) -> bytes | None:
        """Unwrap; None where another key of this name wrapped it."""
        if info.name != "kekri" or info.chosen["kekid"]["key_identifier"].native != self._NAME:
            return None
        try:
            return keywrap.aes_key_unwrap(self.key, info.chosen["encrypted_key"].native)
        except keywrap.InvalidUnwrap:
            return None


def identifier_of(certificate: x509.Certificate) -> bytes:
    """Give a certificate's SubjectKeyIdentifier; raises x509.ExtensionNotFound."""
    return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest


def seal(content: bytes, recipients: Sequence[Recipient]) -> bytes:
    """Seal for at least one recipient; gives DER."""
    assert recipients
    key, nonce = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(_NONCE_BYTES)
    locked = AESGCM(key).encrypt(nonce, content, None)
    parameters = _GcmParameters({"nonce": nonce, "icv_length": _TAG_BYTES})
    enveloped = cms.AuthEnvelopedData(
        {
            "version": "v0",
            "recipient_infos": [each.wrap(key) for each in recipients],
            "auth_encrypted_content_info": {
                "content_type": "data",
                "content_encryption_algorithm": {"algorithm": "aes256_gcm", "parameters": parameters},
                "encrypted_content": locked[:-_TAG_BYTES],
            },
            "mac": locked[-_TAG_BYTES:],
        }
    )
    sealed: bytes = cms.ContentInfo({"content_type": "authenticated_enveloped_data", "content": enveloped}).dump()
    return sealed


def unseal(sealed: bytes, openers: Sequence[Opener]) -> bytes:
    """Open a seal; raises SignerError SEAL_NOT_OURS when no key of ours fits, STORE_DAMAGED when it was changed."""
    try:
        enveloped = _enveloped(sealed)
        keys = (opener.unwrap(info) for info in enveloped["recipient_infos"] for opener in openers)
        key = next((each for each in keys if each is not None), None)
        if key is None:
            raise SignerError(ErrorCode.SEAL_NOT_OURS)
        return _content(enveloped, key)
    except (ValueError, TypeError, KeyError, InvalidTag) as error:
        raise SignerError(ErrorCode.STORE_DAMAGED, "a seal") from error


def _enveloped(sealed: bytes) -> cms.AuthEnvelopedData:
    outer = cms.ContentInfo.load(sealed, strict=True)
    if outer["content_type"].native != "authenticated_enveloped_data":
        raise ValueError("no AuthEnvelopedData")
    return outer["content"]


def _content(enveloped: cms.AuthEnvelopedData, key: bytes) -> bytes:
    info = enveloped["auth_encrypted_content_info"]
    algorithm = info["content_encryption_algorithm"]
    if algorithm["algorithm"].native != "aes256_gcm" or len(key) != KEY_BYTES:
        raise ValueError("another algorithm")
    nonce = _GcmParameters.load(algorithm["parameters"].dump())["nonce"].native
    tag = enveloped["mac"].native
    if len(nonce) != _NONCE_BYTES or len(tag) != _TAG_BYTES:
        raise ValueError("other lengths")
    return AESGCM(key).decrypt(nonce, info["encrypted_content"].native + tag, None)
