"""Record `paraph demo` in a terminal of its own and draw it as docs/demo.svg, for the README."""

from __future__ import annotations

import os
import pty
import re
import sys
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

TOP: Final = Path(__file__).resolve().parent.parent
COLUMNS: Final = 100
_TEMPORARY: Final = re.compile(r"/\S*/paraph-demo-\w+")  # a folder of this machine, gone afterwards


def main() -> int:
    """Run the demo and write the picture; gives the demo's exit code."""
    os.environ |= {"COLUMNS": str(COLUMNS), "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    said: list[bytes] = []

    def keep(descriptor: int) -> bytes:
        part = os.read(descriptor, 4096)
        said.append(part)
        return part

    status = pty.spawn([sys.executable, "-m", "ui.cli", "--lang", "en", "demo", "--out", "demo-out"], keep)
    console = Console(record=True, width=COLUMNS, file=Path(os.devnull).open("w"), force_terminal=True)  # noqa: SIM115 - ends with us
    for line in b"".join(said).decode().replace("\r\n", "\n").splitlines():
        console.print(Text.from_ansi(_TEMPORARY.sub("…", line)))
    console.save_svg(str(TOP / "docs" / "demo.svg"), title="make demo")
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
