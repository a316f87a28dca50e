"""Hostile and odd PDFs, each of a kind that has been seen in the wild, all made by the tests; and what becomes of each.

A row is a maker and a verdict: the code of a refusal, or the warnings with which it may be signed.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from asn1crypto import x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.crypt.pubkey import RecipientEncryptionPolicy
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign.fields import (
    FieldMDPAction,
    FieldMDPSpec,
    MDPPerm,
    SigFieldSpec,
    SigSeedSubFilter,
    SigSeedValFlags,
    SigSeedValueSpec,
    append_signature_field,
)
from reportlab.lib.pdfencrypt import StandardEncryption

from signer.errors import ErrorCode
from signer.model import Caution
from tests import papers
from tests.papers import CATALOG, PAGES, PLAIN, assemble
from tests.signing_desk import SigningDesk

Verdict = ErrorCode | frozenset[Caution]
Make = Callable[[SigningDesk], Path | bytes]


class Row(NamedTuple):
    """One file: how it is made, what becomes of it, whether it may only be opened in the child, and its field."""

    make: Make
    verdict: Verdict
    confined: bool = False
    field: str | None = None


FINE: Final[frozenset[Caution]] = frozenset()
_BOX: Final = b"[0 0 595 842]"
_FONT: Final = b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
_TEXT: Final = b"BT /F1 12 Tf 72 700 Td (Bruto uurloon: 16,42 euro) Tj ET\n"


def only(*cautions: Caution) -> frozenset[Caution]:
    return frozenset(cautions)


def stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<< /Length %d %s >> stream\n%s\nendstream" % (len(content), entries, content)


def drawn(content: bytes, *, page: bytes = b"", catalog: bytes = b"", more: Mapping[int, bytes] | None = None) -> bytes:
    """Make one page with this content; ``page`` and ``catalog`` are further entries, objects from 10 are free."""
    body = b"<< /Type /Page /Parent 2 0 R /MediaBox %s %s /Contents 4 0 R %s >>" % (_BOX, _FONT, page)
    top = b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalog
    return assemble({1: top, 2: PAGES, 3: body, 4: stream(content)} | dict(more or {}))


def sized(box: bytes, entries: bytes = b"") -> bytes:
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox %s %s /Contents 4 0 R %s >>" % (box, _FONT, entries)
    return assemble({1: CATALOG, 2: PAGES, 3: page, 4: stream(_TEXT)})


def annotated(annotation: bytes, more: Mapping[int, bytes] | None = None, catalog: bytes = b"") -> bytes:
    return drawn(_TEXT, page=b"/Annots [10 0 R]", catalog=catalog, more={10: annotation} | dict(more or {}))


def with_catalog(entries: bytes, more: Mapping[int, bytes] | None = None) -> bytes:
    return drawn(_TEXT, catalog=entries, more=more)


# ── structure ──


def cut_short(desk: SigningDesk) -> Path:
    path = papers.contract(desk.folder / "cut.pdf")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def xref_loop(_: SigningDesk) -> bytes:
    plain = assemble(PLAIN)
    start = plain.rindex(b"startxref\n")
    table = int(plain[start + 10 :].split()[0])
    return assemble(PLAIN, b"/Prev %d" % table)


def wrong_startxref(_: SigningDesk) -> bytes:
    head = assemble(PLAIN).rpartition(b"startxref")[0]
    return head + b"startxref\n7\n%%EOF\n"


def hybrid(_: SigningDesk) -> bytes:
    """Make a table for old readers and a stream for new ones, which adds an object (ISO 32000-1, 7.5.8.4)."""
    content, offsets = bytearray(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n"), {}
    for number, body in PLAIN.items():
        offsets[number] = len(content)
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    hidden, row = len(content), b"\x01" + len(content).to_bytes(4, "big") + b"\x00"
    header = b"/Type /XRef /Size 6 /Index [4 1] /W [1 4 1] /Root 1 0 R"
    content += b"4 0 obj\n%s\nendobj\n" % stream(row, header)
    start = len(content)
    content += b"xref\n0 4\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % offsets[n] for n in (1, 2, 3))
    content += b"trailer << /Size 5 /Root 1 0 R /XRefStm %d >>\nstartxref\n%d\n%%%%EOF\n" % (hidden, start)
    return bytes(content)


def object_streams(desk: SigningDesk) -> Path:
    """Write a contract anew with object and cross-reference streams, as most programs do today."""
    source, path = papers.contract(desk.folder / "plain.pdf"), desk.folder / "streams.pdf"
    with source.open("rb") as original, path.open("wb") as output:
        writer = copy_into_new_writer(PdfFileReader(original), {"stream_xrefs": True})
        holder = writer.prepare_object_stream()
        for number in range(20):
            writer.add_object(generic.NumberObject(number), obj_stream=holder)
        writer.write(output)
    return path


def content_bomb(_: SigningDesk) -> bytes:
    packed = zlib.compress(b" " * (300 << 20), 1)
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox %s /Contents 4 0 R >>" % _BOX
    return assemble(PLAIN | {3: page, 4: stream(packed, b"/Filter /FlateDecode")})


def filters_in_filters(_: SigningDesk) -> bytes:
    packed = b" " * (30 << 20)
    for _layer in range(6):
        packed = zlib.compress(packed, 9)
    filters = b"/Filter [" + b"/FlateDecode " * 6 + b"]"
    return assemble(PLAIN | {1: b"<< /Type /Catalog /Pages 2 0 R /Metadata 4 0 R >>", 4: stream(packed, filters)})


def giant_image(_: SigningDesk) -> bytes:
    image = b"/Type /XObject /Subtype /Image /Width 100000 /Height 100000 /ColorSpace /DeviceRGB /BitsPerComponent 8"
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox %s /Contents 4 0 R /Resources << /XObject << /I 5 0 R >> >> >>"
    drawing = stream(b"q 9 0 0 9 9 9 cm /I Do Q")
    return assemble({1: CATALOG, 2: PAGES, 3: page % _BOX, 4: drawing, 5: stream(b"", image)})


def forms_in_circles(_: SigningDesk) -> bytes:
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /F 5 0 R >> >>"
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox %s /Contents 4 0 R /Resources << /XObject << /F 5 0 R >> >> >>"
    return assemble({1: CATALOG, 2: PAGES, 3: page % _BOX, 4: stream(b"/F Do"), 5: stream(b"/F Do", form)})


def outline_cycle(_: SigningDesk) -> bytes:
    items = {10: b"<< /First 11 0 R /Last 11 0 R /Count 1 >>", 11: b"<< /Title (a) /Parent 10 0 R /Next 11 0 R >>"}
    return with_catalog(b"/Outlines 10 0 R", items)


def action_cycle(_: SigningDesk) -> bytes:
    link = b"<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A 11 0 R >>"
    return annotated(link, {11: b"<< /S /Named /N /NextPage /Next 11 0 R >>"})


def deep_page_tree(_: SigningDesk) -> bytes:
    depth = 3000
    nodes = {n: b"<< /Type /Pages /Kids [%d 0 R] /Count 1 /Parent %d 0 R >>" % (n + 1, n - 1) for n in range(2, depth)}
    leaf = b"<< /Type /Page /Parent %d 0 R /MediaBox %s >>" % (depth - 1, _BOX)
    return assemble({1: CATALOG, **nodes, depth: leaf})


def two_eofs(_: SigningDesk) -> bytes:
    return assemble(PLAIN) + b"\n%%EOF\r\n\r\n"


def trailing(_: SigningDesk) -> bytes:
    return assemble(PLAIN) + b"\0" * 3000


# ── encryption ──


def locked(strength: int) -> Make:
    def make(desk: SigningDesk) -> Path:
        lock = StandardEncryption("", "owner", strength=strength)
        return papers.contract(desk.folder / f"locked-{strength}.pdf", encryption=lock)

    return make


def aes256(desk: SigningDesk, *, mac: bool = False) -> Path:
    """Encrypt with AES-256 and an empty user password (ISO 32000-2, 7.6.4), perhaps with a MAC (ISO/TS 32004)."""
    source, path = papers.contract(desk.folder / "plain.pdf"), desk.folder / "aes.pdf"
    with source.open("rb") as original, path.open("wb") as output:
        writer = copy_into_new_writer(PdfFileReader(original))
        writer.encrypt("owner", "", pdf_mac=mac)
        writer.write(output)
    return path


def for_a_certificate(desk: SigningDesk) -> Path:
    """Encrypt for one certificate's owner, whom no password replaces."""
    source, path = papers.contract(desk.folder / "plain.pdf"), desk.folder / "public-key.pdf"
    receiver = x509.Certificate.load(desk.pki.person(desk.person, "1.7").authentication.certificate)
    with source.open("rb") as original, path.open("wb") as output:
        writer = copy_into_new_writer(PdfFileReader(original))
        writer.encrypt_pubkey([receiver], policy=RecipientEncryptionPolicy(ignore_key_usage=True))
        writer.write(output)
    return path


