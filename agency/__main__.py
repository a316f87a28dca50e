from agency.cli import run

run()
