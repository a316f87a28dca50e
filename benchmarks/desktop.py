"""How soon the window program is there, what it takes of memory, and how long people wait for their card."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Final

from reportlab.pdfgen.canvas import Canvas

from benchmarks import Figure, World, count, subject
from eidcard.simulator.card import SimulatedCard
from eidcard.simulator.vpcd import VpcdLink
from signer.paths import HOME_VARIABLE
from tests.readers import wait_for_card
from tests.screen import screen
from ui.demo.world import DemoWorld, Wish, demo_world

_WINDOW: Final = Path(__file__).with_name("_window.py")
_PAGES: Final = 100
_PATIENCE_S: Final = 180.0
_SETTINGS: Final = 'welcome = false\n[card]\nvia = "card"\n[test]\n'  # nothing is fetched from the network
_BARE: Final = "a bare PySide6 window: first paint"
_START: Final = {  # by what the window tells
    "FirstSight": "Paraph: first paint, its name",
    "Window": "Paraph: its window painted",
    "usable": "Paraph: usable, its lists shown",
}
_BARE_MEMORY: Final = "a bare PySide6 window"


@subject(
    "desktop-start",
    "The window program: from the start of the process, on Xvfb; a bare window of the same size beside it",
)
def desktop_start(world: World) -> Iterable[Figure]:
    """Start both in turns; then look at their memory."""
    folder = world.new_folder("desktop-start")
    with screen() as display:
        environment = _home(folder / "home") | world.pcscd.environment | {"DISPLAY": display}
        yield from _starts(world, environment)
        yield from _memory(folder, environment)


@subject(
    "desktop-signing",
    "The window program with a card: hand, eye and mouse (PC/SC looks at a virtual reader every 400 ms)",
)
def desktop_signing(world: World) -> Iterable[Figure]:
    """Sign contracts of the demo world's agency; the card is in this process, the window in another."""
    taken: defaultdict[str, list[float]] = defaultdict(list)
    with screen() as display, demo_world(Wish(login=("link",), pcsc=False)) as demo:
        settings = demo.home / "config" / "settings.toml"
        settings.write_text(settings.read_text().replace('via = "simulator"', 'via = "card"'))
        environment = dict(demo.environment) | world.pcscd.environment | {"DISPLAY": display}
        links = [_link(demo, number) for number in range(1 + world.effort.less(3).rounds)]
        link = VpcdLink(SimulatedCard(demo.pki.person(demo.person)), world.pcscd.port)
        with _window(environment, "signing", *links) as said:
            for _ in links:
                for name, milliseconds in _signed(said, link).items():
                    taken[name].append(milliseconds)
    return [Figure(name, "ms", tuple(samples[1:])) for name, samples in taken.items()]  # the first one is cold


def _starts(world: World, environment: Mapping[str, str]) -> Iterator[Figure]:
    taken: defaultdict[str, list[float]] = defaultdict(list)
    effort = world.effort.less(2)
    for turn in range(effort.warm_up + effort.rounds):
        for mode in ("bare", "start"):
            begun = time.monotonic()
            with _window(environment, mode) as said:
                told = dict(said)
            for name, label in ({"QLabel": _BARE} if mode == "bare" else _START).items():
                if turn >= effort.warm_up:
                    taken[label].append(1000 * (told[name] - begun))
    for label, samples in taken.items():
        yield Figure(label, "ms", tuple(samples), () if label == _BARE else (_BARE,))


def _memory(folder: Path, environment: Mapping[str, str]) -> Iterator[Figure]:
    document = folder / "hundred.pdf"
    _draw(document)
    with _window(environment, "bare") as said:
        yield count(_BARE_MEMORY, "MiB", dict(said)["resident"])
    with _window(environment, "memory", str(document)) as said:
        told = dict(said)
    yield count("Paraph, idle", "MiB", told["resident"], _BARE_MEMORY)
    yield count(f"Paraph, a contract of {_PAGES} pages, all seen", "MiB", told["contract"], _BARE_MEMORY)


def _signed(said: Iterator[tuple[str, float]], link: VpcdLink) -> dict[str, float]:
    """Put the card in when it is asked for, and out at the end; gives what was waited for."""
    moments: dict[str, float] = {}
    for name, moment in said:
        moments[name] = moment
        if name == "wanted":
            moments["in"] = time.monotonic()
            link.insert()
        if name == "delivered":
            break
    link.remove()
    wait_for_card(present=False)
    spans = {
        "card in, to the holder's name shown": ("in", "name"),
        "click on Sign, to signed, checked and kept": ("click", "signed"),
        "click on Sign, to the agency's receipt": ("click", "delivered"),
    }
    return {span: 1000 * (moments[to] - moments[since]) for span, (since, to) in spans.items()}


@contextmanager
def _window(environment: Mapping[str, str], *arguments: str) -> Iterator[Iterator[tuple[str, float]]]:
    """Run a window; gives what it tells."""
    command = [sys.executable, str(_WINDOW), *arguments]
    with subprocess.Popen(command, env=dict(environment), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        too_long = Timer(_PATIENCE_S, process.kill)  # a window that got stuck tells nothing any more
        too_long.start()
        try:
            yield ((name, float(number)) for name, number in map(str.split, process.stdout))
        finally:
            too_long.cancel()
            process.terminate()


def _home(folder: Path) -> dict[str, str]:
    (folder / "config").mkdir(parents=True)
    (folder / "config" / "settings.toml").write_text(_SETTINGS)
    return os.environ | {HOME_VARIABLE: str(folder)}


def _link(demo: DemoWorld, number: int) -> str:
    """Publish a contract; gives the link of its page."""
    path = demo.folder / f"contract-{number}.pdf"
    return demo.agency.link(demo.agency.publish(path, demo.person, contract_id=f"C-{number}"))


def _draw(path: Path) -> None:
    canvas = Canvas(str(path), pageCompression=1)
    for page in range(_PAGES):
        for line in range(50):
            canvas.drawString(60, 780 - 14 * line, f"TEST - page {page + 1}, line {line}, of a usual length")
        canvas.showPage()
    canvas.save()
