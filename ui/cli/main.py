"""The ``paraph`` command."""

from __future__ import annotations


def run() -> None:
    """Run the command."""
