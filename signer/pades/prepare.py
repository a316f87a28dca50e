"""Preparing a document for somebody's signature: an empty field where it is to stand."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import BinaryIO

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, append_signature_field

from signer.files import file_errors, write_whole
from signer.pades.opening import open_pdf, pdf_errors


def add_signature_field(source: Path, target: Path, name: str, page: int, rectangle: tuple[int, int, int, int]) -> None:
    """Write ``source`` with an empty signature field to ``target``, which may be the same file.

    Pages count from 0; the rectangle is left, bottom, right, top in points. Raises SignerError of the kinds DOCUMENT
    and FILE.
    """

    def write(output: BinaryIO) -> None:
        with source.open("rb") as original:
            shutil.copyfileobj(original, output)
        writer = IncrementalPdfFileWriter.from_reader(open_pdf(output, strict=True).reader)
        append_signature_field(writer, SigFieldSpec(name, on_page=page, box=rectangle))
        writer.write_in_place()

    with pdf_errors(), file_errors():
        write_whole(target, write)
