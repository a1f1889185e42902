"""An operator's own pause: whom it holds back, for how long, and that nothing but its end or a resume ends it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from daemon import Daemon
from place import Place
from purse import hold, purse, reserve, settle, usd
from settable_clock import HOUR, SettableClock
from waiting import noon_zone, now, rfc3339, until
from wires import Wire

POLICY = """
version: 1
timezone: ZONE
budgets:
  - { name: worker-life, limit_usd: 10, per: worker, window: lifetime, at: { 100%: { stop: true } } }
  - { name: red-day, limit_usd: 9, per: team, window: day, match: { team: red }, at: { 100%: { pause: until_reset } } }
  - name: red-hour
    limit_usd: 9
    per: team
    window: hour
    match: { team: red }
    at: { 100%: { pause: until_reset } }
"""


def pause(daemon: Daemon, **fields: Any) -> dict[str, Any]:
    reply = daemon.ask(op="pause", **{"reason": "release week", "by": "ada", **fields})["pause"]
    assert isinstance(reply, dict)
    return reply


def decision(daemon: Daemon, **labels: Any) -> str:
    return str(daemon.check(**labels)["decision"])


def operators(daemon: Daemon) -> list[dict[str, Any]]:
    """Operators' pauses that are in force."""
    return [each for each in daemon.status()["paused"] if each["by"] == "operator"]


# --- Over each wire ---------------------------------------------------------------------------------------------------


def test_an_operator_pauses_and_resumes(wire: Wire, ready: Daemon) -> None:
    """Contract: `pause` by labels, `reason` and `by`; the decision says who paused it and why; `resume` ends it."""
    before = now()
    made = wire.ask("pause", id=1, worker="w-1", reason="it loops", by="ada")
    assert made["id"] == 1
    told = dict(made["pause"])
    since = datetime.fromisoformat(told.pop("since"))
    assert told == {"by": "operator", "operator": "ada", "labels": {"worker": "w-1"}, "reason": "it loops"}
    assert abs(since - before) < timedelta(seconds=5)

    reply = wire.ask("check", worker="w-1")
    assert reply["decision"] == "pause" and "resume_at" not in reply and "stop" not in reply
    [reason] = reply["reasons"]
    assert (reason["operator"], reason["split"]) == ("ada", {"worker": "w-1"}) and "resumes_at" not in reason
    assert reason["text"].startswith("paused by ada: it loops")
    assert wire.ask("reserve", key="gh-1/1", worker="w-1", estimate_usd=1)["decision"] == "pause"
    assert wire.ask("check", worker="w-2")["decision"] == "allow"
    assert wire.ask("status")["paused"] == [made["pause"]]

    ended = wire.ask("resume", worker="w-1", by="grace")
    assert (ended["resumed"], ended["alerts"]) == (1, [])
    assert [each["reason"] for each in ended["pauses"]] == ["it loops"]
    assert wire.ask("check", worker="w-1")["decision"] == "allow"
    assert wire.ask("reserve", key="gh-1/1", worker="w-1", estimate_usd=1)["decision"] == "allow", "the same key"
    assert wire.ask("status")["paused"] == []
    assert wire.ask("resume", worker="w-1")["resumed"] == 0


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"by": "ada"}, "reason"),
        ({"reason": "r"}, "by"),
        ({"reason": "", "by": "ada"}, "reason"),
        ({"reason": "r", "by": 7}, "by"),
        ({"reason": "r", "by": "ada", "until": "soon"}, "until"),
        ({"reason": "r", "by": "ada", "until": 7}, "until"),
        ({"reason": "r", "by": "ada", "until": "2001-01-01T00:00:00Z"}, "until"),
        ({"reason": "r", "by": "ada", "team": "blue", "until": "until_reset"}, "until"),
        ({"reason": "r", "by": "ada", "stop": "yes"}, "stop"),
    ],
    ids=["no reason", "no name", "empty reason", "a number for a name", "no time", "a number for a time", "a time past",
         "nothing that resets", "no bool"])
def test_a_pause_that_makes_no_sense_pauses_nobody(ready: Daemon, fields: dict[str, Any], field: str) -> None:
    """Contract: a clear error with the field at fault."""
    with ready.control() as control:
        error = control.ask(op="pause", **fields)["error"]
    assert (error["code"], error.get("field")) == ("bad_request", field)
    assert operators(ready) == [] and decision(ready, worker="w-1", team="blue") == "allow"


# --- Whom -------------------------------------------------------------------------------------------------------------


def test_labels_narrow_a_pause(ready: Daemon) -> None:
    """Contract: several labels are AND, as in a policy's `match`; tags are labels too."""
    pause(ready, worker="w-1", model="claude-opus-5", tags={"env": "prod"})
    whole = {"worker": "w-1", "model": "claude-opus-5", "tags": {"env": "prod"}}
    assert decision(ready, **whole) == "pause"
    for change in ({"worker": "w-2"}, {"model": "claude-haiku-4-5"}, {"tags": {"env": "test"}}):
        assert decision(ready, **{**whole, **change}) == "allow", change


