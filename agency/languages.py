"""Which of our languages a caller wants to read."""

from __future__ import annotations

from babel.core import negotiate_locale

from signer.i18n import LANGUAGES


def preferred(accept_language: str) -> str:
    """Choose by Accept-Language (RFC 9110, 12.5.4): the first of ours among those wanted most; English if none."""
    weighed = [(_weight(part), part.partition(";")[0].strip()) for part in accept_language.split(",")]
    wanted = [name for weight, name in sorted(weighed, key=lambda each: -each[0]) if weight > 0]
    return negotiate_locale([each.replace("-", "_") for each in wanted], LANGUAGES) or "en"


def _weight(part: str) -> float:
    try:
        return float(part.partition("q=")[2] or 1)
    except ValueError:
        return 0.0
