"""Which way to the key is taken, and which one reason is told when there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from eidcard import all_modules
from eidcard.all_modules import ModulesCardService
from eidcard.choice import ChosenCardService
from eidcard.modules import KnownModule
from signer.errors import ErrorCode, Kind, SignerError
from signer.model import KeyUse
from signer.ports import SigningKey

NO_EID = [ErrorCode.SERVICE_STOPPED, ErrorCode.NO_READER, ErrorCode.NO_CARD, ErrorCode.NOT_AN_EID]
A_KEY: Any = object()
ANOTHER_KEY: Any = object()


class Way:
    """A way to the key that gives what it was told to."""

    def __init__(self, outcome: SigningKey | ErrorCode) -> None:
        self.outcome = outcome
        self.asked = 0
        self.uses: list[KeyUse] = []
        self.closed = 0

    def find_key(self, use: KeyUse = KeyUse.SIGNING) -> SigningKey:
        self.asked += 1
        self.uses.append(use)
        if isinstance(self.outcome, ErrorCode):
            raise SignerError(self.outcome)
        return self.outcome

    def wait_for_change(self, timeout_s: float) -> bool:
        return timeout_s == 0

    def close(self) -> None:
        self.closed += 1


class Ways:
    """The modules of a machine, and what each of them would give."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.ways: dict[Path, Way] = {}
        patch.setattr(all_modules, "Pkcs11CardService", lambda path: self.ways[path])

    def service(
        self, *outcomes: SigningKey | ErrorCode, named: bool = False, unsafe: tuple[int, ...] = ()
    ) -> ModulesCardService:
        paths = [Path(f"/{number}.so") for number in range(len(outcomes))]
        self.ways = dict(zip(paths, map(Way, outcomes), strict=True))
        broken = {paths[number] for number in unsafe}
        modules = [KnownModule(path.name, str(path)) for path in paths]
        return ModulesCardService(modules, named=named, is_safe=lambda path: path not in broken)


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch) -> Ways:
    return Ways(monkeypatch)


def choosing(card: Way, modules: ModulesCardService) -> ChosenCardService:
    return ChosenCardService(card, lambda: modules)


def refusal_of(service: ChosenCardService | ModulesCardService) -> ErrorCode:
    with pytest.raises(SignerError) as refusal:
        service.find_key()
    return refusal.value.code


def test_card_goes_before_every_module_and_no_module_is_loaded(modules: Ways) -> None:
    service = choosing(Way(A_KEY), modules.service(ANOTHER_KEY))

    assert service.find_key() is A_KEY
    assert [way.asked for way in modules.ways.values()] == [0]


def test_signing_with_the_card_needs_no_module_library_at_all() -> None:
    def broken() -> ModulesCardService:
        raise ImportError("PyKCS11")

    service = ChosenCardService(Way(A_KEY), broken)

    assert service.find_key() is A_KEY
    service.close()


@pytest.mark.parametrize("reason", NO_EID)
def test_first_module_with_a_key_is_taken_when_no_eid_is_there(modules: Ways, reason: ErrorCode) -> None:
    service = choosing(Way(reason), modules.service(ErrorCode.MODULE_NO_KEY, A_KEY, ANOTHER_KEY))

    assert service.find_key() is A_KEY


@pytest.mark.parametrize("reason", [code for code in ErrorCode if code.kind is Kind.CARD and code not in NO_EID])
def test_card_that_could_be_the_one_is_not_passed_over_for_a_module(modules: Ways, reason: ErrorCode) -> None:
    service = choosing(Way(reason), modules.service(A_KEY))

    assert refusal_of(service) is reason
    assert [way.asked for way in modules.ways.values()] == [0]


@pytest.mark.parametrize("reason", NO_EID)
@pytest.mark.parametrize("other", [*NO_EID, *(code for code in ErrorCode if code.kind is Kind.MODULE)])
def test_a_machines_modules_never_hide_what_the_reader_has_to_say(
    modules: Ways, reason: ErrorCode, other: ErrorCode
) -> None:
    assert refusal_of(choosing(Way(reason), modules.service(other))) is reason


def test_a_machine_without_modules_says_what_the_reader_says(modules: Ways) -> None:
    assert refusal_of(choosing(Way(ErrorCode.NO_CARD), modules.service())) is ErrorCode.NO_CARD


