"""From a crossing to its webhook: a record that takes a fresh worker over a threshold is pushed over the socket, and the
time is taken until the receiver has read the message, and from when the daemon says that the record is stored.

    python3 Tests/Benchmarks/alert_to_webhook.py [--long]

The floors, measured between the workers: a POST of as many bytes over a new connection to the same receiver by a plain
client, and what it takes this disk to make four kilobytes durable, as the ledger must before anything may be sent.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import socket
import sys
import threading
import time
from pathlib import Path

from line_to_pause import _fsync
from rig import Figure, answer, connected, machine_load, quantile, scratch, show

POLICY = """
version: 1
notifications: {{ group_wait: 0s, group_interval: 0s }}
receivers: {{ hook: {{ webhook: {{ url: "http://127.0.0.1:{port}/hook", secret: "a secret of the benchmark" }}, allow_private: true }} }}
budgets:
  - {{ name: worker-day, limit_usd: 1, per: worker, window: day, at: {{ 80%: {{ notify: hook }} }} }}
"""
PATIENCE = 10.0


class Hook:
    """Takes one connection after the other, notes when a request's body is whole, and answers 204."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._arrived = threading.Condition()
        self._times: list[tuple[int, int]] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def wait_for(self, count: int) -> tuple[int, int]:
        """When the request of that number was read, and how long its body was."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self._times) >= count, PATIENCE):
                sys.exit(f"message {count} did not arrive within {PATIENCE:g} s")
            return self._times[count - 1]

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            threading.Thread(target=self._hold, args=(connection,), daemon=True).start()

    def _hold(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            while True:
                length = -1
                while (line := lines.readline()) not in (b"\r\n", b""):
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                if length < 0:
                    return
                lines.read(length)
                with self._arrived:
                    self._times.append((time.perf_counter_ns(), length))
                    self._arrived.notify_all()
                connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


def figures(long: bool = False) -> list[Figure]:
    rounds = 600 if long else 200
    rests = random.Random(int(os.environ.get("GOVERNOR_SEED", "1")))
    hook = Hook()
    whole: list[float] = []
    stored: list[float] = []
    posts: list[float] = []
    fsyncs: list[float] = []
    with scratch(POLICY.format(port=hook.port)) as place:
        daemon = place.start()
        connection = connected(daemon.socket_path)
        for number in range(rounds):
            record = {"id": f"r-{number}", "worker": f"w-{number}", "model": "claude-opus-5", "cost_usd": 0.9}
            start = time.perf_counter_ns()
            answer(connection, json.dumps({"op": "record", "records": [record]}).encode() + b"\n")
            acknowledged = time.perf_counter_ns()
            arrived, length = hook.wait_for(2 * number + 1)
            whole.append(arrived - start)
            stored.append(arrived - acknowledged)
            posts.append(_post(hook, 2 * number + 2, length))
            fsyncs.append(_fsync(Path(place.folder) / "data" / "fsync-floor"))
            time.sleep(rests.uniform(0.002, 0.03))
        connection.close()
    rows = []
    for share, name in ((0.5, "p50"), (0.99, "p99")):
        post, synced = quantile(posts, share) / 1e6, quantile(fsyncs, share) / 1e6
        for times, what, floor, text in (
                (whole, "record pushed", post + synced, f"{post:.2f} POST + {synced:.2f} fsync"),
                (stored, "record stored", post, f"{post:.2f} POST")):
            got = quantile(times, share) / 1e6
            most = 2.0 if what == "record stored" and name == "p50" else None
            rows.append(Figure(
                f"{what} → webhook, {name} of {rounds}", f"{got:.2f} ms", text, got / floor,
                "≤ 2 ms" if most else "", got <= most if most else None))
    return rows


def _post(hook: Hook, count: int, length: int) -> float:
    """Nanoseconds from opening a connection to the receiver's having read a body of that length."""
    body = b"x" * length
    start = time.perf_counter_ns()
    client = http.client.HTTPConnection("127.0.0.1", hook.port, timeout=PATIENCE)
    client.request("POST", "/hook", body)
    arrived, _ = hook.wait_for(count)
    client.getresponse().read()
    client.close()
    return arrived - start


if __name__ == "__main__":
    print(machine_load())
    show(figures("--long" in sys.argv))
