"""`reserve`, durable before it is answered, on 64 connections, beside Redis `SET` with every write synced.

    python3 Tests/Benchmarks/reserve.py [--long]

Every request is a new hold under a key of its own; the same client asks both, in turn, and both sync to the same disk.
Without a `redis-server` on the path the floor is left out.
"""

from __future__ import annotations

import json
import shutil
import sys
from contextlib import nullcontext

import fleet
from check import Round, Target, ask, rate
from redis_floor import command, redis
from rig import Figure, compiled, machine_load, middle, pid, pin, scratch, show, two_cores

CONNECTIONS = 64

#: What a small team writes.
TEAM = """version: 1
receivers: { ops: { log: {} } }
budgets:
  - { name: fleet-month, limit_usd: 900000, per: fleet, window: month, at: { 100%: { pause: until_reset } } }
  - { name: worker-day, limit_usd: 900000, per: worker, window: day, at: { 100%: { pause: until_reset } } }
  - { name: session-life, limit_usd: 900000, per: session, window: lifetime, at: { 100%: { stop: true } } }
"""


def figures(long: bool = False) -> list[Figure]:
    rows = measure("3 budgets", TEAM, long)
    return rows + measure("100 budgets", fleet.fleet_policy(), long, main=False)


def measure(shape: str, policy: str, long: bool, main: bool = True) -> list[Figure]:
    near, far = two_cores()
    rounds, count = (9, 20_000) if long else (5, 8_000)
    with scratch(policy) as place:
        client = compiled("client", place.folder)
        daemon = place.start()
        # Its writer and its event loop may have a core each, and the client shares one of them.
        pin(pid(daemon), {near, far})
        requests = [_line(number) for number in range((rounds + 1) * count)]
        reserves, sets = place.folder / "reserves", place.folder / "sets"
        reserves.write_bytes(b"".join(requests))
        writes = [command("SET", f"hold:{number:08}", "x" * 256) for number in range(2000)]
        sets.write_bytes(b"".join(writes))
        targets = [Target("reserve", daemon.socket_path, reserves, len(requests[0]))]
        with redis(place, far, [], "", durable=True) if shutil.which("redis-server") else nullcontext("") as path:
            if path:
                targets.append(Target("Redis", path, sets, len(writes[0])))
            found = ask(client, targets, rounds=rounds, count=count, connections=CONNECTIONS, core=near)
        live = daemon.status()["holds"]["live"]
        assert live == (rounds + 1) * count, f"{live} holds live"
    return _rows(shape, found, count, main)


def _rows(shape: str, found: list[list[Round]], count: int, main: bool) -> list[Figure]:
    held, floors = found[0], found[1:]
    speed, slowest = rate(held, count), middle([each.p99 for each in held]) / 1e6
    share = middle([floor.total / of.total for of, floor in zip(held, floors[0])]) if floors else None
    floor = f"{rate(floors[0], count):,.0f}/s Redis SET, synced" if floors else "no redis-server"
    return [
        Figure(
            f"reserve ({shape}), {CONNECTIONS} connections", f"{speed:,.0f}/s", floor, share,
            "≥ 20,000/s" if main else "", speed >= 20_000 if main else None),
        Figure(
            f"reserve ({shape}), p99", f"{slowest:.1f} ms", "", None, "≤ 10 ms" if main else "",
            slowest <= 10 if main else None)]


def _line(number: int) -> bytes:
    """A request for a new hold, padded with spaces in the object so that all are equally long."""
    request = json.dumps(
        {"op": "reserve", "key": f"k-{number}", "estimate_usd": 0.5, **fleet.labels(number % fleet.WORKERS)},
        separators=(",", ":"))
    return (request[:-1].ljust(239) + "}\n").encode()


if __name__ == "__main__":
    print(machine_load())
    show(figures("--long" in sys.argv))
