"""`check` pipelined by 32 on one connection beside Redis `GET` pipelined the same way by the same client.

    python3 Tests/Benchmarks/redis_floor.py [--long]

Redis keeps nothing on disk here and answers a value as long as a check's reply, over a unix socket. Without a
`redis-server` on the path (Debian: `apt-get install redis-server`) it says so and measures nothing.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import fleet
from check import Target, ask, rate
from rig import Figure, Place, answer, compiled, connected, machine_load, middle, pid, pin, scratch, show, two_cores

DEPTH = 32


def figures(long: bool = False) -> list[Figure]:
    if shutil.which("redis-server") is None:
        return [Figure("check pipelined / Redis GET: skipped, there is no redis-server on the path", "")]
    near, far = two_cores()
    rounds, count = (41, DEPTH * 2000) if long else (15, DEPTH * 500)
    with scratch(fleet.fleet_policy()) as place:
        client = compiled("client", place.folder)
        daemon = place.start()
        fleet.load(daemon)
        pin(pid(daemon), {far})
        lines = [fleet.check_line(worker) for worker in range(fleet.WORKERS)]
        checks, pings, gets = (place.folder / name for name in ("checks", "pings", "gets"))
        checks.write_bytes(b"".join(lines))
        pings.write_bytes(b'{"op":"ping"}\n')
        keys = [f"answer:{worker:03}" for worker in range(fleet.WORKERS)]
        commands = [command("GET", key) for key in keys]
        gets.write_bytes(b"".join(commands))
        with connected(daemon.socket_path) as connection:
            reply = answer(connection, lines[7])
        with redis(place, far, keys, reply.decode().strip()) as path:
            check, ping, get = ask(client, [
                Target("check", daemon.socket_path, checks, len(lines[0])),
                Target("ping", daemon.socket_path, pings, 14),
                Target("Redis", path, gets, len(commands[0]), ends=2),
            ], rounds=rounds, count=count, depth=DEPTH, core=near)
    shares = [middle([floor.total / of.total for of, floor in zip(each, get)]) for each in (check, ping)]
    floor = f"{rate(get, count):,.0f}/s Redis GET"
    return [
        Figure(
            f"check, {DEPTH} pipelined", f"{rate(check, count):,.0f}/s", floor, shares[0], "≥ 0.60", shares[0] >= 0.6),
        Figure(f"ping, {DEPTH} pipelined", f"{rate(ping, count):,.0f}/s", floor, shares[1])]


@contextmanager
def redis(place: Place, core: int, keys: list[str], value: str, *, durable: bool = False) -> Iterator[str]:
    """A Redis on a unix socket alone, that holds `value` under every key; gives the socket's path. A durable one syncs
    every write before it answers."""
    path = str(place.folder / "redis.sock")
    keeping = ["--appendonly", "yes", "--appendfsync", "always"] if durable else ["--appendonly", "no"]
    process = subprocess.Popen(
        ["taskset", "-c", str(core), "redis-server", "--port", "0", "--unixsocket", path, "--save", "", *keeping,
         "--dir", place.folder], stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 10
        while True:
            try:
                connection = connected(path)
                break
            except (FileNotFoundError, ConnectionRefusedError):
                if time.monotonic() > deadline:
                    sys.exit("redis-server did not listen within 10 s")
                time.sleep(0.01)
        with connection:
            for key in keys:
                assert answer(connection, command("SET", key, value)) == b"+OK\r\n"
        yield path
    finally:
        process.terminate()
        process.wait(timeout=10)


def command(*words: str) -> bytes:
    """A command as Redis' protocol writes it."""
    parts = "".join(f"${len(word.encode())}\r\n{word}\r\n" for word in words)
    return f"*{len(words)}\r\n{parts}".encode()


if __name__ == "__main__":
    print(machine_load())
    show(figures("--long" in sys.argv))
