"""Whatever a card, a reader or a file says: nothing but SignerError comes out, and it ends."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eidcard.apdu import OK, CommandApdu, ResponseApdu
from eidcard.applet import Applet, CardFile, EidApplet
from eidcard.identity import parse_identity
from signer.errors import ErrorCode, SignerError
from tests.fuzz import targets

pytestmark = pytest.mark.filterwarnings("ignore:Attribute's length must be")  # names of changed certificates
EXAMPLES = 60
TOP = Path(__file__).parents[2]


@given(st.binary(max_size=2000))
def test_files_of_fields(data: bytes) -> None:
    targets.tlv(data)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.binary(max_size=600))
def test_files_that_are_recorded(data: bytes) -> None:
    targets.redaction(data)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.binary(max_size=1500))
def test_a_card_that_answers_anything(data: bytes) -> None:
    targets.rubbish(data)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.sampled_from([b"\0", b"\xe0", b"\xe1", b"\xe2", b"\xe3", b"\xe4", b"\x61", b"\x6c"]), max_size=400))
def test_a_card_that_lies_now_and_then(lies: list[bytes]) -> None:
    targets.liar(b"".join(lies))


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.sampled_from(targets.seeds("certificate")), st.data())
def test_a_certificate_with_other_bytes_in_it(der: bytes, data: st.DataObject) -> None:
    changed = bytearray(der)
    for place in data.draw(st.lists(st.integers(0, len(der) - 1), max_size=4)):
        changed[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.just(len(der)), st.integers(0, len(der))))
    targets.certificate(bytes(changed[:cut]))


@pytest.mark.parametrize("sw", [0x9000, 0x6110, 0x6100, 0x6C10, 0x6C00], ids=hex)
@pytest.mark.parametrize("data", [b"", b"x", b"\x30\x82\x7f\xf0".ljust(256, b"x")], ids=len)
def test_a_card_that_says_the_same_for_ever_is_left(sw: int, data: bytes) -> None:
    for answered_well in range(8):
        targets.stuck(bytes((answered_well,)) + data + sw.to_bytes(2, "big"))


def test_a_certificate_that_comes_byte_by_byte_is_not_waited_for() -> None:
    endless = b"\x30\x82\x7f\xf0".ljust(256, b"x")
    asked: list[int] = []

    def answer(command: CommandApdu) -> ResponseApdu:
        asked.append(command.ins)
        assert len(asked) < 20
        return ResponseApdu(b"" if command.ins == 0xA4 else endless if len(asked) == 2 else b"x", OK)

    applet = EidApplet(targets.Answering(answer), Applet.V1_8)
    with pytest.raises(SignerError) as refusal:
        applet.read_certificate(CardFile.SIGNATURE_CERTIFICATE)
    assert refusal.value.code is ErrorCode.CERTIFICATE_UNREADABLE


def test_a_certificate_of_another_version_is_unreadable() -> None:
    for der in targets.seeds("certificate"):
        targets.certificate(der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x01"))


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.binary(max_size=300))
def test_a_card_that_is_stuck(data: bytes) -> None:
    targets.stuck(data)


def test_the_longest_file_of_empty_fields_is_read_in_a_moment() -> None:
    content = bytes(0x7FFE) + b"\x7f\x00"
    start = time.perf_counter()
    parse_identity(content)
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize("target", targets.TARGETS if find_spec("atheris") else ())  # Linux on x86-64 alone has it
def test_the_fuzzer_runs(target: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.fuzz", target, "-runs=100", "-seed=1", f"-artifact_prefix={tmp_path}/"]
    done = subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert re.search(r"Done 10\d runs", done.stderr)  # on a slow machine it makes one more
