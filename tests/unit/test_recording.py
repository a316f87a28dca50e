"""A recorded card: nothing of its holder is in the trace, its shape is, and it answers again as it did."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eidcard.apdu import CommandApdu
from eidcard.applet import Applet, CardFile
from eidcard.card_details import CardDetails, Wanted, read_details
from eidcard.card_key import CardKey
from eidcard.der import SEQUENCE, first, join
from eidcard.identity import tlvs
from eidcard.recording import RecordingConnection, record
from eidcard.redaction import redact_files
from eidcard.simulator.card import SimulatedCard
from eidcard.simulator.direct import SimulatedReader, SimulatorConnection
from eidcard.simulator.faults import Answer, Cut, Garble, Mishap, Pull, Stretch
from eidcard.simulator.people import ADULT, GREEK, LONG_NAME, MINOR, Person
from eidcard.simulator.pki import PersonCredentials, TestPki
from eidcard.simulator.replay import ReplayConnection, ReplayDivergedError
from eidcard.trace import Trace
from signer.errors import ErrorCode, SignerError
from signer.model import Mechanism
from tests.pins import typed
from tests.unit.scripted_card import SELECT, ScriptedCard

SOMEBODY = Person(  # nothing of whom is also in a name of the test PKI
    "traced",
    "Zebedeus Quirinus",
    "Xylofoonspeler",
    date(1993, 7, 19),
    987,
    third_initial="Q",
    nationality="Ruritaans",
    birth_place="Kwatrecht-Zuid",
    sex="M",
    street="Geheimweg 77 bus 3",
    zip_code="9876",
    municipality="Nergenshuizen",
    document_type="17",
)
_IN_THE_PKI = {"Testbergen", "Belg"}  # the place of the test authorities, and a part of their name
TRACES = sorted((Path(__file__).parents[1] / "traces").glob("*.jsonl"))
WINDOW = 6  # bytes: a part of a secret that chance does not explain
APPLETS = ["1.1", "1.7", "1.8"]
every_applet = pytest.mark.parametrize("applet", APPLETS)


def recorded(card: SimulatedCard) -> Trace:
    trace, _ = record(SimulatorConnection(SimulatedReader(card)))
    return trace


def replayed(trace: Trace) -> CardDetails:
    everything = Wanted(address=True, photo=True, presence=True)
    return read_details(ReplayConnection(Trace.parse(trace.dump())), everything)


def words_of(person: Person) -> set[str]:
    """What a card says of its holder, in every form that it has there."""
    birth = person.birth_date
    texts = f"{person.given_names} {person.surname} {person.birth_place} {person.nationality} {person.street}".split()
    numbers = {person.national_number, f"{birth:%d.%m.%Y}", f"{birth:%y%m%d}", person.zip_code}
    return {text for text in {*texts, *numbers, person.municipality} if len(text) > 3} - _IN_THE_PKI


def secrets_of(credentials: PersonCredentials, card: SimulatedCard) -> Iterator[bytes]:
    """What tells one card from another."""
    yield from (word.encode() for word in words_of(credentials.person))
    files = card._content.files
    yield from (value for tag, value in tlvs(files["3F00DF014031"]) if tag in {0x01, 0x02, 0x11, 0x1A})
    yield from (files[f"3F00DF01{name}"] for name in ("4032", "4034", "4035"))
    yield files.get("3F00DF014040", b"")[1:]
    for credential in filter(None, (credentials.authentication, credentials.signature)):
        certificate = x509.load_der_x509_certificate(credential.certificate)
        yield certificate.serial_number.to_bytes(20, "big")
        yield certificate.signature[8:-8]
        yield certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)[40:-8]
        yield certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest


def windows(secret: bytes) -> Iterator[bytes]:
    return (secret[start : start + WINDOW] for start in range(max(1, len(secret) - WINDOW + 1)))


def told(trace: Trace) -> bytes:
    """All bytes of a trace: what was said, file by file in one piece, and what it is headed by."""
    said = b"".join((line.data or b"") + line.answer for line in trace.lines)
    return said + trace.head.reader.encode() + trace.head.system.encode()


def leaks(trace: Trace, credentials: PersonCredentials, card: SimulatedCard) -> set[bytes]:
    out = told(trace)
    parts = {part for secret in secrets_of(credentials, card) for part in windows(secret)}
    return {part for part in parts if len(part) > 3 and set(part) != {0} and part in out}


@every_applet
@pytest.mark.parametrize("person", [SOMEBODY, GREEK, LONG_NAME, MINOR], ids=lambda person: person.id)
def test_nothing_of_the_holder_is_in_a_trace(test_pki: TestPki, person: Person, applet: str) -> None:
    credentials = test_pki.person(person, applet)
    card = SimulatedCard(credentials)
    assert leaks(recorded(card), credentials, card) == set()


def test_the_search_for_leaks_finds_them(test_pki: TestPki) -> None:
    credentials = test_pki.person(SOMEBODY)
    card = SimulatedCard(credentials)
    connection = SimulatorConnection(SimulatedReader(card))
    trace, _ = record(connection)
    certificate = x509.load_der_x509_certificate(credentials.authentication.certificate)

    for leak in (b"Xylofoonspeler", SOMEBODY.national_number.encode(), certificate.serial_number.to_bytes(20, "big")):
        line = trace.lines[0].__class__(b"\0\0\0\0", 0, None, None, leak, None)
        assert leaks(Trace(trace.head, (*trace.lines, line)), credentials, card)


@pytest.mark.parametrize(
    "mishap",
    [
        *(Garble(seed, at=at, ins=0xB0) for seed, at in [(1, 1), (2, 9), (3, 20)]),
        *(Cut(keep, at=at, ins=0xB0) for keep, at in [(40, 1), (100, 17), (3, 18)]),
        *(Stretch(by, at=at, ins=0xB0) for by, at in [(9, 1), (9, 18)]),
        Answer(b"\x90\x00", ins=0xA4, at=8),
        Garble(ins=0xE4),
    ],
    ids=str,
)
def test_a_card_that_speaks_rubbish_betrays_nobody_either(test_pki: TestPki, mishap: Mishap) -> None:
    credentials = test_pki.person(SOMEBODY)
    card = SimulatedCard(credentials)
    card.plan(mishap)
    assert leaks(recorded(card), credentials, card) == set()


@pytest.mark.parametrize("applet", ["1.7", "1.8"])
def test_a_trace_answers_again_in_the_card_s_own_shape(test_pki: TestPki, applet: str) -> None:
    card = SimulatedCard(test_pki.person(SOMEBODY, applet))
    real = read_details(SimulatorConnection(SimulatedReader(card)), Wanted(address=True, photo=True))

    again = replayed(recorded(card))

    assert (again.applet, again.tries_left, again.test) == (real.applet, 3, True)
    for name in ("name", "first_names", "birth_place", "birth_date", "national_number", "card_number", "photo_hash"):
        assert len(getattr(again.identity, name)) == len(getattr(real.identity, name))
    assert again.identity.document_type == real.identity.document_type
    assert again.identity.valid_from is not None
    assert [c.role for c in again.certificates] == [c.role for c in real.certificates]
    assert [c.valid_to.year for c in again.certificates] == [c.valid_to.year for c in real.certificates]
    assert again.photo is not None
    assert real.photo is not None
    assert (len(again.photo), again.photo[:3], again.photo[-2:]) == (len(real.photo), b"\xff\xd8\xff", b"\xff\xd9")
    assert again.address is not None
    assert again.address.street == "Xxxxxxxxx 00 xxx 0"


@pytest.mark.parametrize(
    ("applet", "mechanism"), [("1.7", Mechanism.RSA_PKCS1_SHA256), ("1.8", Mechanism.ECDSA_SHA384)]
)
def test_a_trace_gives_a_key_of_the_same_kind_to_the_same_readers(
    test_pki: TestPki, applet: str, mechanism: Mechanism
) -> None:
    trace = recorded(SimulatedCard(test_pki.person(SOMEBODY, applet)))
    with closing(CardKey.open(ReplayConnection(trace))) as key:
        assert (key.info.mechanism, key.info.signer.given_names) == (mechanism, "Xxxxxxxx Xxxxxxxx")
        assert len(key.info.signer.chain) == 2


def test_a_pin_that_passes_a_recorder_is_not_in_the_trace(test_pki: TestPki) -> None:
    recording = RecordingConnection(SimulatorConnection(SimulatedReader(SimulatedCard(test_pki.person(ADULT)))))
    recording.transmit_pin(CommandApdu(0x00, 0x20, 0x00, 0x01), typed("31415926"))
    recording.transmit_pin(CommandApdu(0x00, 0x24, 0x00, 0x01), typed("31415926"), typed("27182818"))
    trace = recording.trace()
    assert [(line.header[1], line.lc, line.data, line.sw) for line in trace.lines] == [
        (0x20, 8, None, 0x63C2),
        (0x24, 16, None, 0x63C1),
    ]
    assert not any(secret in trace.dump() for secret in ("314159", "271828", "28314159"))


def test_what_an_unknown_command_brings_is_made_up(test_pki: TestPki) -> None:
    recording = RecordingConnection(ScriptedCard(("80CA010203", "53656372657421" + "9000")))
    recording.transmit(CommandApdu(0x80, 0xCA, 0x01, 0x02, le=0x03))
    assert recording.trace().lines[0].answer == b"x" * 7


def test_a_card_that_is_no_eid_is_recorded_as_far_as_it_goes() -> None:
    trace, mishap = record(ScriptedCard((SELECT[0], "6A82")))
    assert mishap is not None
    assert mishap.code is ErrorCode.NOT_AN_EID
    assert [line.sw for line in trace.lines] == [0x6A82]


def test_a_card_that_is_pulled_leaves_a_trace_that_says_so_again(test_pki: TestPki) -> None:
    card = SimulatedCard(test_pki.person(ADULT))
    card.plan(Pull(at=5))
    trace, mishap = record(SimulatorConnection(SimulatedReader(card)))
    assert mishap is not None
    assert (mishap.code, len(trace.lines), trace.lines[-1].mishap) == (ErrorCode.CARD_REMOVED, 5, "CARD-007")
    with pytest.raises(SignerError) as refusal:
        replayed(trace)
    assert refusal.value.code is ErrorCode.CARD_REMOVED


def test_a_file_that_the_card_refuses_is_passed_over(test_pki: TestPki) -> None:
    card = SimulatedCard(test_pki.person(ADULT))
    card.plan(Answer(b"\x69\x82", ins=0xA4, at=3))
    trace, mishap = record(SimulatorConnection(SimulatedReader(card)))
    assert mishap is None
    assert CardFile.PHOTO.value in {line.data for line in trace.lines}


def test_a_question_that_nobody_asked_then_has_no_answer(test_pki: TestPki) -> None:
    replay = ReplayConnection(recorded(SimulatedCard(test_pki.person(ADULT))))
    with pytest.raises(ReplayDivergedError, match="00B07F00"):
        replay.transmit(CommandApdu(0x00, 0xB0, 0x7F, 0x00, le=1))


def test_a_reader_s_serial_number_is_left_out() -> None:
    card = ScriptedCard((SELECT[0], "6A82"), reader="SCM Microsystems Inc. SPR 532 (600D5AD4) 00 00")
    assert record(card)[0].head.reader == "SCM Microsystems Inc. SPR 532 (…) 00 00"


@pytest.mark.parametrize("text", ["", "{}", '{"trace": 2}', "[]", '{"trace": 1}', "rubbish"])
def test_what_is_no_trace_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Trace.parse(text)


@pytest.mark.parametrize("file", CardFile, ids=lambda file: file.name)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=st.binary(min_size=1, max_size=400))
def test_any_content_keeps_its_length(file: CardFile, content: bytes) -> None:
    assert {len(each) for each in redact_files({file.value: content}).values()} == {len(content)}


@pytest.mark.parametrize("algorithm", ["067F", "060100", "0500", ""], ids=["too long", "no OID's", "no OID", "none"])
def test_a_certificate_whose_algorithm_is_rubbish_is_made_up(test_pki: TestPki, algorithm: str) -> None:
    credentials = test_pki.person(SOMEBODY)
    certificate, broken = credentials.authentication.certificate, bytes.fromhex(algorithm)
    frame, old, signature = first(certificate).children
    content = join([frame, old._replace(header=bytes((SEQUENCE, len(broken))), content=broken), signature])
    changed = bytes.fromhex("3082") + len(content).to_bytes(2, "big") + content

    files = {
        CardFile.AUTHENTICATION_CERTIFICATE.value: changed,
        CardFile.CA_CERTIFICATE.value: credentials.ca,  # whose key would sign it again
    }
    redacted = redact_files(files)[CardFile.AUTHENTICATION_CERTIFICATE.value]

    assert len(redacted) == len(changed)
    assert SOMEBODY.surname.encode() in changed
    assert SOMEBODY.surname.encode() not in redacted


def test_a_file_that_we_do_not_know_is_made_up_whole() -> None:
    path = bytes.fromhex("3F00DF019999")
    assert redact_files({path: b"Xylofoon"}) == {path: b"x" * 8}


def test_there_are_traces_of_both_applets_that_sign() -> None:
    assert {trace.stem for trace in TRACES} >= {"simulated-1.7", "simulated-1.8"}


@pytest.mark.parametrize("path", TRACES, ids=lambda path: path.stem)
def test_a_committed_trace_is_a_card_that_can_be_read(path: Path) -> None:
    trace = Trace.parse(path.read_text())
    details = replayed(trace)
    assert details.applet in {Applet.V1_7, Applet.V1_8}
    assert (details.identity.national_number, details.identity.card_number) == ("00000000097", "000000000097")
    with closing(CardKey.open(ReplayConnection(trace))) as key:
        assert key.info.tries_left == 3


@pytest.mark.parametrize("path", TRACES, ids=lambda path: path.stem)
def test_a_committed_trace_names_nobody(path: Path) -> None:
    text = path.read_text()
    trace = Trace.parse(text)
    out = told(trace)
    for word in words_of(ADULT):
        assert word.encode() not in out
        assert word.encode("utf-16-le") not in out
        assert word.encode("utf-16-be") not in out
        assert word.isdigit() or word not in text
    assert all(line.data is None for line in trace.lines if line.header[1] not in {0xA4, 0x22})
    assert all(json.loads(line) for line in text.splitlines())
