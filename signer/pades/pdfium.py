"""The second parser: what PDFium sees in a file. It is not thread-safe, so every use holds one lock."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import pypdfium2
from pypdfium2 import raw

from signer.errors import ErrorCode, SignerError

LOCK: Final = threading.RLock()  # whoever renders pages in this process takes it too

_CODE_BY_PDFIUM: Final = {  # fpdfview.h, FPDF_ERR_*
    raw.FPDF_ERR_FILE: ErrorCode.FILE_MISSING,
    raw.FPDF_ERR_PASSWORD: ErrorCode.DOCUMENT_LOCKED,
    raw.FPDF_ERR_SECURITY: ErrorCode.DOCUMENT_LOCKED,
}


@dataclass(frozen=True, slots=True)
class SeenSignature:
    """One signature dictionary: its byte range, and /Contents with the padding after the CMS."""

    byte_range: tuple[int, ...]
    contents: bytes


def page_count(path: Path) -> int:
    """Count the pages; raises SignerError DOCUMENT_LOCKED, DOCUMENT_BROKEN or FILE_MISSING."""
    with opened(path) as document:
        return len(document)


def signatures_seen(path: Path) -> tuple[SeenSignature, ...]:
    """Read all signatures, in PDFium's order; raises SignerError as ``page_count`` does."""
    with opened(path) as document:
        count = raw.FPDF_GetSignatureCount(document)
        return tuple(_read(raw.FPDF_GetSignatureObject(document, index)) for index in range(count))


def is_encrypted(path: Path) -> bool:
    """Tell whether a file is encrypted, also where no password is needed; raises SignerError as ``page_count``."""
    with opened(path) as document:
        return bool(raw.FPDF_GetSecurityHandlerRevision(document) != -1)


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open a document in PDFium and keep PDFium to ourselves meanwhile; raises as ``page_count``."""
    with LOCK:
        document = load(path)
        try:
            yield document
        finally:
            document.close()


def load(source: Path | bytes | BinaryIO) -> Any:  # noqa: ANN401 (pypdfium2 carries no types)
    """Open a document that stays open; whoever asks holds LOCK at each use of it. Raises as ``page_count``."""
    try:
        with LOCK:
            return pypdfium2.PdfDocument(source)
    except pypdfium2.PdfiumError as error:
        raise SignerError(_code_of(error, source), f"PDFium error {error.err_code}") from error
    except FileNotFoundError as error:
        raise SignerError(ErrorCode.FILE_MISSING) from error


def _code_of(error: pypdfium2.PdfiumError, source: Path | bytes | BinaryIO) -> ErrorCode:
    code = _CODE_BY_PDFIUM.get(error.err_code, ErrorCode.DOCUMENT_BROKEN)
    # Where this failure has no number of its own, PDFium still tells that of the document before.
    if code is ErrorCode.DOCUMENT_LOCKED and b"/Encrypt" not in _content(source):
        return ErrorCode.DOCUMENT_BROKEN
    return code


def _content(source: Path | bytes | BinaryIO) -> bytes:
    if isinstance(source, bytes):
        return source
    if isinstance(source, Path):
        return source.read_bytes()
    source.seek(0)
    return source.read()


def _read(signature: Any) -> SeenSignature:  # noqa: ANN401 (a ctypes pointer)
    length = raw.FPDFSignatureObj_GetByteRange(signature, None, 0)
    offsets = (ctypes.c_int * length)()
    raw.FPDFSignatureObj_GetByteRange(signature, offsets, length)
    size = raw.FPDFSignatureObj_GetContents(signature, None, 0)
    contents = ctypes.create_string_buffer(size)
    raw.FPDFSignatureObj_GetContents(signature, contents, size)
    return SeenSignature(tuple(offsets), contents.raw)
