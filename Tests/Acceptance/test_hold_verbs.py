"""The verbs of holds and pauses, as scripts and people use them."""

from __future__ import annotations

import json
import subprocess
from decimal import Decimal
from typing import Any

import pytest

from daemon import Daemon
from place import Place
from scripted_daemon import ScriptedDaemon, refused

POLICY = """
version: 1
timezone: ZONE
budgets:
  - { name: worker-day, limit_usd: 1, per: worker, window: day, at: { 100%: { pause: until_reset } } }
  - name: slow-day
    limit_usd: 1
    per: fleet
    window: day
    match: { worker: "slow-*" }
    at: { 50%: { throttle: { delay: 3s } } }
"""

VERBS = ["reserve", "extend", "settle", "release", "pause", "resume", "watch", "exec", "hook", "statusline", "init"]


def parsed(place: Place, *arguments: str, code: int = 0) -> Any:
    run = place.governor(*arguments, "--json")
    assert run.returncode == code, run.stderr
    return json.loads(run.stdout, parse_float=Decimal)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_an_example(place: Place, verb: str) -> None:
    run = place.governor(verb, "--help")
    assert run.returncode == 0 and f"governor {verb}" in run.stdout.split("EXAMPLE", 1)[1]


def test_reserve_prints_the_reservation_for_scripts(place: Place, ready: Daemon) -> None:
    run = place.governor("reserve", "--worker", "w-1", "--key", "k", "--estimate-usd", "0.40")
    assert run.returncode == 0 and run.stdout.startswith("r-") and run.stdout.count("\n") == 1
    assert "holds $0.40" in run.stderr
    again = place.governor("reserve", "--worker", "w-1", "--key", "k", "--estimate-usd", "0.40")
    assert again.stdout == run.stdout, "the same key holds once"
    other = place.governor("reserve", "--worker", "w-1", "--key", "k", "--estimate-usd", "0.50")
    assert other.returncode == 64 and "k" in other.stderr
    assert ready.held("worker-day", worker="w-1") == Decimal("0.4")


def test_what_does_not_fit_is_refused_and_what_must_wait_is_told(place: Place, ready: Daemon) -> None:
    run = place.governor("reserve", "--worker", "w-1", "--key", "a", "--estimate-usd", "1.50")
    assert (run.returncode, run.stdout) == (2, "") and "worker-day" in run.stderr
    ready.record({"id": "a", "worker": "slow-1", "cost_usd": 0.6})
    slow = parsed(place, "reserve", "--worker", "slow-1", "--key", "b", "--estimate-usd", "0.1", code=75)
    assert slow["decision"] == "throttle" and slow["delay_s"] == 3 and slow["reservation"]


def test_a_hold_from_its_beginning_to_its_end(place: Place, ready: Daemon) -> None:
    hold = place.governor("reserve", "--worker", "w-1", "--key", "k", "--estimate-usd", "0.40").stdout.strip()
    assert parsed(place, "extend", hold, "--ttl", "30m", "--estimate-usd", "0.60")["held_usd"] == Decimal("0.6")
    assert parsed(place, "extend", "--key", "k", "--estimate-usd", "5", code=2)["held_usd"] == Decimal("0.6")
    assert place.governor("check", "--worker", "w-1", "--estimate-usd", "0.5").returncode == 2
    assert place.governor("check", "--worker", "w-1", "--reservation", hold).returncode == 0
    assert place.governor("check", "--worker", "w-1", "--running").returncode == 0
    settled = parsed(place, "settle", hold, "--cost-usd", "0.25")
    assert (settled["spent_usd"], settled["released_usd"], settled["overrun_usd"]) == (
        Decimal("0.25"), Decimal("0.35"), 0)
    for verb in ("settle", "release", "extend"):
        run = place.governor(verb, "--key", "k")
        assert run.returncode == 1 and run.stderr.startswith("governor: "), verb
    assert ready.spent("worker-day", worker="w-1") == Decimal("0.25")


def test_release_gives_all_of_it_back(place: Place, ready: Daemon) -> None:
    hold = place.governor("reserve", "--worker", "w-1", "--key", "k", "--estimate-usd", "0.40").stdout.strip()
    run = place.governor("release", hold)
    assert (run.returncode, run.stdout) == (0, "spent $0.00, gave back $0.40\n")
    assert place.governor("settle", "r-999-nothing").returncode == 1


def test_an_operators_pause_is_told_and_ended(place: Place, ready: Daemon) -> None:
    run = place.governor("pause", "--worker", "w-*", "--reason", "a look", "--by", "ada", "--until", "2h", "--stop")
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("paused: worker w-*, by ada: a look, until ") and "ending running work" in run.stdout
    run = place.governor("check", "--worker", "w-1")
    assert run.returncode == 2 and "paused by ada: a look" in run.stderr
    assert run.stdout == "pause (stop running work)\n"
    assert "a look" in place.governor("status").stdout
    run = place.governor("resume", "--worker", "w-*", "--by", "ada")
    assert run.returncode == 0 and "worker w-*, by ada: a look" in run.stdout
    assert place.governor("check", "--worker", "w-1").returncode == 0
    assert "nothing of that waits" in place.governor("resume", "--all").stdout