def test_globs_and_the_whole_fleet(ready: Daemon) -> None:
    """Contract: values may be globs; no label at all is everybody."""
    pause(ready, worker="loadtest-*")
    assert decision(ready, worker="loadtest-7") == "pause"
    assert decision(ready, worker="w-1") == "allow"
    pause(ready, reason="the card is blocked")
    for labels in ({"worker": "w-1"}, {"team": "blue", "model": "claude-opus-5"}, {}):
        assert decision(ready, **labels) == "pause"
    reply = ready.check(worker="loadtest-7")
    assert sorted(reason["text"].split(":")[1].split(";")[0].strip() for reason in reply["reasons"]) == [
        "release week", "the card is blocked"]


def test_a_resume_ends_what_has_just_these_labels(ready: Daemon) -> None:
    """Contract: every label given must equal the pause's own; none ends all."""
    pause(ready, worker="w-*")
    pause(ready, worker="w-1")
    pause(ready, worker="w-1", model="claude-opus-5")
    assert ready.ask(op="resume", worker="w-2")["resumed"] == 0, "the glob is not this worker's own pause"
    assert ready.ask(op="resume", worker="w-*")["resumed"] == 1
    assert decision(ready, worker="w-2") == "allow" and decision(ready, worker="w-1") == "pause"
    ended = ready.ask(op="resume", model="claude-opus-5")
    assert [each["labels"] for each in ended["pauses"]] == [{"worker": "w-1", "model": "claude-opus-5"}]
    assert decision(ready, worker="w-1") == "pause"
    pause(ready)
    assert ready.ask(op="resume")["resumed"] == 2
    assert decision(ready, worker="w-1") == "allow" and operators(ready) == []


def test_a_second_pause_of_the_same_labels_replaces_the_first(ready: Daemon) -> None:
    """Contract: so that an operator can change the reason or the end."""
    pause(ready, worker="w-1", stop=True)
    pause(ready, worker="w-1", reason="lunch", by="grace", until="90m")
    [told] = operators(ready)
    assert (told["operator"], told["reason"], "stop" in told) == ("grace", "lunch", False)
    assert abs(datetime.fromisoformat(told["until"]) - now() - timedelta(minutes=90)) < timedelta(seconds=5)
    assert ready.ask(op="resume", worker="w-1")["resumed"] == 1
    assert decision(ready, worker="w-1") == "allow"


# --- For how long -----------------------------------------------------------------------------------------------------


def test_a_pause_ends_at_its_time(ready: Daemon) -> None:
    """Contract: `until` a time or a duration; the decision says when it may go on, and then it may."""
    ends = now() + timedelta(seconds=1)
    pause(ready, worker="w-1", until=rfc3339(ends))
    pause(ready, worker="w-2", until="1s")
    reply = ready.check(worker="w-1")
    assert abs(datetime.fromisoformat(reply["resume_at"]) - ends) < timedelta(milliseconds=2)
    assert reply["reasons"][0]["resumes_at"] == reply["resume_at"] and 0 < reply["retry_after_s"] <= 2
    until(lambda: decision(ready, worker="w-1") == "allow", "the first is over", within=5)
    assert now() >= ends - timedelta(milliseconds=2)
    until(lambda: decision(ready, worker="w-2") == "allow", "the second is over", within=5)
    assert operators(ready) == []


def test_several_pauses_last_until_the_last_of_them(ready: Daemon) -> None:
    """Contract: `resume_at` is when all that holds it back is over; absent when nobody can say."""
    pause(ready, worker="w-1", until="10m")
    pause(ready, worker="w-*", until="2h")
    reply = ready.check(worker="w-1")
    assert len(reply["reasons"]) == 2
    assert abs(datetime.fromisoformat(reply["resume_at"]) - now() - timedelta(hours=2)) < timedelta(seconds=5)
    pause(ready)
    assert "resume_at" not in ready.check(worker="w-1")


def test_until_reset_is_the_next_reset_of_a_budget_that_covers_it(ready: Daemon) -> None:
    """Contract: of the calendar and block budgets that cover the labels, the one that resets next."""
    told = pause(ready, team="red", until="until_reset")
    ready.record({"id": "a", "worker": "w-1", "team": "red", "cost_usd": 0.01})
    account = ready.account("red-hour", team="red")
    assert account is not None
    assert datetime.fromisoformat(told["until"]) == datetime.fromisoformat(account["resets_at"])
    reply = ready.check(team="red", worker="w-1")
    assert (reply["decision"], reply["resume_at"]) == ("pause", account["resets_at"])


def test_a_reset_does_not_end_what_waits_for_somebody(place: Place, clock: SettableClock) -> None:
    """Contract: until_resumed, the default, has no end; a duration ends by the daemon's clock."""
    place.policy(POLICY.replace("ZONE", noon_zone()))
    daemon = place.start()
    pause(daemon, team="red")
    pause(daemon, team="blue", until="2h")
    clock.set(2 * HOUR + 60)
    until(lambda: decision(daemon, team="blue") == "allow", "the duration is over")
    assert decision(daemon, team="red") == "pause"
    assert [each["labels"] for each in operators(daemon)] == [{"team": "red"}]


