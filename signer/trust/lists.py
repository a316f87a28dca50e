"""The European trusted lists: who may issue qualified certificates, as each country says under its signature.

The Commission's list of lists is believed for the pinned certificates of those who sign it; each national list for the
certificates that the list of lists names (Commission Decision (EU) 2015/1505; ETSI TS 119 612). Only what was under the
signature is read. What is on disk is verified again each time, for anybody could have put it there.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any, Final

from asn1crypto import x509 as asn1
from cryptography import x509
from lxml import etree
from pyhanko.sign.validation.qualified import eutl_parse
from pyhanko.sign.validation.qualified.tsp import TSPRegistry
from signxml.xades.xades import XAdESSignatureConfiguration, XAdESVerifier

from signer.errors import ErrorCode, SignerError
from signer.files import write_whole
from signer.paths import private_folder
from signer.ports import Clock
from signer.trust.services import Service, ServiceDoor, european_lists

_LOG: Final = logging.getLogger("paraph.trust")
_TSL: Final = "{http://uri.etsi.org/02231/v2#}"
_SCHEME: Final = f"{_TSL}SchemeInformation/{_TSL}"
_FRESH: Final = timedelta(days=1)  # a list is good for months; a withdrawal must be seen sooner
_OF_LISTS: Final = "EU"


class ListTrouble(Enum):
    """Why a list cannot be used."""

    MISSING = "missing"  # none was fetched yet
    UNREACHABLE = "unreachable"
    GARBLED = "garbled"  # no list, too large, from a host that is not known
    UNTRUSTED = "untrusted"  # not signed, or not by who may
    EXPIRED = "expired"  # its own next update is past
    OLDER = "older"  # than the one that we have: somebody plays an old one again


class ListError(Exception):
    """A list that cannot be used."""

    def __init__(self, trouble: ListTrouble) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where the list of lists is, and whose signature under it is believed (certificates, DER)."""

    url: str
    signers: tuple[bytes, ...]
    territories: tuple[str, ...] = ("BE",)

    @classmethod
    def european(cls) -> Anchor:
        """Believe those who sign for the Commission, as pyHanko's release names them: it watches their changes."""
        url, territories = european_lists()
        return cls(url, tuple(bytes(each.dump()) for each in eutl_parse.latest_known_lotl_tlso_certs()), territories)


@dataclass(frozen=True, slots=True)
class TrustedList:
    """One list whose signature was verified."""

    territory: str
    sequence: int
    issued_at: datetime
    next_update: datetime
    xml: str  # what was under the signature, and nothing else

    def require_current(self, at: datetime) -> None:
        """Raise ListError EXPIRED when the next one is overdue."""
        if at > self.next_update:
            raise ListError(ListTrouble.EXPIRED)


@dataclass(frozen=True, slots=True)
class TrustedLists:
    """All lists that can be used now, and what became of the others."""

    lists: tuple[TrustedList, ...] = ()
    troubles: tuple[tuple[str, ListTrouble], ...] = ((_OF_LISTS, ListTrouble.MISSING),)  # by territory
    fetched_at: datetime | None = None

    def registry(self) -> TSPRegistry:
        """Give all services of the national lists, in pyHanko's terms."""
        registry = TSPRegistry()
        for each in self.lists:
            if each.territory != _OF_LISTS:
                eutl_parse.trust_list_to_registry_unsafe(each.xml, registry)  # it was verified by ``read_list``
        return registry

    @property
    def national(self) -> tuple[TrustedList, ...]:
        """The lists that name services."""
        return tuple(each for each in self.lists if each.territory != _OF_LISTS)

    @property
    def trouble(self) -> ListTrouble | None:
        """The first thing that is wrong with any of them."""
        return self.troubles[0][1] if self.troubles else None


def read_list(content: bytes, signers: Iterable[bytes], at: datetime) -> TrustedList:
    """Verify a list's signature (XAdES) by one of these certificates (DER), and read its head.

    Raises ListError GARBLED or UNTRUSTED; the dates are for ``require_current``.
    """
    try:
        root = _signed(content, signers, at)
        return TrustedList(
            territory=_text(root, "SchemeTerritory").upper(),
            sequence=int(_text(root, "TSLSequenceNumber")),
            issued_at=_moment(_text(root, "ListIssueDateTime")),
            next_update=_moment(_text(root, f"NextUpdate/{_TSL}dateTime")),
            xml=_as_text(root),
        )
    except ListError:
        raise
    except Exception as error:
        raise ListError(ListTrouble.GARBLED) from error


def _signed(content: bytes, signers: Iterable[bytes], at: datetime) -> Any:  # noqa: ANN401 - an lxml element
    """Give what is under the signature; a parser says no in any way, and any of them is a no."""
    because: Exception | None = None
    config = XAdESSignatureConfiguration(require_x509=True, expect_references=True, verification_time=at)
    for signer in signers:
        certificate = x509.load_der_x509_certificate(signer)
        try:
            found = XAdESVerifier().verify(content, x509_cert=certificate, expect_config=config)
        except Exception as error:  # noqa: BLE001 - see above
            because = error
            continue
        for each in found:
            if each.signed_xml is not None and each.signed_xml.tag == f"{_TSL}TrustServiceStatusList":
                return each.signed_xml
    raise ListError(ListTrouble.UNTRUSTED if _is_list(content) else ListTrouble.GARBLED) from because


def _is_list(content: bytes) -> bool:
    """Tell a list that is not signed as it should be from something else."""
    with suppress(etree.XMLSyntaxError, ValueError):
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        return bool(etree.fromstring(content, parser).tag == f"{_TSL}TrustServiceStatusList")
    return False


