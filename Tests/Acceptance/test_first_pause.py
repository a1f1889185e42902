"""The first pause: a worker fills its day, two alerts go out, it is paused and others are not, through crashes too."""

from __future__ import annotations

from decimal import Decimal

import pytest

from daemon import Daemon
from fake_slack import FakeSlack
from place import Place
from usage_files import Transcript
from waiting import noon_zone, until, wait_spent

POLICY = """
version: 1
timezone: ZONE
notifications: { group_wait: 0s }
receivers:
  ops: { slack: { webhook_url: "WEBHOOK" }, allow_private: true }
labels:
  - { source: transcript, cwd: ".*/worktrees/(?<worker>[^/]+)" }
budgets:
  - name: worker-day
    limit_usd: 1
    per: worker
    window: day
    at:
      80%:  { notify: [ops] }
      100%: { notify: [ops], pause: until_reset }
  - name: slow-day
    limit_usd: 1
    per: fleet
    window: day
    match: { worker: "slow-*" }
    at:
      50%:  { throttle: { max_workers: 2, delay: 3s } }
      100%: { pause: until_reset }
"""


@pytest.fixture
def ready(place: Place, slack: FakeSlack) -> Daemon:
    place.policy(POLICY.replace("ZONE", noon_zone()).replace("WEBHOOK", slack.url))
    return place.start()


def work(place: Place, worker: str) -> Transcript:
    return place.transcripts.session(f"/home/dev/worktrees/{worker}")


def test_a_worker_that_fills_its_day_is_announced_twice_and_paused(
    place: Place, slack: FakeSlack, ready: Daemon
) -> None:
    """Issue: an alert at 80%, an alert and a pause at 100%, each once; other workers go on."""
    busy = work(place, "w-1")
    busy.spend("0.50")
    wait_spent(ready, "worker-day", "0.5", worker="w-1")
    assert ready.check(worker="w-1")["decision"] == "allow"
    assert slack.messages == []

    busy.spend("0.30")
    [at_80] = slack.wait_for(1)
    assert "worker-day" in at_80.text and "w-1" in at_80.text and "80%" in at_80.text
    assert ready.check(worker="w-1")["decision"] == "allow"

    busy.spend("0.20")
    at_100 = slack.wait_for(2)[1]
    assert "worker-day" in at_100.text and "w-1" in at_100.text and "100%" in at_100.text

    paused = ready.check(worker="w-1")
    assert paused["decision"] == "pause"
    assert paused["remaining_usd"] == 0
    assert paused["resume_at"] and paused["retry_after_s"] > 0
    assert [reason["budget"] for reason in paused["reasons"]] == ["worker-day"]
    assert "w-1" in paused["reasons"][0]["text"]
    other = ready.check(worker="w-2")
    assert (other["decision"], other["remaining_usd"], other["reasons"]) == ("allow", 1, [])


def test_further_spend_of_a_paused_worker_is_no_further_alert(place: Place, slack: FakeSlack, ready: Daemon) -> None:
    """Issue: one crossing, one alert, however much comes after it."""
    busy = work(place, "w-1")
    busy.spend("0.80")
    slack.wait_for(1)
    for _ in range(5):
        busy.spend("0.02")
    wait_spent(ready, "worker-day", "0.9", worker="w-1")
    busy.spend("0.30")
    slack.wait_for(2)
    busy.spend("1.00")
    wait_spent(ready, "worker-day", "2.2", worker="w-1")
    work(place, "w-2").spend("0.80")  # told behind whatever was still to be told of w-1
    assert "w-2" in slack.wait_for(3)[2].text


def test_thresholds_crossed_at_once_are_one_message(place: Place, slack: FakeSlack, ready: Daemon) -> None:
    """Issue: crossing several thresholds at once tells only the highest."""
    work(place, "w-1").spend("1.10")
    [message] = slack.wait_for(1)
    assert "100%" in message.text or "110%" in message.text
    work(place, "w-2").spend("0.80")
    assert "w-2" in slack.wait_for(2)[1].text