# ── signatures ──


def prepared(desk: SigningDesk, name: str = "worker", **how: object) -> Path:
    source = papers.contract(desk.folder / "contract.pdf")
    return papers.with_field(source, desk.folder / "prepared.pdf", name, **how)  # type: ignore[arg-type]


def certified(permission: MDPPerm) -> Make:
    def make(desk: SigningDesk) -> Path:
        return desk.certify(papers.contract(desk.folder / "contract.pdf"), permission)

    return make


def field_locked(action: FieldMDPAction, *names: str) -> Make:
    """Let a first signer lock fields (ISO 32000-2, 12.8.2.4)."""

    def make(desk: SigningDesk) -> Path:
        base, path = prepared(desk), desk.folder / "two-fields.pdf"
        lock = FieldMDPSpec(action, list(names) if action is not FieldMDPAction.ALL else None)
        spec = SigFieldSpec("locker", field_mdp_spec=lock, doc_mdp_update_value=MDPPerm.FILL_FORMS)
        with base.open("rb") as original, path.open("w+b") as output:
            writer = IncrementalPdfFileWriter(original)
            append_signature_field(writer, spec)
            writer.write(output)
        return desk.sign(path, "locked.pdf", "locker")

    return make


def seed_value(desk: SigningDesk) -> Path:
    """Ask for a signature of another kind, and insist on it (ISO 32000-2, table 237)."""
    wish = SigSeedValueSpec(flags=SigSeedValFlags.SUBFILTER, subfilters=[SigSeedSubFilter.ADOBE_PKCS7_DETACHED])
    source, path = papers.contract(desk.folder / "contract.pdf"), desk.folder / "seed.pdf"
    with source.open("rb") as original, path.open("w+b") as output:
        writer = IncrementalPdfFileWriter(original)
        append_signature_field(writer, SigFieldSpec("worker", seed_value_dict=wish))
        writer.write(output)
    return path


