"""A ledger of millions of calls, written straight into its tables: pushing them through the daemon takes minutes.

The daemon makes the empty tables; this fills `label_set`, `record` and `rollup` as its own code would have: 200 workers,
20,000 sessions of a few hours, 12 projects and 6 models over the last 60 days, in order of time.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

WORKERS = 200
SESSIONS = 20_000
DAYS = 60
PROJECTS = ["web", "api", "infra", "docs", "data", "mobile", "search", "billing", "auth", "infer", "tools", "site"]
MODELS = ["claude-opus-5", "claude-sonnet-5", "claude-haiku-4-5", "gpt-5", "gpt-5-mini", "gemini-3-pro"]
#: Nano-dollars for a token of input (output is five times, cache reads a tenth of it).
PRICES = [15_000, 3_000, 1_000, 1_250, 250, 2_000]
QUARTER = 900_000

_OFFSET, _PRIME, _MASK = 0xCBF29CE484222325, 0x100000001B3, (1 << 64) - 1

Record = tuple[object, ...]


@dataclass(frozen=True)
class Session:
    """Some hours of one worker on one project, mostly with one model."""

    first: int
    last: int
    #: Ids of its label sets: with its own model, and with a cheap one for what is small.
    labels: tuple[int, int]
    models: tuple[int, int]


def write_ledger(database: Path, records: int, until: int, seed: int = 1) -> int:
    """Fills a ledger that has tables and nothing in them; `until` is in milliseconds. Returns how many were written."""
    generator = random.Random(seed)
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", "cache_size = -200000"):
            connection.execute(f"PRAGMA {pragma}")
        indexes = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name IN ('record', 'label_set') "
            "AND sql IS NOT NULL").fetchall()
        connection.execute("BEGIN")
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        sessions = _sessions(connection, generator, until)
        written = 0
        active: list[Session] = []
        rest = iter(sorted(sessions, key=lambda each: each.first))
        following = next(rest, None)
        length = sum(each.last - each.first for each in sessions)
        rate = records / length
        for start in range(until - until % QUARTER - DAYS * 96 * QUARTER, until + QUARTER, QUARTER):
            while following is not None and following.first < start + QUARTER:
                active.append(following)
                following = next(rest, None)
            active = [each for each in active if each.last > start]
            calls = sorted(_calls(active, start, rate, generator, records - written))
            _write(connection, calls, start, written, generator)
            written += len(calls)
        for _, sql in indexes:
            connection.execute(sql)
        connection.execute(
            "INSERT INTO record_key SELECT key_hash, sequence FROM record ORDER BY key_hash, sequence")
        connection.execute("INSERT INTO setting VALUES ('record_key', ?)", (str(written),))
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL")
    return written


def _sessions(connection: sqlite3.Connection, generator: random.Random, until: int) -> list[Session]:
    first = until - DAYS * 96 * QUARTER
    drawn = sorted(
        (generator.randrange(first, until), number, generator.randrange(1, 6 * 3_600_000))
        for number in range(SESSIONS))
    sessions, rows = [], []
    for begins, number, length in drawn:
        worker, project = f"w-{number % WORKERS:03}", PROJECTS[number * 7 % len(PROJECTS)]
        own = min(int(generator.expovariate(0.7)), len(MODELS) - 1)
        ids = []
        for model in (own, 2):
            label = {
                "worker": worker, "session": f"s-{number:05}", "task": f"gh-{number % 997}", "project": project,
                "user": f"u-{number % 23}", "provider": "anthropic", "model": MODELS[model], "source": "transcript"}
            text = " ".join(f"{name}={value}" for name, value in label.items())
            if ids and model == own:
                ids.append(ids[0])
                continue
            rows.append((
                len(rows) + 1, _signed(_fnv(text)), worker, label["session"], label["task"], project, label["user"],
                None, "anthropic", MODELS[model], "transcript", None))
            ids.append(len(rows))
        sessions.append(Session(begins, min(begins + length, until), (ids[0], ids[1]), (own, 2)))
    connection.executemany("INSERT INTO label_set VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    return sessions


def _calls(
    active: list[Session], start: int, rate: float, generator: random.Random, most: int
) -> Iterator[tuple[int, int, int]]:
    """Time, label set and model of the calls of one quarter of an hour, in no order."""
    count = 0
    for session in active:
        first, last = max(start, session.first), min(start + QUARTER, session.last)
        expected = (last - first) * rate
        calls = int(expected) + (generator.random() < expected % 1)
        for _ in range(min(calls, most - count)):
            which = 1 if generator.random() < 0.2 else 0
            yield int(first + generator.random() * (last - first)), session.labels[which], session.models[which]
        count += calls


def _write(
    connection: sqlite3.Connection, calls: list[tuple[int, int, int]], bucket: int, written: int,
    generator: random.Random
) -> None:
    records: list[Record] = []
    sums: dict[int, list[int]] = {}
    for number, (at, label_set, model) in enumerate(calls, written):
        noise = generator.getrandbits(40)
        fresh, output, cached = noise & 4095, noise >> 12 & 2047, (noise >> 23) * 2
        price = PRICES[model]
        cost = price * (fresh + 5 * output + cached // 10)
        error = number % 50 == 0
        key, key_hash = _key(number)
        records.append((
            number + 1, key_hash, key, None, 0, at, label_set, fresh, output, cached, 0, 0, 0, 0, 0, 0, None, cost, 1,
            None, None, 1 if error else 0, "overloaded" if error else None, None, None))
        mine = sums.get(label_set)
        if mine is None:
            mine = sums[label_set] = [0, 0, 0, 0, 0, 0]
        mine[0] += 1
        mine[1] += not error
        mine[2] += cost
        mine[3] += fresh
        mine[4] += output
        mine[5] += cached
    connection.executemany(
        "INSERT INTO record (sequence, key_hash, key, request, flags, time, label_set, input, output, cache_read, "
        "cache_write_5m, cache_write_1h, cache_write_12h, reasoning, terms, web_searches, reported, cost, cost_origin, "
        f"duration, first_token, outcome, error_kind, file, offset) VALUES ({', '.join('?' * 25)})", records)
    connection.executemany(
        "INSERT INTO rollup (bucket, label_set, calls, success, unpriced, cost, input, output, cache_read, "
        "cache_write_5m, cache_write_1h, cache_write_12h, reasoning) VALUES (?, ?, ?, ?, 0, ?, ?, ?, ?, 0, 0, 0, 0)",
        [(bucket, label_set, *sums[label_set]) for label_set in sorted(sums)])


_prefix: tuple[int, int] = (-1, 0)


def _key(number: int) -> tuple[str, int]:
    """A record's key and its hash; of a thousand neighbours the beginning is hashed once."""
    global _prefix
    if _prefix[0] != number // 1000:
        _prefix = (number // 1000, _fnv(f"push/{number // 1000:07}"))
    end = f"{number % 1000:03}"
    value = _prefix[1]
    for byte in end.encode():
        value = (value ^ byte) * _PRIME & _MASK
    return f"push/{number // 1000:07}{end}", _signed(value)


def _fnv(text: str) -> int:
    """64-bit FNV-1a, as the ledger hashes."""
    value = _OFFSET
    for byte in text.encode():
        value = (value ^ byte) * _PRIME & _MASK
    return value


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value
