from ui.desktop.app import run

run()