def changed_after_sealing(forge: papers.Forge) -> Make:
    def make(desk: SigningDesk) -> Path:
        sealed = desk.seal(papers.contract(desk.folder / "contract.pdf"), certify=False)
        return papers.forged(sealed, desk.folder / "changed.pdf", forge)

    return make


def flipped(desk: SigningDesk) -> Path:
    sealed = desk.seal(papers.contract(desk.folder / "contract.pdf"))
    sealed.write_bytes(sealed.read_bytes().replace(b"16,42 euro", b"96,42 euro", 1))
    return sealed


def gutted(old: bytes, new: bytes) -> Make:
    """Take a part of a sealed file's signature away, which some readers took for "valid" (universal forgery)."""

    def make(desk: SigningDesk) -> Path:
        sealed = desk.seal(papers.contract(desk.folder / "contract.pdf"))
        content = sealed.read_bytes()
        at = content.rindex(old)
        sealed.write_bytes(content[:at] + new.ljust(len(old)) + content[at + len(old) :])
        return sealed

    return make


def of(content: bytes) -> Make:
    return lambda _desk: content


_WIDGET: Final = b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (pay) /Rect [%s] /F %d /V (16,42) %s /P 3 0 R >>"
_FORM: Final = b"/AcroForm << /Fields [10 0 R] /DA (/Helv 12 Tf 0 g) %s >>"


def _shown(text: bytes) -> bytes:
    return stream(b"BT /F1 12 Tf 2 4 Td (%s) Tj ET" % text, b"/Type /XObject /Subtype /Form /BBox [0 0 90 20] " + _FONT)


def text_field(shown: bytes | None, box: bytes = b"72 600 162 620", flags: int = 4, form: bytes = b"") -> bytes:
    look = b"/AP << /N 11 0 R >>" if shown is not None else b""
    more = {11: _shown(shown)} if shown is not None else {}
    return annotated(_WIDGET % (box, flags, look), more, _FORM % form)


def button(action: bytes) -> bytes:
    return annotated(b"<< /Type /Annot /Subtype /Link /Rect [72 90 99 99] /A << %s >> >>" % action)


