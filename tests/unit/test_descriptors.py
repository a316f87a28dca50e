"""An agency's descriptor counts when a pinned key signed that very text, and nothing in it can mislead."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from signer.descriptors import keys_in, parse, read, release_keys, sign
from signer.errors import ErrorCode, SignerError
from tests.release_side import described

KEY = Ed25519PrivateKey.generate()
TEXT = described(
    telephone="02 000 00 00", colours={"background": "#16324f", "text": "#ffffff"}, not_after="2030-01-01T00:00:00Z"
).model_dump_json(by_alias=True)
FILE = sign(TEXT, KEY)


def code_of(content: bytes, *keys: Ed25519PrivateKey, test: bool = False) -> ErrorCode:
    with pytest.raises(SignerError) as refused:
        read(content, [each.public_key() for each in keys or (KEY,)], test=test)
    return refused.value.code


def test_what_a_pinned_key_signed_is_read_whatever_other_keys_there_are() -> None:
    found = read(FILE, [Ed25519PrivateKey.generate().public_key(), KEY.public_key()])
    assert found.descriptor == parse(TEXT)
    assert (found.descriptor.host, found.descriptor.name) == ("noord.example", "Noord Interim")


def test_a_key_that_is_not_pinned_vouches_for_nobody() -> None:
    assert code_of(FILE, Ed25519PrivateKey.generate()) is ErrorCode.DESCRIPTOR_NOT_SIGNED
    with pytest.raises(SignerError) as refused:
        read(FILE, [])
    assert refused.value.code is ErrorCode.DESCRIPTOR_NOT_SIGNED


@given(at=st.integers(0, len(TEXT) - 1), other=st.characters(codec="utf-8"))
def test_no_letter_of_the_text_can_be_changed(at: int, other: str) -> None:
    changed = TEXT[:at] + other + TEXT[at + 1 :]
    content = json.dumps(json.loads(FILE) | {"descriptor": changed}).encode()
    if changed != TEXT:
        assert code_of(content) is ErrorCode.DESCRIPTOR_NOT_SIGNED
    else:
        assert read(content, [KEY.public_key()]).text == TEXT


def test_a_signature_over_the_bare_text_is_none() -> None:
    bare = base64.b64encode(KEY.sign(TEXT.encode())).decode()
    assert code_of(json.dumps({"descriptor": TEXT, "signature": bare}).encode()) is ErrorCode.DESCRIPTOR_NOT_SIGNED


@pytest.mark.parametrize(
    "content",
    [b"", b"%PDF-1.7", b"[]", b"{}", b'{"descriptor": {}, "signature": ""}', FILE[:-20], b" " * 20_000 + FILE],
    ids=["nothing", "PDF", "list", "empty", "no text", "cut", "large"],
)
def test_what_is_no_descriptor_is_called_that(content: bytes) -> None:
    assert code_of(content) is ErrorCode.DESCRIPTOR_BROKEN


@pytest.mark.parametrize(
    ("change", "place"),
    [
        *(
            ({"url": url}, "")
            for url in (
                *("http://noord.example", "https://user@noord.example", "https://noord.example?to=x", "https://"),
                *("https://noord.example#x", "https://noord.example\n", "https://NOORD.example", "ftp://noord.example"),
                *("https://n\u043eord.example", "https://noord.example:port", "http://127.0.0.1.example"),
            )
        ),
        ({"id": "../x"}, "id"),
        ({"name": ""}, "name"),
        ({"name": "Noord\u202etneg"}, "name"),
        ({"name": "Noord\nhttps://horizon.example"}, "name"),
        ({"name": " Noord"}, "name"),
        ({"issuedAt": "2026-11-01T12:00:00"}, "issuedAt"),
        ({"colours": {"background": "#ffffff", "text": "#eeeeee"}}, "colours"),
        ({"colours": {"background": "url(x)", "text": "#eeeeee"}}, "colours.background"),
    ],
)
def test_nobody_signs_what_could_mislead_and_no_client_takes_it(change: dict[str, Any], place: str) -> None:
    text = json.dumps(json.loads(TEXT) | change)
    with pytest.raises(SignerError) as refused:
        sign(text, KEY)
    assert refused.value.code is ErrorCode.DESCRIPTOR_BROKEN
    assert place in refused.value.detail
    signature = base64.b64encode(KEY.sign(b"paraph agency descriptor, version 1\n" + text.encode())).decode()
    assert code_of(json.dumps({"descriptor": text, "signature": signature}).encode()) is ErrorCode.DESCRIPTOR_BROKEN


def test_only_a_test_world_takes_an_address_without_tls() -> None:
    content = sign(json.dumps(json.loads(TEXT) | {"url": "http://127.0.0.1:8080"}), KEY)
    assert code_of(content) is ErrorCode.DESCRIPTOR_BROKEN
    assert read(content, [KEY.public_key()], test=True).descriptor.host == "127.0.0.1:8080"


def test_what_a_later_version_adds_is_passed_over() -> None:
    text = json.dumps(json.loads(TEXT) | {"logo": "a.png"})
    assert read(sign(text, KEY), [KEY.public_key()]).descriptor == parse(TEXT)


def test_the_fingerprint_is_of_the_text_and_not_of_how_the_file_is_written() -> None:
    again = json.dumps(json.loads(FILE)).encode()
    keys = [KEY.public_key()]
    assert read(again, keys).fingerprint == read(FILE, keys).fingerprint
    assert read(sign(TEXT + " ", KEY), keys).fingerprint != read(FILE, keys).fingerprint


def test_every_key_that_ships_can_be_used(tmp_path: Path) -> None:
    assert isinstance(release_keys(), tuple)
    file = tmp_path / "keys.toml"
    raw = KEY.public_key().public_bytes_raw()
    file.write_text(f'keys = ["{base64.b64encode(raw).decode()}"]')
    assert [each.public_bytes_raw() for each in release_keys(file)] == [raw]


def test_a_pinned_file_that_holds_no_key_is_a_mistake_in_the_settings(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("no key")
    for file in (tmp_path / "key.pem", tmp_path / "nowhere.pem"):
        with pytest.raises(SignerError) as refused:
            keys_in([file])
        assert refused.value.code is ErrorCode.SETTINGS_BROKEN


def release_side(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command with nobody at a terminal: the pass phrase comes from standard input."""
    return subprocess.run(
        [sys.executable, "scripts/sign_descriptor.py", *arguments],
        cwd=Path(__file__).resolve().parents[2],
        input="a long pass phrase\n" * 2,
        capture_output=True,
        text=True,
        start_new_session=True,
        check=False,
    )


def test_the_release_side_makes_a_key_and_signs_what_it_is_given(tmp_path: Path) -> None:
    key, text, pinned = tmp_path / "key.pem", tmp_path / "descriptor.json", tmp_path / "keys.toml"
    text.write_text(TEXT)
    made = release_side("make-key", str(key))
    pinned.write_text(f'keys = ["{made.stdout.strip()}"]')
    done = release_side("sign", str(key), str(text))
    found = read((tmp_path / "noord.paraph-agency").read_bytes(), release_keys(pinned))
    assert found.text == TEXT
    assert found.fingerprint in done.stdout
    assert b"ENCRYPTED" in key.read_bytes()
    assert release_side("make-key", str(key)).returncode != 0  # no key is ever written over