# --- Running work -----------------------------------------------------------------------------------------------------


def test_running_work_is_told_only_when_it_must_stop(ready: Daemon) -> None:
    """Contract: a pause holds back new work and lets running work finish; with `stop` running work must end too."""
    name = hold(ready, "gh-1/1")
    pause(ready, worker="w-1")
    for reply in (ready.check(worker="w-1", running=True), ready.ask(op="extend", reservation=name)):
        assert reply["decision"] == "pause" and not reply.get("stop")
    told = pause(ready, worker="w-1", stop=True)
    assert told["stop"] is True
    for reply in (
        ready.check(worker="w-1", running=True), ready.check(worker="w-1", reservation=name), ready.check(worker="w-1"),
        ready.ask(op="extend", reservation=name),
    ):
        assert (reply["decision"], reply["stop"]) == ("pause", True)
        assert reply["reasons"][0]["operator"] == "ada"


def test_a_pause_leaves_the_holds_of_running_work_alone(ready: Daemon) -> None:
    """What was admitted is charged and settled as if nothing had happened; only new work is refused."""
    name = reserve(ready, "gh-1/1", 2)["reservation"]
    pause(ready, worker="w-1", stop=True)
    assert purse(ready) == usd("0", "2")
    before = reserve(ready, "gh-1/1", 2)
    assert before["reservation"] == name, "the stored answer of what was let through before"
    extended = ready.ask(op="extend", reservation=name, ttl_s=86_400)
    assert datetime.fromisoformat(extended["expires_at"]) > now() + timedelta(hours=23)
    assert settle(ready, name, "0.5") == usd("0.5", "1.5", "0")


def test_raising_an_estimate_is_refused_while_paused(ready: Daemon) -> None:
    """Contract: a higher estimate is admitted like a new hold, and new work is held back."""
    name = hold(ready, "gh-1/1", 2)
    pause(ready, worker="w-1")
    reply = ready.ask(op="extend", reservation=name, estimate_usd=3)
    assert (reply["decision"], reply["held_usd"]) == ("pause", 2)
    assert purse(ready) == usd("0", "2")


# --- It survives ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["restart", "kill9"])
def test_a_pause_survives(ready: Daemon, how: str) -> None:
    """Contract: survives a restart; what ended meanwhile has ended, what was resumed stays resumed."""
    pause(ready, worker="w-1", reason="it loops", stop=True)
    pause(ready, worker="w-2", until="2h")
    short = pause(ready, worker="w-3", until="1s")
    pause(ready, worker="w-4")
    ready.ask(op="resume", worker="w-4")
    before = [each for each in operators(ready) if each["labels"] != {"worker": "w-3"}]
    ready.stop() if how == "restart" else ready.kill9()
    until(lambda: now() > datetime.fromisoformat(short["until"]), "the third pause is over")
    ready.start()
    assert operators(ready) == before and len(before) == 2
    reply = ready.check(worker="w-1")
    assert (reply["decision"], reply["stop"]) == ("pause", True)
    assert reply["reasons"][0]["text"].startswith("paused by ada: it loops")
    assert [decision(ready, worker=f"w-{number}") for number in (2, 3, 4)] == ["pause", "allow", "allow"]


def test_a_pause_is_no_part_of_the_policy(place: Place, ready: Daemon) -> None:
    """An edited policy, though nothing of the old one is left, leaves what an operator said in force."""
    pause(ready, worker="w-1")
    place.policy("version: 1\nbudgets:\n"
                 "  - { name: other, limit_usd: 1, per: fleet, window: lifetime, at: { 100%: { stop: true } } }\n")
    assert ready.ask(op="reload")["reloaded"]
    assert decision(ready, worker="w-1") == "pause"
    assert ready.ask(op="resume", worker="w-1")["resumed"] == 1


def test_a_resume_counts_alerts_and_pauses(place: Place) -> None:
    """Contract: `resumed` counts both: pauses of the policy that wait for somebody, and operators' own."""
    place.policy("""
version: 1
timezone: UTC
budgets:
  - { name: worker-life, limit_usd: 1, per: worker, window: lifetime, at: { 100%: { pause: until_resumed } } }
""")
    daemon = place.start()
    daemon.record({"id": "a", "worker": "w-1", "cost_usd": 1})
    pause(daemon, worker="w-1")
    assert {each["by"] for each in daemon.status()["paused"]} == {"policy", "operator"}
    assert len(daemon.check(worker="w-1")["reasons"]) == 2
    ended = daemon.ask(op="resume", worker="w-1", by="grace")
    assert (ended["resumed"], len(ended["alerts"]), len(ended["pauses"])) == (2, 1, 1)
    assert decision(daemon, worker="w-1") == "allow"
