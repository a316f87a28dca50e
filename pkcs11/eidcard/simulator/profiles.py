"""What the certificates of the test PKI say, as certomancer configuration; profiles as on real cards.

The certificates of real cards are described with the trust anchors in the card facts: subjects, key usage,
policies. Every issuer's name starts with TEST, so that nothing signed with them passes for real.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from asn1crypto import core

from eidcard.simulator.people import Person

Config = dict[str, Any]

ARCHITECTURE: Final = "test-eid"
SEAL_CA: Final = "seal-ca"
SEAL: Final = "agency-seal"
TIME_STAMPERS: Final = ("tsa-1", "tsa-2")  # two, so that one can be tried after the other
SEAL_HOLDER: Final = "TEST Uitzendbureau Voorbeeld"

_AUTHORITY_VALIDITY: Final = {"valid-from": "2020-01-01T00:00:00+00:00", "valid-to": "2040-01-01T00:00:00+00:00"}
_LEAF_DAYS: Final = 5 * 365  # either way: ten years around now
_EXPIRED_DAYS: Final = 365
_REVOKED_DAYS: Final = 30  # ago, so that every list that is current has it: the last one may be a week old
_COMMON_NAME_LENGTH: Final = 64
_POLICY: Final = "2.16.56.12.1.1"  # the fourth root's arc


class Generation(StrEnum):
    """The applets that can be simulated. The two with RSA share the authorities of 1.7."""

    V1_1 = "1.1"
    V1_7 = "1.7"
    V1_8 = "1.8"


_AUTHORITIES_OF: Final = {Generation.V1_1: Generation.V1_7}  # the others have their own
_DIGEST: Final = {Generation.V1_1: "sha256", Generation.V1_7: "sha256", Generation.V1_8: "sha384"}
_ROOT_NAME: Final = {Generation.V1_7: "TEST Belgium Root CA4", Generation.V1_8: "TEST Belgium Root CA6"}
_CITIZEN_CA: Final[dict[Generation, Config]] = {
    Generation.V1_7: {"country-name": "BE", "common-name": "TEST Citizen CA", "serial-number": "202001"},
    Generation.V1_8: {
        "country-name": "BE",
        "locality-name": "Testbergen",
        "organization-name": "TEST Federal Government",
        "organizational-unit-name": "TEST Identity Department",
        "2.5.4.11": "TEST Citizens Department",  # asn1crypto takes one value a key: the second OU goes by its OID
        "common-name": "TEST Citizen CA",
        "serial-number": "202002",
    },
}


def issued_by(generation: Generation) -> Generation:
    """Tell whose authorities issue a generation's certificates."""
    return _AUTHORITIES_OF.get(generation, generation)


ISSUING: Final = tuple(dict.fromkeys(map(issued_by, Generation)))  # the generations with authorities


def root_label(generation: Generation) -> str:
    """Name the root of one applet generation."""
    return f"root-{issued_by(generation)}"


def citizen_ca_label(generation: Generation) -> str:
    """Name the authority that issues people's certificates."""
    return f"citizen-ca-{issued_by(generation)}"


def foreigner_ca_label(generation: Generation) -> str:
    """Name the authority that issues foreigners' certificates."""
    return f"foreigner-ca-{issued_by(generation)}"


def issuer_label(person: Person, generation: Generation) -> str:
    """Name the authority that issued one person's certificates."""
    return foreigner_ca_label(generation) if person.card_letter else citizen_ca_label(generation)


def register_label(generation: Generation) -> str:
    """Name the certificate with which the national register signs identity files."""
    return f"register-{issued_by(generation)}"


def responder_label(generation: Generation) -> str:
    """Name the certificate with which revocation answers (OCSP) about people are signed."""
    return f"ocsp-{issued_by(generation)}"


def entities() -> Config:
    """Give the names of all authorities, of their services and of the agency."""
    names: Config = {
        SEAL_CA: {"country-name": "BE", "organization-name": "TEST Trust Services", "common-name": "TEST Seal CA"},
        SEAL: {
            "country-name": "BE",
            "organization-name": SEAL_HOLDER,
            "organization-identifier": "VATBE-0000000097",
            "common-name": f"{SEAL_HOLDER} (Seal)",
        },
    }
    for generation in ISSUING:
        names[root_label(generation)] = {"country-name": "BE", "common-name": _ROOT_NAME[generation]}
        names[citizen_ca_label(generation)] = _CITIZEN_CA[generation]
        names[foreigner_ca_label(generation)] = _CITIZEN_CA[generation] | {"common-name": "TEST Foreigner CA"}
        names[register_label(generation)] = {
            "country-name": "BE",
            "organization-name": "TEST RRN",
            "common-name": "TEST RRN",
        }
        names[responder_label(generation)] = {"country-name": "BE", "common-name": "TEST OCSP Responder"}
    for number, label in enumerate(TIME_STAMPERS, 1):
        names[label] = {
            "country-name": "BE",
            "organization-name": "TEST Trust Services",
            "common-name": f"TEST Time Stamping {number}",
        }
    return names


