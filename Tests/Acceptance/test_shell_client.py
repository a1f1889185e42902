"""The shell coordinator: a command inside the budget, with nothing but curl and a little Python beside it."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon import Daemon
from fake_daemon import Answer, FakeDaemon
from place import REPOSITORY, Place
from purse import purse, usd

SCRIPT = REPOSITORY / "deploy" / "clients" / "shell" / "coordinator.sh"

POLICY = """
version: 1
timezone: UTC
budgets:
  - { name: worker-life, limit_usd: 1, per: worker, window: lifetime, at: { 100%: { stop: true } } }
  - name: slow-life
    limit_usd: 1
    per: worker
    window: lifetime
    match: { worker: "slow-*" }
    at: { 50%: { throttle: { delay: 1s } } }
models: { cheaper: { "claude-opus-*": claude-sonnet-5 } }
"""

pytestmark = pytest.mark.skipif(
    shutil.which("curl") is None or shutil.which("bash") is None, reason="the shell client needs bash and curl")


def command(*words: str) -> list[str]:
    return ["bash", str(SCRIPT), *words]


def run(place: Place, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*words), env=place.environment | {"GOVERNOR_WORKER": "w-1"} | environment, cwd=place.folder,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)


def test_it_reserves_runs_and_settles(place: Place, ready: Daemon) -> None:
    """Issue: the money is held while the command runs, and what it cost is settled; it exits as the command does."""
    place.environment |= {"BIN": str(place.binary)}
    script = 'echo "$GOVERNOR_RESERVATION"; "$BIN" status --json > while.json; echo 0.25 > "$COST_FILE"; exit 7'
    done = run(place, "bash", "-c", script, ESTIMATE_USD="0.40", GOVERNOR_TASK='a "task" with \\ in it')
    assert done.returncode == 7, done.stderr
    assert done.stdout.startswith("r-")
    assert '"held_usd":0.4' in (place.folder / "while.json").read_text().replace(" ", "")
    assert purse(ready) == usd("0.25", "0")


def test_without_a_cost_what_was_recorded_stands(place: Place, ready: Daemon) -> None:
    """Contract: settle without a cost; a command that fails is settled too."""
    assert run(place, "false", ESTIMATE_USD="0.40").returncode == 1
    assert run(place, "bash", "-c", """curl -s --unix-socket "$GOVERNOR_SOCKET" http://governor/v1/record -d '{
        "records": [{"id": "a", "worker": "w-1", "cost_usd": 0.1, "reservation": "'"$GOVERNOR_RESERVATION"'"}]}'""",
        ESTIMATE_USD="0.40").returncode == 0
    assert purse(ready) == usd("0.1", "0")
    assert ready.status()["holds"]["live"] == 0


def test_paused_work_is_not_started(place: Place, ready: Daemon) -> None:
    """Issue: exit 2 with the reason on standard error."""
    ready.record({"id": "a", "worker": "w-1", "cost_usd": 0.75})
    done = run(place, "touch", "started", ESTIMATE_USD="0.40")
    assert done.returncode == 2
    assert "worker-life" in done.stderr and "w-1" in done.stderr and not done.stdout
    assert not (place.folder / "started").exists()
    assert purse(ready) == usd("0.75", "0")


def test_throttled_work_waits_first(place: Place, ready: Daemon) -> None:
    """Issue: the throttle's delay is honoured."""
    ready.record({"id": "a", "worker": "slow-1", "cost_usd": 0.6})
    began = time.monotonic()
    done = run(place, "true", ESTIMATE_USD="0.10", GOVERNOR_WORKER="slow-1")
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - began >= 1
    assert purse(ready, "slow-1") == usd("0.6", "0")


def test_a_refused_question_is_said(place: Place, ready: Daemon) -> None:
    """A wrong estimate is no permission and no pause: exit 64, and nothing is started."""
    for estimate in ("-1", "ten"):
        done = run(place, "touch", "started", ESTIMATE_USD=estimate)
        assert done.returncode == 64 and done.stderr
    assert not (place.folder / "started").exists()
    assert run(place).returncode == 64, "nothing to run"


def test_without_a_daemon_nothing_is_started(place: Place) -> None:
    """Issue: exit 69, as the command line does it."""
    done = run(place, "touch", "started")
    assert done.returncode == 69
    assert not (place.folder / "started").exists()


def test_a_signal_ends_the_command_and_settles(place: Place, ready: Daemon) -> None:
    """Issue: no hold is left behind by a coordinator that is told to end."""
    script = 'trap "exit 9" TERM; echo running; sleep 30 & wait'
    with subprocess.Popen(
        command("bash", "-c", script), env=place.environment | {"GOVERNOR_WORKER": "w-1", "ESTIMATE_USD": "0.40"},
        cwd=place.folder, stdout=subprocess.PIPE, text=True,
    ) as running:
        assert running.stdout is not None and running.stdout.readline() == "running\n"
        assert purse(ready) == usd("0", "0.4")
        running.send_signal(signal.SIGTERM)
        assert running.wait(10) == 9
    assert purse(ready) == usd("0", "0")
    assert ready.status()["holds"]["live"] == 0


@pytest.fixture
def impatient(place: Place) -> Iterator[FakeDaemon]:
    """A daemon that tells running work to stop."""
    Path(place.socket_path).parent.mkdir()
    answers: dict[str, Answer] = {
        "reserve": {"decision": "allow", "reasons": [], "reservation": "r-1"},
        "extend": {"decision": "pause", "stop": True, "reasons": []},
        "settle": {"reservation": "r-1", "spent_usd": 0, "released_usd": 1, "overrun_usd": 0}}
    with FakeDaemon(Path(place.socket_path), lambda request: answers[request["op"]]) as daemon:
        yield daemon


def test_a_long_command_is_extended_and_told_to_stop(place: Place, impatient: FakeDaemon) -> None:
    """Issue: extended while it lives; a stop reaches it with the next extension."""
    began = time.monotonic()
    done = run(place, "sleep", "20", TTL_S="2")
    assert done.returncode == 128 + signal.SIGTERM
    assert time.monotonic() - began < 10
    [reserved], [extended], [settled] = map(impatient.requests, ("reserve", "extend", "settle"))
    assert reserved["key"] == extended["key"] == settled["key"] and reserved["ttl_s"] == extended["ttl_s"] == 2
    assert reserved["worker"] == "w-1"


def test_a_broken_connection_is_tried_again_with_the_same_key(place: Place, impatient: FakeDaemon) -> None:
    """Contract: whoever lost the answer asks again under the same key."""
    usual, lost = impatient.answer, iter([None])
    impatient.answer = lambda request: next(lost) if len(impatient.requests()) == 1 else usual(request)
    done = run(place, "true", ESTIMATE_USD="0.4")
    assert done.returncode == 0, done.stderr
    first, second = impatient.requests("reserve")
    assert first == second and first["estimate_usd"] == 0.4
