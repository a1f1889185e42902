"""`governor alerts`: what fires and who was told, and acknowledging, silencing, testing and retrying."""

from __future__ import annotations

import json
import re
import threading
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from daemon import Daemon
from fake_daemon import FakeDaemon
from fake_slack import Answer, FakeSlack, Message
from place import Place
from scripted_daemon import ScriptedDaemon, refused
from settable_clock import SettableClock
from waiting import now, rfc3339, until
from wires import Wire

POLICY = """
version: 1
timezone: Europe/Warsaw
notifications: { group_wait: 0s, group_interval: 1s }
receivers:
  ops: { slack: { webhook_url: "WEBHOOK" }, allow_private: true }
  log: { log: {} }
  away: { slack: { webhook_url: "${GOVERNOR_NO_SUCH_HOOK:-}" } }
budgets:
  - name: worker-life
    limit_usd: LIMIT
    per: worker
    window: lifetime
    at: { 50%: { notify: [ops] }, 100%: { notify: [ops, away], stop: true } }
  - { name: other-life, limit_usd: 100, per: worker, window: lifetime, at: { 100%: { notify: [log] } } }
rules:
  - { name: hot-worker, when: burn_rate, per: worker, over: 15m, above_usd_per_hour: 1000, then: { notify: [log] } }
silences:
  - { match: { budget: other-life, worker: [w-8, "x-*"] }, until: "2099-01-01T00:00:00Z", reason: not in use }
"""

ID = re.compile(r"al_[0-9a-f]{16}")
NOBODY = "al_0123456789abcdef"


@pytest.fixture
def ready(place: Place, slack: FakeSlack) -> Daemon:
    write_policy(place, slack)
    return place.start()


def write_policy(place: Place, slack: FakeSlack, limit: int = 1, text: str = POLICY) -> None:
    place.policy(text.replace("WEBHOOK", slack.url).replace("LIMIT", str(limit)))


def parsed(place: Place, *arguments: str, code: int = 0) -> Any:
    run = place.governor("alerts", *arguments, "--json")
    assert run.returncode == code, run.stderr
    return json.loads(run.stdout, parse_float=Decimal)


def said(place: Place, *arguments: str, code: int = 0) -> str:
    """What a verb tells a person: on standard output when it did it, else on standard error."""
    run = place.governor("alerts", *arguments)
    assert run.returncode == code, (run.stdout, run.stderr)
    assert "\x1b" not in run.stdout + run.stderr
    return run.stderr if code else run.stdout


def cross(daemon: Daemon, worker: str) -> None:
    """Makes a worker reach its limit."""
    reply = daemon.record({"id": f"call of {worker}", "worker": worker, "model": "claude-opus-5", "cost_usd": 1})
    assert reply["accepted"] == 1, reply


def alert(place: Place, worker: str, name: str = "worker-life@100%") -> dict[str, Any]:
    """The one alert of this name about the worker."""
    alerts = parsed(place)["alerts"]
    found = [each for each in alerts if each["name"] == name and each["split"] == {"worker": worker}]
    assert len(found) == 1, alerts
    return dict(found[0])


def delivery(place: Place, worker: str, state: str, receiver: str = "ops") -> dict[str, Any]:
    """The message that tells a receiver of a worker's alert, once it is in this state."""
    def probe() -> list[dict[str, Any]]:
        deliveries = alert(place, worker)["deliveries"]
        return [each for each in deliveries if (each["receiver"], each["state"]) == (receiver, state)]

    return until(probe, f"the message about {worker} to {receiver} is {state}")[0]


def silence(place: Place, *arguments: str) -> dict[str, Any]:
    made = parsed(place, "silence", "add", *arguments, "--reason", "load test", "--by", "ada")
    assert set(made) == {"silence"}
    return dict(made["silence"])


def about(messages: list[Message], worker: str) -> list[Message]:
    return [message for message in messages if worker in message.text]


# --- The list ---------------------------------------------------------------------------------------------------------


