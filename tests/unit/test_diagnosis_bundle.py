"""What leaves this computer in a support bundle names nobody."""

from __future__ import annotations

import base64
import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.errors import ErrorCode, SignerError
from ui.diagnosis.bundle import Private, scrub, without_persons, write_bundle
from ui.diagnosis.findings import Check, Finding, Grade, Says

JAN = Private(("/home/jan.peeters", "jan.peeters", "pc-van-jan"))
NOBODY = Private(())
NUMBERS = st.integers(10**10, 10**11 - 1).map(str)


def written(tmp_path: Path, *findings: Finding, private: Private = JAN) -> str:
    write_bundle(tmp_path / "bundle.zip", findings, str, private)
    with zipfile.ZipFile(tmp_path / "bundle.zip") as bundle:
        assert bundle.namelist() == ["diagnosis.json", "diagnosis.txt"]
        return "\n".join(bundle.read(name).decode() for name in bundle.namelist())


@pytest.mark.parametrize(
    "text",
    [
        "/home/jan.peeters/lib/a.so",
        "the PC-VAN-JAN reader",
        "jan.peeters",
        "Jan.Peeters@example.be",
        "85.07.30-033.28",
        "85073003328",
        "592-1234567-89",
        "0032475123456",
        "ACS ACR39U (2A5F13C7) 00 00",
        "Gemalto [SN 1234] 00 00",
        "1FA9C3D2B4",
        "eyJhbGciOiJFUzM4NCJ9eyJhbGciOiJFUzM4NCJ9",
        "proxy://jan:geheim@proxy",
    ],
)
def test_what_could_be_somebodys_is_taken_out(text: str) -> None:
    scrubbed = scrub(text, JAN)

    assert "…" in scrubbed
    for piece in ("jan", "peeters", "033", "30033", "1234", "2A5F", "1FA9", "475123", "eyJh", "geheim"):
        assert piece not in scrubbed.lower()


@pytest.mark.parametrize(
    "text",
    [
        "TEST reader (simulated) 00 00",
        "ACS ACR39U ICC Reader 00 00",
        "Alcor Micro AU9560 00 00",
        "OpenSSL 3.0.22 25 Aug 2026",
        "libbeidpkcs11.so.0",
        "the module crashed (SIGSEGV)",
        "agency.example",
    ],
)
def test_what_a_helper_needs_stays(text: str) -> None:
    assert scrub(text, JAN) == text


@given(NUMBERS, st.sampled_from(["{}", "a{}b", "x {} y", "{}.so", "({})"]))
def test_no_national_number_gets_through_in_any_clothes(number: str, around: str) -> None:
    dressed = f"{number[:2]}.{number[2:4]}.{number[4:6]}-{number[6:9]}.{number[9:]}"

    assert number not in scrub(around.format(number), NOBODY)
    assert number[6:9] not in scrub(around.format(dressed), NOBODY).replace("…", "")


@given(st.binary(min_size=18))
def test_no_token_or_certificate_gets_through(secret: bytes) -> None:
    ways = (base64.urlsafe_b64encode, base64.b64encode, base64.b16encode)
    for text in (way(secret).decode() for way in ways):
        assert scrub(f"a {text} b", NOBODY) == "a … b"


def test_a_fact_that_nobody_listed_stays_here(tmp_path: Path) -> None:
    facts = {"applet": "1.8", "holder": "Jan Peeters", "folder": "/home/jan.peeters/.local/share/paraph"}

    text = written(tmp_path, Finding(Check.CARD, Grade.OK, Says.CARD_READY, "a reader", facts))

    assert "applet=1.8" in text
    assert "Peeters" not in text
    assert "holder" not in text
    assert "/home" not in text


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/usr/lib/x86_64-linux-gnu/libbeidpkcs11.so.0", "/usr/lib/x86_64-linux-gnu/libbeidpkcs11.so.0"),
        ("/home/jan.peeters/a.so", "…/a.so"),
        ("/media/Jan Peeters/a.so", "…/a.so"),
    ],
)
def test_of_a_path_outside_the_system_only_the_files_name_goes(path: str, kept: str) -> None:
    finding = without_persons(Finding(Check.MODULE, Grade.OK, Says.MODULE_WORKS, "a", {"path": path}), JAN)

    assert finding.facts == {"path": kept}


def test_an_atr_goes_as_it_is_since_it_names_a_kind_of_card() -> None:
    atr = "3B7F96000080318065B085040120120FFF829000"
    finding = Finding(Check.CARD, Grade.WARNING, ErrorCode.NOT_AN_EID, facts={"atr": atr})

    assert without_persons(finding, JAN).facts == {"atr": atr}


def test_a_machine_reads_ids_and_grades(tmp_path: Path) -> None:
    write_bundle(tmp_path / "b.zip", [Finding(Check.READER, Grade.PROBLEM, ErrorCode.NO_READER)], str, NOBODY)

    with zipfile.ZipFile(tmp_path / "b.zip") as bundle:
        told = json.loads(bundle.read("diagnosis.json"))

    assert told["findings"] == [{"check": "reader", "grade": "problem", "id": "CARD-002", "subject": "", "facts": {}}]


def test_this_computers_own_names_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody-else")
    monkeypatch.setenv("LOGNAME", "somebody-else")

    assert {"/home/somebody-else", "somebody-else"} <= set(Private.here().names)


def test_only_this_user_can_read_the_file(tmp_path: Path) -> None:
    write_bundle(tmp_path / "b.zip", [], str, NOBODY)

    assert (tmp_path / "b.zip").stat().st_mode & 0o077 == 0


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SignerError) as refusal:
        write_bundle(tmp_path / "nowhere" / "b.zip", [], str, NOBODY)

    assert refusal.value.code is ErrorCode.FILE_MISSING
