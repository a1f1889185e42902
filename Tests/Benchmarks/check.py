"""`check` over the control socket beside a C echo of the same lengths, with 100 budgets and 10,000 live accounts.

    python3 Tests/Benchmarks/check.py [--long]

The echo answers on the same kind of socket; client and servers are pinned alike and asked in turn, block by block.
Ratios are taken per round and the median over the rounds is shown. `ping` is the same connection without a decision:
what it costs beyond the echo is the server's, what `check` costs beyond it is the decision's.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import fleet
from rig import (
    Figure, Place, answer, compiled, connected, machine_load, memory, middle, pid, pin, run, scratch, show, two_cores)


@dataclass(frozen=True)
class Target:
    """Somebody to ask: a socket, the requests (each `size` bytes) and how many newlines end a reply."""

    name: str
    socket: str
    requests: Path
    size: int
    ends: int = 1


@dataclass(frozen=True)
class Round:
    """What one server took in one round, in nanoseconds."""

    p50: float
    p99: float
    mean: float
    total: float


class Echo:
    """The echo server, pinned; ended when the block ends."""

    def __init__(self, program: Path, place: Place, reply: bytes, kind: str, core: int) -> None:
        self.socket = str(place.folder / f"echo-{kind}")
        file = place.folder / "reply"
        file.write_bytes(reply)
        self._process = subprocess.Popen(
            ["taskset", "-c", str(core), program, self.socket, file, kind], stdout=subprocess.PIPE)
        assert self._process.stdout is not None and self._process.stdout.readline() == b"ready\n"

    def __enter__(self) -> Echo:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate(timeout=10)
        Path(self.socket).unlink()


def ask(
    client: Path, targets: list[Target], *, rounds: int, count: int, depth: int = 1, connections: int = 1, core: int
) -> list[list[Round]]:
    """The rounds of each target, taken in turn."""
    arguments = [part for each in targets for part in (each.socket, each.requests, each.size, each.ends)]
    output = run(client, rounds, count, depth, connections, *arguments, core=core)
    found: list[list[Round]] = [[] for _ in targets]
    for line in output.splitlines():
        which, *times = map(int, line.split())
        found[which].append(Round(*times))
    return found


def ratio(of: list[Round], to: list[Round], what: str) -> float:
    return middle([getattr(a, what) / getattr(b, what) for a, b in zip(of, to)])


def microseconds(rounds: list[Round], what: str) -> str:
    return f"{middle([getattr(each, what) for each in rounds]) / 1000:.1f} µs"


def rate(rounds: list[Round], count: int) -> float:
    return count / (middle([each.total for each in rounds]) / 1e9)


def figures(long: bool = False) -> list[Figure]:
    rows = measure("fleet", fleet.fleet_policy(), long)
    rows += measure("all 100 budgets match", fleet.dense_policy(), long)
    return rows


def measure(shape: str, policy: str, long: bool) -> list[Figure]:
    near, far = two_cores()
    rounds, count = (41, 4000) if long else (15, 2000)
    rows: list[Figure] = []
    with scratch(policy) as place:
        client, echo = compiled("client", place.folder), compiled("echo", place.folder)
        daemon = place.start()
        accounts = fleet.load(daemon)
        lines = [fleet.check_line(worker) for worker in range(fleet.WORKERS)]
        checks, pings, news = (place.folder / name for name in ("checks", "pings", "news"))
        checks.write_bytes(b"".join(lines))
        # More than the daemon remembers, so that none of them is ever known when it comes round again.
        news.write_bytes(b"".join(fleet.check_line(new % fleet.WORKERS, 10_000 + new) for new in range(20_000)))
        pings.write_bytes(b'{"op":"ping"}\n')
        with connected(daemon.socket_path) as connection:
            reply = answer(connection, lines[7])
        assert b'"decision":"allow"' in reply and b'"caveats":[]' in reply, reply
        resident = memory(pid(daemon))
        rows.append(Figure(
            f"{shape}: resident with {accounts} accounts", f"{resident['VmRSS']:.0f} MiB",
            target="≤ 64 MiB", reached=resident["VmRSS"] <= 64))
        for where, core in [("across cores", far), ("same core", near)]:
            pin(pid(daemon), {core})
            with (Echo(echo, place, reply, "blocking", core) as blocking,
                  Echo(echo, place, reply, "epoll", core) as epoll):
                targets = [
                    Target("check", daemon.socket_path, checks, len(lines[0])),
                    Target("new check", daemon.socket_path, news, len(lines[0])),
                    Target("ping", daemon.socket_path, pings, 14),
                    Target("blocking echo", blocking.socket, checks, len(lines[0])),
                    Target("epoll echo", epoll.socket, checks, len(lines[0]))]
                main = where == "across cores"
                rows += one_at_a_time(f"{shape}, {where}", client, targets, rounds, count, near, main)
                if main:
                    rows += together(shape, client, targets, rounds, count, near)
    return rows


def one_at_a_time(
    name: str, client: Path, targets: list[Target], rounds: int, count: int, core: int, main: bool
) -> list[Figure]:
    check, new, ping, blocking, epoll = ask(client, targets, rounds=rounds, count=count, core=core)
    rows = [
        Figure(
            f"check in new words ({name}), p50 / epoll echo", microseconds(new, "p50"), microseconds(epoll, "p50"),
            ratio(new, epoll, "p50"))]
    for of, what, most in [(check, "p50", 1.15), (check, "p99", 2.0)]:
        for floor, kind in [(blocking, "blocking"), (epoll, "epoll")]:
            found = ratio(of, floor, what)
            wanted = main and kind == "epoll"
            rows.append(Figure(
                f"check ({name}), {what} / {kind} echo", microseconds(of, what), microseconds(floor, what), found,
                f"≤ {most:.2f}" if wanted else "", found <= most if wanted else None))
    rows.append(Figure(
        f"ping ({name}), p50 / epoll echo", microseconds(ping, "p50"), microseconds(epoll, "p50"),
        ratio(ping, epoll, "p50")))
    return rows


def together(shape: str, client: Path, targets: list[Target], rounds: int, count: int, core: int) -> list[Figure]:
    """Pipelined by 32 on one connection, and one at a time on 64."""
    check, _, _, _, epoll = targets
    rows = []
    for name, depth, connections in [("32 pipelined", 32, 1), ("64 connections", 1, 64)]:
        times = 32 * count // 4
        of, floor = ask(
            client, [check, epoll], rounds=rounds, count=times, depth=depth, connections=connections, core=core)
        rows.append(Figure(
            f"check ({shape}), {name}, per second", f"{rate(of, times):,.0f}/s", f"{rate(floor, times):,.0f}/s echo",
            ratio(floor, of, "total")))
    return rows


if __name__ == "__main__":
    print(machine_load())
    show(figures("--long" in sys.argv))