def _as_text(root: Any) -> str:  # noqa: ANN401 - an lxml element
    return str(etree.tostring(root, encoding="unicode"))


def _text(root: Any, name: str) -> str:  # noqa: ANN401 - an lxml element
    found = root.find(f"{_SCHEME}{name}")
    if found is None or not found.text:
        raise ListError(ListTrouble.GARBLED)
    return str(found.text).strip()


def _moment(text: str) -> datetime:
    told = datetime.fromisoformat(text)
    return told if told.tzinfo else told.replace(tzinfo=UTC)


# ── the lists that we have ────────────────────────────────────────────────────────────────────────────────────────


class ListShelf:
    """Keeps the lists of one anchor in a folder, which is made when there is something to keep."""

    def __init__(self, anchor: Anchor, folder: Path, door: ServiceDoor, clock: Clock) -> None:
        self._anchor = anchor
        self._folder = folder
        self._door = door.knowing(anchor.url)
        self._clock = clock

    def lists(self) -> TrustedLists:
        """Give the lists that are here, each verified again; raises nothing."""
        now = self._clock.now()
        try:
            of_lists = self._current(_OF_LISTS, self._anchor.signers, now)
        except ListError as error:
            return TrustedLists(troubles=((_OF_LISTS, error.trouble),), fetched_at=self._fetched_at())
        found, troubles = [of_lists], []
        for territory, _, signers in self._pointers(of_lists):
            try:
                found.append(self._current(territory, signers, now))
            except ListError as error:
                troubles.append((territory, error.trouble))
        return TrustedLists(tuple(found), tuple(troubles), self._fetched_at())

    def is_fresh(self) -> bool:
        """Tell whether the lists were fetched within a day."""
        fetched_at = self._fetched_at()
        return fetched_at is not None and timedelta(0) <= self._clock.now() - fetched_at < _FRESH

    def refresh(self) -> TrustedLists:
        """Fetch all lists and keep those that stand; what went wrong is in the result. Raises nothing.

        A list that cannot be fetched, or should not be believed, takes nothing from the one that is here.
        """
        troubles = dict(self._fetch_all())
        kept = self.lists()
        return replace(kept, troubles=tuple((dict(kept.troubles) | troubles).items()))

    def _fetch_all(self) -> list[tuple[str, ListTrouble]]:
        troubles: list[tuple[str, ListTrouble]] = []
        try:
            of_lists = self._fetch(_OF_LISTS, self._anchor.url, self._anchor.signers, self._door)
        except ListError as error:
            return [(_OF_LISTS, error.trouble)]
        for territory, url, signers in self._pointers(of_lists):
            try:
                self._fetch(territory, url, signers, self._door.knowing(url))
            except ListError as error:
                _LOG.info("trusted list %s: %s", territory, error)
                troubles.append((territory, error.trouble))
        return troubles

    def _fetch(self, territory: str, url: str, signers: Sequence[bytes], door: ServiceDoor) -> TrustedList:
        now = self._clock.now()
        try:
            content = door.get(url, Service.TRUSTED_LIST)
        except SignerError as error:
            garbled = error.code is ErrorCode.SERVICE_GARBLED
            raise ListError(ListTrouble.GARBLED if garbled else ListTrouble.UNREACHABLE) from error
        found = read_list(content, signers, now)
        if found.territory != territory:
            raise ListError(ListTrouble.UNTRUSTED)
        found.require_current(now)
        if found.sequence < self._sequence_here(territory, signers, now):
            raise ListError(ListTrouble.OLDER)
        target = self._folder / f"{territory}.xml"
        with suppress(SignerError, OSError):  # a disk that is full: it is fetched again next time
            private_folder(self._folder)
            write_whole(target, content)
            os.utime(target, (now.timestamp(), now.timestamp()))
        return found

    def _sequence_here(self, territory: str, signers: Iterable[bytes], now: datetime) -> int:
        try:
            return self._read(territory, signers, now).sequence
        except ListError:  # none here, or one that does not count
            return -1

    def _current(self, territory: str, signers: Iterable[bytes], now: datetime) -> TrustedList:
        found = self._read(territory, signers, now)
        found.require_current(now)
        return found

    def _read(self, territory: str, signers: Iterable[bytes], now: datetime) -> TrustedList:
        try:
            content = (self._folder / f"{territory}.xml").read_bytes()
        except OSError as error:
            raise ListError(ListTrouble.MISSING) from error
        found = read_list(content, signers, now)
        if found.territory != territory:
            raise ListError(ListTrouble.UNTRUSTED)
        return found

    def _pointers(self, of_lists: TrustedList) -> list[tuple[str, str, tuple[bytes, ...]]]:
        """Give territory, address and signers' certificates of the national lists that are wanted."""
        try:
            references = eutl_parse.parse_lotl_unsafe(of_lists.xml).references  # it was verified by ``read_list``
        except Exception as error:  # noqa: BLE001 - signed, and yet not as pyHanko knows it
            _LOG.warning("the list of lists cannot be read: %s", type(error).__name__)
            return []
        wanted = self._anchor.territories
        return [
            (each.territory.upper(), each.location_uri, tuple(map(_der, each.tlso_certs)))
            for each in references
            if each.territory.upper() in wanted and eutl_parse.LOTL_RULE not in each.scheme_rules
        ]

    def _fetched_at(self) -> datetime | None:
        with suppress(OSError):
            return datetime.fromtimestamp((self._folder / f"{_OF_LISTS}.xml").stat().st_mtime, UTC)
        return None


def _der(certificate: asn1.Certificate) -> bytes:
    return bytes(certificate.dump())
