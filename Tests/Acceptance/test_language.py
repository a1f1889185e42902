"""The policy language seen from outside: what is written in a file decides, tells, and explains itself."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from daemon import Daemon
from fake_slack import FakeSlack
from place import Place
from waiting import noon_zone, now, rfc3339, until

HEAD = """
version: 1
timezone: ZONE
notifications: { group_wait: 0s, group_interval: 0s }
receivers:
  ops: { slack: { webhook_url: "WEBHOOK" }, allow_private: true }
"""


class Fleet:
    """A daemon under a policy that begins with HEAD, and what happens in it."""

    def __init__(self, place: Place, slack: FakeSlack) -> None:
        self.place = place
        self.slack = slack
        self.records = 0

    def write(self, rest: str, name: str = "policy.yaml", head: str = HEAD) -> None:
        text = (head + rest).replace("WEBHOOK", self.slack.url).replace("ZONE", noon_zone())
        self.place.policy(text, name)

    def start(self, rest: str) -> Daemon:
        self.write(rest)
        self.daemon = self.place.start()
        return self.daemon

    def spend(self, cost: float = 0, **fields: Any) -> None:
        self.records += 1
        record = {"id": f"call-{self.records}", "worker": "w-1", "model": "claude-opus-5", "cost_usd": cost} | fields
        if record["cost_usd"] is None:
            del record["cost_usd"]
        reply = self.daemon.record(record)
        assert reply["accepted"] == 1, reply

    def texts(self) -> list[str]:
        return [message.text for message in self.slack.messages]


@pytest.fixture
def fleet(place: Place, slack: FakeSlack) -> Fleet:
    return Fleet(place, slack)


# --- What thresholds do -----------------------------------------------------------------------------------------------


def test_a_downgrade_names_the_model_to_use_instead(fleet: Fleet) -> None:
    """Issue: `downgrade`; the decision names the model; models the map says nothing of go on."""
    daemon = fleet.start("""
models: { cheaper: { "claude-opus-*": claude-sonnet-5, "claude-sonnet-*": claude-haiku-4-5 } }
budgets:
  - { name: day, limit_usd: 10, per: fleet, window: day, at: { 90%: { downgrade: cheaper }, 100%: { pause: until_reset } } }
""")
    fleet.spend(9)
    reply = daemon.check(model="claude-opus-5")
    assert (reply["decision"], reply["model"]) == ("throttle", "claude-sonnet-5")
    assert daemon.check(model="us.anthropic.claude-opus-5")["model"] == "claude-sonnet-5"
    assert daemon.check(model="claude-sonnet-5")["model"] == "claude-haiku-4-5"
    assert daemon.check(model="claude-haiku-4-5")["decision"] == "allow"
    run = fleet.place.governor("check", "--model", "claude-opus-5")
    assert run.returncode == 75 and "claude-sonnet-5" in run.stdout
    fleet.spend(1)
    assert daemon.check(model="claude-opus-5")["decision"] == "pause", "the strictest wins"


def test_a_pause_until_resumed_waits_for_an_operator(fleet: Fleet) -> None:
    """Contract: no new work until an operator says so, also over a restart and a changed file; then no second time."""
    daemon = fleet.start("""
budgets:
  - { name: hour, limit_usd: 1, per: worker, window: hour, at: { 100%: { notify: [ops], pause: until_resumed } } }
""")
    fleet.spend(1)
    fleet.spend(1, worker="w-2")
    reply = daemon.check(worker="w-1")
    assert reply["decision"] == "pause" and "resume_at" not in reply
    assert "governor resume --worker w-1" in "".join(text for text in until(fleet.texts, "it is told"))
    daemon.restart()
    assert daemon.check(worker="w-1")["decision"] == "pause"
    run = fleet.place.governor("resume", "--worker", "w-1")
    assert run.returncode == 0 and "w-1" in run.stdout and "w-2" not in run.stdout, run.stderr
    assert daemon.check(worker="w-1")["decision"] == "allow"
    assert daemon.check(worker="w-2")["decision"] == "pause"
    fleet.spend(1)
    assert daemon.check(worker="w-1")["decision"] == "allow", "the same crossing pauses once"
    assert fleet.place.governor("resume").returncode == 64, "whose pause must be said"


def test_observe_decides_and_tells_but_never_blocks(fleet: Fleet) -> None:
    """Issue: `mode: observe` at every level, `would` in decisions."""
    daemon = fleet.start("""
