import sys

from eidcard import module_probe
from signer.pades import child

child.serve_if_asked(sys.argv)
module_probe.serve_if_asked(sys.argv)

from ui.desktop.app import run  # noqa: E402 - a child needs no window

run()
