"""The composition root at the windows' start: several threads build at once, and no list waits for what signs."""

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
builders = [app.list_shelf, app.deliver_now, app.trust, app.extender, app.fetchers, app.trusted_lists]
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


def test_the_lists_of_the_windows_do_not_wait_for_pyhanko(tmp_path: Path) -> None:
    program = "import sys; from ui.bootstrap import App; App().recovered_outbox(); print('pyhanko' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env=os.environ | {"PARAPH_HOME": str(tmp_path)},
        check=True,
    )
    assert done.stdout == "False\n"
