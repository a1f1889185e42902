"""A policy edited over a ledger of millions of calls: how long until it holds, and how checks are answered meanwhile;
before that a start over the same ledger.

    python3 Tests/Benchmarks/reload.py [--records 5000000]

Every check names the revision of the policy it was decided under, so that a second process that does nothing but ask
sees both: when the new policy holds, and what its asking cost. Its checks in quiet, right before each edit, are the
floor. From run.py it takes a million calls, with `--long` five.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection

from large_ledger import write_ledger
from rig import Daemon, Figure, Place, answer, connected, machine_load, middle, quantile, scratch, show

#: Seconds: of quiet asking before an edit, and after it holds.
QUIET = 1.0
PATIENCE = 60.0
CHECK = b'{"op":"check","worker":"w-007","session":"s-00007","project":"web","model":"claude-opus-5"}\n'


@dataclass(frozen=True)
class Budget:
    """A line of the policy."""

    name: str
    window: str
    per: str = "fleet"
    match: str = ""

    @property
    def line(self) -> str:
        match = f", match: {{ {self.match} }}" if self.match else ""
        return (f"  - {{ name: {self.name}, limit_usd: 90000000, per: {self.per}, window: {self.window}{match}, "
                "at: { 80%: { notify: [ops] } } }")


@dataclass(frozen=True)
class Policy:
    budgets: tuple[Budget, ...]
    timezone: str = "Europe/Warsaw"

    @property
    def text(self) -> str:
        lines = [each.line for each in self.budgets]
        return "\n".join(["version: 1", f"timezone: {self.timezone}", "receivers: { ops: { log: {} } }", "budgets:",
                          *lines, ""])

    def adding(self, *budgets: Budget) -> Policy:
        return Policy((*self.budgets, *budgets), self.timezone)

    def changing(self, place: int, change: Callable[[Budget], Budget]) -> Policy:
        changed = [change(each) if at == place else each for at, each in enumerate(self.budgets)]
        return Policy(tuple(changed), self.timezone)


def base_policy() -> Policy:
    """Twenty budgets whose windows the time zone cuts, and one without end for each session."""
    pers = ["fleet", "worker", "project", "[project, user]"]
    windows = ["hour", "day", "week", "month", "quarter"]
    budgets = [Budget(f"b-{per}-{window}", window, pers[per]) for per in range(len(pers)) for window in windows]
    return Policy((*budgets, Budget("session-life", "lifetime", "session")))


def edits() -> list[tuple[str, Policy]]:
    """What an operator does, one after the other."""
    policy = base_policy()
    steps = []
    for name, added in [
        ("adds a month", Budget("added-month", "month", match='provider: "a*"')),
        ("adds a rolling hour", Budget("added-hour", "rolling 1h")),
        ("adds a worker's week", Budget("added-week", "week", "worker", 'model: "claude-*"')),
    ]:
        policy = policy.adding(added)
        steps.append((name, policy))
    policy = policy.changing(3, lambda old: Budget(old.name, old.window, old.per, 'model: "claude-sonnet-*"'))
    steps.append(("changes a match", policy))
    policy = policy.changing(8, lambda old: Budget("renamed", old.window, old.per, old.match))
    steps.append(("renames one", policy))
    policy = Policy(policy.budgets, "America/New_York")
    steps.append((f"moves all {len(policy.budgets)} to another time zone", policy))
    return steps


@dataclass(frozen=True)
class Checks:
    """What one prober saw: seconds at which it asked, seconds it waited, and when a revision first answered."""

    asked: list[float]
    waited: list[float]
    revisions: dict[str, float]

    def between(self, start: float, end: float) -> list[float]:
        return [wait for at, wait in zip(self.asked, self.waited) if start <= at + wait and at <= end]


class Prober:
    """A process that asks check after check until the block ends."""

    def __init__(self, path: str) -> None:
        here, there = multiprocessing.Pipe()
        self._pipe = here
        self._process = multiprocessing.Process(target=_probe, args=(path, there), daemon=True)
        self.seen: Checks | None = None

    def __enter__(self) -> Prober:
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._pipe.send("stop")
        self.seen = self._pipe.recv()
        self._process.join(PATIENCE)


def _probe(path: str, pipe: Connection) -> None:
    asked: list[float] = []
    waited: list[float] = []
    revisions: dict[str, float] = {}
    last = b""
    with connected(path) as connection:
        while True:
            start = time.monotonic()
            reply = answer(connection, CHECK)
            end = time.monotonic()
            asked.append(start)
            waited.append(end - start)
            revision = reply[reply.index(b'"revision":'):]
            if revision != last:
                last = revision
                revisions.setdefault(json.loads(reply)["revision"], end)
            if len(asked) % 64 == 0 and pipe.poll():
                break
    pipe.send(Checks(asked, waited, revisions))


def figures(long: bool = False, records: int | None = None) -> list[Figure]:
    # Under another policy, so that the start over the calls has every account to sum.
    with scratch(Policy((Budget("empty", "hour", match='model: "none"'),)).text) as place:
        daemon = place.start()
        daemon.stop()
        place.policy(base_policy().text)
        now = int(time.time() * 1000)
        wanted = records or (5_000_000 if long else 1_000_000)
        count = write_ledger(place.folder / "data" / "ledger.sqlite", wanted, now)
        name = f"{count:,} calls"
        rows = [Figure(f"first start, every account summed ({name})", _text(_start(daemon)))]
        restarts = []
        for _ in range(5):
            # Killed: it may not be ready to be told to stop yet, and this is the harder start.
            daemon.kill9()
            restarts.append(_start(daemon))
        took = middle(restarts)
        rows.append(Figure(
            f"killed, restarted → first check answered ({name})", _text(took), target="≤ 1 s", reached=took <= 1))
        for what, policy in edits():
            rows += _reload(place, daemon, f"{what} ({name})", policy)
    return rows


def _start(daemon: Daemon) -> float:
    """Seconds from the start of the process to the first check that is answered."""
    started = time.monotonic()
    process = daemon.launch()
    while time.monotonic() - started < PATIENCE:
        try:
            with connected(daemon.socket_path) as connection:
                assert b'"decision"' in answer(connection, CHECK)
                return time.monotonic() - started
        except (FileNotFoundError, ConnectionRefusedError):
            assert process.poll() is None, daemon.complaints()
            time.sleep(0.001)
    raise SystemExit(f"no check was answered within {PATIENCE:g} s of a start; {daemon.complaints()}")


def _reload(place: Place, daemon: Daemon, name: str, policy: Policy) -> list[Figure]:
    with Prober(daemon.socket_path) as prober:
        time.sleep(QUIET)
        revision = daemon.check()["revision"]
        edited = time.monotonic()
        place.policy(policy.text)
        daemon.hang_up()
        _wait_until_adopted(daemon, revision)
        over = time.monotonic()
        time.sleep(QUIET / 2)
    seen = prober.seen
    assert seen is not None and len(seen.revisions) == 2, f"{name}: saw {seen and list(seen.revisions)}"
    took = max(seen.revisions.values()) - edited
    quiet, meanwhile = seen.between(0, edited), seen.between(edited, over)
    return [
        Figure(f"reload: {name}", _text(took), target="≤ 2 s", reached=took <= 2),
        Figure(
            "  check meanwhile, p50 / p99 / max", _spread(meanwhile), f"{_spread(quiet)} in quiet",
            quantile(meanwhile, 0.5) / quantile(quiet, 0.5), "max ≤ 100 ms", max(meanwhile) <= 0.1)]


def _wait_until_adopted(daemon: Daemon, start: str) -> None:
    """Until another revision decides, and what comes behind a reload is done: a record is answered after it."""
    deadline = time.monotonic() + PATIENCE
    while daemon.check()["revision"] == start:
        assert time.monotonic() < deadline, f"no reload within {PATIENCE:g} s; {daemon.complaints()}"
        time.sleep(0.005)
    reply = daemon.record({"id": f"after-{time.monotonic_ns()}", "model": "claude-opus-5", "cost_usd": 1})
    assert reply["accepted"] == 1, reply


def _spread(waits: list[float]) -> str:
    values = (quantile(waits, 0.5), quantile(waits, 0.99), max(waits))
    return " / ".join(f"{value * 1e6:,.0f}" for value in values) + " µs"


def _text(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=5_000_000)
    print(machine_load())
    show(figures(records=parser.parse_args().records))
    print(machine_load())