def test_the_list_says_what_fires_and_who_was_told(place: Place, slack: FakeSlack, ready: Daemon) -> None:
    """Contract: state, severity, since when, name, who, what was done, who was told; in two lines of 100 columns."""
    assert said(place) == "No alerts.\n" and said(place, "--firing") == "Nothing fires.\n"
    cross(ready, "w-1")
    sent = delivery(place, "w-1", "sent")
    assert set(sent) == {"id", "receiver", "state", "attempts"}
    assert sent["attempts"] == 1 and sent["id"] == slack.messages[0].id

    told = alert(place, "w-1")
    assert {
        "id", "name", "kind", "budget", "split", "window", "threshold", "state", "severity", "fired_at", "silenced",
        "spent_usd", "limit_usd", "action", "text", "deliveries"} <= set(told)
    assert (told["kind"], told["state"], told["severity"]) == ("threshold", "firing", "critical")
    assert ID.fullmatch(told["id"]) and told["silenced"] is False and "acknowledged_by" not in told
    assert [each["receiver"] for each in told["deliveries"]] == ["ops"], "away is off, log was not named"
    assert alert(place, "w-1", "worker-life@50%")["deliveries"] == [], "the higher threshold was told"
    assert parsed(place, "--all") == parsed(place) == {"alerts": ready.http("/v1/alerts").json["alerts"]}

    lines = said(place).splitlines()
    assert lines[0].split() == ["STATE", "SEVERITY", "SINCE", "ALERT", "WHO"]
    since = told["fired_at"][:16].replace("T", " ")
    [at] = [number for number, line in enumerate(lines) if "worker-life@100%" in line]
    assert re.fullmatch(rf"firing +critical +{since} +worker-life@100% +w-1", lines[at])
    assert lines[at + 1].split("  ")[1:] == [told["id"], f"{told['action']}; ops: sent"]
    assert len(lines) == 1 + 2 * 2 and max(map(len, lines)) <= 100


def test_the_list_can_be_narrowed(place: Place, slack: FakeSlack, ready: Daemon) -> None:
    """Contract: by state, time, number and receiver; the newest first."""
    def names(*arguments: str) -> list[tuple[str, str]]:
        alerts = parsed(place, *arguments)["alerts"]
        return [(each["split"].get("worker", ""), each["name"]) for each in alerts]

    cross(ready, "w-1")
    slack.wait_for(1)
    between = rfc3339(now())
    cross(ready, "w-2")
    delivery(place, "w-2", "sent")
    both = {("w-1", "worker-life@100%"), ("w-1", "worker-life@50%"), ("w-2", "worker-life@100%"), (
        "w-2", "worker-life@50%")}
    assert set(names()) == both and len(names()) == 4
    assert [worker for worker, _ in names()] == ["w-2", "w-2", "w-1", "w-1"]
    assert names("--limit", "2") == names()[:2]
    assert "--limit" in said(place, "--limit", "2") and "--limit" not in said(place)
    assert {worker for worker, _ in names("--since", between)} == {"w-2"}
    assert set(names("--since", "1h")) == both == set(names("--since", "2020-01-01")) == set(names("--firing"))
    assert names("--since", rfc3339(now() + timedelta(hours=1))) == []
    assert names("--receiver", "ops") == [("w-2", "worker-life@100%"), ("w-1", "worker-life@100%")]
    assert names("--receiver", "log") == [] == names("--resolved")

    write_policy(place, slack, limit=10)
    assert ready.ask(op="reload")["reloaded"]
    until(lambda: names("--firing") == [], "the limit is another, so none fires")
    assert set(names("--resolved")) == both
    over = alert(place, "w-1")
    assert (over["state"], over["resolved_because"]) == ("resolved", "the limit changed")
    assert f"over {over['resolved_at'][:16].replace('T', ' ')}" in said(place, "--resolved")


@pytest.mark.parametrize(("arguments", "word"), [
    (["--since", "monday"], "since"), (["--limit", "0"], "limit"), (["--limit", "1001"], "limit"),
])
def test_a_list_that_makes_no_sense_is_a_usage_error(
    place: Place, ready: Daemon, arguments: list[str], word: str
) -> None:
    """Contract: 64, and the field that is wrong with what was expected and got."""
    error = said(place, *arguments, code=64)
    assert error.startswith(f"governor: {word} must be ") and f"{arguments[1]}" in error


# --- Why somebody was told --------------------------------------------------------------------------------------------


