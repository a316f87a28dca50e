"""The way into a PDF for pyHanko: header, empty password, strict first and then lax, and its errors by name."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, TypeVar

from pyhanko.pdf_utils.crypt import AuthStatus, StandardSecurityHandler
from pyhanko.pdf_utils.crypt.api import PdfMacStatus
from pyhanko.pdf_utils.crypt.permissions import PdfPermissions
from pyhanko.pdf_utils.generic import DictionaryObject, PdfObject
from pyhanko.pdf_utils.misc import PdfDecodeLimitError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import SigningError

from signer.errors import ErrorCode, SignerError

_T = TypeVar("_T")
_log: Final = logging.getLogger(__name__)

_CODE_BY_FAILURE: Final[tuple[tuple[tuple[type[Exception], ...], ErrorCode], ...]] = (
    ((PdfDecodeLimitError, MemoryError), ErrorCode.DOCUMENT_TOO_LARGE),
    ((SigningError,), ErrorCode.DOCUMENT_FORBIDS),
)
_STRICT: Final = True
_LAX: Final = False
HEADER: Final = b"%PDF-"


class OpenedPdf(NamedTuple):
    """A readable file, and what its owner permits (None: everything)."""

    reader: PdfFileReader
    permissions: PdfPermissions | None


@contextmanager
def pdf_errors(otherwise: ErrorCode = ErrorCode.DOCUMENT_BROKEN) -> Iterator[None]:
    """Turn whatever parsing, building or judging a PDF raises into SignerError; OSError passes.

    DOCUMENT_TOO_LARGE for what would not fit in memory, DOCUMENT_FORBIDS for what the file's own rules refuse
    (seed values), else ``otherwise``. pyHanko raises exceptions of every kind on hostile files. The cause is left
    out: texts about certificates have their subject, and so the national number.
    """
    try:
        yield
    except (SignerError, OSError):
        raise
    except Exception as error:  # noqa: BLE001 (pyHanko raises exceptions of every kind)
        code = next((code for kinds, code in _CODE_BY_FAILURE if isinstance(error, kinds)), otherwise)
        raise SignerError(code, _place(error)) from None


def _place(error: Exception) -> str:
    """Say what was raised and where, for support, without its text."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"


def strict_then_lax(attempt: Callable[[bool], _T]) -> _T:
    """Try ``attempt`` with strict parsing, and without it when that failed for no reason of ours."""
    try:
        return attempt(_STRICT)
    except SignerError:
        raise
    except Exception as error:  # noqa: BLE001 (pyHanko raises exceptions of every kind)
        _log.info("strict parsing failed (%s); trying again lax", type(error).__name__)
    return attempt(_LAX)


def entry(dictionary: DictionaryObject, key: str) -> PdfObject | None:
    """Give a dictionary's value, followed to where it is; pyHanko's own ``get`` does not follow references."""
    try:
        value: PdfObject = dictionary[key]
    except KeyError:
        return None
    return value


def open_pdf(stream: BinaryIO, *, strict: bool) -> OpenedPdf:
    """Open a file that needs no password; raises SignerError DOCUMENT_NOT_PDF, _LOCKED, _BROKEN."""
    stream.seek(0)
    if stream.read(len(HEADER)) != HEADER:
        raise SignerError(ErrorCode.DOCUMENT_NOT_PDF)
    reader = PdfFileReader(stream, strict=strict)
    return OpenedPdf(reader, _unlock(reader))


def _unlock(reader: PdfFileReader) -> PdfPermissions | None:
    """Try the empty password, which many payroll programs use (ISO 32000-2, 7.6.4)."""
    if reader.encrypt_dict is None:
        return None
    if str(entry(reader.encrypt_dict, "/Filter")) != StandardSecurityHandler.get_name():
        raise SignerError(ErrorCode.DOCUMENT_LOCKED, "no password can open it")
    access = reader.decrypt("")
    if access.status == AuthStatus.FAILED:
        raise SignerError(ErrorCode.DOCUMENT_LOCKED)
    if access.mac_status == PdfMacStatus.FAILED:
        raise SignerError(ErrorCode.DOCUMENT_BROKEN, "PDF MAC")
    return None if access.status == AuthStatus.OWNER else access.permission_flags
