"""The tools around policies: tests that fail with their line, a replay that agrees with what happened, the schema."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from place import REPOSITORY, Place
from waiting import noon_zone, now, rfc3339, until

POLICY = """
version: 1
timezone: ZONE
receivers: { ops: { log: {} } }
budgets:
  - { name: worker-day, limit_usd: 25, per: worker, window: day, at: { 80%: { notify: [ops] }, 100%: { pause: until_reset } } }
rules:
  - { name: streak, when: errors, per: worker, count: 3, within: 10m, then: { notify: [ops], pause: 15m } }
"""

TEST = """
policy: .
start: 2026-11-20T09:00:00+01:00
records:
  - { at: 0m,  worker: w-07, session: s1, model: claude-opus-5, cost_usd: 20 }
  - { at: 30m, worker: w-07, session: s1, model: claude-opus-5, cost_usd: 6 }
expect:
  - { at: 10m, check: { worker: w-07 }, decision: allow, alerts: [worker-day@80%] }
  - { at: 31m, check: { worker: w-07 }, decision: pause, budget: worker-day, resume_at: 2026-11-21T00:00:00+01:00 }
"""


@pytest.fixture
def warsaw(place: Place) -> Place:
    place.policy(POLICY.replace("ZONE", "Europe/Warsaw"))
    return place


# --- governor policy test ---------------------------------------------------------------------------------------------


def test_a_test_that_holds(warsaw: Place) -> None:
    """Contract: the test of the contract itself."""
    file = warsaw.policy(TEST, "team_test.yaml")
    run = warsaw.governor("policy", "test", file)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "ok" in run.stdout and "2 expectations" in run.stdout
    assert warsaw.governor("policy", "test", warsaw.policies).returncode == 0
    assert warsaw.governor("policy", "check", warsaw.policies).returncode == 0, "a test is no policy"


def test_a_test_that_fails_says_where_and_what_was_there(warsaw: Place) -> None:
    """Issue: exit 1, the line, what was expected and what was there."""
    file = warsaw.policy(TEST.replace("decision: pause", "decision: allow").replace("@80%]", "@80%, streak]"), "a_test.yaml")
    run = warsaw.governor("policy", "test", file)
    assert run.returncode == 1
    text = run.stdout + run.stderr
    assert "a_test.yaml:8:" in text and "a_test.yaml:9:" in text
    assert "expected decision allow, got pause" in text and "worker-day@80%" in text
    reply = json.loads(warsaw.governor("policy", "test", file, "--json").stdout)
    assert reply["passed"] is False and reply["tests"][0]["outcome"] == "failed"
    assert {each["line"] for each in reply["tests"][0]["diagnostics"]} == {8, 9}


def test_a_wrong_test_is_refused_with_all_its_mistakes(warsaw: Place) -> None:
    """Issue: bad files are told with their place; several at once."""
    file = warsaw.policy(TEST.replace("at: 30m", "at: soon").replace("decision: allow", "decison: allow"), "b_test.yaml")
    run = warsaw.governor("policy", "test", file)
    assert run.returncode == 65
    assert "b_test.yaml:6:" in run.stderr and "b_test.yaml:8:" in run.stderr and 'did you mean "decision"?' in run.stderr


@pytest.mark.parametrize("name", ["solo-developer", "team", "night-shift", "subscription", "observe-only", "starter", "."])
def test_shipped_policies_hold(place: Place, name: str) -> None:
    """Issue: `policies/` ships a small library with tests beside each."""
    folder = REPOSITORY / "policies" / name
    check = place.governor("policy", "check", folder)
    assert check.returncode == 0, check.stderr
    assert [line for line in check.stderr.splitlines() if "warning" in line and "is off" not in line] == []
    run = place.governor("policy", "test", folder)
    assert run.returncode == 0, run.stdout + run.stderr


# --- governor policy replay -------------------------------------------------------------------------------------------


def test_a_replay_of_the_same_policy_finds_what_happened(place: Place) -> None:
    """Issue: replaying gives the same as live."""
    place.policy(POLICY.replace("ZONE", noon_zone()))
    daemon = place.start()
    costs = [9, 9, 9, 4]
    for number, cost in enumerate(costs):
        daemon.record({"id": f"a{number}", "worker": "w-1", "model": "claude-opus-5", "cost_usd": cost})
        daemon.record({"id": f"b{number}", "worker": "w-2", "model": "claude-opus-5", "cost_usd": 0.1, "outcome": "error"})
    live = until(
        lambda: found if len(found := daemon.http("/v1/alerts").json["alerts"]) == 3 else None, "all alerts fired")
    run = place.governor("policy", "replay", "--since", "1h", "--data", daemon.folder / "data", "--json", place.policies)
    assert run.returncode == 0, run.stderr
    report = json.loads(run.stdout, parse_float=Decimal)
    alerts = [each for each in report["entries"] if each["kind"] == "alert"]
    assert sorted(each["name"] for each in alerts) == sorted(each["name"] for each in live)
    assert all(each["under"] == "both" for each in alerts), alerts
    pauses = {(each["name"], each["split"]["worker"]) for each in report["entries"] if each["kind"] == "pause"}
    assert pauses == {("worker-day", "w-1"), ("streak", "w-2")}


def test_a_replay_of_another_policy_shows_the_difference(place: Place) -> None:
    """Issue: what this policy would have done, beside what the present one did."""
    place.policy(POLICY.replace("ZONE", noon_zone()))
    daemon = place.start()
    daemon.record({"id": "a", "worker": "w-1", "model": "claude-opus-5", "cost_usd": 20})
    until(lambda: daemon.http("/v1/alerts").json["alerts"], "the alert fired")
    other = place.folder / "other"
    other.mkdir()
    (other / "policy.yaml").write_text(
        POLICY.replace("ZONE", noon_zone()).replace("limit_usd: 25", "limit_usd: 19").replace("80%: { notify: [ops] }, ", ""))
    run = place.governor("policy", "replay", "--since", "1d", "--data", daemon.folder / "data", "--json", other)
    assert run.returncode == 0, run.stderr
    entries = json.loads(run.stdout)["entries"]
    under = {each["name"]: each["under"] for each in entries if each["kind"] == "alert"}
    assert under["worker-day@100%"].startswith("only") and under["worker-day@80%"].startswith("only")
    assert under["worker-day@100%"] != under["worker-day@80%"]
    assert [each["kind"] for each in entries].count("pause") == 1
    text = place.governor("policy", "replay", "--since", "1d", "--data", daemon.folder / "data", other).stdout
    assert "worker-day@100%" in text and "only then" in text


def test_a_replay_knows_what_was_spent_before(place: Place) -> None:
    """A window that began before `--since` holds what was spent in it."""
    place.policy(POLICY.replace("ZONE", noon_zone()))
    daemon = place.start()
    daemon.record({"id": "a", "worker": "w-1", "model": "claude-opus-5", "cost_usd": 24, "time": rfc3339(now() - timedelta(hours=3))})
    daemon.record({"id": "b", "worker": "w-1", "model": "claude-opus-5", "cost_usd": 2})
    run = place.governor("policy", "replay", "--since", "1h", "--data", daemon.folder / "data", "--json", place.policies)
    entries = json.loads(run.stdout)["entries"]
    assert [each["name"] for each in entries if each["kind"] == "pause"] == ["worker-day"], run.stdout + run.stderr


# --- governor policy schema, rules ------------------------------------------------------------------------------------


def test_the_shipped_schema_is_the_binarys_own(place: Place) -> None:
    """Issue: generated from the same definitions as the decoder, so that they can't drift."""
    printed = place.governor("policy", "schema").stdout
    assert printed == (REPOSITORY / "policies" / "policy.schema.json").read_text()
    schema = json.loads(printed)
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert {"budgets", "rules", "receivers", "schedules", "models", "overrides", "silences"} <= set(schema["properties"])
    named = [path for path in (REPOSITORY / "policies").rglob("*.yaml") if "_test" not in path.name]
    for path in named:
        first = path.read_text().splitlines()[0]
        assert first.startswith("# yaml-language-server: $schema="), path
        assert (path.parent / first.partition("=")[2]).resolve() == (REPOSITORY / "policies" / "policy.schema.json").resolve()


def test_every_rule_has_examples_that_hold(place: Place) -> None:
    """Issue: each rule type carries examples that fire and that don't, which are its documentation and its tests."""
    rules = json.loads(place.governor("policy", "rules", "--json").stdout)["rules"]
    assert {each["when"] for each in rules} == {
        "burn_rate", "budget_burn", "anomaly", "errors", "no_data", "unpriced_model", "concentration", "savings"}
    for rule in rules:
        assert {example["fires"] for example in rule["examples"]} == {True, False}, rule["when"]
        for number, example in enumerate(rule["examples"]):
            folder = Path(place.folder) / f"{rule['when']}-{number}"
            folder.mkdir()
            (folder / "policy.yaml").write_text(example["policy"])
            (folder / "policy_test.yaml").write_text("policy: .\n" + example["test"])
    folders = sorted(str(each.parent) for each in place.folder.glob("*/policy_test.yaml"))
    run = place.governor("policy", "test", *folders)
    assert run.returncode == 0, run.stdout + run.stderr
