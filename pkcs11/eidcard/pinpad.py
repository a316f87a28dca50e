"""Readers with keys of their own: the PIN goes from the keys to the card, and never through this computer.

PC/SC part 10 has two ways to such a reader: a control code that it names when asked (CM_IOCTL_GET_FEATURE_REQUEST),
and a pseudo-APDU (PPDU) that the reader answers in the card's place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from typing import Final, NamedTuple, TypeAlias

from eidcard.apdu import OK, CommandApdu, ResponseApdu
from eidcard.connection import CardConnection
from signer.errors import ErrorCode, SignerError


class _Feature(IntEnum):
    """What keys can do, by its tag (PC/SC part 10, 2.3)."""

    VERIFY_PIN_DIRECT = 0x06
    MODIFY_PIN_DIRECT = 0x07


_CODE_LENGTH: Final = 4  # bytes of a control code, big-endian

# These answer PPDUs; another reader would hand them to the card. By the beginning of their names.
_PPDU_READERS: Final = (
    "vasco digipass 840",
    "vasco digipass 870",
    "vasco digipass 875",
    "vasco digipass 876",
    "vasco digipass 920",
)

PATIENCE_S: Final = 30  # that a reader waits for the first key, and for each after it
_TIMEOUTS: Final = bytes((PATIENCE_S, PATIENCE_S))

# PIN_VERIFY and PIN_MODIFY (PC/SC part 10, 2.5.2 and 2.5.3), little-endian: the two timeouts; the PIN is BCD in
# bytes after the first of the block, 7 bytes long; its length in 4 bits at bit 4; to change it, where the old and the
# new block begin; 4 to 12 digits; to change it, the old PIN is asked too and the new one twice; ended by the OK key;
# one message or three, language, which; the command with empty PIN blocks.
_BLOCKS: Final[Mapping[_Feature, bytes]] = {
    _Feature.VERIFY_PIN_DIRECT: _TIMEOUTS
    + bytes.fromhex("894704 0C04 0201 0409 00 000000 0D000000 0020000108 20FFFFFFFFFFFFFF"),
    _Feature.MODIFY_PIN_DIRECT: _TIMEOUTS
    + bytes.fromhex(
        "894704 0008 0C04 03 0203 0409 000102 000000 15000000 0024000110 20FFFFFFFFFFFFFF 20FFFFFFFFFFFFFF"
    ),
}
_FORMAT: Final = {_Feature.VERIFY_PIN_DIRECT: 2, _Feature.MODIFY_PIN_DIRECT: 2}  # places in them
_MOST_DIGITS: Final = {_Feature.VERIFY_PIN_DIRECT: 5, _Feature.MODIFY_PIN_DIRECT: 7}


class _Quirk(NamedTuple):
    """What a reader wants another way: its name (a part, lower case), the firmware that mended it, place and byte."""

    reader: str
    mended_in: int | None  # major and minor version, a byte each
    place: Mapping[_Feature, int]
    byte: int


_QUIRKS: Final = (
    _Quirk("sprx32", 0x0506, _FORMAT, 0x01),  # counts in bits
    _Quirk("spr 532", 0x0506, _FORMAT, 0x01),  # the same reader, as Linux names it
    _Quirk("gempc", None, _MOST_DIGITS, 8),  # takes no longer PIN
)

_Ask: TypeAlias = Callable[[CardConnection], ResponseApdu]


@dataclass(frozen=True, slots=True)
class Pinpad:
    """The keys of one reader."""

    _asks: Mapping[_Feature, _Ask]

    @property
    def can_change(self) -> bool:
        """Whether the reader can ask for a new PIN, too."""
        return _Feature.MODIFY_PIN_DIRECT in self._asks

    def verify(self, connection: CardConnection) -> ResponseApdu:
        """Let the reader ask for the PIN and give it to the card: the card's answer, or 64xx when there was no PIN.

        Waits for a person, up to 30 seconds; raises as ``CardConnection.transmit``.
        """
        return self._asks[_Feature.VERIFY_PIN_DIRECT](connection)

    def change(self, connection: CardConnection) -> ResponseApdu:
        """Let the reader ask for the PIN, and for the new one twice; as ``verify``, and 6402 when the two differ.

        Waits up to 30 seconds for each; only where ``can_change``.
        """
        return self._asks[_Feature.MODIFY_PIN_DIRECT](connection)


def find_pinpad(connection: CardConnection) -> Pinpad | None:
    """Ask the reader whether it has keys for a PIN; None when it has not. Costs a PPDU with readers that know them."""
    blocks = {feature: _for_reader(feature, connection) for feature in _Feature}
    codes = _control_codes(connection.features())
    if _Feature.VERIFY_PIN_DIRECT in codes:
        return Pinpad({f: partial(_by_control, codes[f], block) for f, block in blocks.items() if f in codes})
    if not connection.reader.lower().startswith(_PPDU_READERS):
        return None
    answer = connection.transmit(_ppdu(0x00)._replace(le=256))
    if answer.sw != OK or _Feature.VERIFY_PIN_DIRECT not in answer.data:
        return None
    return Pinpad({f: partial(_by_ppdu, f, block) for f, block in blocks.items() if f in answer.data})


def _by_control(code: int, block: bytes, connection: CardConnection) -> ResponseApdu:
    answer = connection.control(code, block)
    try:
        return ResponseApdu.decode(answer)
    except ValueError as error:
        raise SignerError(ErrorCode.CARD_GARBLED, "pinpad, shorter than a status word") from error


def _by_ppdu(feature: _Feature, block: bytes, connection: CardConnection) -> ResponseApdu:
    answer = connection.transmit(_ppdu(feature, block))
    # A reader may wrap the card's answer in its own, whose 9000 says only that the keys worked.
    return ResponseApdu.decode(answer.data) if len(answer.data) >= 2 and answer.sw == OK else answer


def _ppdu(feature: int, data: bytes = b"") -> CommandApdu:
    """Make FF C2 01, the feature (0: which are there?), and its data (PC/SC part 10, 2.2)."""
    return CommandApdu(0xFF, 0xC2, 0x01, feature, data)


def _control_codes(features: bytes) -> dict[int, int]:
    """Read tag, length 4, control code, as often as there are; what comes after something else is left out."""
    codes = {}
    step = 2 + _CODE_LENGTH
    for start in range(0, len(features) - step + 1, step):
        if features[start + 1] != _CODE_LENGTH:
            break
        codes[features[start]] = int.from_bytes(features[start + 2 : start + step], "big")
    return codes


def _for_reader(feature: _Feature, connection: CardConnection) -> bytes:
    block, reader = bytearray(_BLOCKS[feature]), connection.reader.lower()
    for quirk in _QUIRKS:
        if quirk.reader in reader and not _is_mended(quirk, connection):
            block[quirk.place[feature]] = quirk.byte
    return bytes(block)


def _is_mended(quirk: _Quirk, connection: CardConnection) -> bool:
    """Tell whether the firmware is new enough; one that does not tell its version is taken for a new one."""
    if quirk.mended_in is None:
        return False
    version = connection.firmware()
    return version is None or version >= quirk.mended_in
