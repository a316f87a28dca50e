import sys

if any(argument.startswith("--paraph-") for argument in sys.argv[1:2]):  # a child of the program folder's program
    from eidcard import module_probe
    from signer.pades import child

    child.serve_if_asked(sys.argv)
    module_probe.serve_if_asked(sys.argv)
if sys.argv[1:] == ["--paraph-deliver"]:  # the system's scheduler: no window
    from ui import background
    from ui.bootstrap import App

    background.deliver(App())
    sys.exit()

from ui.desktop.start import run

run()
