"""The text of a PDF, page by page, for terminals and screen readers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from signer.pades import pdfium


def pages_of(path: Path) -> Iterator[str]:
    """Give each page's text, form fields included; raises SignerError as ``pdfium.page_count`` does."""
    with pdfium.opened(path) as document:
        document.init_forms()
        texts = [page.get_textpage().get_text_bounded() for page in document]
    yield from (text.replace("\r\n", "\n") for text in texts)
