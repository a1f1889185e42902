"""Files that are followed: history of ten thousand, rotation while it runs, and what can't be read."""

from __future__ import annotations

import os
import time
from decimal import Decimal
from typing import Any

import pytest

from daemon import Daemon
from fake_slack import FakeSlack
from place import Place
from settable_clock import SettableClock
from usage_files import CoordinatorLog, append
from waiting import until

POLICY = """
version: 1
timezone: UTC
budgets:
  - { name: all, limit_usd: 100000, per: fleet, window: lifetime, at: { 100%: { stop: true } } }
  - { name: by-worker, limit_usd: 5, per: worker, window: lifetime, at: { 100%: { pause: until_resumed } } }
receivers:
  ops: { slack: { webhook_url: "WEBHOOK" }, allow_private: true, group_wait: 0s }
"""
FILES = 10_000


@pytest.fixture
def policy(place: Place, slack: FakeSlack) -> None:
    place.policy(POLICY.replace("WEBHOOK", slack.url))


def source(daemon: Daemon, kind: str) -> dict[str, Any]:
    """What status says of a kind of source; empty while it says nothing."""
    return next((each for each in daemon.status()["sources"] if each["kind"] == kind), {})


def test_ten_thousand_files_hold_up_nobody(place: Place, policy: None) -> None:
    """Issue: reading a tree of ten thousand files at start doesn't block decisions; progress is shown; what changes
    meanwhile is read within a moment, not after all the others."""
    folder = place.coordinator.root
    for number in range(FILES):
        log = CoordinatorLog(folder / f"{number % 100:02}")
        lines = [log.line(f"old-{number % 7}", "0.01", task_id=f"t-{number}-{call}") for call in range(5)]
        append(log.root / f"api-calls-{number:05}.jsonl", "".join(lines))
    daemon = place.start()
    began = time.monotonic()
    slowest, seen = 0.0, []
    until(lambda: source(daemon, "coordinator").get("catching_up"), "history is being read")
    place.coordinator.call("w-live", "7")
    written = time.monotonic()
    paused_after = None
    while True:
        asked = time.monotonic()
        answer = daemon.check(worker="w-live")
        slowest = max(slowest, time.monotonic() - asked)
        if answer["decision"] == "pause" and paused_after is None:
            paused_after = time.monotonic() - written
            still = source(daemon, "coordinator")
            seen.append(still)
        state = source(daemon, "coordinator")
        if state:
            seen.append(state)
        if state and not state.get("catching_up"):
            break
        assert time.monotonic() - began < 120, f"history is not read: {state}"
    history_after = time.monotonic() - began
    assert state["files"] == state["files_read"] == FILES + 1
    assert state["bytes_behind"] == 0
    assert daemon.spent("all") == FILES * Decimal("0.05") + 7
    reading = [each for each in seen if each.get("catching_up")]
    assert reading, "progress was shown while history was read"
    assert all(each["files_read"] <= each["files"] for each in reading)
    assert [each["files_read"] for each in reading] == sorted(each["files_read"] for each in reading)
    assert paused_after is not None and paused_after < max(2.0, history_after / 2), (paused_after, history_after)
    assert slowest < 1.0, f"a check took {slowest:.2f} s of the {history_after:.1f} s of reading"


def test_decisions_say_that_history_is_still_read(place: Place, policy: None) -> None:
    """Invariant 7: what is decided before all is known says so, and no longer once it is."""
    log = place.coordinator.path
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as file:
        for number in range(80_000):
            file.write(place.coordinator.line("w-1", "0.00001", task_id=f"t-{number}"))
    daemon = place.start()
    until(lambda: daemon.check(worker="w-1")["stale"], "decisions say that history is still being read", within=30)
    assert "history is still being read, 0 of 1 files" in daemon.check(worker="w-1")["stale"][0]
    assert "reading history: 0 of 1 files" in place.governor("status").stdout
    assert source(daemon, "coordinator")["bytes_behind"] > 0
    until(lambda: not daemon.check(worker="w-1")["stale"], "and no longer once it is read", within=120)
    assert daemon.spent("all") == Decimal("0.8")


