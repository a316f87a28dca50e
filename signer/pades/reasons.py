"""Why a document is refused or needs a warning, for whoever made it: one technical line in English, to be sent on."""

from __future__ import annotations

from typing import Final

from signer.errors import ErrorCode
from signer.model import Caution

_REFUSAL: Final = {
    ErrorCode.DOCUMENT_NOT_PDF: "The file does not begin with %PDF-; send the PDF itself, with nothing before it.",
    ErrorCode.DOCUMENT_BROKEN: "The PDF's structure is damaged or ambiguous; write it anew (for example: qpdf in out).",
    ErrorCode.DOCUMENT_LOCKED: "The PDF needs a password or a certificate to be opened; send it without encryption.",
    ErrorCode.DOCUMENT_FORBIDS: "The PDF's own permissions (/P or seed values) forbid signing; allow form filling.",
    ErrorCode.DOCUMENT_XFA: "The PDF is an XFA form; send a plain PDF or an AcroForm.",
    ErrorCode.DOCUMENT_CERTIFIED_CLOSED: "A signature in the PDF forbids all changes; certify with P = 2 instead.",
    ErrorCode.DOCUMENT_CHANGED_AFTER_SIGNING: "The PDF was changed after it was sealed or signed; send it as sealed.",
    ErrorCode.DOCUMENT_FIELD_LOCKED: "The signature field is signed already, or an earlier signature locks it.",
    ErrorCode.DOCUMENT_TOO_LARGE: "The PDF is too large (100 MB, 2,000 pages), or expands to more than can be shown.",
    ErrorCode.DOCUMENT_TOO_SLOW: "Examining the PDF took more than 30 s of processor time; simplify it.",
    ErrorCode.DOCUMENT_NOT_AS_SHOWN: "The file is not the one that was shown (another SHA-256).",
    ErrorCode.DOCUMENT_NO_FIELD: "The signature field that the terms name is not in the PDF.",
    ErrorCode.DOCUMENT_NOT_SIGNED: "There is no signature in the PDF.",
    ErrorCode.DOCUMENT_PORTFOLIO: "The PDF is a portfolio (/Collection); send each document by itself.",
    ErrorCode.DOCUMENT_ACTS: "The PDF does something by itself or starts a program; take its actions out.",
    ErrorCode.DOCUMENT_HIDES: "The PDF has layers that are switched off (optional content); flatten it.",
}
_CAUTION: Final = {
    Caution.LENIENT: "It breaks rules of PDF that a strict parser holds to.",
    Caution.COVERED: "Something opaque is drawn over text.",
    Caution.LAYERS: "It has layers (optional content) that readers can switch off.",
    Caution.FORM_DIFFERS: "A form field's appearance does not show its value (/V).",
    Caution.HIDDEN_FIELDS: "It has hidden form fields with a value.",
    Caution.PROGRAMS: "It has JavaScript or other actions on fields or buttons.",
    Caution.ATTACHMENTS: "It has embedded files, which nobody is shown.",
    Caution.LINKS: "It has links to web pages or to other files.",
}


def refusal(code: ErrorCode, detail: str = "") -> str:
    """Give the line for a refusal, with what preflight found; empty for a mishap that is not the document's."""
    line = _REFUSAL.get(code, "")
    return f"{code.support_id}: {line}{f' [{detail}]' if detail else ''}" if line else ""


def caution(which: Caution) -> str:
    """Give the line for a warning."""
    return _CAUTION[which]
