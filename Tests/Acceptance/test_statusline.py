"""`governor statusline`: one line, whatever happens, and never late."""

from __future__ import annotations

import json
import subprocess
import time

import pytest

from place import Place
from scripted_daemon import ScriptedDaemon, paused
from waiting import noon_zone

POLICY = """
version: 1
timezone: ZONE
budgets:
  - { name: worker-day, limit_usd: 1, per: worker, window: day, at: { 100%: { pause: until_reset } } }
"""

FEED = {"v": 1, "today": 12.4, "month": 210.3, "forecast": 298.0, "paused": 2, "alerts": 0,
        "worst": {"name": "worker-day", "who": "w-1", "used": 0.62}}
#: What is promised, and what a loaded machine may add to the start of a process.
LIMIT = 0.3
SLACK = 0.5


@pytest.fixture(autouse=True)
def feed(request: pytest.FixtureRequest) -> None:
    if "fake" in request.fixturenames:
        request.getfixturevalue("fake").answers["feed"] = FEED


def line(place: Place, status: bytes = b"", **environment: str) -> str:
    began = time.monotonic()
    run = subprocess.run(
        [place.binary, "statusline"], env=place.environment | environment, input=status, capture_output=True,
        timeout=30)
    assert time.monotonic() - began < LIMIT + SLACK
    assert (run.returncode, run.stderr) == (0, b"")
    text = run.stdout.decode()
    assert text.endswith("\n") and text.count("\n") == 1
    return text[:-1]


def test_it_says_what_is_spent_and_who_is_paused(place: Place) -> None:
    place.policy(POLICY.replace("ZONE", noon_zone()))
    daemon = place.start()
    daemon.record({"id": "a", "worker": "w-1", "session": "s-9", "model": "claude-opus-5", "cost_usd": 1.25})
    text = line(place)
    assert text.startswith("governor: $1.25 today, $1.25 this month") and "worker-day w-1 125%" in text
    assert "1 paused" in text and "PAUSED" not in text
    status = json.dumps({"session_id": "s-9", "model": {"id": "claude-opus-5"}}).encode()
    assert line(place, status, GOVERNOR_WORKER="w-1").startswith("governor: PAUSED: worker-day: w-1 has spent")


def test_nobody_there(place: Place) -> None:
    assert line(place) == "governor: not running"


def test_a_daemon_of_its_own_words(place: Place, fake: ScriptedDaemon) -> None:
    assert line(place) == (
        "governor: $12.40 today, $210.30 this month, $298.00 expected · worker-day w-1 62% · 2 paused")
    fake.answers["check"] = paused("all is\nspent \x1b[31m")
    assert line(place).startswith("governor: PAUSED: all is spent \ufffd[31m · $12.40")


@pytest.mark.parametrize("feed", [b"garbage", b"[]", b"{}", None])
def test_a_feed_that_is_none(place: Place, fake: ScriptedDaemon, feed: bytes | None) -> None:
    fake.answers["feed"] = feed
    assert line(place).startswith("governor: ")


def test_a_check_that_fails_leaves_the_rest(place: Place, fake: ScriptedDaemon) -> None:
    for reply in (b"garbage\n", None):
        fake.answers["check"] = reply
        assert line(place).startswith("governor: $12.40 today")


@pytest.mark.parametrize("status", [b"{", b"\xff", b"[1]", b'{"session_id": 7}'])
def test_an_input_that_is_none(place: Place, fake: ScriptedDaemon, status: bytes) -> None:
    assert line(place, status).startswith("governor: $12.40 today")


def test_an_input_that_never_ends(place: Place, fake: ScriptedDaemon) -> None:
    with subprocess.Popen(
        [place.binary, "statusline"], env=place.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        began = time.monotonic()
        assert process.stdout is not None and process.stdin is not None
        assert process.stdout.readline() == b"governor: no answer in time\n"
        assert time.monotonic() - began < LIMIT + SLACK
        assert process.wait(5) == 0
