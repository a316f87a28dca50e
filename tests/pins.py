"""PINs as tests write them."""

from __future__ import annotations

from eidcard.pin import Pin


def typed(digits: str) -> Pin:
    """Put digits into a PIN, as a person at our own keypad does."""
    pin = Pin()
    for digit in digits:
        pin.append(int(digit))
    return pin
