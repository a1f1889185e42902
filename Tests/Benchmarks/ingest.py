"""The first read of a tree of transcripts from page cache, beside `grep -c '"usage"'` and claude-monitor over the same
files, and what the daemon weighs afterwards; then a restart over the ledger that came of it.

    ./deploy/test && python3 Tests/Benchmarks/ingest.py [--megabytes 200] [--long]

Three things are measured in turn, each beside its floor of the same run:

- *parsed and deduplicated*, nothing stored: `IngestBench` of the sources' tests, one thread, files listed and read
  included, in a process that runs already (grep's start and claude-monitor's imports are not counted either way: grep's
  is a millisecond, and claude-monitor times itself);
- *stored*: the daemon itself, from the start of its process until it says that history is read, every batch durable;
- *appended*: `AppendBench` of the ledger's tests, new records looked up, planned and committed durably, beside rows like
  theirs written by SQLite alone.

A second tree has no tool output and no copies: what it takes to store record after record, and how long a hold waits
that is asked for meanwhile, beside one asked for when nothing is read. A third is one file: what a daemon weighs while it
reads that. `--long` reads five times as much, and of the second tree a million records.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from threading import Event, Thread
from typing import NamedTuple

import claude_monitor
import sqlite_floor
from rig import (
    BINARY, REPOSITORY, Figure, Place, answer, connected, machine_load, memory, middle, pid, quantile,
    scratch, show)
from transcripts import Tree, in_one_file, write_tree
from waiting import until

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

    def __init__(self, place: Place, tree: Tree, holds: list[float] | None = None) -> None:
        """With a list for `holds`, one is asked for after the other until all is read, and its milliseconds are noted."""
        self.place = place
        command = [
            BINARY, "run", "--policies", place.policies, "--data", place.folder / "data", "--listen", "127.0.0.1:0",
            "--socket", place.socket_path, "--watch", tree.root]
        started = time.monotonic()
        self._process = subprocess.Popen(
            command, env=place.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self._is_read = Event()
        asking = Thread(target=self._hold, args=(holds,)) if holds is not None else None
        if asking:
            asking.start()
        self.until_read = self._seen("history is read", started)
        self._is_read.set()
        if asking:
            asking.join()
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

    def _hold(self, took: list[float]) -> None:
        while not Path(self.place.socket_path).exists() and not self._is_read.is_set():
            time.sleep(0.001)
        with connected(self.place.socket_path) as connection:
            while not self._is_read.is_set():
                took.append(self.hold(connection, f"during-{len(took)}"))

    def hold(self, connection: socket.socket, key: str) -> float:
        """Milliseconds until a new hold is answered, durable."""
        request = json.dumps({"op": "reserve", "key": key, "estimate_usd": 0.01, "worker": "w-001"}).encode() + b"\n"
        started = time.monotonic()
        assert b'"decision"' in answer(connection, request)
        return (time.monotonic() - started) * 1000

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
    rows = first_read(size, turns=5) + records_alone(770.0 if long else 40.0)
    rows += holds_meanwhile(40.0)
    return rows + appended(1_000_000 if long else 200_000) + one_file(size)


class Turn(NamedTuple):
    """What each took that read the tree in turn, in seconds; None for who can't be had here."""

    grep: float
    parsed: float | None
    claude_monitor: float | None
    stored: float


def first_read(megabytes: float, turns: int) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="gov-tree-") as folder:
        tree = write_tree(Path(folder) / "tree", megabytes, _seed(), noise=True)
        monitor = claude_monitor.python(Path(folder) / "monitor")
        _grep(tree)
        took = [_turn(tree, monitor) for _ in range(turns)]
    name = f"{tree.bytes / 1e6:.0f} MB, {tree.files} files, {tree.lines} lines of {tree.calls} calls"
    rows = [
        _beside(f"parsed and deduplicated ({name})", tree, took, "parsed", "grep", 0.5),
        _beside("  the same beside claude-monitor", tree, took, "parsed", "claude_monitor", 10),
        _beside("stored in the ledger too, by the daemon", tree, took, "stored", "claude_monitor", 4),
        _beside("  the same beside grep", tree, took, "stored", "grep"),
    ]
    return [row for row in rows if row]


