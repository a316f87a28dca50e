"""``paraph demo``: the main job on this machine; every step is the real command in a process of its own."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import click

from signer.errors import ErrorCode, SignerError
from ui.cli.extending import LEVELS
from ui.cli.face import Face
from ui.cli.plain import plain
from ui.cli.words import _
from ui.demo.world import TEST_PIN, DemoWorld, PcscdUnavailableError, Wish, demo_world

_PDFSIG_LINES: Final = (
    *("- Signer Certificate Common Name", "- Signature Type", "- Total document signed"),
    *("- Signature Validation", "- Certificate Validation"),
)
_PDFSIG_QUIRK: Final = "Unknown issue"  # poppler 22.12 takes a stale error for its own, also of a trusted certificate


@click.command("demo", help=_("Go the whole way on this machine, with a simulated card (TEST)."))
@click.option(
    "--card", type=click.Choice(["1.7", "1.8"]), default="1.8", show_default=True, help=_("Which eID applet.")
)
@click.option("--language", type=click.Choice(["nl", "fr", "de"]), default="nl", help=_("Language of the contract."))
@click.option("--level", type=LEVELS, default="B-B", show_default=True, help=_("The level that the agency asks."))
@click.option("--no-pcsc", is_flag=True, help=_("Without a PC/SC service: the card is inside the program."))
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), default="demo-out", help=_("Where the files go.")
)
def demo_command(card: str, language: str, level: str, out: Path, *, no_pcsc: bool) -> None:
    """Build the demo world and walk through it."""
    face = Face(as_json=False)
    started = time.monotonic()
    try:
        with demo_world(Wish(applet=card, language=language, level=level, pcsc=not no_pcsc)) as world:
            _Tour(face, world, out).walk()
    except PcscdUnavailableError as error:
        instead = _("Or run: paraph demo --no-pcsc")
        face.trouble(ErrorCode.SERVICE_STOPPED, detail=f"{error}. {instead}")
        sys.exit(ErrorCode.SERVICE_STOPPED.kind.value)
    except KeyboardInterrupt:
        face.say(_("Stopped; everything that was started is ended."))
        sys.exit(130)
    face.say(_("Done in {seconds} s. Look at the files in {folder}/").format(seconds=_since(started), folder=out), "ok")


class _Tour:
    """Walks a worker's way through a demo world."""

    def __init__(self, face: Face, world: DemoWorld, out: Path) -> None:
        self._face = face
        self._world = world
        self._out = out
        self._step = 0

    def walk(self) -> None:
        """Go from the published contract to the receipt."""
        world = self._world
        self._out.mkdir(parents=True, exist_ok=True)
        original, signed = self._out / "contract.pdf", self._out / "contract-signed.pdf"
        for left in (original, signed):  # of the demo before this one
            left.unlink(missing_ok=True)
        sha256 = hashlib.sha256(world.contract.read_bytes()).hexdigest()

        self._head(_("The agency has published a contract, and its page gives {name} a link").format(name=self._name))
        self._paraph("open", world.agency.link(world.contract_id))
        self._head(_("Only {name} may read it: log in with the eID. This PIN signs nothing").format(name=self._name))
        self._paraph("login", "--pin-fd", "0", give=TEST_PIN)
        self._head(_("What is there to sign?"))
        self._paraph("tasks")
        self._head(_("What is in the contract?"))
        self._paraph("show", world.contract_id, "--no-text", "--save", str(original))
        if world.card:
            self._head(_("Is the card in the reader?"))
            self._paraph("card")
        self._head(_("Read, then sign: the PIN goes in through a file descriptor"))
        self._paraph(
            *("sign", world.contract_id, "--read", sha256, "--pin-fd", "0", "--out", str(signed)), give=TEST_PIN
        )
        self._head(_("Did it arrive?"))
        self._paraph("outbox", "list")
        self._keep_receipt()
        self._head(_("What does Paraph say of the signed file? (pyHanko)"))
        self._paraph("validate", str(signed), may_fail=True)
        self._head(_("And another program? (pdfsig)"))
        self._second_opinion(signed)

    @property
    def _name(self) -> str:
        return f"{self._world.person.first_name} {self._world.person.surname}"

    def _head(self, text: str) -> None:
        self._step += 1
        self._face.err.print(f"\n[bold]{self._step}. {plain(text)}[/bold]")

    def _paraph(self, *arguments: str, give: bytes = b"", may_fail: bool = False) -> None:
        """Run the worker's own command line in the worker's world; what it prints goes to this terminal."""
        shown = ["paraph://open/…" if each.startswith("paraph://") else each for each in arguments]
        self._face.err.print(f"[quiet]$ paraph {plain(' '.join(_short(each) for each in shown))}[/quiet]")
        command = [sys.executable, "-m", "ui.cli", *arguments]
        done = subprocess.run(command, input=give, env=dict(self._world.environment), check=False)  # noqa: S603
        if done.returncode and not may_fail:
            raise SystemExit(done.returncode)

    def _keep_receipt(self) -> None:
        command = [sys.executable, "-m", "ui.cli", "outbox", "receipt", self._world.contract_id]
        done = subprocess.run(command, capture_output=True, env=dict(self._world.environment), check=True)  # noqa: S603
        receipt = json.loads(done.stdout)
        text = json.dumps(receipt, ensure_ascii=False, indent=2) + "\n"
        (self._out / "receipt.json").write_text(text, encoding="utf-8")

    def _second_opinion(self, signed: Path) -> None:
        """Ask poppler's pdfsig, with a certificate store that holds the test roots."""
        if not (shutil.which("pdfsig") and shutil.which("certutil")):
            self._face.say(_("pdfsig is not installed here (Debian: poppler-utils, libnss3-tools)."), "soon")
            return
        store = self._world.folder / "nss"
        store.mkdir()
        _run("certutil", "-N", "-d", f"sql:{store}", "--empty-password")
        for number, root in enumerate(sorted((self._world.folder / "roots").glob("*.der"))):
            _run("certutil", "-A", "-d", f"sql:{store}", "-n", f"TEST root {number}", "-t", "CT,C,C", "-i", str(root))
        said = _run("pdfsig", "-no-ocsp", "-nssdir", f"sql:{store}", str(signed))
        for line in said.splitlines():
            if line.strip().startswith(_PDFSIG_LINES):
                self._face.out.print(plain(line.strip()))
        if _PDFSIG_QUIRK in said:
            note = _(
                "(pdfsig says “unknown issue” of trusted certificates too; of others it says “issuer is unknown”.)"
            )
            self._face.say(note, "quiet")


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - fixed programs
    if done.returncode:
        raise SignerError(ErrorCode.INTERNAL, f"{command[0]} failed")
    return done.stdout.decode(errors="replace")


def _short(argument: str) -> str:
    return f"{argument[:8]}…" if len(argument) == hashlib.sha256().digest_size * 2 else argument


def _since(started: float) -> str:
    return f"{time.monotonic() - started:.1f}"
