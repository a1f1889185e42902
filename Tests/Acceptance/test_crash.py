"""Invariant 8: after kill -9 at any moment what was acknowledged is there, and nothing counts twice."""

from __future__ import annotations

import os
import random
import sqlite3
import time
from decimal import Decimal

import pytest

from control_socket import ControlSocket
from fake_slack import FakeSlack
from place import Place
from usage_files import Message
from waiting import until

POLICY = """
version: 1
notifications: { group_wait: 0s }
receivers:
  ops: { slack: { webhook_url: "WEBHOOK" }, allow_private: true }
labels:
  - { source: transcript, cwd: ".*/worktrees/(?<worker>[^/]+)" }
budgets:
  - { name: all, limit_usd: 10, per: fleet, window: lifetime, at: { 50%: { notify: [ops] }, 100%: { stop: true } } }
  - { name: by-worker, limit_usd: 1000, per: worker, window: lifetime, at: { 100%: { stop: true } } }
"""

#: A long form is `GOVERNOR_CRASHES=200`.
CRASHES = int(os.environ.get("GOVERNOR_CRASHES", "8"))


def seed() -> int:
    return int(os.environ.get("GOVERNOR_SEED", random.randrange(1 << 32)))


def check_whole(database: str) -> None:
    """What must hold of the ledger whatever happened: it is whole, and every sum is the sum of its records."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        [records] = connection.execute("SELECT COALESCE(SUM(cost), 0) FROM record").fetchone(),
        [rollups] = connection.execute("SELECT COALESCE(SUM(cost), 0) FROM rollup").fetchone(),
        assert records == rollups
        meters = connection.execute("SELECT id FROM meter").fetchall()
        assert meters
        for meter in meters:
            spent = connection.execute("SELECT COALESCE(SUM(cost), 0) FROM account WHERE meter = ?", meter).fetchone()
            assert spent == records
    finally:
        connection.close()


def test_transcripts_count_once_through_kills_at_any_moment(place: Place, slack: FakeSlack) -> None:
    """Shown by: kill -9 and restart with the same spend and no second alert, at seeded random moments while reading."""
    number = seed()
    print(f"GOVERNOR_SEED={number}")
    chance = random.Random(number)
    place.policy(POLICY.replace("WEBHOOK", slack.url))
    daemon = place.start()
    workers = [place.transcripts.session(f"/home/dev/worktrees/w-{index}") for index in range(4)]
    total = Decimal(0)
    for _ in range(CRASHES):
        for _ in range(chance.randrange(40, 200)):
            output = chance.randrange(1, 400)
            chance.choice(workers).call(Message(output=output), copies=chance.randrange(1, 4))
            total += Decimal(output) / 40_000
        # A millisecond either way decides whether a batch is being read, committed or already applied.
        time.sleep(chance.random() * 0.03)
        daemon.kill9()
        check_whole(str(daemon.folder / "data" / "ledger.sqlite"))
        daemon.start()
    until(lambda: daemon.spent("all") == total, f"the fleet has spent {total}")
    each = [daemon.spent("by-worker", worker=f"w-{index}") for index in range(4)]
    assert sum(each) == total
    daemon.stop()
    check_whole(str(daemon.folder / "data" / "ledger.sqlite"))
    # Sent and killed before it was marked is the one case that may send the same id again.
    assert len({message.id for message in slack.messages}) == len(
        {message.text.splitlines()[0] for message in slack.messages})


def test_what_was_acknowledged_over_the_socket_is_there(place: Place, slack: FakeSlack) -> None:
    """Contract: `record` is durable before the reply; a record without one may be there or not, and never twice."""
    number = seed()
    print(f"GOVERNOR_SEED={number}")
    chance = random.Random(number)
    place.policy(POLICY.replace("WEBHOOK", slack.url))
    daemon = place.start()
    acknowledged: set[str] = set()
    sent: set[str] = set()
    for crash in range(CRASHES):
        socket = ControlSocket(daemon.socket_path)
        last = chance.randrange(5, 60)
        for index in range(last):
            name = f"{crash}-{index}"
            sent.add(name)
            record = {"id": name, "worker": "w-1", "cost_usd": 0.001}
            if index == last - 1:
                socket.send(op="record", records=[record])
                time.sleep(chance.random() * 0.003)
                break
            assert socket.ask(op="record", records=[record])["accepted"] == 1
            acknowledged.add(name)
        daemon.kill9()
        socket.close()
        check_whole(str(daemon.folder / "data" / "ledger.sqlite"))
        daemon.start()
    # Everything is sent again: the acknowledged ones are duplicates, each of the others counts at most once.
    again = [daemon.record({"id": name, "worker": "w-1", "cost_usd": 0.001}) for name in sorted(acknowledged)]
    assert all(reply["duplicate"] == 1 for reply in again)
    for name in sorted(sent - acknowledged):
        daemon.record({"id": name, "worker": "w-1", "cost_usd": 0.001})
    assert daemon.spent("all") == Decimal(len(sent)) / 1000


def test_what_could_not_be_stored_is_stored_later_without_a_further_line(place: Place, slack: FakeSlack) -> None:
    """Invariant 7: while the ledger can't be written it shows; the spend comes once it can, though its file is still."""
    place.policy(POLICY.replace("WEBHOOK", slack.url))
    daemon = place.start()
    session = place.transcripts.session("/home/dev/worktrees/w-1")
    blocker = sqlite3.connect(str(daemon.folder / "data" / "ledger.sqlite"), isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    session.spend("0.25")

    def trouble() -> list[str]:
        return [source["error"] for source in daemon.status()["sources"] if source.get("error")]

    until(trouble, "the source says that its records are not stored", within=30)
    assert daemon.http("/readyz").status == 503
    until(lambda: daemon.check(worker="w-1")["stale"], "decisions say so too", within=30)
    assert daemon.spent("all") == 0
    blocker.execute("ROLLBACK")
    blocker.close()
    until(lambda: daemon.spent("all") == Decimal("0.25"), "the spend is stored", within=30)
    until(lambda: not trouble(), "the trouble is over")
    assert daemon.http("/readyz").status == 200