def layers(usual: bytes, usage: bytes = b"") -> bytes:
    group = b"<< /Type /OCG /Name (Extra) %s >>" % usage
    text = b"/OC /L BDC\n" + _TEXT + b"EMC\n"
    return drawn(text, catalog=b"/OCProperties << /OCGs [10 0 R] /D << %s >> >>" % usual, more={10: group})


def over_text(drawing: bytes) -> bytes:
    return drawn(_TEXT + drawing)


_STAMP: Final = b"/Type /XObject /Subtype /Form /BBox [0 0 300 30]"

ROWS: Final[Mapping[str, Row]] = {
    # what is no document, or not one document
    "empty": Row(of(b""), ErrorCode.DOCUMENT_NOT_PDF),
    "html": Row(of(b"<html>Your session has ended</html>"), ErrorCode.DOCUMENT_NOT_PDF),
    "header at 1": Row(of(b"\n" + assemble(PLAIN)), ErrorCode.DOCUMENT_NOT_PDF),
    "header only": Row(of(b"%PDF-1.7\nnothing else"), ErrorCode.DOCUMENT_BROKEN),
    "cut short": Row(cut_short, ErrorCode.DOCUMENT_BROKEN),
    "no pages": Row(of(papers.no_pages()), ErrorCode.DOCUMENT_BROKEN),
    "count hides a page": Row(of(papers.miscounted()), ErrorCode.DOCUMENT_BROKEN),
    "portfolio": Row(of(with_catalog(b"/Collection << /Type /Collection >>")), ErrorCode.DOCUMENT_PORTFOLIO),
    # cycles and bombs
    "page cycle": Row(of(papers.page_tree_cycle()), ErrorCode.DOCUMENT_BROKEN),
    "field cycle": Row(of(papers.field_tree_cycle()), ErrorCode.DOCUMENT_BROKEN),
    "outline cycle": Row(outline_cycle, FINE),
    "action cycle": Row(action_cycle, ErrorCode.DOCUMENT_BROKEN),
    "xref loop": Row(xref_loop, ErrorCode.DOCUMENT_BROKEN, confined=True),
    "forms in circles": Row(forms_in_circles, FINE, confined=True),
    "deep page tree": Row(deep_page_tree, ErrorCode.DOCUMENT_BROKEN, confined=True),
    "nesting bomb": Row(lambda _: papers.nesting_bomb(), ErrorCode.DOCUMENT_BROKEN, confined=True),
    "object stream bomb": Row(lambda _: papers.zlib_bomb(100 << 20), ErrorCode.DOCUMENT_TOO_LARGE, confined=True),
    "content bomb": Row(content_bomb, ErrorCode.DOCUMENT_TOO_LARGE, confined=True),
    "filters in filters": Row(filters_in_filters, ErrorCode.DOCUMENT_TOO_LARGE, confined=True),
    "giant image": Row(giant_image, FINE, confined=True),
    # structure that is odd and good
    "wrong startxref": Row(wrong_startxref, ErrorCode.DOCUMENT_BROKEN),
    "hybrid cross-references": Row(hybrid, only(Caution.LENIENT)),
    "object streams": Row(object_streams, FINE),
    "two ends": Row(two_eofs, ErrorCode.DOCUMENT_BROKEN),
    "zeros after the end": Row(trailing, ErrorCode.DOCUMENT_BROKEN),
    # pages
    "rotated": Row(of(sized(_BOX, b"/Rotate 90")), FINE),
    "rotated oddly": Row(of(sized(_BOX, b"/Rotate 45")), FINE),
    "cropped": Row(of(sized(_BOX, b"/CropBox [50 50 300 300]")), FINE),
    "upside-down box": Row(of(sized(b"[595 842 0 0]")), FINE),
    "giant page": Row(of(sized(b"[0 0 1000000000 1000000000]")), FINE),
    "tiny page": Row(of(sized(b"[0 0 9 9]")), FINE),
    "page without a size": Row(of(sized(b"null")), ErrorCode.DOCUMENT_BROKEN),
    "user unit": Row(of(sized(_BOX, b"/UserUnit 10")), FINE),
    # encryption
    "RC4, 40 bits": Row(locked(40), FINE),
    "RC4, 128 bits": Row(locked(128), FINE),
    "AES-256, empty password": Row(aes256, FINE),
    "AES-256, with a MAC": Row(lambda desk: aes256(desk, mac=True), ErrorCode.DOCUMENT_FORBIDS),
    "owner forbids": Row(
        lambda desk: papers.encrypted(desk.folder / "a.pdf", can_fill=False), ErrorCode.DOCUMENT_FORBIDS
    ),
    "user password": Row(
        lambda desk: papers.encrypted(desk.folder / "a.pdf", user_password="secret"), ErrorCode.DOCUMENT_LOCKED
    ),
    "public-key encryption": Row(for_a_certificate, ErrorCode.DOCUMENT_LOCKED),
    # forms
    "XFA": Row(of(papers.xfa()), ErrorCode.DOCUMENT_XFA),
    "field as it is": Row(of(text_field(b"16,42")), FINE),
    "field shows another value": Row(of(text_field(b"99,99")), only(Caution.FORM_DIFFERS)),
    "field shows nothing": Row(of(text_field(b"")), only(Caution.FORM_DIFFERS)),
    "hidden field": Row(of(text_field(b"16,42", flags=2)), only(Caution.HIDDEN_FIELDS)),
    "field of no size": Row(
        of(text_field(b"16,42", b"72 600 72 600")), only(Caution.HIDDEN_FIELDS, Caution.FORM_DIFFERS)
    ),
    "field over text": Row(of(text_field(b"16,42", b"60 690 300 720")), only(Caution.COVERED)),
    # what a document does
    "opens at a page": Row(of(with_catalog(b"/OpenAction [3 0 R /Fit]")), FINE),
    "JavaScript at opening": Row(
        of(with_catalog(b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>")), ErrorCode.DOCUMENT_ACTS
    ),
    "JavaScript among the names": Row(
        of(with_catalog(b"/Names << /JavaScript << /Names [(a) << /S /JavaScript /JS (1) >>] >> >>")),
        ErrorCode.DOCUMENT_ACTS,
    ),
    "JavaScript before printing": Row(
        of(with_catalog(b"/AA << /WP << /S /JavaScript /JS (1) >> >>")), ErrorCode.DOCUMENT_ACTS
    ),
    "JavaScript of a page": Row(
        of(drawn(_TEXT, page=b"/AA << /O << /S /JavaScript /JS (1) >> >>")), ErrorCode.DOCUMENT_ACTS
    ),
    "JavaScript when a field is seen": Row(
        of(annotated(b"<< /Subtype /Widget /Rect [1 1 9 9] /AA << /PV << /S /JavaScript /JS (1) >> >> >>")),
        ErrorCode.DOCUMENT_ACTS,
    ),
    "web page at opening": Row(
        of(with_catalog(b"/OpenAction << /S /URI /URI (http://agency.test.invalid) >>")), ErrorCode.DOCUMENT_ACTS
    ),
    "program behind a link": Row(of(button(b"/S /Launch /F (cmd.exe)")), ErrorCode.DOCUMENT_ACTS),
    "program after a link": Row(
        of(button(b"/S /Named /N /NextPage /Next [<< /S /Launch /F (a) >>]")), ErrorCode.DOCUMENT_ACTS
    ),
    "link to a web page": Row(
        of(button(b"/S /URI /URI (http://agency.test.invalid)")), only(Caution.LINKS), confined=True
    ),
    "link within": Row(of(button(b"/S /GoTo /D [3 0 R /Fit]")), FINE),
    "button that sends": Row(of(button(b"/S /SubmitForm /F (http://x.test.invalid)")), only(Caution.PROGRAMS)),
    "button with JavaScript": Row(of(button(b"/S /JavaScript /JS (1)")), only(Caution.PROGRAMS)),
    "button that hides": Row(of(button(b"/S /Hide /T (pay)")), only(Caution.PROGRAMS)),
    "JavaScript that calculates": Row(
        of(
            annotated(
                _WIDGET % (b"72 600 162 620", 4, b"/AA << /C << /S /JavaScript /JS (1) >> >> /AP << /N 11 0 R >>"),
                {11: _shown(b"16,42")},
                _FORM % b"",
            )
        ),
        only(Caution.PROGRAMS),
    ),
    # what is not seen
    "layer that is on": Row(of(layers(b"/ON [10 0 R]")), only(Caution.LAYERS)),
    "layer that is off": Row(of(layers(b"/OFF [10 0 R]")), ErrorCode.DOCUMENT_HIDES),
    "all layers off": Row(of(layers(b"/BaseState /OFF")), ErrorCode.DOCUMENT_HIDES),
    "layer that is not printed": Row(
        of(layers(b"", b"/Usage << /Print << /PrintState /OFF >> >>")), ErrorCode.DOCUMENT_HIDES
    ),
    "attached file": Row(
        of(with_catalog(b"/Names << /EmbeddedFiles << /Names [(a) << /Type /Filespec /F (a) >>] >> >>")),
        only(Caution.ATTACHMENTS),
    ),
    "attached to a page": Row(
        of(annotated(b"<< /Subtype /FileAttachment /Rect [500 9 509 18] /FS << /F (a) >> >>")),
        only(Caution.ATTACHMENTS),
    ),
    "white box over text": Row(of(over_text(b"1 1 1 rg 60 690 300 30 re f")), only(Caution.COVERED)),
    "box under text": Row(of(drawn(b"1 1 1 rg 60 690 300 30 re f\n0 g\n" + _TEXT)), FINE),
    "frame around text": Row(of(over_text(b"60 690 300 30 re S")), FINE),
    "picture over text": Row(
        of(over_text(b"q 300 0 0 30 60 690 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \xff EI Q")), only(Caution.COVERED)
    ),
    "scan with its text": Row(
        of(
            drawn(
                b"BT 3 Tr /F1 12 Tf 72 700 Td (found by search) Tj ET 0 Tr q 595 0 0 842 0 0 cm BI /W 1 /H 1 "
                b"/CS /G /BPC 8 ID \xff EI Q"
            )
        ),
        FINE,
    ),
    "stamp over text": Row(
        of(
            annotated(
                b"<< /Subtype /Stamp /Rect [60 690 360 720] /F 4 /AP << /N 11 0 R >> >>",
                {11: stream(b"1 1 1 rg 0 0 300 30 re f", _STAMP)},
            )
        ),
        only(Caution.COVERED),
    ),
    # signatures that are there already
    "prepared field": Row(prepared, FINE, field="worker"),
    "no such field": Row(prepared, ErrorCode.DOCUMENT_NO_FIELD, field="boss"),
    "a text field": Row(prepared, ErrorCode.DOCUMENT_NO_FIELD, field="hourlyPay"),
    "signed already": Row(
        lambda desk: desk.sign(prepared(desk), field_name="worker"), ErrorCode.DOCUMENT_FIELD_LOCKED, field="worker"
    ),
    "certified, no changes": Row(certified(MDPPerm.NO_CHANGES), ErrorCode.DOCUMENT_CERTIFIED_CLOSED),
    "certified, forms": Row(certified(MDPPerm.FILL_FORMS), FINE),
    "certified, notes": Row(certified(MDPPerm.ANNOTATE), FINE),
    "closed by a signature": Row(
        lambda desk: desk.sign(prepared(desk, locked_to=MDPPerm.NO_CHANGES), field_name="worker"),
        ErrorCode.DOCUMENT_CERTIFIED_CLOSED,
    ),
    "all fields locked": Row(field_locked(FieldMDPAction.ALL), ErrorCode.DOCUMENT_FIELD_LOCKED, field="worker"),
    "our field locked": Row(
        field_locked(FieldMDPAction.INCLUDE, "worker"), ErrorCode.DOCUMENT_FIELD_LOCKED, field="worker"
    ),
    "all fields but ours locked": Row(field_locked(FieldMDPAction.EXCLUDE, "worker"), FINE, field="worker"),
    "another field locked": Row(field_locked(FieldMDPAction.INCLUDE, "hourlyPay"), FINE, field="worker"),
    "seed value": Row(seed_value, ErrorCode.DOCUMENT_FORBIDS, field="worker"),
    "changed after sealing": Row(changed_after_sealing(papers.edit), ErrorCode.DOCUMENT_CHANGED_AFTER_SIGNING),
    "byte flipped under the seal": Row(flipped, ErrorCode.DOCUMENT_CHANGED_AFTER_SIGNING),
    "signature without a range": Row(gutted(b"/ByteRange", b"/ByteRing"), ErrorCode.DOCUMENT_BROKEN),
    "signature of nothing": Row(gutted(b"/Contents", b"/Content"), ErrorCode.DOCUMENT_BROKEN),
}