@pytest.mark.parametrize("other", [ErrorCode.CARD_CANNOT_SIGN, ErrorCode.CARD_TOO_OLD, ErrorCode.CARD_REMOVED])
def test_a_card_that_only_a_module_sees_says_more(modules: Ways, other: ErrorCode) -> None:
    assert refusal_of(choosing(Way(ErrorCode.NO_READER), modules.service(other))) is other


@pytest.mark.parametrize(
    ("of_module", "told"),
    [
        (ErrorCode.MODULE_NOT_FOUND, ErrorCode.MODULE_NOT_FOUND),
        (ErrorCode.MODULE_BROKEN, ErrorCode.MODULE_BROKEN),
        (ErrorCode.MODULE_FAILED, ErrorCode.MODULE_FAILED),
        (ErrorCode.MODULE_NO_KEY, ErrorCode.NO_CARD),
    ],
)
def test_a_module_that_somebody_named_in_vain_is_told(modules: Ways, of_module: ErrorCode, told: ErrorCode) -> None:
    service = choosing(Way(ErrorCode.NO_CARD), modules.service(of_module, named=True))

    assert refusal_of(service) is told


def test_modules_are_let_go_while_the_card_is_waited_for(modules: Ways) -> None:
    service = choosing(Way(ErrorCode.NO_CARD), modules.service(ErrorCode.MODULE_NO_KEY))

    refusal_of(service)

    assert [way.closed for way in modules.ways.values()] == [1]


def test_a_change_is_what_the_readers_say() -> None:
    service = choosing(Way(ErrorCode.NO_CARD), ModulesCardService([]))

    assert service.wait_for_change(0)
    assert not service.wait_for_change(7)


def test_closing_lets_go_of_both(modules: Ways) -> None:
    card = Way(ErrorCode.NO_CARD)
    service = choosing(card, modules.service(A_KEY))
    service.find_key()

    service.close()

    assert (card.closed, [way.closed for way in modules.ways.values()]) == (1, [1])


@pytest.mark.parametrize(
    ("reasons", "told"),
    [
        ((), ErrorCode.MODULE_NOT_FOUND),
        ((ErrorCode.MODULE_BROKEN,), ErrorCode.MODULE_BROKEN),
        ((ErrorCode.MODULE_FAILED, ErrorCode.MODULE_NO_KEY), ErrorCode.MODULE_NO_KEY),
        ((ErrorCode.NO_READER, ErrorCode.NO_CARD, ErrorCode.MODULE_NO_KEY), ErrorCode.NO_CARD),
        ((ErrorCode.NO_CARD, ErrorCode.CARD_CANNOT_SIGN), ErrorCode.CARD_CANNOT_SIGN),
        ((ErrorCode.CARD_REMOVED, ErrorCode.NOT_AN_EID), ErrorCode.CARD_REMOVED),
    ],
)
def test_the_most_telling_reason_of_several_modules_is_told(
    modules: Ways, reasons: tuple[ErrorCode, ...], told: ErrorCode
) -> None:
    assert refusal_of(modules.service(*reasons)) is told


def test_a_module_that_fails_in_a_process_of_its_own_is_not_loaded_into_ours(modules: Ways) -> None:
    service = modules.service(A_KEY, ANOTHER_KEY, unsafe=(0,))

    assert service.find_key() is ANOTHER_KEY
    assert [way.asked for way in modules.ways.values()] == [0, 1]


def test_a_module_that_somebody_named_is_loaded_without_a_trial(modules: Ways) -> None:
    assert modules.service(A_KEY, named=True, unsafe=(0,)).find_key() is A_KEY


def test_a_module_is_tried_once_however_often_the_key_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[Path] = []
    monkeypatch.setattr(all_modules, "Pkcs11CardService", lambda _path: Way(ErrorCode.NO_CARD))

    def is_safe(path: Path) -> bool:
        tried.append(path)
        return True

    service = ModulesCardService([KnownModule("a", "/a.so")], is_safe=is_safe)
    refusal_of(service)
    refusal_of(service)

    assert tried == [Path("/a.so")]


def test_a_wait_ends_with_the_first_module_that_has_news(modules: Ways) -> None:
    assert modules.service(A_KEY, ANOTHER_KEY).wait_for_change(5)


def test_a_wait_without_any_usable_module_takes_its_time_and_no_longer(modules: Ways) -> None:
    assert not modules.service(A_KEY, unsafe=(0,)).wait_for_change(0.01)