def authorities(ends: Mapping[str, datetime] = MappingProxyType({})) -> Config:
    """Give the specifications of all certificates but people's; ``ends`` tells of some that they end earlier."""
    certificates: Config = {}
    for generation in ISSUING:
        root = root_label(generation)
        certificates[root] = _authority(root, _DIGEST[generation], path_length=None)
        for authority in (citizen_ca_label(generation), foreigner_ca_label(generation)):
            certificates[authority] = _authority(root, _DIGEST[generation], path_length=0)
        certificates[register_label(generation)] = _register(generation)
        certificates[responder_label(generation)] = _responder(generation)
    for label in TIME_STAMPERS:
        certificates[label] = _time_stamper()
    certificates[SEAL_CA] = _authority(root_label(Generation.V1_8), "sha384", path_length=0)
    certificates[SEAL] = _seal()
    for label, end in ends.items():
        certificates[label]["validity"] = certificates[label]["validity"] | {"valid-to": end.isoformat()}
    return certificates


def services() -> Config:
    """Name each authority's services (``eidcard.simulator.services`` serves them), and the time-stamp services.

    As with the real ones, a responder of its own answers for the authority that issues to citizens.
    """
    of_cards = (root_label, citizen_ca_label, foreigner_ca_label)
    issuers = [label(generation) for generation in ISSUING for label in of_cards] + [SEAL_CA]
    responders = {citizen_ca_label(g): responder_label(g) for g in ISSUING}
    return {
        "ocsp": {label: {"for-issuer": label, "responder-cert": responders.get(label, label)} for label in issuers},
        "crl-repo": {label: {"for-issuer": label, "simulated-update-schedule": "P7D"} for label in issuers},
        "cert-repo": {label: {"for-issuer": label} for label in issuers},
        "time-stamping": {label: {"signing-cert": label} for label in TIME_STAMPERS},
    }


def person_names(person: Person) -> dict[str, Config]:
    """Give the subjects of a person's two certificates; the national number is their serial number."""
    return {
        use: {
            "country-name": "BE",
            "surname": person.surname,
            "given-name": person.given_names,
            "common-name": _common_name(person, use),
            "serial-number": person.national_number,
        }
        for use in ("authentication", "signature")
    }


def _common_name(person: Person, use: str) -> str:
    """First name, surname and use; a long name is cut so that the use still fits (RFC 5280: 64, counted as bytes)."""
    end = f" ({use.capitalize()})"
    room = _COMMON_NAME_LENGTH - len(end)
    return f"{person.first_name} {person.surname}".encode()[:room].decode(errors="ignore") + end


def person_certificates(person: Person, generation: Generation, now: datetime) -> dict[str, Config]:
    """Give the specifications of a person's certificates: authentication, and signature where there is one."""
    issuer, digest = issuer_label(person, generation), _DIGEST[generation]
    validity = _leaf_validity(now, expired=person.expired)
    arc = f"{_POLICY}.7" if person.card_letter else f"{_POLICY}.2"  # a foreigner's, or a citizen's
    signature = [_policies(f"{arc}.1"), _usage("non_repudiation"), _qualified()]
    authentication = [_policies(f"{arc}.2"), _usage("digital_signature")]
    certificates = {"authentication": _leaf(issuer, digest, validity, authentication)}
    if person.can_sign:
        certificates["signature"] = _leaf(issuer, digest, validity, signature)
    return certificates


def issued_certificate(person: Person, generation: Generation, now: datetime) -> Config:
    """Give what the services must know of each of a person's certificates."""
    known: Config = {
        "issuer": issuer_label(person, generation),
        "validity": _leaf_validity(now, expired=person.expired),
    }
    if person.revocation is not None:
        since = (now - timedelta(days=_REVOKED_DAYS)).isoformat(timespec="seconds")
        known["revocation"] = {"revoked-since": since, "reason": str(person.revocation)}
    return known


