"""Policies: sentences nobody misreads, every mistake at once with its place, changes taken up while it runs."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from daemon import Daemon
from place import Place
from waiting import until

GOOD = """
version: 1
timezone: Europe/Warsaw
receivers:
  ops: { slack: { webhook_url: "https://hooks.example.com/services/x" } }
budgets:
  - name: worker-day
    limit_usd: 25
    per: worker
    window: day
    at: { 80%: { notify: [ops] }, 100%: { pause: until_reset } }
  - { name: fleet-month, limit_usd: 2000, per: fleet, window: month, at: { 80%: { throttle: { max_workers: 4 } } } }
  - name: opus-week
    limit_usd: 150
    per: fleet
    window: week
    match: { model: "claude-opus-*" }
    at: { 100%: { pause: until_reset } }
"""

LIFE = """
version: 1
budgets:
  - { name: worker-life, limit_usd: LIMIT, per: worker, window: lifetime, at: { 100%: { stop: true } } }
"""


# --- governor policy check --------------------------------------------------------------------------------------------


def test_a_good_folder_is_read_back_in_sentences(place: Place) -> None:
    """Issue: `policy check` prints one plain sentence per budget, exit 0."""
    place.policy(GOOD)
    run = place.governor("policy", "check", place.policies)
    assert run.returncode == 0, run.stdout + run.stderr
    lines = run.stdout.splitlines()
    [worker_day] = [line for line in lines if "worker-day" in line]
    assert "each worker may spend $25.00 a day, Warsaw time" in worker_day
    assert "at 80% tell ops" in worker_day and "at 100% pause it until midnight" in worker_day
    [fleet_month] = [line for line in lines if "fleet-month" in line]
    assert "$2000.00" in fleet_month.replace(",", "") and "month" in fleet_month and "4 workers" in fleet_month
    [opus_week] = [line for line in lines if "opus-week" in line]
    assert "claude-opus-*" in opus_week and "week" in opus_week


def test_every_mistake_is_reported_at_once_with_its_place(place: Place) -> None:
    """Issue: all problems at once, as file:line:column, over all files, exit 65."""
    place.policy("""\
version: 1
budgets:
  - name: worker-day
    limit_usd: 25
    per: worker
    window: mounth
  - name: fleet-month
    limit_usd: 2000
    limit_tokens: 5000
    per: fleet
    window: month
    at:
      100%: { notify: [nobody] }
      frist: { pause: until_reset }
colour: blue
""", "team.yaml")
    place.policy("""\
version: 1
timezone: Europe/Warsow
budgets:
  - { name: worker-day, limit_usd: 5, per: worker, window: day, at: { 100%: { pause: until_reset } } }