budgets:
  - { name: trial, limit_usd: 1, per: worker, window: day, mode: observe, at: { 100%: { notify: [ops], pause: until_reset } } }
  - { name: real, limit_usd: 3, per: worker, window: day, at: { 100%: { throttle: { max_workers: 2 } } } }
rules:
  - { name: streak, when: errors, per: worker, count: 2, within: 10m, mode: observe, then: { pause: 15m } }
""")
    fleet.spend(1)
    reply = daemon.check(worker="w-1")
    assert (reply["decision"], reply["would"], reply["reasons"]) == ("allow", "pause", [])
    assert [each["budget"] for each in reply["would_reasons"]] == ["trial"]
    [text] = until(fleet.texts, "it is told all the same")
    assert "only observes" in text and "would have paused" in text
    assert daemon.status()["paused"] == []
    fleet.spend(2)
    reply = daemon.check(worker="w-1")
    assert (reply["decision"], reply["would"], reply["max_workers"]) == ("throttle", "pause", 2)
    for _ in range(2):
        fleet.spend(0, worker="w-2", outcome="error", error_kind="overloaded")
    assert daemon.check(worker="w-2") | {"as_of": 0} == daemon.check(worker="w-2") | {"as_of": 0}
    assert daemon.check(worker="w-2")["would"] == "pause"


def test_outside_its_hours_a_budget_neither_counts_nor_decides(fleet: Fleet) -> None:
    """Contract: `during`. It is about noon in the policy's zone."""
    daemon = fleet.start("""
schedules:
  by_day: { from: "08:00", to: "16:00" }
  by_night: { from: "22:00", to: "06:00" }
budgets:
  - { name: day-purse, limit_usd: 1, per: fleet, window: day, during: by_day, at: { 100%: { pause: until_reset } } }
  - { name: night-purse, limit_usd: 1, per: fleet, window: day, during: by_night, at: { 100%: { pause: until_reset } } }
""")
    fleet.spend(1)
    reply = daemon.check()
    assert [each["budget"] for each in reply["reasons"]] == ["day-purse"]
    ends = datetime.fromisoformat(reply["resume_at"])
    assert (ends.hour, ends.minute) == (16, 0), "when the shift ends it decides no more"
    assert daemon.spent("day-purse") == 1 and daemon.spent("night-purse") == 0
    midnight = now() - timedelta(hours=11)
    fleet.spend(1, time=rfc3339(midnight))
    assert daemon.spent("day-purse") == 1 and daemon.spent("night-purse") == 1
    assert [each["budget"] for each in daemon.check()["reasons"]] == ["day-purse"]


def test_a_block_begins_with_its_first_use(fleet: Fleet) -> None:
    """Contract: block 5 h from first use."""
    daemon = fleet.start("""
budgets:
  - { name: block, limit_usd: 2, per: user, window: block 5h, at: { 100%: { pause: until_reset } } }
""")
    begin = now() - timedelta(hours=2)
    fleet.spend(1, user="ada", time=rfc3339(begin))
    fleet.spend(1, user="ada")
    reply = daemon.check(user="ada")
    assert reply["decision"] == "pause"
    ends = datetime.fromisoformat(reply["resume_at"]) - begin
    assert abs(ends - timedelta(hours=5)) < timedelta(seconds=1)
    daemon.restart()
    assert daemon.check(user="ada")["resume_at"] == reply["resume_at"]


# --- Rules ------------------------------------------------------------------------------------------------------------


