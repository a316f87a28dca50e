"""Which reader's card is taken, and which reason is told when none can sign: stubs for readers that we have not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from smartcard import scard

from eidcard.applet import Applet
from eidcard.card_details import Wanted
from eidcard.cards import CardPresence, PcscCardService
from eidcard.connection import CardConnection
from eidcard.pcsc import ReaderState
from eidcard.simulator.card import SimulatedCard
from eidcard.simulator.direct import SimulatedReader, SimulatorConnection
from eidcard.simulator.people import ADULT, MINOR
from eidcard.simulator.pki import TestPki
from signer.errors import ErrorCode, SignerError
from tests.unit.scripted_card import SELECT, ScriptedCard, card_data

Content = CardConnection | ErrorCode | None

PRESENT: int = scard.SCARD_STATE_PRESENT
MUTE: int = PRESENT | scard.SCARD_STATE_MUTE


class StubContext:
    """Readers by name, with a card, an error on connecting, or nothing in each."""

    def __init__(self, **contents: Content) -> None:
        self.contents = {name.replace("_", " "): content for name, content in contents.items()}

    def readers(self) -> tuple[ReaderState, ...]:
        return tuple(
            ReaderState(name, scard.SCARD_STATE_EMPTY if content is None else self._flags(content), b"\x3b")
            for name, content in self.contents.items()
        )

    def connect(self, reader: str) -> CardConnection:
        content = self.contents[reader]
        if isinstance(content, ErrorCode):
            raise SignerError(content)
        assert content is not None, "an empty reader is not asked"
        return content

    def _flags(self, content: CardConnection | ErrorCode) -> int:
        return MUTE if content is ErrorCode.CARD_UNRESPONSIVE else PRESENT


def service_with(**contents: Content) -> PcscCardService:
    service = PcscCardService()
    service._context = StubContext(**contents)  # type: ignore[assignment]
    return service


def eid(pki: TestPki, *, minor: bool = False) -> CardConnection:
    return SimulatorConnection(SimulatedReader(SimulatedCard(pki.person(MINOR if minor else ADULT))))


def old_card() -> CardConnection:
    return ScriptedCard(SELECT, card_data(0x11))


def other_card() -> CardConnection:
    return ScriptedCard((SELECT[0], "6A82"))


def reason(service: PcscCardService) -> ErrorCode:
    with pytest.raises(SignerError) as caught:
        service.find_key()
    return caught.value.code


def test_the_first_card_that_can_sign_is_taken(test_pki: TestPki) -> None:
    service = service_with(
        empty=None,
        bank=other_card(),
        child=eid(test_pki, minor=True),
        mute=ErrorCode.CARD_UNRESPONSIVE,
        worker=eid(test_pki),
        colleague=ErrorCode.CARD_IN_USE,
    )
    assert service.find_key().info.signer.surname == "Voorbeeld"


def test_without_any_reader_the_reader_is_missing() -> None:
    assert reason(service_with()) is ErrorCode.NO_READER


def test_a_virtual_reader_is_no_reader() -> None:
    assert reason(service_with(Windows_Hello_for_Business_1=other_card())) is ErrorCode.NO_READER


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, ErrorCode.NO_CARD),
        (other_card, ErrorCode.NOT_AN_EID),
        (old_card, ErrorCode.CARD_TOO_OLD),
        (ErrorCode.CARD_UNRESPONSIVE, ErrorCode.CARD_UNRESPONSIVE),
        (ErrorCode.CARD_IN_USE, ErrorCode.CARD_IN_USE),
        (ErrorCode.CARD_REMOVED, ErrorCode.CARD_REMOVED),
    ],
)
def test_beside_an_empty_reader_the_other_one_tells_the_reason(
    content: Callable[[], CardConnection] | ErrorCode | None, code: ErrorCode
) -> None:
    assert (
        reason(
            service_with(empty=None, other=content if content is None or isinstance(content, ErrorCode) else content())
        )
        is code
    )


def test_of_several_reasons_the_nearest_to_a_signature_is_told(test_pki: TestPki) -> None:
    contents: dict[str, Content] = {"empty": None, "bank": other_card()}
    assert reason(service_with(**contents)) is ErrorCode.NOT_AN_EID
    contents = {"mute": ErrorCode.CARD_UNRESPONSIVE, "bank": other_card()}
    assert reason(service_with(**contents)) is ErrorCode.CARD_UNRESPONSIVE
    contents = {"child": eid(test_pki, minor=True), "mute": ErrorCode.CARD_UNRESPONSIVE, "old": old_card()}
    assert reason(service_with(**contents)) is ErrorCode.CARD_CANNOT_SIGN


def test_a_stopped_service_is_told_at_once(test_pki: TestPki) -> None:
    assert reason(service_with(first=ErrorCode.SERVICE_STOPPED, second=eid(test_pki))) is ErrorCode.SERVICE_STOPPED


def test_cards_that_are_not_taken_are_let_go() -> None:
    card = ScriptedCard((SELECT[0], "6A82"))
    assert reason(service_with(bank=card)) is ErrorCode.NOT_AN_EID
    assert card.closed


def test_the_report_tells_of_every_reader(test_pki: TestPki) -> None:
    reports = service_with(
        empty=None,
        bank=other_card(),
        mute=ErrorCode.CARD_UNRESPONSIVE,
        kept=ErrorCode.CARD_IN_USE,
        worker=eid(test_pki),
    ).readers()
    assert [(report.name, report.presence, report.applet) for report in reports] == [
        ("empty", CardPresence.EMPTY, None),
        ("bank", CardPresence.CARD, None),
        ("mute", CardPresence.MUTE, None),
        ("kept", CardPresence.IN_USE, None),
        ("worker", CardPresence.EID, Applet.V1_8),
    ]
    assert reports[4].atr == "3B"


def test_details_are_read_of_a_card_that_cannot_sign(test_pki: TestPki) -> None:
    details = service_with(child=eid(test_pki, minor=True)).card_details()
    assert details.identity.name == "Jongmans-Test"
    assert "signature" not in {certificate.role for certificate in details.certificates}
    assert (details.address, details.photo) == (None, None)


def test_address_and_photo_are_read_when_asked_for(test_pki: TestPki) -> None:
    details = service_with(worker=eid(test_pki)).card_details(Wanted(address=True, photo=True))
    assert details.address is not None
    assert details.address.street == "Proefstraat 1"
    assert details.photo is not None
    assert details.photo.startswith(b"\xff\xd8")
    assert ADULT.national_number not in repr(details)
