"""What every benchmark here stands on: a scratch folder, the daemon in it, C programs, pinning, percentiles, figures.

A figure is never a bare time: it stands beside a floor that was measured in the same run, pinned alike and in turn,
because the same round trip takes 8 µs on one core and 45 µs across two, and other work on the machine moves both.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "Acceptance"))

from control_socket import connected  # noqa: E402, F401
from daemon import Daemon  # noqa: E402
from place import REPOSITORY, Place  # noqa: E402

BINARY = Path(os.environ.get("GOVERNOR_BIN") or REPOSITORY / ".build" / "release" / "governor").absolute()


@dataclass(frozen=True)
class Figure:
    """One row of the table: a measurement, its floor, and what design.md wants (`reached` is None where it wants
    nothing of this row)."""

    name: str
    figure: str
    floor: str = ""
    ratio: float | None = None
    target: str = ""
    reached: bool | None = None


@contextmanager
def scratch(policy: str | None = None) -> Iterator[Place]:
    """A folder with a short name (a socket's path has at most 107 bytes) that is gone afterwards, daemons included."""
    if not os.access(BINARY, os.X_OK):
        sys.exit(f"no binary at {BINARY}: run `swift build -c release`, or set GOVERNOR_BIN")
    folder = Path(tempfile.mkdtemp(prefix="gov-"))
    place = Place(BINARY, folder)
    try:
        if policy is not None:
            place.policy(policy)
        yield place
    finally:
        place.clean_up()
        shutil.rmtree(folder, ignore_errors=True)


def compiled(name: str, folder: Path) -> Path:
    """A C program of this folder, built into `folder`."""
    program = folder / name
    subprocess.run(["cc", "-O2", "-o", program, HERE / f"{name}.c"], check=True)
    return program


def run(*command: str | Path | int, core: int | None = None, timeout: float = 600.0) -> str:
    """A program's output; its failure ends the benchmark with its own words."""
    pinned = ["taskset", "-c", str(core)] if core is not None else []
    done = subprocess.run(
        [*pinned, *map(str, command)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout)
    if done.returncode != 0:
        sys.exit(f"{command[0]} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def pid(daemon: Daemon) -> int:
    """Of a daemon that runs."""
    return daemon._running().pid


def answer(connection: socket.socket, question: bytes) -> bytes:
    """The bytes of one reply, its newline included."""
    connection.sendall(question)
    reply = connection.recv(1 << 16)
    while reply and not reply.endswith(b"\n"):
        reply += connection.recv(1 << 16)
    return reply


def pin(process: int, cores: set[int]) -> None:
    """Keeps all threads of a process, and those they start, on these cores."""
    for task in os.listdir(f"/proc/{process}/task"):
        os.sched_setaffinity(int(task), cores)


def two_cores() -> tuple[int, int]:
    """The cores of client and server; on a machine with one they are the same."""
    cores = sorted(os.sched_getaffinity(0))
    return cores[0], cores[1 % len(cores)]


def memory(process: int) -> dict[str, float]:
    """Resident memory of a process in MiB: `VmRSS` now, `VmHWM` at its most."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return {name: int(fields[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM")}


def quantile(values: list[float], share: float) -> float:
    """The value that `share` of them do not exceed, by nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered)) - 1))]


def middle(values: list[float]) -> float:
    return float(median(values))


def machine_load() -> str:
    """What else ran, for the reader of the figures."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def show(figures: list[Figure]) -> None:
    """Prints the table."""
    rows = [("what", "figure", "floor", "ratio", "target", "")]
    for each in figures:
        verdict = {None: "", True: "reached", False: "NOT reached"}[each.reached]
        ratio = "" if each.ratio is None else f"{each.ratio:.2f}"
        rows.append((each.name, each.figure, each.floor, ratio, each.target, verdict))
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
