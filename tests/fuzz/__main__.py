"""``python -m tests.fuzz TARGET [libFuzzer's options]``: let atheris look for ways through the code that break it.

Findings are written where the option -artifact_prefix says, and run again by naming them.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["eidcard", "signer"]):
    from eidcard import applet
    from tests.fuzz.targets import TARGETS, seeds

_MOST_BYTES = 4096
_PAUSE = "_SLOW_PAUSE_S"  # that an old card needs, and a fuzzer does not


def main() -> None:
    """Fuzz until a run, a time or an input ends it; exit code 77 when something was found."""
    program, target, *options = sys.argv
    vars(applet)[_PAUSE] = 0.0
    with tempfile.TemporaryDirectory(prefix="paraph-fuzz-") as corpus:
        for number, seed in enumerate(seeds(target)):
            (Path(corpus) / str(number)).write_bytes(seed)
        named = [option for option in options if not option.startswith("-")]
        atheris.Setup(
            [program, f"-max_len={_MOST_BYTES}", "-len_control=0", *options, *([] if named else [corpus])],
            TARGETS[target],
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main()