def _authority(issuer: str, digest: str, path_length: int | None) -> Config:
    constraints: Config = {"ca": True}
    published = []
    if path_length is not None:
        constraints["path_len_constraint"] = path_length
        published = _published_by(issuer)
    return {
        "issuer": issuer,
        "digest-algo": digest,
        "validity": _AUTHORITY_VALIDITY,
        "extensions": [
            {"id": "basic_constraints", "critical": True, "value": constraints},
            _usage("key_cert_sign", "crl_sign"),
            _policies("2.5.29.32.0"),
            *published,
        ],
    }


def _register(generation: Generation) -> Config:
    extensions = [_usage("digital_signature", "non_repudiation"), _policies(f"{_POLICY}.4")]
    return _leaf(root_label(generation), _DIGEST[generation], _AUTHORITY_VALIDITY, extensions)


def _responder(generation: Generation) -> Config:
    """Let the authority's own word be enough for its responder, which nobody asks about (RFC 6960, 4.2.2.2.1)."""
    extensions = [_usage("digital_signature"), _extended_usage("ocsp_signing"), {"id": "ocsp_no_check"}]
    return _leaf(citizen_ca_label(generation), _DIGEST[generation], _AUTHORITY_VALIDITY, extensions)


def _time_stamper() -> Config:
    extensions = [_usage("digital_signature"), _extended_usage("time_stamping")]  # RFC 3161, 2.3
    return _leaf(root_label(Generation.V1_8), "sha384", _AUTHORITY_VALIDITY, extensions)


def _seal() -> Config:
    extensions = [_usage("digital_signature", "non_repudiation")]
    return _leaf(SEAL_CA, "sha384", _leaf_validity(datetime.now(UTC), expired=False), extensions)


def _leaf(issuer: str, digest: str, validity: Config, extensions: list[Config]) -> Config:
    return {
        "issuer": issuer,
        "digest-algo": digest,
        "validity": validity,
        "extensions": [*extensions, *_published_by(issuer)],
    }


def _leaf_validity(now: datetime, *, expired: bool) -> Config:
    end = now - timedelta(days=_EXPIRED_DAYS) if expired else now + timedelta(days=_LEAF_DAYS)
    start = now - timedelta(days=_LEAF_DAYS)
    return {"valid-from": start.isoformat(timespec="seconds"), "valid-to": end.isoformat(timespec="seconds")}


def _published_by(issuer: str) -> list[Config]:
    access = {"ocsp-responder-names": [issuer], "ca-issuer-links": [{"repo": issuer}]}
    return [
        {
            "id": "crl_distribution_points",
            "smart-value": {"schema": "crl-dist-url", "params": {"crl-repo-names": [issuer]}},
        },
        {"id": "authority_information_access", "smart-value": {"schema": "aia-urls", "params": access}},
    ]


def _usage(*usages: str) -> Config:
    return {"id": "key_usage", "critical": True, "smart-value": {"schema": "key-usage", "params": list(usages)}}


def _extended_usage(usage: str) -> Config:
    return {"id": "extended_key_usage", "critical": True, "value": [usage]}


def _policies(identifier: str) -> Config:
    return {"id": "certificate_policies", "value": [{"policy_identifier": identifier}]}


class _Statement(core.Sequence):  # type: ignore[misc]  # asn1crypto has no types
    _fields = [("id", core.ObjectIdentifier), ("info", core.Any, {"optional": True})]  # noqa: RUF012 (asn1crypto's way)


class _ObjectIdentifiers(core.SequenceOf):  # type: ignore[misc]  # asn1crypto has no types
    _child_spec = core.ObjectIdentifier


class _Statements(core.SequenceOf):  # type: ignore[misc]  # asn1crypto has no types
    _child_spec = _Statement


def _qualified() -> Config:
    """Say what a qualified certificate says (ETSI EN 319 412-5): compliance, key in a device, for signatures."""
    statements = _Statements(
        [
            {"id": "0.4.0.1862.1.1"},  # QcCompliance
            {"id": "0.4.0.1862.1.4"},  # QcSSCD
            {"id": "0.4.0.1862.1.6", "info": _ObjectIdentifiers(["0.4.0.1862.1.6.1"])},  # QcType: eSign
        ]
    )
    encoded = {"schema": "der-bytes", "params": statements.dump().hex()}
    return {"id": "1.3.6.1.5.5.7.1.3", "smart-value": encoded}
