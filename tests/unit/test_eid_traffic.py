"""What the log and a recorder learn of the traffic with a card, and what they must not."""

from __future__ import annotations

import pytest

from eidcard.apdu import CommandApdu
from eidcard.traffic import TRAFFIC, Exchange, TracedConnection
from signer.errors import ErrorCode, SignerError
from tests.pins import typed
from tests.unit.scripted_card import SELECT, ScriptedCard

SECRET = b"Peeters".hex().upper()
SELECT_APPLET = CommandApdu(0x00, 0xA4, 0x04, 0x0C, bytes.fromhex(SELECT[0])[5:])


def test_an_exchange_tells_lengths_status_and_the_names_of_files() -> None:
    seen: list[Exchange] = []
    connection = TracedConnection(ScriptedCard(SELECT, ("00B0000010", SECRET + "9000")), seen.append)
    connection.transmit(SELECT_APPLET)
    connection.transmit(CommandApdu(0x00, 0xB0, 0x00, 0x00, le=0x10))
    assert [(e.name, e.header.hex(), e.lc, e.answered, e.sw) for e in seen] == [
        ("SELECT", "00a4040c", 15, 0, 0x9000),
        ("READ BINARY", "00b00000", 0, 7, 0x9000),
    ]
    assert seen[0].data == SELECT_APPLET.data


def test_the_log_holds_neither_answers_nor_pins(caplog: pytest.LogCaptureFixture) -> None:
    card = ScriptedCard(("00B0000010", SECRET + "9000"), ("0020000108241234FFFFFFFFFF", "63C2"))
    with caplog.at_level(TRAFFIC, "paraph.apdu"):
        connection = TracedConnection(card)
        connection.transmit(CommandApdu(0x00, 0xB0, 0x00, 0x00, le=0x10))
        connection.transmit_pin(CommandApdu(0x00, 0x20, 0x00, 0x01), typed("1234"))
    assert caplog.messages[1].startswith("VERIFY         00200001 (8 bytes) -> 63C2 + 0 bytes")
    assert not any(secret in caplog.text.upper() for secret in (SECRET, "PEETERS", "1234"))


def test_a_command_without_an_answer_is_noted_too() -> None:
    seen: list[Exchange] = []
    connection = TracedConnection(ScriptedCard(("00B0000010", ErrorCode.CARD_REMOVED)), seen.append)
    with pytest.raises(SignerError):
        connection.transmit(CommandApdu(0x00, 0xB0, 0x00, 0x00, le=0x10))
    assert [(e.name, e.sw) for e in seen] == [("READ BINARY", None)]


def test_the_data_of_a_signature_are_not_shown() -> None:
    seen: list[Exchange] = []
    connection = TracedConnection(ScriptedCard(("002A9E9A03010203", "9000")), seen.append)
    connection.transmit(CommandApdu(0x00, 0x2A, 0x9E, 0x9A, b"\x01\x02\x03"))
    assert (seen[0].lc, seen[0].data) == (3, b"")