def test_an_explanation_tells_the_whole_story(place: Place, slack: FakeSlack, ready: Daemon) -> None:
    """Contract: every decision with its reason, every message with its attempts, and what comes next."""
    slack.script(Answer(503, b"later"))
    cross(ready, "w-1")
    slack.wait_for(2)
    sent = delivery(place, "w-1", "sent")
    told = alert(place, "w-1")
    story = parsed(place, "explain", told["id"])
    assert story["alert"] == told
    [firing] = [each for each in story["tellings"] if (each["receiver"], each["told"]) == ("ops", True)]
    assert {"receiver", "event", "at", "told", "reason", "text", "notification"} == set(firing)
    assert (firing["event"], firing["notification"]) == ("firing", sent["id"])
    off = [each for each in story["tellings"] if each["receiver"] == "away"]
    assert [(each["told"], each["reason"]) for each in off] == [(False, "receiver_off")]
    assert all("notification" not in each and each["text"].startswith("not told") for each in off)

    [message] = story["deliveries"]
    assert (message["id"], message["receiver"], message["state"]) == (sent["id"], "ops", "sent")
    assert datetime.fromisoformat(message["created_at"]) <= now()
    failed, delivered = message["attempts_made"]
    assert (failed["number"], failed["outcome"], failed["reason"]) == (1, "failed", "http_5xx")
    assert "503" in failed["text"]
    assert (delivered["number"], delivered["outcome"]) == (2, "delivered") and "reason" not in delivered
    assert datetime.fromisoformat(failed["at"]) < datetime.fromisoformat(delivered["at"])
    assert {each["receiver"] for each in story["outlook"]} >= {"ops"}
    assert all({"receiver", "reason", "text"} <= set(each) for each in story["outlook"])
    assert "/services/T0/B0/acceptance" not in json.dumps(story, default=str)

    text = said(place, "explain", told["id"])
    for part in (
        told["text"], told["id"], "$1.00 of $1.00", told["action"], "\nops\n", firing["text"], sent["id"],
        "attempt 1 failed: ", "(http_5xx)", "attempt 2 delivered", "\naway\n", off[0]["text"], "What comes next",
    ):
        assert part in text, part
    assert text.index("\nops\n") < text.index("attempt 1") < text.index("attempt 2") < text.index("What comes next")


def test_a_threshold_that_was_outranked_says_so(place: Place, slack: FakeSlack, ready: Daemon) -> None:
    """Contract: of several thresholds crossed at once the highest is told, and the others say why they were not."""
    cross(ready, "w-1")
    slack.wait_for(1)
    story = parsed(place, "explain", alert(place, "w-1", "worker-life@50%")["id"])
    assert [(each["receiver"], each["reason"]) for each in story["tellings"] if each["receiver"] == "ops"] == [
        ("ops", "outranked")]
    assert story["deliveries"] == []


def test_an_unknown_alert_exits_1(place: Place, ready: Daemon) -> None:
    for arguments in (["explain", NOBODY], ["ack", NOBODY], ["explain", "w-1"]):
        assert said(place, *arguments, code=1).startswith("governor: ")


# --- Acknowledging ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["restart", "kill9"])
def test_an_acknowledgement_is_kept(place: Place, slack: FakeSlack, ready: Daemon, how: str) -> None:
    """Contract: who knows of an alert is shown with it, also after a restart or a crash."""
    cross(ready, "w-1")
    delivery(place, "w-1", "sent")
    id = alert(place, "w-1")["id"]
    known = parsed(place, "ack", id, "--by", "ada")["alert"]
    assert (known["id"], known["acknowledged_by"], known["state"]) == (id, "ada", "firing")
    assert abs(datetime.fromisoformat(known["acknowledged_at"]) - now()) < timedelta(seconds=10)
    assert "; ops: sent; acknowledged by ada" in said(place)
    assert said(place, "ack", id, "--by", "grace").startswith("acknowledged by grace: worker-life: w-1 ")
    if how == "restart":
        ready.restart()
    else:
        ready.kill9()
        ready.start()
    again = alert(place, "w-1")
    assert (again["acknowledged_by"], again["state"]) == ("grace", "firing")
    assert "acknowledged by grace" in said(place, "explain", id)
    assert ready.check(worker="w-1")["decision"] == "pause", "limits hold all the same"


def test_what_is_over_cannot_be_acknowledged(place: Place, slack: FakeSlack, ready: Daemon) -> None:
    """Contract: `bad_request`."""
    cross(ready, "w-1")
    slack.wait_for(1)
    write_policy(place, slack, limit=10)
    assert ready.ask(op="reload")["reloaded"]
    until(lambda: alert(place, "w-1")["state"] == "resolved", "the limit is another")
    over = alert(place, "w-1")
    assert said(place, "ack", over["id"], code=64).startswith("governor: ")
    assert "acknowledged_by" not in alert(place, "w-1")


def test_what_was_acknowledged_is_not_repeated(place: Place, slack: FakeSlack, clock: SettableClock) -> None:
    """Contract: an unchanged alert is sent again after `repeat_every`, unless somebody knows of it."""
    write_policy(place, slack, text=POLICY.replace("group_interval: 1s", "group_interval: 1s, repeat_every: 1m"))
    daemon = place.start()
    for worker in ("w-1", "w-2"):
        cross(daemon, worker)
        delivery(place, worker, "sent")
    before = len(slack.messages)
    parsed(place, "ack", alert(place, "w-1")["id"], "--by", "ada")
    clock.set(90)
    until(lambda: about(slack.messages[before:], "w-2"), "w-2 is told again")
    clock.set(180)
    until(lambda: len(about(slack.messages[before:], "w-2")) >= 2, "w-2 is told a third time")
    assert not about(slack.messages[before:], "w-1")
    story = parsed(place, "explain", alert(place, "w-1")["id"])
    assert [each["reason"] for each in story["outlook"] if each["receiver"] == "ops"] == ["acknowledged"]


