"""The text of a PDF, page by page, for terminals and screen readers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pypdfium2 as pdfium

from signer.errors import ErrorCode, SignerError


def pages_of(path: Path) -> Iterator[str]:
    """Give each page's text, form fields included; raises SignerError DOCUMENT_BROKEN."""
    try:
        document = pdfium.PdfDocument(path)
        document.init_forms()
    except pdfium.PdfiumError as error:
        raise SignerError(ErrorCode.DOCUMENT_BROKEN) from error
    try:
        for page in document:
            yield page.get_textpage().get_text_bounded().replace("\r\n", "\n")
    finally:
        document.close()
