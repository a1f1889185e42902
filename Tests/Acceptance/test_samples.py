"""Recorded transcripts: the daemon's figures against an independent computation, to the nano-dollar."""

from __future__ import annotations

import json
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from independent_cost import Sum, summed, transcript_calls
from place import Place
from waiting import until

POLICY = """
version: 1
timezone: UTC
labels:
  - { source: transcript, cwd: "/Users/(?<worker>[^/]+)/.*" }
budgets:
  - { name: all, limit_usd: 1000, per: fleet, window: lifetime, at: { 100%: { stop: true } } }
"""


@pytest.fixture
def sample(shared: Path) -> Path:
    return shared / "samples" / "transcripts" / "claude_code_usage_lines.jsonl"


@pytest.fixture
def expected(shared: Path) -> Any:
    path = shared / "samples" / "transcripts" / "claude_code_usage_expected.json"
    return json.loads(path.read_text(), parse_float=Decimal)["by"]


@pytest.fixture
def read(place: Place, sample: Path) -> Place:
    """The daemon has read a copy of the recorded transcript."""
    target = place.transcripts.root / "-Users-dev" / "6f1f4c2e-5f4f-4c39-9d6e-acce97ed0001.jsonl"
    target.parent.mkdir()
    shutil.copyfile(sample, target)
    place.policy(POLICY)
    place.start()
    wait_for_calls(place, len(transcript_calls([sample])))
    return place


def report(place: Place, *arguments: str) -> Any:
    run = place.governor("report", *arguments, "--json")
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout, parse_float=Decimal)


def wait_for_calls(place: Place, calls: int) -> None:
    january = ("--since", "2026-01-01", "--until", "2027-01-01")
    until(lambda: report(place, *january)["total"]["calls"] >= calls, f"{calls} calls were read", within=30)


def figures(group: dict[str, Any]) -> tuple[int, dict[str, int], Decimal]:
    tokens = {name: group["tokens"][name] for name in Sum().tokens}
    return group["calls"], tokens, Decimal(group["cost_usd"])


def computed(total: Sum) -> tuple[int, dict[str, int], Decimal]:
    return total.calls, total.tokens, total.usd


def test_totals_equal_the_independent_computation(read: Place, sample: Path, expected: dict[str, Any]) -> None:
    """Issue: 632 lines are 297 calls and $21.53, not the $45.03 of a naive sum, exact to the nano-dollar."""
    answer = report(read, "--since", "2026-01-01", "--until", "2026-02-01", "--by", "model")
    calls = transcript_calls([sample])
    assert figures(answer["total"]) == computed(summed(calls)["all"])
    by_model = {group["key"]["model"]: figures(group) for group in answer["groups"]}
    assert by_model == {model: computed(total) for model, total in summed(calls, "model").items()}
    assert_matches(expected["all:all"], answer["total"])
    for group in answer["groups"]:
        assert_matches(expected["model:" + group["key"]["model"]], group)


def test_parts_sum_to_the_whole(read: Place) -> None:
    """Issue: sums of parts equal the whole, to the nano-dollar, in every report."""
    answer = report(read, "--since", "2026-01-01", "--until", "2026-02-01", "--by", "model,worker")
    assert sum(Decimal(group["cost_usd"]) for group in answer["groups"]) == answer["total"]["cost_usd"]
    assert sum(group["calls"] for group in answer["groups"]) == answer["total"]["calls"]


def test_workers_named_by_a_rule_equal_the_recorded_ones(read: Place, sample: Path, expected: dict[str, Any]) -> None:
    """Issue: spend by worker, named from the working folder."""
    answer = report(read, "--since", "2026-01-01", "--until", "2026-02-01", "--by", "worker")
    by_worker = {group["key"]["worker"]: figures(group) for group in answer["groups"]}
    assert by_worker == {user: computed(total) for user, total in summed(transcript_calls([sample]), "user").items()}
    for group in answer["groups"]:
        assert_matches(expected["worker:" + group["key"]["worker"]], group)


def test_days_equal_the_recorded_ones(read: Place, sample: Path, expected: dict[str, Any]) -> None:
    """Issue: a report of one day holds that day's calls and no others."""
    for day, total in summed(transcript_calls([sample]), "day").items():
        answer = report(read, "--date", day)
        assert figures(answer["total"]) == computed(total), day
        assert_matches(expected["day:" + day], answer["total"])


def test_status_says_the_same_as_the_report(read: Place, sample: Path) -> None:
    """Issue: accounts and reports come from one ledger."""
    run = read.governor("status", "--json")
    assert run.returncode == 0, run.stderr
    [account] = json.loads(run.stdout, parse_float=Decimal)["accounts"]
    assert Decimal(account["spent_usd"]) == summed(transcript_calls([sample]))["all"].usd


def assert_matches(recorded: dict[str, Any], group: dict[str, Any]) -> None:
    """The counts that came with the recording; its dollars are rounded to four places."""
    assert group["calls"] == recorded["requests"]
    for name in Sum().tokens:
        assert group["tokens"][name] == recorded[name], name
    assert round(Decimal(group["cost_usd"]), 4) == recorded["usd"]