# --- Silences ---------------------------------------------------------------------------------------------------------


def test_a_silence_mutes_until_it_is_ended(place: Place, slack: FakeSlack, ready: Daemon) -> None:
    """Contract: what it matches is recorded and told to nobody; ended, what still fires is told; limits always hold."""
    made = silence(place, "--worker", "loadtest-*", "--budget", "worker-*", "--for", "2h")
    assert (made["items"], made["labels"]) == (["worker-*"], {"worker": "loadtest-*"})
    assert (made["reason"], made["by"]) == ("load test", "ada")
    length = datetime.fromisoformat(made["until"]) - datetime.fromisoformat(made["from"])
    assert re.fullmatch(r"si_[0-9a-f]{16}", made["id"]) and abs(length - timedelta(hours=2)) < timedelta(seconds=1)

    cross(ready, "loadtest-1")
    cross(ready, "w-1")
    delivery(place, "w-1", "sent")
    assert not about(slack.messages, "loadtest-1")
    muted = alert(place, "loadtest-1")
    assert muted["silenced"] is True and muted["deliveries"] == []
    assert ready.check(worker="loadtest-1")["decision"] == "pause"
    assert next(line for line in said(place).splitlines() if muted["id"] in line).endswith("; silenced")
    story = parsed(place, "explain", muted["id"])
    assert "silenced" in {each["reason"] for each in story["tellings"] if each["receiver"] == "ops"}
    assert "a silence mutes it" in said(place, "explain", muted["id"])

    ended = parsed(place, "silence", "expire", made["id"], "--by", "grace")["silence"]
    assert ended["id"] == made["id"]
    assert abs(datetime.fromisoformat(ended["until"]) - now()) < timedelta(seconds=10)
    until(lambda: about(slack.messages, "loadtest-1"), "what still fires is told")
    delivery(place, "loadtest-1", "sent")
    assert alert(place, "loadtest-1")["silenced"] is False
    lifted = [each for each in parsed(place, "explain", muted["id"])["tellings"] if each["told"]]
    assert [each["reason"] for each in lifted] == ["silence_lifted"]
    assert len(about(slack.messages, "loadtest-1")) == 1
    assert made["id"] not in said(place, "silence", "list")


def test_a_silence_ends_by_itself(place: Place, slack: FakeSlack, ready: Daemon) -> None:
    """Contract: at its time, and what still fires is told then."""
    silence(place, "--all", "--for", "2s")
    cross(ready, "w-1")
    assert alert(place, "w-1")["silenced"] is True and slack.messages == []
    until(lambda: about(slack.messages, "w-1"), "it is over, and w-1 is told")
    assert [each for each in parsed(place, "silence", "list")["silences"] if "policy" not in each] == []


@pytest.mark.parametrize("how", ["restart", "kill9"])
def test_a_silence_survives(place: Place, slack: FakeSlack, ready: Daemon, how: str) -> None:
    """Contract: silences of operators are kept; one that was ended stays so."""
    kept = silence(place, "--worker", "w-1", "--for", "2h")
    ended = silence(place, "--worker", "w-2", "--for", "2h")
    parsed(place, "silence", "expire", ended["id"])
    if how == "restart":
        ready.restart()
    else:
        ready.kill9()
        ready.start()
    own = [each for each in parsed(place, "silence", "list")["silences"] if "policy" not in each]
    assert own == [kept]
    cross(ready, "w-1")
    cross(ready, "w-2")
    delivery(place, "w-2", "sent")
    assert not about(slack.messages, "w-1") and alert(place, "w-1")["silenced"] is True


def test_silences_are_listed_with_those_of_the_policy(place: Place, ready: Daemon) -> None:
    """Contract: those of operators first; those of the policy's files have no id."""
    made = silence(place, "--rule", "hot-*", "--until", "2090-01-01T00:00:00Z")
    own, policy = parsed(place, "silence", "list")["silences"]
    assert own == made and datetime.fromisoformat(own["until"]) == datetime.fromisoformat("2090-01-01T00:00:00+00:00")
    assert "id" not in policy and "from" not in policy and "by" not in policy
    assert (policy["policy"], policy["items"], policy["reason"]) == (True, ["other-life"], "not in use")
    assert policy["labels"] == {"worker": ["w-8", "x-*"]}
    header, first, second = said(place, "silence", "list").splitlines()
    assert header.split() == ["ID", "MUTES", "UNTIL", "BY", "REASON"]
    assert first.split("  ")[0] == made["id"] and "hot-*" in first and "ada" in first and "load test" in first
    assert second.startswith("of the policy") and "other-life of worker w-8" in second
    ended = said(place, "silence", "expire", made["id"])
    assert ended.startswith(f"ended: {made['id']}, hot-*, until ") and ended.endswith(", by ada: load test\n")


