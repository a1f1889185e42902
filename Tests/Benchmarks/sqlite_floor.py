"""What SQLite itself takes for rows like a record's: the floor of appending to the ledger.

The same columns and indexes over the same kind of values, the one of keys' hashes as SQLite itself would keep it, durable
in groups of the same size, from Python's own driver, whose loop is written in C. No account and no rollup is kept, and
nothing is looked up.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

GROUP = 1024

_TABLES = """
CREATE TABLE record (
    sequence INTEGER PRIMARY KEY, key_hash INTEGER NOT NULL, key TEXT NOT NULL, request TEXT, flags INTEGER, time INTEGER,
    label_set INTEGER, a INTEGER, b INTEGER, c INTEGER, d INTEGER, e INTEGER, f INTEGER, g INTEGER, h INTEGER, i INTEGER,
    j INTEGER, cost INTEGER, k INTEGER, l INTEGER, m INTEGER, n INTEGER, o TEXT, file INTEGER, offset INTEGER,
    witnesses INTEGER) STRICT;
CREATE INDEX record_key ON record (key_hash);
CREATE INDEX record_time ON record (time);
CREATE INDEX record_label_set ON record (label_set, time);
CREATE INDEX record_request ON record (time / 3600000, request) WHERE request IS NOT NULL;
"""


def append(folder: Path, records: int) -> float:
    """Seconds."""
    with closing(sqlite3.connect(folder / "floor.sqlite", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA wal_autocheckpoint = 4096")
        connection.executescript(_TABLES)
        rows = list(_rows(records))
        insert = f"INSERT INTO record VALUES ({', '.join('?' * 26)})"
        started = time.monotonic()
        for first in range(0, records, GROUP):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(insert, rows[first:first + GROUP])
            connection.execute("COMMIT")
        return time.monotonic() - started


def _rows(records: int) -> Iterator[tuple[object, ...]]:
    chance = random.Random(1)
    for number in range(records):
        yield (
            number + 1, chance.getrandbits(63), f"transcript/msg_01{chance.getrandbits(96):024x}",
            f"req_011{chance.getrandbits(96):024x}", 0, 1_760_000_000_000 + number * 8000, number // 250, 4,
            number % 3000, number % 150_000, number % 8000, 0, 0, 0, 0, 0, None, number * 97 % 10**9, 1, None, None, 0,
            None, number // 500, 700, 1)