def _turn(tree: Tree, monitor: Path | None) -> Turn:
    # What was just written is on its way to the disk otherwise, and whoever reads first shares the memory with it.
    os.sync()
    grep = _grep(tree)
    rounds = _parse(tree)
    took = None
    if monitor:
        calls, took = claude_monitor.read(monitor, tree.root)
        assert calls == tree.calls, f"claude-monitor found {calls} calls, {tree.calls} were written"
    with scratch(POLICY) as place:
        return Turn(grep, middle(rounds) if rounds else None, took, _stored(place, tree).until_read)


def _beside(
    name: str, tree: Tree, turns: list[Turn], own: str, floor: str, target: float | None = None
) -> Figure | None:
    """Speeds in the middle of all turns; the ratio in the middle of each turn's own, since a machine's memory may be a
    third slower for seconds, whoever reads."""
    pairs = [(getattr(turn, own), getattr(turn, floor)) for turn in turns]
    if any(None in pair for pair in pairs):
        return None
    speed, other = (tree.bytes / 1e6 / middle(list(each)) for each in zip(*pairs))
    ratio = middle([theirs / ours for ours, theirs in pairs])
    return Figure(
        name, f"{speed:.0f} MB/s", f"{other:.0f} MB/s {floor.replace('_', '-')}", ratio, f"≥ {target}" if target else "",
        ratio >= target if target else None)


def records_alone(megabytes: float) -> list[Figure]:
    """A line a call and nothing else, a hundred calls a session, each with an account that lives for ever."""
    with tempfile.TemporaryDirectory(prefix="gov-tree-") as folder, scratch(POLICY) as place:
        tree = write_tree(Path(folder), megabytes, _seed(), noise=False)
        reading = _stored(place, tree)
        stored = sum(each.stat().st_size for each in (place.folder / "data").iterdir()) / 1e6
        restart, afterwards = _restart(place, tree)
    took = reading.until_read
    name = f"{tree.calls:,} calls of {tree.files:,} sessions"
    return [
        Figure(f"records alone, by the daemon ({name})", f"{tree.calls / took:,.0f}/s"),
        Figure("  processor time of the daemon", f"{reading.processor:.2f} s", f"{took:.2f} s wall",
               reading.processor / took),
        Figure("  resident when read", f"{reading.memory['VmRSS']:.0f} MiB", f"{reading.memory['VmHWM']:.0f} at most"),
        Figure("  resident after a restart", f"{afterwards:.0f} MiB", "", None, "≤ 64 MiB", afterwards <= 64),
        Figure("  ledger on disk", f"{stored:.1f} MB", f"{stored * 1e6 / tree.calls:.0f} bytes a call"),
        Figure("  restart → first check answered", f"{restart * 1000:.0f} ms", target="≤ 1 s", reached=restart <= 1),
    ]


def holds_meanwhile(megabytes: float) -> list[Figure]:
    """How long holds wait that are asked for one after the other while such a tree is read."""
    with tempfile.TemporaryDirectory(prefix="gov-tree-") as folder, scratch(POLICY) as place:
        tree = write_tree(Path(folder), megabytes, _seed(), noise=False)
        during: list[float] = []
        reading = Reading(place, tree, during)
        with connected(place.socket_path) as connection:
            alone = [reading.hold(connection, f"alone-{number}") for number in range(200)]
        _counted(reading, tree)
    return [
        Figure(f"a hold while records are read, {share:.0%} of {len(during)}", f"{quantile(during, share):.1f} ms",
               f"{quantile(alone, share):.1f} ms alone", quantile(during, share) / quantile(alone, share))
        for share in (0.5, 0.99)
    ]