def test_check_answers_a_shell_by_its_exit_code(place: Place, ready: Daemon) -> None:
    """Issue: `governor check` exits 0 allow, 2 pause with the reason on stderr, 75 throttle."""
    work(place, "w-1").spend("1.00")
    work(place, "slow-1").spend("0.60")
    wait_spent(ready, "worker-day", "1", worker="w-1")
    wait_spent(ready, "worker-day", "0.6", worker="slow-1")

    allowed = place.governor("check", "--worker", "w-2", "--socket", place.socket_path)
    assert allowed.returncode == 0, allowed.stderr

    paused = place.governor("check", "--worker", "w-1", "--socket", place.socket_path)
    assert paused.returncode == 2
    assert "worker-day" in paused.stderr and "w-1" in paused.stderr and "$1.00" in paused.stderr

    throttled = place.governor("check", "--worker", "slow-1", "--socket", place.socket_path)
    assert throttled.returncode == 75, throttled.stderr
    decision = ready.check(worker="slow-1")
    assert (decision["decision"], decision["max_workers"], decision["delay_s"]) == ("throttle", 2, 3)


def test_an_estimate_that_does_not_fit_is_refused_before_it_starts(place: Place, ready: Daemon) -> None:
    """Issue: a check with an estimate never admits work over the limit."""
    work(place, "w-1").spend("0.70")
    wait_spent(ready, "worker-day", "0.7", worker="w-1")
    assert ready.check(worker="w-1", estimate_usd=0.3)["decision"] == "allow"
    refused = ready.check(worker="w-1", estimate_usd=0.31)
    assert refused["decision"] == "pause"
    assert refused["reasons"][0]["budget"] == "worker-day"


def test_without_a_daemon_the_caller_has_decided(place: Place, ready: Daemon) -> None:
    """Issue: an unreachable daemon is what `--on-unavailable` says: 69 for pause, the default, and 0 for allow."""
    ready.stop()
    by_default = place.governor("check", "--worker", "w-1", "--socket", place.socket_path)
    assert by_default.returncode == 69
    assert place.socket_path in by_default.stderr
    pause = place.governor("check", "--worker", "w-1", "--socket", place.socket_path, "--on-unavailable", "pause")
    assert pause.returncode == 69
    allow = place.governor("check", "--worker", "w-1", "--socket", place.socket_path, "--on-unavailable", "allow")
    assert allow.returncode == 0
    assert place.socket_path in allow.stderr


def test_kill_9_loses_no_spend_and_repeats_no_alert(place: Place, slack: FakeSlack, ready: Daemon) -> None:
    """Issue: after kill -9 and a restart the spend is the same, the worker is still paused, no alert comes again."""
    busy = work(place, "w-1")
    busy.spend("0.80")
    slack.wait_for(1)
    busy.spend("0.25")
    slack.wait_for(2)
    # Messages go out in order, so once this one is here those of w-1 are marked as sent. It alone may come twice, since
    # it may be killed between sending and marking.
    work(place, "w-2").spend("0.80")
    slack.wait_for(3)
    before = ready.account("worker-day", worker="w-1")
    ready.kill9()
    ready.start()
    after = ready.account("worker-day", worker="w-1")
    assert before is not None and after is not None
    assert after["spent_usd"] == before["spent_usd"] == Decimal("1.05")
    assert after["state"] == "pause"
    assert ready.check(worker="w-1")["decision"] == "pause"
    work(place, "w-3").spend("0.80")  # told behind whatever would be told again
    until(lambda: "w-3" in slack.messages[-1].text, "the alert of w-3 has arrived")
    told = [next(who for who in ("w-1", "w-2", "w-3") if who in message.text) for message in slack.messages]
    assert told in (["w-1", "w-1", "w-2", "w-3"], ["w-1", "w-1", "w-2", "w-2", "w-3"])


def test_lines_written_while_it_was_down_count_once(place: Place, slack: FakeSlack, ready: Daemon) -> None:
    """Issue: a restart goes on where it left off: what came meanwhile counts, what was read counts no second time."""
    busy = work(place, "w-1")
    busy.spend("0.50")
    wait_spent(ready, "worker-day", "0.5", worker="w-1")
    ready.kill9()
    busy.spend("0.30")
    ready.start()
    wait_spent(ready, "worker-day", "0.8", worker="w-1")
    assert "80%" in slack.wait_for(1)[0].text


def test_sigterm_is_a_clean_end(ready: Daemon) -> None:
    """Issue: SIGTERM ends it in ten seconds with exit 0."""
    ready.stop()
