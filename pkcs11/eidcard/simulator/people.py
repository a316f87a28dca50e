"""The people of the simulated cards: fictitious, with numbers that pass their check."""

from __future__ import annotations

import hashlib
from dataclasses import astuple, dataclass
from datetime import date
from enum import StrEnum
from typing import Final

_MODULUS: Final = 97


class Revocation(StrEnum):
    """Why certificates are on the revocation list, as RFC 5280, 5.3.1 has it."""

    REVOKED = "key_compromise"
    SUSPENDED = "certificate_hold"  # a card reported as lost, for a week at most


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who does not exist, and what the register would put on the card."""

    id: str  # how tests and the command line call this person
    given_names: str
    surname: str
    birth_date: date
    birth_order: int  # the three digits after the date; odd for men, even for women
    birth_place: str = "Testbergen"
    third_initial: str = ""
    nationality: str = "Belg"
    sex: str = "V"
    street: str = "Proefstraat 1"
    zip_code: str = "9999"
    municipality: str = "Testbergen"
    can_sign: bool = True  # minors, and holders who declined, have no signature certificate
    expired: bool = False  # certificates that ended a year ago
    document_type: str = "01"  # a Belgian's; foreigners' cards have 11 and up
    card_letter: str = ""  # foreigners' card numbers begin with one
    bis_months: int = 0  # 20 or 40 more than the month of birth, for who is in the BIS register
    revocation: Revocation | None = None

    @property
    def national_number(self) -> str:
        """The 11 digits, the check digits worked out."""
        return national_number(self.birth_date, self.birth_order, self.bis_months)

    @property
    def first_name(self) -> str:
        """The first of the given names, as the certificates' common name has it."""
        return self.given_names.split(" ", 1)[0]

    @property
    def fingerprint(self) -> str:
        """Tell two people with the same id apart, such as variations made by a test."""
        return hashlib.sha256(repr(astuple(self)).encode()).hexdigest()[:10]

    def __repr__(self) -> str:
        return f"Person({self.id!r})"


def national_number(birth: date, order: int, bis_months: int = 0) -> str:
    """Build a national number: date, order, 97 minus the nine digits modulo 97, with a 2 before them from 2000.

    A BIS number has ``bis_months``, 20 or 40, added to its month.
    """
    nine = f"{birth:%y}{birth.month + bis_months:02d}{birth:%d}{order:03d}"
    counted = f"2{nine}" if birth.year >= 2000 else nine
    return f"{nine}{_MODULUS - int(counted) % _MODULUS:02d}"


ADULT: Final = Person("default", "Fien Alix", "Voorbeeld", date(1991, 4, 23), 998, third_initial="M")
ADULT_MAN: Final = Person("man", "Joris", "Proefpersoon", date(1984, 11, 2), 997, sex="M")
GREEK: Final = Person("greek", "Ελένη", "Παραδειγματίδη", date(1979, 2, 28), 996, nationality="Griekse")
APOSTROPHE: Final = Person(
    "apostrophe",
    "Loïc",
    "D\N{RIGHT SINGLE QUOTATION MARK}Exemple",
    date(2001, 8, 15),
    995,
    nationality="Belge",
    sex="M",
)
MINOR: Final = Person("minor", "Noor", "Jongmans-Test", date(2012, 6, 30), 994, can_sign=False)
EXPIRED: Final = Person("expired", "Rik", "Verlopen", date(1966, 1, 9), 993, sex="M", expired=True)

FOREIGNER: Final = Person(
    "foreigner",
    "Andreea-Ioana",
    "Exemplescu",
    date(1997, 12, 1),
    992,
    nationality="Roemeense",
    document_type="15",
    card_letter="B",
)
LONG_NAME: Final = Person(  # 254, 255 and 256 bytes stand on the three sides of where a length takes a second byte
    "long",
    "Маргарита " * 13 + "Ян-Ян",
    "Lang-" * 51,
    date(1959, 5, 5),
    991,
    sex="M",
    birth_place="Zeer-Lang-" * 25 + "Test",
)
BIS: Final = Person("bis", "Yusuf", "Bisnummer", date(1988, 3, 14), 990, sex="M", nationality="Turkse", bis_months=40)
REVOKED: Final = Person("revoked", "Greet", "Ingetrokken", date(1973, 7, 7), 989, revocation=Revocation.REVOKED)
SUSPENDED: Final = Person("suspended", "Piet", "Geschorst", date(1969, 9, 19), 988, revocation=Revocation.SUSPENDED)

PEOPLE: Final = {
    person.id: person
    for person in (
        ADULT,
        ADULT_MAN,
        GREEK,
        APOSTROPHE,
        MINOR,
        EXPIRED,
        FOREIGNER,
        LONG_NAME,
        BIS,
        REVOKED,
        SUSPENDED,
    )
}
