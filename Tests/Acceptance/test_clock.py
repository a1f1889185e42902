"""The wall clock set ahead and back under a running daemon: no alert twice, none lost, no pause forgotten."""

from __future__ import annotations

import pytest

from daemon import Daemon
from fake_slack import FakeSlack
from place import Place
from settable_clock import DAY, HOUR, SettableClock
from waiting import noon_zone, until

POLICY = """
version: 1
timezone: ZONE
notifications: { group_wait: 0s }
receivers:
  ops: { slack: { webhook_url: "WEBHOOK" }, allow_private: true, resolved: false }
budgets:
  - name: day
    limit_usd: 10
    per: worker
    window: day
    at: { 50%: { notify: [ops] }, 100%: { notify: [ops], pause: until_reset } }
  - name: block
    limit_usd: 100
    per: worker
    window: block 5h
    at: { 8%: { notify: [ops] } }
"""


@pytest.fixture
def ready(place: Place, slack: FakeSlack, clock: SettableClock) -> Daemon:
    place.policy(POLICY.replace("WEBHOOK", slack.url).replace("ZONE", noon_zone()))
    return place.start()


def spend(daemon: Daemon, id: str, cost: float) -> None:
    reply = daemon.record({"id": id, "worker": "w-1", "model": "claude-opus-5", "cost_usd": cost})
    assert reply["accepted"] == 1, reply


def decision(daemon: Daemon) -> str:
    return daemon.check(worker="w-1")["decision"]


def told(slack: FakeSlack) -> list[str]:
    """The budgets' thresholds of all messages, in order."""
    names = ["50% of day", "100% of day", "8% of block"]
    return [name for message in slack.messages for name in names if f"reached {name}" in message.text]


def test_a_day_ahead_and_back_forgets_nothing_and_tells_nothing_twice(
    ready: Daemon, slack: FakeSlack, clock: SettableClock
) -> None:
    """faults.md, clock: a day forward. What had seemed to be over is in force again when the clock is right."""
    spend(ready, "a", 6)
    spend(ready, "b", 5)
    until(lambda: len(told(slack)) >= 3, "all three thresholds are told")
    before = sorted(told(slack))
    assert decision(ready) == "pause"
    clock.set(DAY)
    until(lambda: decision(ready) == "allow", "tomorrow the day's budget is whole again")
    firing = lambda: [each for each in ready.http("/v1/alerts").json["alerts"] if each["state"] == "firing"]
    until(lambda: not firing(), "the windows' alerts are over")
    clock.set(0)
    until(lambda: decision(ready) == "pause", "today's spend is there again")
    assert ready.spent("day", worker="w-1") == 11
    spend(ready, "c", 1)
    assert decision(ready) == "pause"
    until(lambda: ready.spent("day", worker="w-1") == 12, "spend goes on where it was")
    assert sorted(told(slack)) == before == ["100% of day", "50% of day", "8% of block"]


def test_an_hour_back_tells_nothing_twice_and_what_comes_next_once(
    ready: Daemon, slack: FakeSlack, clock: SettableClock
) -> None:
    """faults.md, clock: an hour back. A crossing that was told stays told; the next threshold is told all the same."""
    spend(ready, "a", 6)
    until(lambda: told(slack) == ["50% of day"], "the first threshold is told")
    clock.set(-HOUR)
    until(lambda: ready.status()["accounts"], "it goes on")
    assert decision(ready) == "allow"
    spend(ready, "b", 5)
    until(lambda: "100% of day" in told(slack), "the second threshold is told")
    assert decision(ready) == "pause"
    clock.set(0)
    until(lambda: decision(ready) == "pause", "and stays in force when the clock is right again")
    ready.restart()
    assert decision(ready) == "pause"
    assert sorted(told(slack)).count("50% of day") == 1 and sorted(told(slack)).count("100% of day") == 1


def test_eight_hours_asleep_end_what_ended_meanwhile(ready: Daemon, slack: FakeSlack, clock: SettableClock) -> None:
    """faults.md, clock: suspend. Windows that ended are over at once; nothing is told of them a second time."""
    spend(ready, "a", 9)
    until(lambda: len(told(slack)) >= 2, "both are told")
    before = sorted(told(slack))
    clock.set(8 * HOUR)
    until(
        lambda: not [
            each for each in ready.http("/v1/alerts").json["alerts"]
            if each["state"] == "firing" and each["budget"] == "block"],
        "the block of five hours is over")
    spend(ready, "b", 9)
    until(lambda: sorted(told(slack)).count("8% of block") == 2, "the next block is another")
    assert sorted(told(slack)).count("50% of day") == before.count("50% of day") == 1