@pytest.mark.parametrize(("arguments", "code", "words"), [
    (["--rule", "hot-wroker", "--for", "2h"], 64, 'no rule matches "hot-wroker"; there is hot-worker'),
    (["--rule", "worker-life", "--for", "2h"], 64, 'no rule matches "worker-life"; name a budget'),
    (["--worker", "w-1", "--until", "2001-01-01T00:00:00Z"], 64, "until must lie in the future"),
    (["--worker", "w-1", "--until", "soon"], 64, 'until must be a time such as'),
])
def test_a_silence_that_makes_no_sense_silences_nothing(
    place: Place, ready: Daemon, arguments: list[str], code: int, words: str
) -> None:
    """Contract: a clear error, and nothing is muted."""
    assert words in said(place, "silence", "add", *arguments, "--reason", "r", code=code)
    assert all(each.get("policy") for each in parsed(place, "silence", "list")["silences"])


def test_a_rules_pattern_leaves_budgets_alone(place: Place, slack: FakeSlack, ready: Daemon) -> None:
    """A pattern for rules that would match budgets too is about the rules."""
    made = silence(place, "--rule", "*", "--for", "2h")
    assert made["items"] == ["hot-worker"]
    cross(ready, "w-1")
    assert about(slack.wait_for(1), "w-1")


def test_an_unknown_silence_exits_1(place: Place, ready: Daemon) -> None:
    assert said(place, "silence", "expire", "si_0123456789abcdef", code=1).startswith("governor: ")


# --- Testing a receiver -----------------------------------------------------------------------------------------------


def test_a_test_message_really_arrives(place: Place, slack: FakeSlack, ready: Daemon) -> None:
    """Contract: sent at once, for people to see that it is a test; it is no alert."""
    assert parsed(place, "test", "ops") == {"receiver": "ops", "delivered": True}
    [message] = slack.wait_for(1)
    assert "test" in message.text.lower() and "ops" in message.text
    assert said(place, "test", "log") == "log took the test message\n"
    assert said(place) == "No alerts.\n"
    ready.stop()
    assert "Test: messages to log arrive" in ready.complaints()


def test_a_test_says_what_the_receiver_answered(place: Place, slack: FakeSlack, ready: Daemon) -> None:
    """Contract: exit 1 when it was not taken, with the answer and without anything secret."""
    slack.script(Answer(404, b"no_service"), Answer(503, b"later"))
    answer = parsed(place, "test", "ops", code=1)
    assert (answer["receiver"], answer["delivered"], answer["reason"]) == ("ops", False, "http_4xx")
    assert "404" in answer["text"] and "/services/" not in answer["text"]
    error = said(place, "test", "ops", code=1)
    assert error.startswith("governor: ops did not take the test message: ")
    assert "503" in error and "(http_5xx)" in error and "/services/" not in error
    assert not slack.arrives(3, within=1), "a test is not tried again"
    assert said(place) == "No alerts.\n"


def test_a_test_passes_what_waits(place: Place, slack: FakeSlack, ready: Daemon) -> None:
    """Contract: outside the outbox, so a receiver whose messages wait is tried now."""
    slack.script(Answer(429, headers=(("Retry-After", "60"),)))
    cross(ready, "w-1")
    slack.wait_for(1)
    assert parsed(place, "test", "ops")["delivered"] is True
    assert delivery(place, "w-1", "pending")["attempts"] == 1


@pytest.mark.parametrize(("receiver", "code"), [("nobody", 1), ("away", 64)], ids=["unknown", "off"])
def test_a_receiver_that_cannot_be_tested(place: Place, ready: Daemon, receiver: str, code: int) -> None:
    """Contract: `not_found`, and `bad_request` for one that is off."""
    error = said(place, "test", receiver, code=code)
    assert error.startswith("governor: ") and receiver in error


