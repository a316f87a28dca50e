"""What a PIN leaves behind in the memory of a process that signed by PKCS#11."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from eidcard.simulator.people import ADULT
from eidcard.simulator.pki import TestPki
from tests.process_memory import KEEP_A_LIST, SIGN_WITH_A_WRONG_PIN, TYPE_THE_PIN, forms_found, random_pin
from tests.softhsm import MODULE, SoftToken, eid_entries, make_token

_OURS = f"""
from pathlib import Path
from eidcard.pkcs11_cards import Pkcs11CardService
service = Pkcs11CardService(Path("{MODULE}"))
key = service.find_key()
{TYPE_THE_PIN}
"""
_SIGN = """
key.sign_digest(bytes(48), pin)
key.close()
service.close()
ready()
"""
_SESSION = f"""
import PyKCS11
library = PyKCS11.PyKCS11Lib().load("{MODULE}")
session = library.openSession(library.getSlotList(True)[0])
"""
_PLAIN = """
session.login(raw.decode())
raw[:] = bytes(12)
session.logout()
session.closeSession()
library.unload()
ready()
"""
_LOW_LEVEL = """
vector = PyKCS11.LowLevel.ckbytelist(12)
for index in range(12):
    vector[index] = raw[index]
    raw[index] = 0
assert library.lib.C_Login(session.session, 1, vector) == 0
for index in range(12):
    vector[index] = 0
session.logout()
session.closeSession()
library.unload()
ready()
"""


@pytest.fixture(scope="module")
def pin() -> str:
    return random_pin()


@pytest.fixture(scope="module")
def token(pin: str, test_pki: TestPki, tmp_path_factory: pytest.TempPathFactory) -> SoftToken:
    folder = tmp_path_factory.mktemp("token") / "soft"
    return make_token(folder, "TEST", eid_entries(test_pki.person(ADULT)), user_pin=pin)


@pytest.fixture
def forms(pin: str, token: SoftToken) -> Callable[[str], set[str]]:
    return lambda program: forms_found(program, pin, {"SOFTHSM2_CONF": str(token.configuration)})


def test_signing_leaves_no_pin_behind(forms: Callable[[str], set[str]]) -> None:
    assert forms(_OURS + _SIGN) == set()


def test_wrong_pin_leaves_nothing_behind(forms: Callable[[str], set[str]]) -> None:
    assert forms(_OURS + SIGN_WITH_A_WRONG_PIN) == set()


@pytest.mark.parametrize(
    ("program", "form"),
    [
        (_OURS + "ready()", "ASCII"),  # not yet wiped
        (_SESSION + _PLAIN, "ASCII"),  # PyKCS11's own login
        (_SESSION + _LOW_LEVEL, "ASCII"),  # its copy of a vector that is itself wiped
        (KEEP_A_LIST, "pointers to ASCII"),
    ],
    ids=["before the wipe", "PyKCS11's login", "PyKCS11's lower level", "list of digits"],
)
def test_search_finds_what_is_not_wiped(forms: Callable[[str], set[str]], program: str, form: str) -> None:
    assert form in forms(program)