""", "zone.yaml")
    run = place.governor("policy", "check", place.policies)
    assert run.returncode == 65
    text = run.stdout + run.stderr
    assert 'unknown window "mounth"; did you mean "month"?' in text
    places = {
        (name, int(line)) for name, line, _ in re.findall(r"(\w+\.yaml):(\d+):(\d+): error: ", text)}
    expected = {("team.yaml", 6), ("team.yaml", 13), ("team.yaml", 14), ("team.yaml", 15), ("zone.yaml", 2)}
    assert expected <= places, text
    assert ("team.yaml", 8) in places or ("team.yaml", 9) in places or ("team.yaml", 7) in places  # two limits
    assert ("zone.yaml", 4) in places or ("team.yaml", 3) in places  # one name in two files
    assert re.search(r"team\.yaml:6:13: error: ", text), "the column is that of the word itself"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("version: 1\nbudgets: [\n", None),
        ("version: 1\nversion: 1\n", 2),
        ("version: 1\nbudgets: &all []\nreceivers: *all\n", None),
        ("version: 2\n", 1),
        ("version: 1\nbudgets:\n  - { name: a, per: fleet, window: day }\n", 3),
        ("version: 1\nbudgets:\n  - { name: a, limit_usd: -5, per: fleet, window: day }\n", 3),
        (
            "version: 1\nbudgets:\n  - { name: a, limit_usd: 5, per: fleet, window: lifetime,\n"
            "      at: { 100%: { pause: until_reset } } }\n", 4),
        ('version: 1\nreceivers:\n  ops: { slack: { webhook_url: "${NOT_SET_ANYWHERE}" } }\n', 3),
    ],
    ids=["yaml", "key twice", "alias", "version", "no limit", "negative", "pause without end", "unset variable"])
def test_a_broken_file_is_refused(place: Place, text: str, line: int | None) -> None:
    """Issue: bad input is a clear error with its place, exit 65."""
    place.policy(text, "broken.yaml")
    run = place.governor("policy", "check", place.policies)
    assert run.returncode == 65
    where = re.search(r"broken\.yaml:(\d+):\d+: error: \S", run.stdout + run.stderr)
    assert where, run.stdout + run.stderr
    assert line is None or int(where[1]) == line


def test_a_daemon_does_not_start_with_a_broken_policy(place: Place) -> None:
    """Issue: a daemon without a valid policy says why and ends with 65."""
    place.policy("version: 1\nbudgets: 7\n")
    daemon = place.daemon()
    assert daemon.launch().wait(10) == 65
    assert re.search(r"policy\.yaml:2:\d+: error: ", daemon.complaints())


# --- Changes while it runs --------------------------------------------------------------------------------------------


@pytest.fixture
def ready(place: Place) -> Daemon:
    place.policy(LIFE.replace("LIMIT", "1"))
    daemon = place.start()
    daemon.record({"id": "a", "worker": "w-1", "model": "claude-opus-5", "cost_usd": 1.5})
    assert daemon.check(worker="w-1")["decision"] == "pause"
    return daemon


def test_a_changed_file_is_taken_up_by_itself(place: Place, ready: Daemon) -> None:
    """Issue: a changed file takes effect at once and forgets no spend: a raised limit lets a worker on."""
    before = ready.status()
    place.policy(LIFE.replace("LIMIT", "2"))
    until(lambda: ready.check(worker="w-1")["decision"] == "allow", "the raised limit is in force")
    after = ready.status()
    assert after["revision"] != before["revision"]
    assert after["reloaded_at"] > before["reloaded_at"]
    assert not after.get("policy_error")
    assert ready.check(worker="w-1")["revision"] == after["revision"]
    assert ready.spent("worker-life", worker="w-1") == Decimal("1.5")
    place.policy(LIFE.replace("LIMIT", "1"))
    until(lambda: ready.check(worker="w-1")["decision"] == "pause", "the lowered limit is in force")


def test_a_new_file_beside_is_taken_up(place: Place, ready: Daemon) -> None:
    """Issue: all files of the folder are one policy; a new budget knows what was spent before it."""
    fleet = LIFE.replace("worker-life", "fleet-life").replace("per: worker", "per: fleet").replace("LIMIT", "100")
    place.policy(fleet, "more.yaml")
    until(lambda: ready.spent("fleet-life") == Decimal("1.5"), "the new budget has the spend of before")


def test_sighup_reads_the_folder_again(ready: Daemon) -> None:
    """Issue: a folder is reloaded on SIGHUP, changed or not."""
    before = ready.status()
    ready.hang_up()
    until(lambda: ready.status()["reloaded_at"] > before["reloaded_at"], "the folder was read again")
    assert ready.status()["revision"] == before["revision"]
    assert ready.check(worker="w-1")["decision"] == "pause"


def test_a_broken_reload_keeps_the_old_policy(place: Place, ready: Daemon) -> None:
    """Issue: a reload with an error keeps the old policy and shows the error in `status` until it is mended."""
    before = ready.status()["revision"]
    place.policy(LIFE.replace("LIMIT", "much"))
    error = until(lambda: ready.status().get("policy_error"), "status shows the error")
    assert re.search(r"policy\.yaml:4:\d+", str(error))
    assert ready.status()["revision"] == before
    assert ready.check(worker="w-1")["decision"] == "pause"
    assert ready.check(worker="w-2")["decision"] == "allow"
    place.policy(LIFE.replace("LIMIT", "2"))
    until(lambda: not ready.status().get("policy_error"), "the error is gone")
    assert ready.check(worker="w-1")["decision"] == "allow"