# --- Trying again -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["id", "receiver", "all"])
def test_a_dead_message_is_sent_again_with_its_id(place: Place, slack: FakeSlack, ready: Daemon, by: str) -> None:
    """Contract: dead messages become pending again under the same id."""
    slack.script(Answer(404, b"no_service"))
    cross(ready, "w-1")
    dead = delivery(place, "w-1", "dead")
    assert dead["attempts"] == 1 and "404" in dead["last_error"]
    assert "ops: dead after 1 attempt" in said(place)
    assert f"governor alerts retry {dead['id']}" in said(place, "explain", alert(place, "w-1")["id"])
    status = place.governor("status").stdout
    assert "Receivers in trouble:" in status and "ops: " in status and "1 message given up" in status
    [view] = [each for each in ready.status()["receivers"] if each["name"] == "ops"]
    assert (view["kind"], view["pending"], view["dead"]) == ("slack", 0, 1)

    named = {"id": [dead["id"]], "receiver": ["--receiver", "ops"], "all": []}[by]
    assert parsed(place, "retry", *named) == {"retried": 1}
    first, second = slack.wait_for(2)
    assert second.id == first.id == dead["id"]
    sent = delivery(place, "w-1", "sent")
    assert sent["id"] == dead["id"]
    story = parsed(place, "explain", alert(place, "w-1")["id"])
    [message] = [each for each in story["deliveries"] if each["id"] == dead["id"]]
    assert [each["outcome"] for each in message["attempts_made"]] == ["refused", "delivered"]
    assert parsed(place, "retry", "--receiver", "ops") == {"retried": 0}
    assert not slack.arrives(3, within=1)


def test_what_waits_is_tried_at_once(place: Place, slack: FakeSlack, ready: Daemon) -> None:
    """Contract: a retry does not wait for the next attempt; status says in words that the receiver fails."""
    slack.script(Answer(429, headers=(("Retry-After", "120"),)))
    cross(ready, "w-1")
    until(lambda: delivery(place, "w-1", "pending")["attempts"], "the first attempt has failed")
    waiting = delivery(place, "w-1", "pending")
    assert datetime.fromisoformat(waiting["next_at"]) > now() + timedelta(minutes=1)
    assert "ops: pending after 1 attempt" in said(place)
    [view] = [each for each in ready.status()["receivers"] if each["name"] == "ops"]
    assert (view["state"], view["pending"]) == ("failing", 1) and "429" in view["last_error"]
    assert "ops: failing, 1 message waits" in place.governor("status").stdout
    said(place, "retry", "--receiver", "ops")
    first, second = slack.wait_for(2)
    assert second.id == first.id == waiting["id"]
    delivery(place, "w-1", "sent")
    [view] = [each for each in ready.status()["receivers"] if each["name"] == "ops"]
    assert (view["state"], view["pending"]) == ("ok", 0) and view["last_delivered_at"]
    assert "Receivers in trouble:" not in place.governor("status").stdout


def test_there_may_be_nothing_to_try_again(place: Place, ready: Daemon) -> None:
    assert parsed(place, "retry") == {"retried": 0}
    assert said(place, "retry") == "no message was given up; those that wait are tried now\n"
    assert said(place, "retry", "nt_0123456789abcdef", code=1).startswith("governor: ")
    assert said(place, "retry", "--receiver", "nobody", code=1).startswith("governor: ")


# --- Status and metrics -----------------------------------------------------------------------------------------------


def test_status_and_metrics_show_every_receiver(place: Place, slack: FakeSlack, ready: Daemon) -> None:
    """Contract: kind and state of each; those that are off still stand in `receivers_off` too."""
    status = ready.status()
    by_name = {each["name"]: each for each in status["receivers"]}
    assert {name: (each.get("kind"), each["state"]) for name, each in by_name.items()} == {
        "ops": ("slack", "ok"), "log": ("log", "ok"), "away": (None, "off")}
    assert status["receivers_off"] == ["away"]
    assert "Receivers without an address, so off: away" in place.governor("status").stdout

    cross(ready, "w-1")
    delivery(place, "w-1", "sent")
    lines = ready.http("/metrics").text.splitlines()
    for sample in (
        'governor_notifications_total{receiver="ops",result="sent"} 1',
        'governor_delivery_attempts_total{receiver="ops",reason="delivered"} 1',
        'governor_notifications_pending{receiver="ops"} 0', 'governor_alerts_firing{severity="critical"} 1',
    ):
        assert sample in lines, sample


# --- Over each wire ---------------------------------------------------------------------------------------------------


