"""The first read of a tree of transcripts from page cache, beside `grep -c '"usage"'` over the same files, and what the
daemon weighs afterwards; then a restart over the ledger that came of it.

    python3 Tests/Benchmarks/ingest.py [--megabytes 200] [--long]

A second tree has no tool output and no copies: what it takes to store record after record. `--long` reads five times as
much, and of that second tree a million records.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

from rig import BINARY, Figure, Place, answer, connected, machine_load, memory, middle, scratch, show
from transcripts import Tree, write_tree

#: What claude-monitor 4.0.0 reads here, in MB/s; parsing alone, nothing stored.
CLAUDE_MONITOR = 205.0
PATIENCE = 900.0

POLICY = """
version: 1
receivers: { ops: { log: {} } }
labels:
  - { source: transcript, cwd: ".*/worktrees/(?<worker>[^/]+)" }
budgets:
  - { name: fleet-month, limit_usd: 1000000, per: fleet, window: month, at: { 80%: { notify: [ops] } } }
  - { name: worker-day, limit_usd: 10000, per: worker, window: day, at: { 100%: { pause: until_reset } } }
  - { name: session-life, limit_usd: 10000, per: session, window: lifetime, at: { 100%: { stop: true } } }
"""


class Reading:
    """One run of the daemon over a tree, from its start until it says that history is read. Seconds."""

    def __init__(self, place: Place, tree: Tree) -> None:
        self.place = place
        command = [
            BINARY, "run", "--policies", place.policies, "--data", place.folder / "data", "--listen", "127.0.0.1:0",
            "--socket", place.socket_path, "--watch", tree.root]
        started = time.monotonic()
        self._process = subprocess.Popen(
            command, env=place.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.until_read = self._seen("history is read", started)
        self.memory = memory(self._process.pid)
        self.processor = _processor_seconds(self._process.pid)

    def _seen(self, words: str, started: float) -> float:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if words.encode() in line:
                return time.monotonic() - started
            if time.monotonic() - started > PATIENCE:
                break
        self.end()
        raise SystemExit(f"the daemon did not say \"{words}\"")

    def records(self) -> int:
        """How many records its sources have told of."""
        with connected(self.place.socket_path) as connection:
            reply = answer(connection, b'{"op":"status","budgets":["fleet-month"]}\n')
        return sum(source.get("records", 0) for source in json.loads(reply)["sources"])

    def end(self) -> None:
        self._process.terminate()
        self._process.communicate(timeout=30)


def figures(long: bool = False, megabytes: float | None = None) -> list[Figure]:
    size = megabytes or (1000.0 if long else 200.0)
    rows = first_read("tool output", size, noise=True, runs=3)
    return rows + first_read("records alone", 770.0 if long else 40.0, noise=False, runs=1)


def first_read(shape: str, megabytes: float, noise: bool, runs: int) -> list[Figure]:
    seed = int(os.environ.get("GOVERNOR_SEED", "1"))
    with tempfile.TemporaryDirectory(prefix="gov-tree-") as folder:
        tree = write_tree(Path(folder), megabytes, seed, noise)
        greps: list[float] = []
        reads: list[float] = []
        _grep(tree)
        for run in range(runs):
            greps.append(_grep(tree))
            with scratch(POLICY) as place:
                reading = Reading(place, tree)
                reads.append(reading.until_read)
                told = reading.records()
                assert told == tree.calls, f"{tree.calls} calls were written, {told} were read"
                reading.end()
                if run + 1 < runs:
                    continue
                stored = sum(each.stat().st_size for each in (place.folder / "data").iterdir()) / 1e6
                restart = _restart(place, tree)
    took, grep = middle(reads), middle(greps)
    size = tree.bytes / 1e6
    speed, floor = size / took, size / grep
    name = f"{shape}, {size:.0f} MB, {tree.files} files"
    beside = Figure(
        "  the same beside claude-monitor", f"{speed:.0f} MB/s", f"{CLAUDE_MONITOR:.0f} MB/s", speed / CLAUDE_MONITOR,
        "≥ 4", speed >= 4 * CLAUDE_MONITOR)
    stores = Figure(
        "  records stored", f"{tree.calls / took:,.0f}/s", target="≥ 100,000/s", reached=tree.calls / took >= 100_000)
    return [
        Figure(f"first read stored ({name})", f"{speed:.0f} MB/s", f"{floor:.0f} MB/s grep", speed / floor),
        beside if noise else stores,
        Figure(f"  lines of usage ({tree.lines} of {tree.calls} calls)", f"{tree.lines / took:,.0f}/s"),
        Figure("  processor time of the daemon", f"{reading.processor:.2f} s", f"{reads[-1]:.2f} s wall",
               reading.processor / reads[-1]),
        Figure("  resident when read", f"{reading.memory['VmRSS']:.0f} MiB", f"{reading.memory['VmHWM']:.0f} at most",
               target="≤ 64 MiB", reached=reading.memory["VmRSS"] <= 64),
        Figure("  ledger on disk", f"{stored:.1f} MB", f"{stored * 1e6 / tree.calls:.0f} bytes a call"),
        Figure("  restart → first check answered", f"{restart * 1000:.0f} ms", target="≤ 1 s", reached=restart <= 1),
    ]


def _grep(tree: Tree) -> float:
    """Seconds for `grep -c` over all files, counted."""
    start = time.monotonic()
    done = subprocess.run(
        ["grep", "-rhc", '"usage"', tree.root], capture_output=True, text=True, check=True,
        env={"LC_ALL": "C", "PATH": os.environ["PATH"]})
    took = time.monotonic() - start
    found = sum(map(int, done.stdout.split()))
    assert found == tree.lines, f"grep found {found} lines of usage, {tree.lines} were written"
    return took


def _restart(place: Place, tree: Tree) -> float:
    """Seconds from starting over the present ledger to the first check that is answered."""
    daemon = place.daemon()
    daemon.watch = [tree.root]
    started = time.monotonic()
    daemon.launch()
    while time.monotonic() - started < 30:
        try:
            with connected(place.socket_path) as connection:
                assert b'"decision"' in answer(connection, b'{"op":"check","worker":"w-001"}\n')
                return time.monotonic() - started
        except (FileNotFoundError, ConnectionRefusedError):
            time.sleep(0.001)
    raise SystemExit(f"no check was answered within 30 s of a restart; {daemon.complaints()}")


def _processor_seconds(process: int) -> float:
    """User and system time a process has taken."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=float)
    parser.add_argument("--long", action="store_true")
    options = parser.parse_args()
    print(machine_load())
    show(figures(options.long, options.megabytes))
