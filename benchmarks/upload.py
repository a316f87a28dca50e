"""What goes over the network for one signature: the increment, beside the whole document that others send."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from typing import Final

from benchmarks import Figure, World, count, subject
from benchmarks._contracts import Desk, contract
from signer.agency.schema import SubmissionRequest
from signer.model import Document

_SIZES: Final = {"50 kB": 50_000, "200 kB": 200_000, "1 MB": 1_000_000, "10 MB": 10_000_000, "100 MB": 100_000_000}


@subject("upload", "Bytes of one upload, by document size")
def upload(world: World) -> Iterable[Figure]:
    """Count the body of the PUT with the increment, and with the whole signed file in its place."""
    for label, size in list(_SIZES.items())[: 2 if world.effort.is_trial else None]:
        yield from _bodies(Desk.of(world, f"upload-{size}"), label, size)


def _bodies(desk: Desk, label: str, size: int) -> Iterator[Figure]:
    document = contract(desk.folder, size)
    signed = desk.sign(document).read_bytes()
    whole = f"{label} document: the whole signed file as the body"
    yield count(whole, "bytes", len(_body(desk, document, signed, 0)))
    yield count(f"{label} document: what is sent", "bytes", len(_body(desk, document, signed, document.size)), whole)


def _body(desk: Desk, document: Document, signed: bytes, offset: int) -> str:
    request = SubmissionRequest(
        original_sha256=document.sha256,
        signed_sha256=hashlib.sha256(signed).hexdigest(),
        increment=base64.b64encode(signed[offset:]),
        level="B-B",
        claimed_at=desk.request().claimed_at,
        clock_offset_ms=0,
    )
    return request.model_dump_json(by_alias=True)