def test_the_operations_are_the_same_over_every_wire(
    place: Place, slack: FakeSlack, wire: Wire, ready: Daemon
) -> None:
    """Contract: NDJSON and `POST /v1/<op>` alike, with the `id` that was given."""
    wire.ask("record", records=[{"id": "a", "worker": "w-1", "model": "claude-opus-5", "cost_usd": 1}])
    slack.wait_for(1)
    answer = wire.ask("alerts", id=7, state="firing", limit=2)
    assert answer["id"] == 7 and len(answer["alerts"]) == 2
    [id] = [each["id"] for each in answer["alerts"] if each["name"] == "worker-life@100%"]
    assert wire.ask("explain_alert", id="x", alert=id)["alert"]["id"] == id
    assert wire.ask("ack", alert=id, by="ada")["alert"]["acknowledged_by"] == "ada"
    made = wire.ask("silence", worker="w-2", rule=["hot-worker"], until="2h", reason="r", by="ada")["silence"]
    assert [each.get("id") for each in wire.ask("silences")["silences"]] == [made["id"], None]
    assert wire.ask("expire", silence=made["id"], by="ada")["silence"]["id"] == made["id"]
    assert wire.ask("test", receiver="ops") == {"receiver": "ops", "delivered": True}
    assert wire.ask("retry", receiver="ops") == {"retried": 0}

    assert wire.refusal("alerts", state="open") == ("bad_request", "state")
    assert wire.refusal("silence", until="2h", reason="r", by="a") == ("bad_request", "all")
    assert wire.refusal("silence", worker="w", reason="r", by="a") == ("bad_request", "until")
    assert wire.refusal("silence", worker="w", until="2h", by="a") == ("bad_request", "reason")
    assert wire.refusal("silence", worker="w", until="2h", reason="r" * 501, by="a") == ("bad_request", "reason")
    assert wire.refusal("ack", alert=id) == ("bad_request", "by")
    for op, fields in (
        ("explain_alert", {"alert": NOBODY}), ("ack", {"alert": NOBODY, "by": "a"}), ("test", {"receiver": "nobody"}),
        ("expire", {"silence": "si_0", "by": "a"}), ("retry", {"notification": "nt_0"}),
    ):
        assert wire.code(op, **fields) == "not_found", op


# --- The verb by itself -----------------------------------------------------------------------------------------------

SUBCOMMANDS = [
    ["list"], ["explain", NOBODY], ["ack", NOBODY], ["silence", "add", "--all", "--for", "1h", "--reason", "r"],
    ["silence", "list"], ["silence", "expire", "si_1"], ["test", "ops"], ["retry"]]


@pytest.mark.parametrize("arguments", SUBCOMMANDS, ids=lambda arguments: " ".join(arguments[:2]))
def test_without_a_daemon_it_says_so(place: Place, arguments: list[str]) -> None:
    """Contract: 69, and how to start one."""
    error = said(place, *arguments, code=69)
    assert place.socket_path in error and "governor run" in error


@pytest.mark.parametrize("arguments", SUBCOMMANDS, ids=lambda arguments: " ".join(arguments[:2]))
def test_what_is_refused_has_its_exit_code(place: Place, fake: ScriptedDaemon, arguments: list[str]) -> None:
    for error, code in (("bad_request", 64), ("not_found", 1), ("unavailable", 69)):
        fake.answers |= {
            op: refused(error)
            for op in ("alerts", "explain_alert", "ack", "silence", "silences", "expire", "test", "retry")}
        assert said(place, *arguments, code=code) == f"governor: it is {error}\n"


@pytest.mark.parametrize("words", [
    [], ["list"], ["explain"], ["ack"], ["silence"], ["silence", "add"], ["silence", "list"], ["silence", "expire"],
    ["test"], ["retry"]], ids=lambda words: " ".join(words) or "alerts")
def test_every_subcommand_has_an_example(place: Place, words: list[str]) -> None:
    run = place.governor("alerts", *words, "--help")
    call = " ".join(["governor", "alerts", *words]) if words != ["list"] else "governor alerts --firing"
    assert run.returncode == 0 and call in run.stdout.split("EXAMPLE", 1)[1]


@pytest.mark.parametrize("arguments", [
    ["--firing", "--resolved"], ["--limit", "many"], ["explain"], ["ack"], ["ack", "a", "b"], ["silence", "expire"],
    ["silence", "add", "--for", "2h", "--reason", "r"], ["silence", "add", "--worker", "w", "--reason", "r"],
    ["silence", "add", "--worker", "w", "--for", "2h"],
    ["silence", "add", "--worker", "w", "--for", "soon", "--reason", "r"],
    ["silence", "add", "--worker", "w", "--for", "2h", "--until", "2h", "--reason", "r"],
    ["silence", "add", "--all", "--worker", "w", "--for", "2h", "--reason", "r"], ["test"],
    ["retry", "nt_1", "--receiver", "ops"], ["mute"],
], ids=" ".join)
def test_a_wrong_call_is_a_usage_error(place: Place, arguments: list[str]) -> None:
    """Before anything is asked."""
    run = place.governor("alerts", *arguments)
    assert run.returncode == 64 and run.stderr and not run.stdout