def appended(records: int) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="gov-append-") as folder:
        floor = sqlite_floor.append(Path(folder), records)
        said = _swift_bench(
            "AppendBench", GOVERNOR_BENCH_LEDGER=f"{folder}/ledger", GOVERNOR_BENCH_RECORDS=str(records))
    found = re.search(r"looked up in ([\d.e-]+) s, planned in ([\d.e-]+) s, committed in ([\d.e-]+) s", said)
    if not found:
        return []
    lookup, plan, commit = map(float, found.groups())
    alone = records / floor
    speed, whole = records / commit, records / (lookup + plan + commit)
    return [
        Figure(
            f"ledger append, durable, accounts and rollups kept ({records:,} records)", f"{speed:,.0f}/s",
            f"{alone:,.0f}/s SQLite alone", speed / alone, "≥ 100,000/s", speed >= 100_000),
        Figure("  looked up and planned too", f"{whole:,.0f}/s", f"{alone:,.0f}/s", whole / alone),
    ]


def one_file(megabytes: float) -> list[Figure]:
    """What a daemon weighs while it reads one large file that it watches."""
    with tempfile.TemporaryDirectory(prefix="gov-tree-") as folder, scratch(POLICY) as place:
        tree = write_tree(Path(folder) / "tree", megabytes, _seed(), noise=True)
        reading = _stored(place, in_one_file(tree, Path(folder) / "one" / "all.jsonl"))
    most = reading.memory["VmHWM"]
    return [
        Figure(f"resident while one file of {tree.bytes / 1e6:.0f} MB is read, at most", f"{most:.0f} MiB",
               target="≤ 128 MiB", reached=most <= 128)
    ]


def _seed() -> int:
    return int(os.environ.get("GOVERNOR_SEED", "1"))


def _stored(place: Place, tree: Tree) -> Reading:
    """The daemon's first read of a tree, counted."""
    reading = Reading(place, tree)
    _counted(reading, tree)
    return reading


def _counted(reading: Reading, tree: Tree) -> None:
    """Ends it, when it has told of every call once."""
    told = reading.records()
    assert told == tree.calls, f"{tree.calls} calls were written, {told} were read"
    reading.end()


def _parse(tree: Tree) -> list[float]:
    """Seconds of each round; none where the tests are not built."""
    said = _swift_bench("IngestBench", GOVERNOR_BENCH_TREE=str(tree.root))
    rounds = re.findall(r"bench: parsed (\d+) bytes, (\d+) calls, (\d+) output in ([\d.e-]+) s", said)
    for found in rounds:
        assert tuple(map(int, found[:3])) == (tree.bytes, tree.calls, tree.output), f"it found {found[:3]} of {tree}"
    return [float(found[3]) for found in rounds]


def _swift_bench(name: str, **environment: str) -> str:
    """What a benchmark among the Swift tests prints; nothing, and a line that says so, where the tests are not built."""
    done = subprocess.run(
        ["swift", "test", "-c", "release", "--skip-build", "--disable-xctest", "--filter", name], cwd=REPOSITORY,
        env={**os.environ, **environment}, capture_output=True, text=True, timeout=PATIENCE)
    if "bench: " not in done.stdout:
        why = (done.stderr or done.stdout).strip().splitlines()[-1:]
        print(f"{name} did not run; ./deploy/test builds it: {why}", file=sys.stderr)
        return ""
    return done.stdout


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


def _restart(place: Place, tree: Tree) -> tuple[float, float]:
    """Seconds from starting over the present ledger to the first check that is answered, and the MiB it weighs when it has
    found that it has read everything."""
    daemon = place.daemon()
    daemon.watch = [tree.root]
    started = time.monotonic()
    daemon.launch()
    while time.monotonic() - started < 30:
        try:
            with connected(place.socket_path) as connection:
                assert b'"decision"' in answer(connection, b'{"op":"check","worker":"w-001"}\n')
            took = time.monotonic() - started
            until(lambda: not any(source.get("catching_up") for source in daemon.status()["sources"]), "history is read")
            return took, memory(pid(daemon))["VmRSS"]
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
