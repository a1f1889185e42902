"""`governor exec` with the daemon: money held for the work, and its pauses and its end as the policy says."""

from __future__ import annotations

import signal
import sys
from decimal import Decimal

from daemon import Daemon
from place import Place
from waiting import until
from work import FAMILY, Work, pids_in, wait_gone, wait_running, wait_stopped

POLICY = """
version: 1
timezone: ZONE
budgets:
  - { name: worker-day, limit_usd: 1, per: worker, window: day, at: { 100%: { pause: until_reset } } }
  - name: stop-day
    limit_usd: 1
    per: worker
    window: day
    match: { worker: "stop-*" }
    at: { 100%: { stop: true } }
"""


def spend(daemon: Daemon, worker: str, dollars: str, identity: str) -> None:
    daemon.record({"id": identity, "worker": worker, "model": "claude-opus-5", "cost_usd": float(dollars)})


def test_work_is_paused_by_what_it_spends_and_continued_by_an_operator(
    place: Place, ready: Daemon, work: list[Work]
) -> None:
    running = Work(place, "--worker", "w-1", "--estimate-usd", "0.5", "--", "sh", "-c", FAMILY)
    work.append(running)
    family = pids_in(place.folder / "pids", 2)
    assert ready.held("worker-day", worker="w-1") == Decimal("0.5")
    ready.ask(op="pause", worker="w-1", reason="a look at it", by="ada")
    wait_stopped(*family)
    ready.ask(op="resume", worker="w-1", by="ada")
    wait_running(*family)
    spend(ready, "w-1", "1.2", "a")
    wait_stopped(*family)
    running.send(signal.SIGTERM)
    assert running.end() == 128 + signal.SIGTERM
    assert ready.held("worker-day", worker="w-1") == 0
    assert "paused by ada: a look at it" in running.said and "worker-day" in running.said


def test_a_stop_ends_the_work(place: Place, ready: Daemon, work: list[Work]) -> None:
    running = Work(place, "--worker", "stop-1", "--estimate-usd", "0.5", "--", "sh", "-c", FAMILY)
    work.append(running)
    family = pids_in(place.folder / "pids", 2)
    spend(ready, "stop-1", "1.2", "a")
    assert running.end() == 128 + signal.SIGTERM
    wait_gone(*family)


def test_what_its_usage_says_is_settled(place: Place, ready: Daemon) -> None:
    """The work tells of a call of its own, by the reservation it was given."""
    script = (
        "import json, os, socket\n"
        "s = socket.socket(socket.AF_UNIX); s.connect(os.environ['GOVERNOR_SOCKET'])\n"
        "record = {'id': 'a', 'worker': 'w-1', 'cost_usd': 0.25, 'reservation': os.environ['GOVERNOR_RESERVATION']}\n"
        "s.sendall(json.dumps({'op': 'record', 'records': [record]}).encode() + b'\\n')\n"
        "print(s.makefile().readline())\n")
    run = place.governor("exec", "--worker", "w-1", "--estimate-usd", "0.5", "--", sys.executable, "-c", script)
    assert run.returncode == 0, run.stderr
    assert ready.spent("worker-day", worker="w-1") == Decimal("0.25")
    assert ready.held("worker-day", worker="w-1") == 0


def test_two_that_fit_alone_do_not_fit_together(place: Place, ready: Daemon, work: list[Work]) -> None:
    first = Work(place, "--worker", "w-1", "--estimate-usd", "0.7", "--", "sh", "-c", FAMILY)
    work.append(first)
    pids_in(place.folder / "pids", 2)
    run = place.governor("exec", "--worker", "w-1", "--estimate-usd", "0.7", "--", "true")
    assert run.returncode == 2
    assert "worker-day" in run.stderr


def test_a_killed_wrapper_leaves_a_hold_that_expires(place: Place, ready: Daemon, work: list[Work]) -> None:
    running = Work(place, "--worker", "w-1", "--estimate-usd", "0.5", "--ttl", "2s", "--", "sh", "-c", FAMILY)
    work.append(running)
    family = pids_in(place.folder / "pids", 2)
    running.send(signal.SIGKILL)
    wait_gone(*family)
    until(lambda: ready.held("worker-day", worker="w-1") == 0, "the hold has run out")


def test_a_hold_outlives_many_of_its_lives(place: Place, ready: Daemon, work: list[Work]) -> None:
    """It is extended while the work runs, and its account is never without it."""
    running = Work(place, "--worker", "w-1", "--estimate-usd", "0.5", "--ttl", "1s", "--", "sleep", "3")
    work.append(running)
    until(lambda: ready.held("worker-day", worker="w-1"), "the hold is made")
    until(lambda: ready.held("worker-day", worker="w-1") == 0, "the hold has ended")
    running.wrapper.wait(1)  # it was settled by a wrapper that ends, not lost by one that runs
    assert running.end() == 0