def test_what_is_asked(place: Place, fake: ScriptedDaemon) -> None:
    """The flags become the fields of the contract."""
    fake.answers |= {"alerts": {"alerts": []}, "silence": {"silence": {}}, "retry": {"retried": 2}}
    said(place, "--resolved", "--since", "24h", "--limit", "3", "--receiver", "ops")
    said(place, "silence", "add", "--worker", "w-*", "--tag", "env=ci", "--rule", "a", "--rule", "b-*", "--for", "2h",
         "--reason", "r", "--by", "ada")
    said(place, "silence", "add", "--all", "--until", "2026-11-23T08:00:00Z", "--reason", "r", "--by", "ada")
    assert said(place, "retry") == "2 messages are tried again\n"
    assert fake.asked() == [
        {"op": "alerts", "state": "resolved", "since": "24h", "limit": 3, "receiver": "ops"},
        {"op": "silence", "worker": "w-*", "tags": {"env": "ci"}, "rule": ["a", "b-*"], "until": "2h", "reason": "r",
         "by": "ada"},
        {"op": "silence", "all": True, "until": "2026-11-23T08:00:00Z", "reason": "r", "by": "ada"},
        {"op": "retry"}]


def test_a_name_from_outside_stays_on_its_line(place: Place, fake: ScriptedDaemon) -> None:
    """Nothing that came from a label drives a terminal, makes a line of its own or pushes the rest out of sight."""
    hostile = "w\r\nfiring  critical\x1b[31m\u202e" + "x" * 300
    item = {
        "id": NOBODY, "name": hostile, "split": {"worker": hostile}, "state": "firing", "severity": "critical",
        "fired_at": "2026-11-21T04:42:10+01:00", "action": hostile, "text": hostile, "acknowledged_by": hostile,
        "acknowledged_at": "2026-11-21T04:43:10+01:00",
        "deliveries": [{"receiver": "ops", "state": "dead", "attempts": 9}]}
    telling = {"receiver": "ops", "event": "firing", "at": hostile, "told": True, "text": hostile}
    attempt = {"number": 1, "at": hostile, "outcome": hostile, "reason": hostile, "text": hostile}
    message = {"id": hostile, "receiver": "ops", "state": "dead", "created_at": hostile, "attempts_made": [attempt]}
    mute = {"id": "si_1", "items": [hostile], "labels": {"worker": hostile}, "until": "2026-11-21T04:42:10+01:00",
            "reason": hostile, "by": hostile}
    fake.answers |= {
        "alerts": {"alerts": [item]}, "silences": {"silences": [mute]}, "expire": {"silence": mute},
        "explain_alert": {
            "alert": item, "tellings": [telling], "deliveries": [message],
            "outlook": [{"receiver": "ops", "text": hostile}]},
        "ack": {"alert": item}, "test": {"receiver": hostile, "delivered": False, "reason": hostile, "text": hostile}}
    counts = {"list": 3, "explain": None, "ack": 1, "silence list": 2, "silence expire": 1}
    for words, count in counts.items():
        arguments = words.split() + ([] if words.endswith("list") else [NOBODY])
        text = said(place, *arguments)
        assert not set(text) & {"\r", "\x1b", "\u202e"}, words
        assert count is None or text.count("\n") == count, text
        assert not any(line.startswith("firing  critical\ufffd") for line in text.splitlines())
        if words.endswith("list"):
            assert max(map(len, text.splitlines())) <= 100
    assert "ops: dead after 9 attempts" in said(place)
    assert not set(said(place, "test", "ops", code=1)) & {"\r", "\x1b", "\u202e"}


def test_status_says_in_words_how_receivers_are(place: Place, fake: ScriptedDaemon) -> None:
    """Contract: failing, disabled and off ones, and messages that were given up; not those that are well."""
    def receiver(name: str, state: str, pending: int = 0, dead: int = 0, **more: str) -> dict[str, Any]:
        return {"name": name, "state": state, "pending": pending, "dead": dead, **more}

    fake.answers["status"] = {
        "accounts": [], "receivers_off": ["away"],
        "receivers": [
            receiver("ops", "failing", 3, 0, last_error="it answered 503\x1b[31m\nSources:"),
            receiver("hook", "disabled", 0, 1), receiver("mail", "ok", 1, 2), receiver("log", "ok", 1, 0),
            receiver("away", "off")]}
    text = place.governor("status").stdout
    assert text.endswith("""

Receivers without an address, so off: away

Receivers in trouble:
  ops: failing, 3 messages wait: it answered 503\ufffd[31m Sources:
  hook: wants no further messages, and gets none until the policy changes, 1 message given up in the last 24 h \
(governor alerts retry --receiver hook)
  mail: 2 messages given up in the last 24 h (governor alerts retry --receiver mail)
""")


def test_a_receiver_may_take_its_time(place: Place) -> None:
    """Contract: a test waits longer than other questions do."""
    path = Path(place.socket_path)
    path.parent.mkdir()
    over = threading.Event()

    def slow(request: dict[str, Any]) -> dict[str, Any]:
        over.wait(6)  # other questions are given 5 s
        return {"receiver": request["receiver"], "delivered": True}

    with FakeDaemon(path, slow):
        assert said(place, "test", "ops") == "ops took the test message\n"
