"""A PostgreSQL of our own: one cluster for each test process, on a Unix socket, a fresh schema for each world."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

import psycopg
from psycopg import sql

_VERSIONS: Final = Path("/usr/lib/postgresql")  # Debian's place, one folder a version
_USER: Final = "postgres"
# Tests need no durability: what a power cut does is tried on SQLite, by the order of calls.
_QUICK: Final = (
    "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=60 -c listen_addresses="
)


@dataclass(frozen=True, slots=True)
class Postgresql:
    """A cluster that runs."""

    socket: Path

    def database(self) -> str:
        """Give the address, as SQLAlchemy has it, of an empty schema: as good as a database, and there at once."""
        name, address = f"agency_{uuid4().hex[:12]}", f"postgresql://{_USER}@/postgres?host={self.socket}"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
        return f"{address}&options=-csearch_path%3D{name}"


@contextmanager
def postgresql() -> Iterator[Postgresql]:
    """Start a cluster as an ordinary user (PostgreSQL refuses root), and leave nothing behind."""
    programs = max(_VERSIONS.iterdir(), key=lambda folder: int(folder.name)) / "bin"
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        folder, data = Path(name), Path(name) / "data"
        as_user = _as_ordinary_user(folder)
        make = [f"{programs}/initdb", "--auth=trust", f"--username={_USER}", "--no-sync", f"--pgdata={data}"]
        _run([*as_user, *make], folder)
        control = [*as_user, f"{programs}/pg_ctl", f"--pgdata={data}", "--wait"]
        _run([*control, f"--log={folder}/log", f"--options=-k {folder} {_QUICK}", "start"], folder)
        try:
            yield Postgresql(folder)
        finally:
            _run([*control, "--mode=immediate", "stop"], folder)


def _as_ordinary_user(folder: Path) -> list[str]:
    if os.geteuid() != 0:
        return []
    user = pwd.getpwnam(_USER)  # Debian's package makes it
    shutil.chown(folder, user.pw_uid, user.pw_gid)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


def _run(command: list[str], folder: Path) -> None:
    # Its output goes to a file: the server that pg_ctl starts would keep a pipe open.
    with (folder / "said").open("ab") as said:
        ran = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, cwd=folder, check=False)
    if ran.returncode:
        raise RuntimeError((folder / "said").read_text()[-2000:])
