"""Run a folder of anyone's PDFs through preflight, sign with a test card's key, and check: what becomes of them.

    python scripts/try_folder.py FOLDER [--json FILE]

Nothing in the folder is changed. Each file is opened by preflight's confined child first, as in the product.
"""

from __future__ import annotations

import argparse
import json
import logging
import resource
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from rich.console import Console
from rich.table import Table

from eidcard.simulator.people import ADULT
from eidcard.simulator.pki import TestPki
from signer.certificates import mechanism_of, signer_of
from signer.errors import SignerError
from signer.pades.preflight import inspect, preflight
from signer.pades.reasons import refusal
from signer.pades.sign import SignatureRequest, finish, prepare
from signer.pades.validate import validate
from signer.trust.anchors import TrustPolicy

_SIGNED: Final = "signed"
_WRONG: Final = "WRONG"  # what must not be: a crash, or a signature that does not stand
_SLOWEST: Final = 5


@dataclass(frozen=True)
class Outcome:
    """What became of one file."""

    file: str
    outcome: str
    detail: str = ""
    cautions: tuple[str, ...] = ()
    seconds: float = 0.0
    mebibytes: float = 0.0  # greatest memory of any process that this worker had until then


def try_file(path: Path, pki: Path) -> Outcome:
    """Take one file all the way."""
    start = perf_counter()
    try:
        outcome, detail, cautions = _take(path, TestPki.load(pki))
    except SignerError as error:
        outcome, detail, cautions = error.code.name, refusal(error.code, error.detail) or str(error), ()
    except Exception as error:  # noqa: BLE001 - this is what the script looks for
        outcome, detail, cautions = _WRONG, f"{type(error).__name__}: {error}", ()
    memory = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return Outcome(str(path), outcome, detail, cautions, perf_counter() - start, memory / 1024)


def _take(path: Path, pki: TestPki) -> tuple[str, str, tuple[str, ...]]:
    document = inspect(path)
    cautions = tuple(each.value for each in preflight(document, None))
    person = pki.person(ADULT)
    assert person.signature is not None
    signer, now = signer_of(person.signature.certificate, person.chain), datetime.now(UTC).replace(microsecond=0)
    request = SignatureRequest(signer, mechanism_of(signer.certificate), None, now, "en", test=True)
    with tempfile.TemporaryDirectory(prefix="paraph-try-") as folder:
        prepared, target = prepare(document, request, Path(folder)), Path(folder) / "signed.pdf"
        key = person.signature.key
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        finish(prepared, key.sign(prepared.digest, ec.ECDSA(utils.Prehashed(hashes.SHA384()))), target)
        ours = [each for each in validate(target, TrustPolicy(frozenset(), pki.roots), now) if each.covers_whole_file]
    stands = len(ours) == 1 and ours[0].intact and ours[0].trusted
    return (_SIGNED, "", cautions) if stands else (_WRONG, "the verdict does not see our signature", cautions)


def _all(folder: Path, pki: Path) -> Iterator[Outcome]:
    files = sorted(each for each in folder.rglob("*") if each.suffix.lower() == ".pdf" and each.is_file())
    with ProcessPoolExecutor() as pool:
        yield from pool.map(try_file, files, [pki] * len(files))


def _show(console: Console, outcomes: Sequence[Outcome]) -> None:
    table = Table("outcome", "files", "for example", title=f"{len(outcomes)} files", title_justify="left")
    for outcome, count in Counter(each.outcome for each in outcomes).most_common():
        first = next(each for each in outcomes if each.outcome == outcome)
        table.add_row(outcome, str(count), f"{Path(first.file).name} {first.detail}"[:100])
    console.print(table)
    warned = Counter(caution for each in outcomes for caution in each.cautions)
    console.print("warned of:", ", ".join(f"{name} {count}" for name, count in warned.most_common()) or "nothing")
    for each in sorted(outcomes, key=lambda one: -one.seconds)[:_SLOWEST]:
        console.print(f"{each.seconds:6.1f} s  {Path(each.file).name}", highlight=False)
    if outcomes:
        console.print(
            f"greatest memory of a process: {max(each.mebibytes for each in outcomes):.0f} MiB", highlight=False
        )
    for each in outcomes:
        if each.outcome == _WRONG:
            console.print(f"{_WRONG}: {each.file}: {each.detail}", style="bold red", highlight=False)


def main() -> int:
    """Show the table; exit code 1 when something happened that must not."""
    parser = argparse.ArgumentParser(description="Take a folder of PDFs through preflight, signing and checking.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", type=Path, help="write one JSON object a file to this file")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)  # other people's files make other people's parsers talk
    with tempfile.TemporaryDirectory(prefix="paraph-try-pki-") as place:
        pki = TestPki.create(Path(place) / "pki")
        pki.person(ADULT)
        outcomes = list(_all(options.folder, pki.folder))
    _show(Console(), outcomes)
    if options.json:
        options.json.write_text("".join(json.dumps(asdict(each)) + "\n" for each in outcomes), encoding="utf-8")
    return 1 if any(each.outcome == _WRONG for each in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