def test_pause_json_has_the_documented_shape(place: Place, ready: Daemon) -> None:
    pause = parsed(place, "pause", "--all", "--reason", "out of hand", "--by", "ada")["pause"]
    assert (pause["by"], pause["operator"], pause["labels"], pause["reason"]) == ("operator", "ada", {}, "out of hand")
    assert pause["since"] and "until" not in pause
    resumed = parsed(place, "resume", "--all")
    assert resumed["resumed"] == 1 and resumed["pauses"][0]["reason"] == "out of hand"


def test_watch_tells_of_changes_as_they_happen(place: Place, ready: Daemon) -> None:
    with subprocess.Popen(
        [place.binary, "watch", "--json"], env=place.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        first = json.loads(process.stdout.readline())
        assert first["event"] == "heartbeat"
        ready.ask(op="pause", worker="w-1", reason="a look", by="ada")
        line = json.loads(process.stdout.readline())
        assert line["event"] == "paused" and line["seq"] > first["seq"] and "a look" in line["text"]
        ready.kill9()
        assert process.wait(15) == 69
        assert f"governor watch --since {line['seq']}".encode() in process.stderr.read()


def test_watch_for_people_leaves_heartbeats_out(place: Place, fake: ScriptedDaemon) -> None:
    fake.answers["watch"] = (
        b'{"seq":4,"at":"2026-11-20T15:18:56Z","event":"heartbeat","text":""}\n'
        b'{"seq":5,"at":"2026-11-20T15:18:57Z","event":"paused","text":"w-1 \\u001b[31m"}\n'
        b'{"error":{"code":"not_found","message":"41 is too long ago","field":"since"}}\n')
    run = place.governor("watch", "--since", "3")
    assert run.stdout == "2026-11-20 15:18:57  paused  w-1 \ufffd[31m\n"
    assert (run.returncode, run.stderr) == (1, "governor: 41 is too long ago\n")
    assert fake.asked("watch")[0]["since"] == 3


@pytest.mark.parametrize(("arguments", "code"), [
    (["reserve", "--worker", "w-1", "--key", "k"], 69), (["extend", "r-1"], 69), (["settle", "r-1"], 69),
    (["release", "r-1"], 69), (["pause", "--all", "--reason", "x"], 69), (["resume", "--all"], 69), (["watch"], 69),
    (["reserve", "--worker", "w-1", "--key", "k", "--on-unavailable", "allow"], 0),
])
def test_without_a_daemon(place: Place, arguments: list[str], code: int) -> None:
    run = place.governor(*arguments)
    assert run.returncode == code and "no daemon answers" in run.stderr


@pytest.mark.parametrize("arguments", [
    ["reserve", "--worker", "w-1"], ["reserve", "--key", "k", "--ttl", "soon"], ["settle"],
    ["settle", "r-1", "--key", "k"], ["settle", "r-1", "--cost-usd", "much"], ["pause", "--reason", "x"], ["pause", "--all"], ["resume"],
    ["pause", "--all", "--worker", "w", "--reason", "x"], ["reserve", "--key", "k", "--estimate-usd", "-1"],
    ["exec"], ["exec", "--grace", "long", "--", "true"], ["hook"], ["hook", "Stop", "--agent", "nobody"],
])
def test_a_wrong_call_is_a_usage_error(place: Place, arguments: list[str]) -> None:
    run = place.governor(*arguments)
    assert run.returncode == 64 and run.stderr and not run.stdout


@pytest.mark.parametrize(("error", "code"), [
    ("bad_request", 64), ("key_reused", 64), ("not_found", 1), ("already_settled", 1), ("already_released", 1),
    ("expired", 1), ("unavailable", 69), ("forbidden", 69), ("unknown_op", 69),
])
def test_errors_have_their_exit_codes(place: Place, fake: ScriptedDaemon, error: str, code: int) -> None:
    fake.answers |= {operation: refused(error) for operation in ("settle", "extend", "reserve")}
    for arguments in (["settle", "r-1"], ["extend", "r-1"], ["reserve", "--key", "k"]):
        run = place.governor(*arguments)
        assert run.returncode == code and run.stderr.startswith("governor: ") and f"it is {error}" in run.stderr


def test_a_daemon_that_cannot_store_counts_as_none(place: Place, fake: ScriptedDaemon) -> None:
    """The caller's word is asked for, as when nobody answers at all."""
    fake.answers["reserve"] = refused("unavailable")
    run = place.governor("reserve", "--key", "k", "--on-unavailable", "allow")
    assert (run.returncode, run.stdout) == (0, "")
    assert "answering allow as --on-unavailable says" in run.stderr
    run = place.governor("exec", "--on-unavailable", "allow", "--", "echo", "ran")
    assert (run.returncode, run.stdout) == (0, "ran\n")