def test_a_folder_that_was_named_and_is_not_there_shows(place: Place, policy: None, slack: FakeSlack) -> None:
    """Faults: an unwired source never reads as zero. It shows at once, is told after a minute, and read once it is there."""
    missing = place.folder / "not-there" / "api"
    daemon = place.daemon()
    daemon.watch = [*daemon.watch, missing]
    daemon.start()
    shown = until(lambda: source(daemon, "folder").get("error"), "status shows it")
    assert str(missing) in shown and "make it" in shown
    until(lambda: daemon.check(worker="w-1")["stale"], "decisions say so")
    assert str(missing) in place.governor("status").stdout
    assert not slack.messages, "nobody is told at once"
    log = CoordinatorLog(missing)
    log.call("w-9", "0.25")
    until(lambda: daemon.spent("all") == Decimal("0.25"), "it is read as soon as it is there")
    until(lambda: not source(daemon, "folder"), "nothing is wrong any more")
    until(lambda: not daemon.check(worker="w-1")["stale"], "decisions say so")


def test_what_can_not_be_read_is_told_after_a_minute_and_resolves(
    place: Place, policy: None, slack: FakeSlack, clock: SettableClock
) -> None:
    """Issue: sources that fail are retried, alerted and shown, never silently empty."""
    daemon = place.start()
    session = place.transcripts.session("/home/dev/project")
    session.spend("0.25")
    until(lambda: daemon.spent("all") == Decimal("0.25"), "the spend is read")
    # Root may read everything, but nobody can follow a link that leads to itself.
    folder = session.path.parent
    aside = place.folder / "aside"
    folder.rename(aside)
    os.symlink(folder, folder)
    shown = until(lambda: source(daemon, "folder").get("error"), "status shows it")
    assert str(folder) in shown
    clock.set(70)
    message = until(lambda: next((m for m in slack.messages if "source.failing" in m.text), None), "somebody is told")
    assert str(folder) in message.text
    alerts = [each for each in daemon.http("/v1/alerts").json["alerts"] if each["name"] == "source.failing"]
    assert [(each["kind"], each["split"], each["state"]) for each in alerts] == [
        ("source", {"source": "folder"}, "firing")]
    folder.unlink()
    session.path = aside / session.path.name
    session.spend("0.50")
    aside.rename(folder)
    until(lambda: daemon.spent("all") == Decimal("0.75"), "what was written meanwhile is read")
    until(lambda: not source(daemon, "folder"), "nothing is wrong any more")
    clock.set(140)  # a change in what was told waits a minute
    until(lambda: any("source.failing is over" in m.text for m in slack.messages), "and it is told")
    assert sum("source.failing" in m.text for m in slack.messages) == 2


def test_a_rotated_log_is_read_to_its_end(place: Place, policy: None) -> None:
    """Issue: rotation by rename, by copy and truncation, and deletion while the writer goes on, lose and double nothing."""
    daemon = place.start()
    path = place.coordinator.path
    total = Decimal(0)

    def wait() -> None:
        until(lambda: daemon.spent("all") == total, f"${total} are spent")

    for number in range(5):
        place.coordinator.call("w-1", "0.10", task_id=f"a-{number}")
        path.rename(path.with_name(f"{path.name}.{number + 1}"))
        place.coordinator.call("w-1", "0.20", task_id=f"b-{number}")
        total += Decimal("0.30")
        wait()
    copy = path.with_name(path.name + "-20261121")
    copy.write_bytes(path.read_bytes())
    os.truncate(path, 0)
    place.coordinator.call("w-1", "0.40", task_id="c")
    total += Decimal("0.40")
    wait()
    with path.open("a") as writer:
        path.unlink()
        writer.write(place.coordinator.line("w-1", "0.50", task_id="d"))
        writer.flush()
        total += Decimal("0.50")
        wait()
    daemon.kill9()
    daemon.start()
    place.coordinator.call("w-1", "0.60", task_id="e")
    total += Decimal("0.60")
    wait()
