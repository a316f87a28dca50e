"""What is remembered of cards already seen, so that the next signature reads less: certificates, and nothing else.

A card is known by a hash of its card data, where the chip's serial number is; its signature certificate holds the
national number, so the files are for this user alone and can be erased. A chain belongs to an authority, not to a
person. What is wrong here cannot sign: each chain is checked when it is taken, and a card's answer against its
certificate (eidcard.card_key), which is forgotten when they do not fit.
"""

from __future__ import annotations

import hashlib
import logging
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from signer.certificates import is_chain, load
from signer.errors import SignerError
from signer.files import write_whole

_LOG: Final = logging.getLogger("paraph.known_cards")
_CARD, _CHAIN = "card", "chain"


class KnownCards:
    """A folder with one file for each card and for each authority; a file that is damaged is as good as none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def certificate(self, card_data: bytes) -> bytes | None:
        """Give a card's signature certificate (DER) unless it has expired: a card may get another one."""
        found = self._read(self._card(card_data))
        if len(found) != 1 or load(found[0]).not_valid_after_utc < datetime.now(UTC):
            return None
        return found[0]

    def chain(self, certificate: bytes) -> tuple[bytes, ...]:
        """Give the issuers (DER) of a certificate, the nearest first; none when they are not known."""
        chain = self._read(self._chain(certificate))
        return chain if is_chain(certificate, *chain) else ()

    def remember(self, card_data: bytes, certificate: bytes, chain: tuple[bytes, ...]) -> None:
        """Keep what a card gave, if it fits together; a disk that is full is no mishap here."""
        if not chain or not is_chain(certificate, *chain):
            return
        try:
            write_whole(self._card(card_data), _pem(certificate))
            write_whole(self._chain(certificate), _pem(*chain))
        except SignerError as error:
            _LOG.info("not remembered: %s", error)

    def forget(self, card_data: bytes) -> None:
        """Erase one card; harmless when it is not known."""
        with suppress(OSError):
            self._card(card_data).unlink(missing_ok=True)

    def forget_all(self) -> int:
        """Erase everything; gives the number of cards."""
        files = [path for kind in (_CARD, _CHAIN) for path in self._folder.glob(f"{kind}-*.pem")]
        for path in files:
            path.unlink(missing_ok=True)
        return sum(path.name.startswith(_CARD) for path in files)

    def _card(self, card_data: bytes) -> Path:
        return self._file(_CARD, card_data)

    def _chain(self, certificate: bytes) -> Path:
        parsed = load(certificate)
        with suppress(x509.ExtensionNotFound, ValueError):  # two authorities may have one name
            identifier = parsed.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
            return self._file(_CHAIN, parsed.issuer.public_bytes() + (identifier or b""))
        return self._file(_CHAIN, parsed.issuer.public_bytes())

    def _file(self, kind: str, of: bytes) -> Path:
        return self._folder / f"{kind}-{hashlib.sha256(f'paraph {kind} '.encode() + of).hexdigest()}.pem"

    def _read(self, path: Path) -> tuple[bytes, ...]:
        try:
            found = x509.load_pem_x509_certificates(path.read_bytes())
        except (OSError, ValueError):
            return ()
        return tuple(each.public_bytes(Encoding.DER) for each in found)


def _pem(*certificates: bytes) -> bytes:
    return b"".join(load(der).public_bytes(Encoding.PEM) for der in certificates)