def test_a_streak_of_errors_rests_the_worker(fleet: Fleet) -> None:
    """Issue: `errors` (consecutive, by kind), pause of a rule, told once."""
    daemon = fleet.start("""
rules:
  - { name: streak, when: errors, per: worker, count: 3, within: 10m, then: { notify: [ops], pause: 15m } }
""")
    for kind in ("rate_limit", "overloaded"):
        fleet.spend(0, outcome="error", error_kind=kind)
    fleet.spend(0.1)
    for kind in ("rate_limit", "rate_limit"):
        fleet.spend(0, outcome="error", error_kind=kind)
    assert daemon.check(worker="w-1")["decision"] == "allow", "a success between them ends a streak"
    before = now()
    fleet.spend(0, outcome="error", error_kind="overloaded")
    reply = daemon.check(worker="w-1")
    assert reply["decision"] == "pause" and reply["reasons"][0]["rule"] == "streak"
    assert "2 rate_limit, 1 overloaded" in reply["reasons"][0]["text"]
    ends = datetime.fromisoformat(reply["resume_at"]) - before
    assert timedelta(minutes=14, seconds=55) < ends < timedelta(minutes=15, seconds=5)
    assert daemon.check(worker="w-2")["decision"] == "allow"
    [pause] = daemon.status()["paused"]
    assert pause["rule"] == "streak" and pause["labels"] == {"worker": "w-1"}
    daemon.restart()
    assert daemon.check(worker="w-1")["decision"] == "pause"
    [text] = until(fleet.texts, "it is told")
    assert "streak" in text and "w-1" in text
    [alert] = daemon.http("/v1/alerts").json["alerts"]
    assert (alert["kind"], alert["rule"], alert["state"], alert["name"]) == ("rule", "streak", "firing", "streak")


def test_an_unpriced_model_is_told_and_booked_at_the_named_price(fleet: Fleet) -> None:
    """Issue: `unpriced_model`, `price_as`; unknown is never zero."""
    daemon = fleet.start("""
rules:
  - { name: unknown, when: unpriced_model, then: { notify: [ops], price_as: claude-haiku-4-5 } }
budgets:
  - { name: day, limit_usd: 100, per: fleet, window: day, at: { 100%: { pause: until_reset } } }
""")
    fleet.spend(None, model="claude-zebra-9", input_tokens=1_000_000)
    fleet.spend(None, model="claude-haiku-4-5", input_tokens=1_000_000)
    total = daemon.spent("day")
    assert total > 0 and total % 2 == 0 or total * 10 % 2 == 0, "both cost the same"
    [text] = until(fleet.texts, "it is told")
    assert "claude-zebra-9" in text and "no price" in text
    assert daemon.status()["unpriced_calls"] == 1


def test_a_hot_worker_is_slowed_and_let_go(fleet: Fleet) -> None:
    """Issue: `burn_rate`, `for`, `keep_firing_for`; it resolves when the condition clears."""
    daemon = fleet.start("""
rules:
  - { name: hot, when: burn_rate, per: worker, over: 3s, above_usd_per_hour: 100, for: 1s, keep_firing_for: 1s, then: { notify: [ops], throttle: { delay: 60s } } }
""")
    fleet.spend(5)
    assert daemon.check(worker="w-1")["decision"] == "allow", "it must hold for a second first"
    reply = until(lambda: daemon.check(worker="w-1") if daemon.check(worker="w-1")["decision"] != "allow" else None,
                  "the worker is slowed")
    assert (reply["decision"], reply["delay_s"], reply["reasons"][0]["rule"]) == ("throttle", 60, "hot")
    until(lambda: daemon.check(worker="w-1")["decision"] == "allow", "it is over")
    [firing, resolved] = until(lambda: fleet.texts() if len(fleet.texts()) == 2 else None, "both are told")
    assert "spends" in firing and "no longer holds" in resolved


