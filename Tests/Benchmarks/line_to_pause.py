"""From a line in a transcript to a pause: a line that takes a fresh worker over its limit is appended to a watched file
and `check` is asked over one connection, without a rest, until it says pause.

    python3 Tests/Benchmarks/line_to_pause.py [--long]

The floors, measured between the workers: what it takes another process to hear of an appended line by inotify, read it
and say so, and what it takes this disk to make four kilobytes durable, as the ledger must before it may say anything.
"""

from __future__ import annotations

import json
import os
import random
import socket
import sys
import time
from pathlib import Path

from rig import Figure, Place, answer, compiled, connected, machine_load, quantile, run, scratch, show
from usage_files import OUTPUT_PER_DOLLAR, Message

POLICY = """
version: 1
receivers: { ops: { log: {} } }
labels:
  - { source: transcript, cwd: ".*/worktrees/(?<worker>[^/]+)" }
budgets:
  - { name: fleet-month, limit_usd: 1000000, per: fleet, window: month, at: { 80%: { notify: [ops] } } }
  - name: worker-day
    limit_usd: 1
    per: worker
    window: day
    at: { 80%: { notify: [ops] }, 100%: { notify: [ops], pause: until_reset } }
  - { name: session-life, limit_usd: 100, per: session, window: lifetime, at: { 100%: { stop: true } } }
"""
PATIENCE_NS = 10_000_000_000


def figures(long: bool = False) -> list[Figure]:
    workers = 1000 if long else 240
    seed = int(os.environ.get("GOVERNOR_SEED", "1"))
    rests = random.Random(seed)
    with scratch(POLICY) as place:
        notice = compiled("notice", place.folder)
        watched = place.folder / "noticed"
        watched.mkdir()
        files = [_session(place, number) for number in range(workers)]
        daemon = place.start()
        waits: list[float] = []
        fsyncs: list[float] = []
        connection = connected(daemon.socket_path)
        _wait_until_read(connection, workers)
        for number, (path, line) in enumerate(files):
            waits.append(_line_to_pause(connection, path, line, f"w-{number:04}"))
            fsyncs.append(_fsync(place.folder / "data" / "fsync-floor"))
            # No two at the same beat of whatever beats in the daemon.
            time.sleep(rests.uniform(0.002, 0.03))
        connection.close()
        heard = [float(text) for text in run(notice, watched, workers, len(files[0][1])).split()]
    rows = []
    for name, share, most in [("p50", 0.5, None), ("p99", 0.99, 25.0)]:
        got, notified, synced = (quantile(times, share) / 1e6 for times in (waits, heard, fsyncs))
        rows.append(Figure(
            f"line appended → pause, {name} of {workers}", f"{got:.2f} ms",
            f"{notified:.2f} inotify + {synced:.2f} fsync", got / (notified + synced),
            "≤ 25 ms" if most else "", got <= most if most else None))
    return rows


def _session(place: Place, number: int) -> tuple[Path, bytes]:
    """A fresh worker's transcript that holds one cheap call, and the line that takes it over its dollar."""
    transcript = place.transcripts.session(f"/home/dev/worktrees/w-{number:04}", f"s-{number:04}")
    transcript.call(Message(output=400))
    # Written beside, to be appended whole by the benchmark.
    beside = place.folder / "crossing.jsonl"
    real, transcript.path = transcript.path, beside
    transcript.copy(message := Message(output=2 * OUTPUT_PER_DOLLAR), message.output)
    transcript.path = real
    line = beside.read_bytes()
    beside.unlink()
    return real, line


def _wait_until_read(connection: socket.socket, sessions: int) -> None:
    """Until every session's cheap call is in its account, so that nothing else is on its way."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        status = json.loads(answer(connection, b'{"op":"status","budgets":["session-life"]}\n'))
        if len(status["accounts"]) == sessions:
            return
        time.sleep(0.05)
    sys.exit("the transcripts were not read within 60 s")


def _line_to_pause(connection: socket.socket, path: Path, line: bytes, worker: str) -> float:
    """Nanoseconds from the write to the first pause."""
    question = json.dumps({"op": "check", "worker": worker}).encode() + b"\n"
    if b'"decision":"allow"' not in (reply := answer(connection, question)):
        sys.exit(f"{worker} should be allowed before its line: {reply!r}")
    file = os.open(path, os.O_WRONLY | os.O_APPEND)
    start = time.perf_counter_ns()
    os.write(file, line)
    while b'"decision":"pause"' not in answer(connection, question):
        if time.perf_counter_ns() - start > PATIENCE_NS:
            sys.exit(f"{worker} is not paused {PATIENCE_NS / 1e9:.0f} s after its line")
    took = time.perf_counter_ns() - start
    os.close(file)
    return took


def _fsync(path: Path) -> float:
    """Nanoseconds to append a page to a file beside the ledger and have it on the disk."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    start = time.perf_counter_ns()
    os.write(file, b"x" * 4096)
    os.fdatasync(file)
    took = time.perf_counter_ns() - start
    os.close(file)
    return took


if __name__ == "__main__":
    print(machine_load())
    show(figures("--long" in sys.argv))
