"""``python -m tests.torture N``: N signings, each with a kill; prints what both sides say afterwards, as a table."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from typing import Final

from tests.torture.killing import DISK_ERRORS, Call, calls_in, disk_calls_in
from tests.torture.order import missing_from_order
from tests.torture.runs import COMPUTERS, Torture, torture

_SERVER_SHARE: Final = 3  # one run in three kills the server


def main() -> int:
    """Torture; 0 when nothing is lost, doubled, unreadable or answered in two ways."""
    parser = argparse.ArgumentParser(prog="torture")
    parser.add_argument("runs", type=int, nargs="?", default=1000)
    parser.add_argument("--level", default="B-B", help="that the agency asks; B-T stamps before each delivery")
    parser.add_argument("--disk", action="store_true", help="let calls fail as a full or read-only disk does")
    parser.add_argument("--computer", choices=COMPUTERS, default="open", help="whose it is, which says what is sealed")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    started = time.monotonic()
    with torture(chosen.level, chosen.computer) as ours:
        torment = _starved if chosen.disk else _tortured
        calls, missing = torment(ours, chosen.runs)
        verdict = ours.verdict()
        table = {
            "runs": len(ours.contracts),
            "clients killed": ours.kills["client"],
            "disks of clients failed": ours.kills["client's disk"],
            "disks of servers failed": ours.kills["server's disk"],
            "of a client's calls": calls[0],
            "servers killed": ours.kills["server"],
            "of a server's calls": calls[1],
            "signed and delivered": verdict.signed,
            "lost": len(verdict.lost),
            "doubled": len(verdict.doubled),
            "unreadable": len(verdict.unreadable),
            "with another receipt": len(verdict.other_receipt),
            "left open": len(verdict.left_open),
            "out of order": missing,
            "seconds": round(time.monotonic() - started),
        }
    print(json.dumps(table) if chosen.json else "\n".join(f"{name:>22}  {value}" for name, value in table.items()))
    return 1 if verdict.faults or missing else 0


def _tortured(ours: Torture, runs: int) -> tuple[tuple[int, int], list[str]]:
    """Kill at each call in turn, spread evenly over all of them when there are more calls than runs."""
    ours.sign_and_kill_client(None)
    client_calls, missing = calls_in(ours.log), missing_from_order(ours.log, sealed=ours.sealed)
    ours.sign_and_kill_server(None)
    server_calls = calls_in(ours.log)
    servers = max(runs // _SERVER_SHARE, 1)
    for at in _in_turn(client_calls, runs - servers):
        ours.sign_and_kill_client(at)
    for at in _in_turn(server_calls, servers):
        ours.sign_and_kill_server(at)
    return (len(client_calls), len(server_calls)), missing


def _starved(ours: Torture, runs: int) -> tuple[tuple[int, int], list[str]]:
    """Let each call that changes the disk fail in turn, of the client's and of the server's."""
    ours.sign_and_kill_client(None)
    client_calls = disk_calls_in(ours.log, ours.home)
    ours.sign_and_kill_server(None)
    server_calls = disk_calls_in(ours.log, ours.world.folder / "agency")
    for number, at in enumerate(_in_turn(client_calls, runs - runs // 2)):
        ours.sign_on_bad_disk(at, DISK_ERRORS[at.name][number // len(client_calls) % 2])
    for number, at in enumerate(_in_turn(server_calls, runs // 2)):
        ours.deliver_to_bad_disk(at, DISK_ERRORS[at.name][number // len(server_calls) % 2])
    return (len(client_calls), len(server_calls)), []


def _in_turn(calls: list[Call], runs: int) -> Iterator[Call]:
    """Give ``runs`` of the calls, evenly spread, again from the start when there are fewer."""
    for number in range(runs):
        yield calls[(number * max(len(calls), runs) // runs) % len(calls)]


if __name__ == "__main__":
    sys.exit(main())