def test_a_silent_source_is_told(fleet: Fleet) -> None:
    """Issue: `no_data`: a source gone silent."""
    daemon = fleet.start("""
rules:
  - { name: quiet, when: no_data, per: source, for: 30m, then: { notify: [ops] } }
""")
    fleet.spend(1, source="push", time=rfc3339(now() - timedelta(hours=1)))
    [text] = until(fleet.texts, "it is told", within=75)
    assert "quiet" in text and "nothing from push" in text
    fleet.spend(1, source="push")
    alerts = daemon.http("/v1/alerts").json["alerts"]
    assert [each["name"] for each in alerts] == ["quiet"]


# --- Overrides and silences -------------------------------------------------------------------------------------------


def test_an_override_changes_the_limit_for_a_while(fleet: Fleet) -> None:
    """Issue: overrides; a raised limit arms its thresholds again; its end is known and shown."""
    rest = """
budgets:
  - { name: day, limit_usd: 1, per: fleet, window: day, at: { 100%: { notify: [ops], pause: until_reset } } }
"""
    daemon = fleet.start(rest)
    fleet.spend(1)
    assert daemon.check()["decision"] == "pause"
    ends = now() + timedelta(seconds=6)
    fleet.write(rest + f"""
overrides:
  - {{ budget: day, limit_usd: 5, until: "{rfc3339(ends)}", reason: release week, by: ada@example.com }}
""")
    until(lambda: daemon.check()["decision"] == "allow", "the override is in force", within=5)
    account = daemon.account("day")
    assert account and account["limit_usd"] == 5 and account["override"]["reason"] == "release week"
    until(lambda: daemon.check()["decision"] == "pause", "the override is over")
    assert now() >= ends - timedelta(milliseconds=50)
    until(lambda: len([text for text in fleet.texts() if "reached 100%" in text]) == 2, "a changed limit tells anew")
    account = daemon.account("day")
    assert account and account["limit_usd"] == 1 and "override" not in account


def test_a_silence_mutes_messages_and_nothing_else(fleet: Fleet) -> None:
    """Issue: silences mute notifications only, never limits; the alert is recorded."""
    daemon = fleet.start("""
budgets:
  - { name: day, limit_usd: 1, per: worker, window: day, at: { 100%: { notify: [ops], pause: until_reset } } }
silences:
  - { match: { budget: day, worker: "loadtest-*" }, until: "2099-01-01T00:00:00Z", reason: load test, by: ada@example.com }
""")
    fleet.spend(1, worker="loadtest-1")
    assert daemon.check(worker="loadtest-1")["decision"] == "pause"
    fleet.spend(1, worker="w-1")
    [text] = until(fleet.texts, "the other is told")
    assert "w-1" in text and "loadtest" not in text
    silenced = {each["split"]["worker"]: each["silenced"] for each in daemon.http("/v1/alerts").json["alerts"]}
    assert silenced == {"loadtest-1": True, "w-1": False}


# --- Files ------------------------------------------------------------------------------------------------------------


def test_an_error_in_a_file_is_an_alert_and_its_repair_resolves_it(fleet: Fleet) -> None:
    """Issue: an error in one file keeps the whole old policy, is an alert, and is in `status`."""
    good = """
budgets:
  - { name: day, limit_usd: 1, per: fleet, window: day, at: { 100%: { pause: until_reset } } }
"""
    daemon = fleet.start(good)
    fleet.write("\nbudgets: [ { name: other, limit_usd: much } ]\n", "more.yaml", head="version: 1")
    until(lambda: daemon.status().get("policy_error"), "status shows it")
    [text] = until(fleet.texts, "it is told")
    assert "more.yaml:2:" in text and "kept the policy" in text
    fleet.write("\nbudgets: [ { name: other, limit_usd: more } ]\n", "more.yaml", head="version: 1")
    run = fleet.place.governor("policy", "reload")
    assert run.returncode == 65 and "more.yaml" in run.stderr
    assert len(fleet.texts()) == 1, "still wrong is no news"
    fleet.spend(1)
    assert daemon.check()["decision"] == "pause", "the old policy stays"
    (fleet.place.policies / "more.yaml").unlink()
    assert fleet.place.governor("policy", "reload").returncode == 0
    texts = until(lambda: fleet.texts() if len(fleet.texts()) == 2 else None, "its repair is told")
    assert "valid again" in texts[1]
    assert not daemon.status().get("policy_error")


