"""Digests: what happened in a day or a week as one report, at its time by the policy's zone, once."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from daemon import Daemon
from fake_slack import Answer, FakeSlack, Message
from place import Place
from settable_clock import SettableClock
from waiting import now, rfc3339, until

POLICY = """
version: 1
timezone: UTC
notifications: { group_wait: 0s }
receivers:
  finance: { slack: { webhook_url: "WEBHOOK" }, allow_private: true, digest: "WHEN" }
budgets:
  - { name: fleet-month, limit_usd: 1000, per: fleet, window: month, at: { 90%: { notify: [finance] } } }
  - name: worker-day
    limit_usd: 10
    per: worker
    window: day
    at: { 80%: { notify: [finance] }, 100%: { notify: [finance], pause: until_reset } }
"""

#: Long enough that a message that is due would have come, and that a second's work is done.
A_MOMENT = 1.3


class Days:
    """A daemon whose days a test makes."""

    def __init__(self, place: Place, slack: FakeSlack, clock: SettableClock) -> None:
        self.place = place
        self.slack = slack
        self.clock = clock
        self.records = 0
        # Two days ahead and more, so that every time that is set lies in the future of the one before.
        self.today = (now() + timedelta(days=2)).replace(hour=0, minute=0, second=0, microsecond=0)

    def start(self, when: str, hour: int) -> Daemon:
        self.place.policy(POLICY.replace("WEBHOOK", self.slack.url).replace("WHEN", when))
        self.set(hour)
        self.daemon = self.place.start()
        self.nothing_comes(None, "as soon as it started")
        return self.daemon

    def set(self, hour: int, minute: int = 0, days: int = 0) -> None:
        """Sets the clock to a time of the present day, or of one some days on."""
        self.today += timedelta(days=days)
        wanted = self.today + timedelta(hours=hour, minutes=minute, seconds=2)
        self.clock.set(int((wanted - now()).total_seconds()))

    def spend(self, worker: str, cost: float, model: str = "claude-opus-5", ago: timedelta = timedelta()) -> None:
        self.records += 1
        fields = {"time": rfc3339(self.clock_time() - ago)} if ago else {}
        reply = self.daemon.record(
            {"id": f"call-{self.records}", "worker": worker, "model": model, "cost_usd": cost} | fields)
        assert reply["accepted"] == 1, reply

    def clock_time(self) -> datetime:
        return datetime.fromisoformat(self.daemon.check(worker="nobody")["as_of"]).astimezone(timezone.utc)

    def digest(self, number: int) -> Message:
        """The digest with this number, from 1; fails when there are more."""
        return self.slack.wait_for(number)[-1]

    def nothing_comes(self, hour: int | None, why: str) -> None:
        """At that hour of the day, or as it is, no further message arrives."""
        before = len(self.slack.messages)
        if hour is not None:
            self.set(hour)
        assert not self.slack.arrives(before + 1, within=A_MOMENT), why


@pytest.fixture
def days(place: Place, slack: FakeSlack, clock: SettableClock) -> Days:
    return Days(place, slack, clock)


def text(message: Message) -> str:
    return "\n".join(message.strings)


def test_a_digest_gathers_the_day_and_comes_once(days: Days) -> None:
    """Contract: `digest: "08:00"` gathers a day into one report with spend, forecast and top movers."""
    daemon = days.start("08:00", hour=6)
    days.spend("w-7", 5, ago=timedelta(days=8))
    days.spend("w-1", 8.5)
    days.spend("w-1", 2)
    days.spend("w-2", 9, model="claude-sonnet-5")
    alerts = until(lambda: daemon.http("/v1/alerts").json["alerts"], "alerts fire")
    assert {alert["split"]["worker"] for alert in alerts} == {"w-1", "w-2"}
    days.set(7, 59)
    assert not days.slack.messages, "before its time"
    days.set(8)
    said = text(days.digest(1))
    for wanted in ("w-1", "w-2", "worker-day", "fleet-month", "claude-opus-5", "claude-sonnet-5", "$19.50"):
        assert wanted in said, f"{wanted} is not in {said}"
    for part in ("spend", "budgets", "forecast", "workers", "models", "paused", "week before"):
        assert part in said.lower(), f"nothing of {part} in {said}"
    days.nothing_comes(9, "a second one of the same day")
    daemon.restart()
    days.nothing_comes(23, "a second one of the same day")


def test_a_digest_comes_on_quiet_days_and_says_nothing_of_yesterday(days: Days) -> None:
    """One a day, with or without alerts, also when the daemon was not there at the time."""
    daemon = days.start("08:00", hour=6)
    days.spend("w-1", 10)
    days.set(8)
    first = days.digest(1)
    assert "w-1" in text(first)
    days.nothing_comes(9, "a second one of the same day")
    days.set(8, days=1)
    second = days.digest(2)
    assert "reached" not in text(second), "what was told yesterday is told again"
    days.nothing_comes(9, "a second one of the same day")
    daemon.stop()
    days.set(10, days=1)
    daemon.start()
    third = days.digest(3)
    assert len({first.id, second.id, third.id}) == 3
    days.nothing_comes(11, "a second one of the same day")
    daemon.restart()
    days.nothing_comes(12, "a second one of the same day")


def test_an_alert_after_the_digest_waits_for_the_next(days: Days) -> None:
    days.start("08:00", hour=7)
    days.set(8)
    assert "w-1" not in text(days.digest(1))
    days.spend("w-1", 10)
    days.nothing_comes(9, "an alert that a digest gathers was told at once")
    days.set(8, days=1)
    assert "w-1" in text(days.digest(2))


def test_a_weekly_digest_comes_on_its_day(days: Days) -> None:
    days.today += timedelta(days=(0 - days.today.weekday()) % 7)  # a Monday
    days.start("mon 08:00", hour=6)
    days.spend("w-1", 10)
    days.set(8)
    assert "w-1" in text(days.digest(1))
    days.spend("w-2", 10)
    days.nothing_comes(9, "a second one of the same day")
    days.today += timedelta(days=1)
    days.nothing_comes(9, "on another day")
    days.set(8, days=6)
    said = text(days.digest(2))
    assert "w-2" in said and days.today.weekday() == 0


def test_a_clock_that_is_set_back_sends_no_digest_before_its_time(days: Days) -> None:
    """faults.md, clock: an hour back. One digest for the day all the same."""
    days.start("08:00", hour=6)
    days.spend("w-1", 10)
    days.nothing_comes(5, "before its time, by either clock")
    days.set(8)
    assert "w-1" in text(days.digest(1))
    days.nothing_comes(9, "a second one of the same day")
    days.nothing_comes(7, "before its time, by either clock")
    days.nothing_comes(10, "a second one of the same day")


def test_a_message_that_was_not_taken_is_the_same_digest_later(days: Days) -> None:
    """A digest is delivered as any message is: with one id, until it arrives."""
    daemon = days.start("08:00", hour=6)
    days.slack.script(Answer(503))
    days.spend("w-1", 10)
    days.set(8)
    days.slack.wait_for(1)
    daemon.kill9()
    days.set(8, 5)
    daemon.start()
    first, second = days.slack.wait_for(2)
    assert first.id == second.id and text(first).splitlines()[0] == text(second).splitlines()[0]
