"""The composition root builds its parts in several threads at once, as the windows do at their start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_BUILD_ALL_AT_ONCE = """
import sys, threading
from ui.bootstrap import App
sys.setswitchinterval(1e-5)  # seconds: threads take turns in the middle of every import
app = App()
builders = [app.list_shelf, app.recovered_outbox, app.trust, app.extender, app.fetchers, app.trusted_lists]
start, failures = threading.Barrier(len(builders)), []
def build(one):
    start.wait()
    try:
        one()
    except BaseException as error:
        failures.append(f"{one.__name__}: {error!r}")
threads = [threading.Thread(target=build, args=(one,)) for one in builders]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
sys.exit("\\n".join(failures) or 0)
"""


def test_parts_that_are_built_at_the_same_time_find_pyhanko_whole(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _BUILD_ALL_AT_ONCE],
        capture_output=True,
        text=True,
        env=os.environ | {"PARAPH_HOME": str(tmp_path)},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
