"""The command line as a newcomer and a script meet it."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest

from daemon import Daemon
from place import Place
from waiting import noon_zone

POLICY = """
version: 1
timezone: ZONE
budgets:
  - { name: worker-day, limit_usd: 1, per: worker, window: day, at: { 100%: { pause: until_reset } } }
"""

VERBS = ["run", "check", "status", "report", "policy", "demo", "doctor"]


@pytest.fixture
def ready(place: Place) -> Daemon:
    place.policy(POLICY.replace("ZONE", noon_zone()))
    daemon = place.start()
    daemon.record(
        {"id": "a", "worker": "w-1", "model": "claude-opus-5", "output_tokens": 44_000},
        {"id": "b", "worker": "w-2", "model": "claude-sonnet-5", "input_tokens": 50_000, "outcome": "error"})
    return daemon


def parsed(place: Place, *arguments: str, codes: tuple[int, ...] = (0,)) -> Any:
    run = place.governor(*arguments)
    assert run.returncode in codes, run.stderr
    return json.loads(run.stdout, parse_float=Decimal)


def test_help_lists_the_verbs(place: Place) -> None:
    """Issue: `governor --help` shows what there is."""
    run = place.governor("--help")
    assert run.returncode == 0
    assert all(re.search(rf"^ +{verb}\b", run.stdout, re.MULTILINE) for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_an_example(place: Place, verb: str) -> None:
    """Issue: `--help` has an example for each verb."""
    run = place.governor(verb, "--help")
    assert run.returncode == 0
    assert re.search(r"example", run.stdout, re.IGNORECASE)
    assert f"governor {verb}" in re.split(r"(?i)example", run.stdout, maxsplit=1)[1]


def test_a_wrong_word_is_a_usage_error(place: Place) -> None:
    """Issue: exit 64 and a hint on stderr."""
    for arguments in (["chekc"], ["check", "--wroker", "w-1"], ["report", "--date", "yesterdayish"]):
        run = place.governor(*arguments)
        assert run.returncode == 64, arguments
        assert run.stderr and not run.stdout


def test_status_json_has_the_contracts_shape(place: Place, ready: Daemon) -> None:
    """Issue: every listing takes `--json`, a documented shape."""
    status = parsed(place, "status", "--json")
    assert {"version", "revision", "reloaded_at", "mode", "accounts", "paused", "sources", "unbound_usd",
            "unpriced_calls"} <= set(status)
    by_worker = {account["split"]["worker"]: account for account in status["accounts"]}
    full, light = by_worker["w-1"], by_worker["w-2"]
    assert {"budget", "per", "split", "window", "limit_usd", "spent_usd", "held_usd", "remaining_usd", "ratio",
            "state", "resets_at", "mode"} <= set(full)
    assert {"kind", "start", "end"} <= set(full["window"])
    assert (full["budget"], full["limit_usd"], full["spent_usd"]) == ("worker-day", 1, Decimal("1.1"))
    assert (full["ratio"], full["state"], full["window"]["kind"]) == (Decimal("1.1"), "pause", "day")
    assert (light["spent_usd"], light["remaining_usd"], light["state"]) == (Decimal("0.1"), Decimal("0.9"), "ok")
    [paused] = status["paused"]
    assert (paused["by"], paused["budget"], paused["labels"]) == ("policy", "worker-day", {"worker": "w-1"})
    assert paused["reason"] and paused["since"] and paused["until"]


def test_status_for_people_names_the_paused(place: Place, ready: Daemon) -> None:
    """Issue: budgets, sources, paused work, without escapes where colour is not wanted."""
    run = place.governor("status")
    assert run.returncode == 0
    assert "worker-day" in run.stdout and "w-1" in run.stdout and "$1.10" in run.stdout
    assert "\x1b" not in run.stdout


def test_report_today_json_adds_up(place: Place, ready: Daemon) -> None:
    """Issue: a report's parts sum to its whole, to the nano-dollar."""
    report = parsed(place, "report", "--today", "--by", "worker", "--json")
    assert {"since", "until", "timezone", "total", "groups"} <= set(report)
    total = report["total"]
    assert (total["calls"], total["success"], total["cost_usd"]) == (2, 1, Decimal("1.2"))
    assert (total["tokens"]["input"], total["tokens"]["output"]) == (50_000, 44_000)
    groups = {group["key"]["worker"]: group["cost_usd"] for group in report["groups"]}
    assert groups == {"w-1": Decimal("1.1"), "w-2": Decimal("0.1")}
    assert parsed(place, "report", "--today", "--json")["total"] == total


def test_report_for_people_is_a_table(place: Place, ready: Daemon) -> None:
    """Issue: the same report, for reading."""
    run = place.governor("report", "--by", "model")
    assert run.returncode == 0
    assert "claude-opus-5" in run.stdout and "$1.10" in run.stdout and "$1.20" in run.stdout


def test_doctor_json_can_be_parsed(place: Place, ready: Daemon) -> None:
    """Issue: `doctor` says what is wrong and what to do."""
    assert isinstance(parsed(place, "doctor", "--json", codes=(0, 1)), dict)


@pytest.mark.parametrize("verb", ["status", "report", "doctor"])
def test_without_a_daemon_no_verb_hangs_or_crashes(place: Place, verb: str) -> None:
    """Issue: unreachable is a plain sentence and an exit code, never a trace."""
    place.policy(POLICY.replace("ZONE", noon_zone()))
    run = place.governor(verb, timeout=15)
    assert run.returncode in (0, 1, 69)
    assert "Fatal error" not in run.stderr and "Thread 0 crashed" not in run.stderr


def test_demo_shows_the_whole_way_in_under_a_minute(place: Place) -> None:
    """Issue: a newcomer sees a budget fill, alert, pause and resume in under a minute."""
    run = place.governor("demo", timeout=60)
    assert run.returncode == 0, run.stderr
    text = run.stdout.lower()
    steps = [re.search(pattern, text) for pattern in (r"\d+%", r"alert", r"pause", r"resume")]
    assert all(steps), [bool(step) for step in steps]
    assert text.index("pause") < text.rindex("resume")
    assert not list(place.folder.glob("data")), "the demo keeps to a scratch ledger"
