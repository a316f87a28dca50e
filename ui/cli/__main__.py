"""``python -m ui.cli`` is ``paraph``."""

from ui.cli.main import run

run()
