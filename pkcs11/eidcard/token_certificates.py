"""The certificates that PKCS#11 modules list, each with the reader that its card is in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime

from eidcard.token import Module, Session, Token
from eidcard.token_key import find_certificate, require_signs
from signer import certificates
from signer.errors import SignerError


@dataclass(frozen=True, slots=True)
class TokenCertificate:
    """A certificate on a token, in what people ask of it; never its serialNumber, which is the national number."""

    module: str  # who made the module
    reader: str
    token: str
    label: str
    name: str = field(repr=False)
    issuer: str
    valid_to: datetime
    signs: bool  # it is the one that a contract would be signed with


def certificates_on(module: Module) -> Iterator[TokenCertificate]:
    """List the certificates on all tokens that are there now; what cannot be read is passed over, without a PIN."""
    for token in module.tokens():
        with suppress(SignerError), closing(module.open(token)) as session:
            chosen = _chosen(module, token, session)
            for found in session.certificates():
                with suppress(SignerError):  # a minor's card has zeros in its place
                    parsed = certificates.load(found.value)
                    yield TokenCertificate(
                        module=module.info.description,
                        reader=token.reader,
                        token=token.label,
                        label=found.label,
                        name=certificates.common_name(parsed.subject),
                        issuer=certificates.common_name(parsed.issuer),
                        valid_to=parsed.not_valid_after_utc,
                        signs=found.value == chosen,
                    )


def _chosen(module: Module, token: Token, session: Session) -> bytes | None:
    try:
        require_signs(module, token)
        return find_certificate(session).certificate.value
    except SignerError:
        return None