def test_editing_never_forgets_spend(fleet: Fleet) -> None:
    """Issue: adding, changing, renaming or removing a budget derives its accounts from the ledger, also for windows
    that began before it existed."""
    rest = """
budgets:
  - { name: one, limit_usd: 100, per: fleet, window: lifetime, at: { 100%: { stop: true } } }
"""
    daemon = fleet.start(rest)
    fleet.spend(1, time=rfc3339(now() - timedelta(days=3)))
    fleet.spend(2, model="claude-haiku-4-5")
    fleet.spend(4, worker="w-2", time=rfc3339(now() - timedelta(minutes=20)))
    fleet.write("""
budgets:
  - { name: renamed, limit_usd: 100, per: fleet, window: lifetime, at: { 100%: { stop: true } } }
  - { name: mine, limit_usd: 9, per: worker, window: lifetime, at: { 100%: { stop: true } } }
  - { name: opus, limit_usd: 9, per: fleet, window: rolling 7d, match: { model: "claude-opus-*" }, at: { 50%: { throttle: { delay: 9s } } } }
  - { name: hour, limit_usd: 9, per: fleet, window: rolling 1h, at: { 100%: { pause: 5m } } }
  - { name: block, limit_usd: 6, per: fleet, window: block 5h, at: { 100%: { pause: until_reset } } }
""")
    until(lambda: daemon.account("renamed"), "the edited policy is in force")
    assert {name: daemon.spent(name) for name in ("renamed", "opus", "hour", "block")} == {
        "renamed": 7, "opus": 5, "hour": 6, "block": 6}
    assert daemon.spent("mine", worker="w-1") == 3 and daemon.spent("mine", worker="w-2") == 4
    assert daemon.account("one") is None
    assert [each["budget"] for each in daemon.check(worker="w-1", model="claude-opus-5")["reasons"]][0] == "block"


# --- Explaining -------------------------------------------------------------------------------------------------------


def test_explain_shows_what_applies_and_what_comes_next(fleet: Fleet) -> None:
    """Issue: `policy explain`: every budget that applies, spent, held, left, what would happen next."""
    daemon = fleet.start("""
budgets:
  - { name: worker-day, limit_usd: 10, per: worker, window: day, at: { 80%: { notify: [ops] }, 100%: { pause: until_reset } } }
  - { name: haiku, limit_usd: 10, per: fleet, window: day, match: { model: "claude-haiku-*" }, at: { 100%: { pause: until_reset } } }
rules:
  - { name: streak, when: errors, per: worker, count: 3, within: 10m, then: { notify: [ops], pause: 15m } }
""")
    fleet.spend(8.5)
    run = fleet.place.governor("policy", "explain", "--worker", "w-1", "--model", "claude-opus-5")
    assert run.returncode == 0, run.stderr
    assert "w-1 has spent $8.50 of $10.00 today" in run.stdout and "$1.50 left" in run.stdout
    assert "pause it until midnight" in run.stdout and "tell ops" in run.stdout
    assert "haiku" in run.stdout.split("Not about this work")[1] and "claude-haiku-*" in run.stdout
    reply = daemon.ask(op="explain", worker="w-1", model="claude-opus-5")
    assert reply["check"]["decision"] == "allow"
    first = reply["items"][0]
    assert (first["budget"], first["applies"], first["remaining_usd"]) == ("worker-day", True, Decimal("1.5"))
    assert [(each["threshold"], each["at_usd"], each["firing"]) for each in first["next"]] == [
        ("80%", 8, True), ("100%", 10, False)]
    assert [each.get("rule") for each in reply["items"]][-1] == "streak"
    over_http = daemon.http("/v1/explain", "POST", b'{"worker":"w-1"}', {"content-type": "application/json"})
    assert over_http.status == 200 and over_http.json["items"][1]["applies"] is False
