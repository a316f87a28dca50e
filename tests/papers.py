"""Contracts and hostile files for the signing tests, all made when they are needed."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm, SigFieldSpec, append_signature_field
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>"
CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
PAGES = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
PLAIN = {1: CATALOG, 2: PAGES, 3: PAGE}
Forge = Callable[[IncrementalPdfFileWriter], None]

FIELD_BOX = (100, 100, 300, 170)


def contract(path: Path, *, pages: int = 2, encryption: StandardEncryption | None = None) -> Path:
    """Write a contract of some pages, with a form field."""
    canvas = Canvas(str(path), encrypt=encryption, pageCompression=0)
    for number in range(pages):
        canvas.drawString(72, 700, f"Arbeidsovereenkomst voor uitzendarbeid, blad {number + 1}")
        canvas.drawString(72, 680, "Bruto uurloon: 16,42 euro")
        if not number:
            canvas.acroForm.textfield(name="hourlyPay", value="16,42", x=72, y=600, width=100, height=20)
        canvas.showPage()
    canvas.save()
    return path


def encrypted(path: Path, *, user_password: str = "", can_fill: bool = True) -> Path:
    """Write a contract that a payroll program locked; with an empty password anybody can read it."""
    lock = StandardEncryption(user_password, "owner", canModify=can_fill, canAnnotate=can_fill, strength=128)
    return contract(path, encryption=lock)


def with_field(source: Path, path: Path, name: str = "worker", *, locked_to: MDPPerm | None = None) -> Path:
    """Add an empty signature field, as the agency prepares it."""
    lock = FieldMDPSpec(FieldMDPAction.ALL) if locked_to else None
    spec = SigFieldSpec(name, on_page=-1, box=FIELD_BOX, field_mdp_spec=lock, doc_mdp_update_value=locked_to)
    with source.open("rb") as original, path.open("w+b") as output:
        writer = IncrementalPdfFileWriter(original)
        append_signature_field(writer, spec)
        writer.write(output)
    return path


def edit(writer: IncrementalPdfFileWriter) -> None:
    """Write other text over the first page, as a forger would."""
    drawing = b"BT /F1 12 Tf 72 680 Td (Bruto uurloon: 99,99 euro) Tj ET"
    writer.add_stream_to_page(0, writer.add_object(generic.StreamObject(stream_data=drawing)))


def refill(writer: IncrementalPdfFileWriter) -> None:
    """Change the pay in the form field."""
    field = writer.root["/AcroForm"]["/Fields"][0].get_object()
    field["/V"] = generic.TextStringObject("99,99")
    writer.update_container(field)


def forged(source: Path, path: Path, forge: Forge) -> Path:
    """Append a revision with what a forger does."""
    with source.open("rb") as original, path.open("w+b") as output:
        writer = IncrementalPdfFileWriter(original)
        forge(writer)
        writer.write(output)
    return path


def assemble(objects: Mapping[int, bytes], trailer: bytes = b"") -> bytes:
    """Put objects together into a file with a classic cross-reference table; object 1 is the catalogue."""
    content, offsets = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), {}
    for number, body in objects.items():
        offsets[number] = len(content)
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start, size = len(content), max(objects) + 1
    content += b"xref\n0 %d\n0000000000 65535 f \n" % size
    for number in range(1, size):
        entry = (offsets[number], 0, b"n") if number in offsets else (0, 65535, b"f")
        content += b"%010d %05d %s \n" % entry
    content += b"trailer << /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, start)
    return bytes(content)


def xfa() -> bytes:
    """Make a form of the kind that only one reader can fill in."""
    return assemble(PLAIN | {1: b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [] /XFA (form) >> >>"})


def page_tree_cycle() -> bytes:
    """Make a page tree that comes back to its root."""
    return assemble(PLAIN | {2: b"<< /Type /Pages /Kids [3 0 R 2 0 R] /Count 2 >>"})


def field_tree_cycle() -> bytes:
    """Make a form field that is its own parent's parent."""
    form = b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] >> >>"
    return assemble(PLAIN | {1: form, 4: b"<< /T (a) /Kids [5 0 R] >>", 5: b"<< /T (b) /Kids [4 0 R] >>"})


def nesting_bomb(depth: int = 200_000) -> bytes:
    """Make arrays in arrays in arrays, where a signature must read them."""
    form = b"<< /Fields " + b"[" * depth + b"]" * depth + b" >>"
    return assemble(PLAIN | {1: b"<< /Type /Catalog /Pages 2 0 R /AcroForm 4 0 R >>", 4: form})


def no_pages() -> bytes:
    """Make a document without a page."""
    return assemble({1: CATALOG, 2: b"<< /Type /Pages /Kids [] /Count 0 >>"})


def miscounted() -> bytes:
    """Make a page tree whose count hides its second page."""
    return assemble(PLAIN | {2: b"<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 1 >>", 4: PAGE})


def zlib_bomb(expanded: int = 300 << 20) -> bytes:
    """Make an object stream of a few kB that holds 300 MiB, with the catalogue at its end."""
    squeeze = zlib.compressobj(9)
    packed = bytearray(squeeze.compress(b"1 0 " + CATALOG))
    for _ in range(expanded >> 20):
        packed += squeeze.compress(b" " * (1 << 20))
    packed += squeeze.flush()
    content = bytearray(b"%PDF-1.7\n")
    offsets = {}
    holder = b"<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >> stream\n%s\nendstream"
    for number, body in {2: PAGES, 3: PAGE, 4: holder % (len(packed), bytes(packed))}.items():
        offsets[number] = len(content)
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(content)
    rows = [(0, 0, 65535), (2, 4, 0), (1, offsets[2], 0), (1, offsets[3], 0), (1, offsets[4], 0), (1, start, 0)]
    table = b"".join(bytes((kind,)) + place.to_bytes(4, "big") + rest.to_bytes(2, "big") for kind, place, rest in rows)
    header = b"<< /Type /XRef /Size 6 /W [1 4 2] /Root 1 0 R /Length %d >> stream\n" % len(table)
    content += b"5 0 obj\n" + header + table + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % start
    return bytes(content)
