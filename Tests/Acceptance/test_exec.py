"""`governor exec` under a scripted daemon: the work is the command's own in everything but money."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from place import Place
from scripted_daemon import ALLOW, ScriptedDaemon, paused, refused
from waiting import until
from work import FAMILY, Work, is_gone, pids_in, state, wait_gone, wait_running, wait_stopped

#: One that notes what it is asked to do, and does not do it.
STUBBORN = 'trap "echo asked >> asked" TERM; echo $$ >> pids; while :; do sleep 0.05; done'


def test_the_command_is_untouched(place: Place, fake: ScriptedDaemon) -> None:
    """Input, output, errors and the exit code are the command's own, byte for byte."""
    data = bytes(range(256)) * 64
    run = subprocess.run(
        [place.binary, "exec", "--", "sh", "-c", "cat; echo no >&2; exit 7"], env=place.environment, input=data,
        capture_output=True, timeout=30)
    assert (run.returncode, run.stdout, run.stderr) == (7, data, b"no\n")
    assert [each["op"] for each in fake.asked()] == ["reserve", "settle"]
    assert "cost_usd" not in fake.asked("settle")[0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV])
def test_a_command_that_dies_of_a_signal_exits_as_a_shell_has_it(
    place: Place, fake: ScriptedDaemon, number: int
) -> None:
    run = place.governor("exec", "--", "sh", "-c", f"kill -{int(number)} $$")
    assert run.returncode == 128 + number


def test_a_command_that_is_not_there_gives_its_hold_back(place: Place, fake: ScriptedDaemon) -> None:
    run = place.governor("exec", "--", "no-such-command-anywhere")
    assert run.returncode == 127
    assert "governor: no-such-command-anywhere can't be started: No such file or directory" in run.stderr
    assert fake.asked("release") and not fake.asked("settle")
    (place.folder / "plain").write_text("no program")
    assert place.governor("exec", "--", "./plain").returncode == 126


def test_without_a_command_it_is_a_usage_error(place: Place) -> None:
    assert place.governor("exec", "--worker", "w-1").returncode == 64


def test_the_work_is_told_who_it_is(place: Place, fake: ScriptedDaemon) -> None:
    run = subprocess.run(
        [place.binary, "exec", "--worker", "w 1,x", "--task", "t", "--tag", "a=b", "--", "env"], text=True, timeout=30,
        env=place.environment | {"OTEL_RESOURCE_ATTRIBUTES": "host=h,worker=other", "GOVERNOR_MODEL": "old"},
        capture_output=True)
    told = dict(line.split("=", 1) for line in run.stdout.splitlines())
    assert told["GOVERNOR_RESERVATION"] == "r-1" and told["GOVERNOR_SOCKET"] == place.socket_path
    assert (told["GOVERNOR_WORKER"], told["GOVERNOR_TASK"], told["GOVERNOR_TAGS"]) == ("w 1,x", "t", "a=b")
    assert told["OTEL_RESOURCE_ATTRIBUTES"] == "host=h,worker=w%201%2Cx,task=t,reservation=r-1"
    assert "GOVERNOR_MODEL" not in told


def test_a_throttle_is_waited_for_and_its_model_passed_on(place: Place, fake: ScriptedDaemon) -> None:
    reply = fake.answers["reserve"]
    assert isinstance(reply, dict)
    fake.answers["reserve"] = reply | {
        "decision": "throttle", "delay_s": 1, "model": "claude-haiku-4-5",
        "reasons": [{"budget": "b", "text": "b: half is gone"}]}
    run = place.governor("exec", "--", "sh", "-c", "echo $GOVERNOR_MODEL")
    assert (run.returncode, run.stdout) == (0, "claude-haiku-4-5\n")
    assert run.stderr == "governor: waiting 1s before the start: b: half is gone\n"


@pytest.mark.parametrize(("arguments", "given"), [
    (["-p", "x"], True), (["--print", "x"], True), (["x"], False), (["-p", "--max-budget-usd", "1"], False),
    (["-p", "--max-budget-usd=1"], False), (["--", "-p"], False),
])
def test_claude_in_print_mode_gets_what_is_left(
    place: Place, fake: ScriptedDaemon, arguments: list[str], given: bool
) -> None:
    """Its own hold is its own to spend: 4 left beside a hold of 1."""
    claude = place.folder / "claude"
    claude.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    claude.chmod(0o755)
    run = place.governor("exec", "--", str(claude), *arguments)
    assert run.stdout.splitlines() == (["--max-budget-usd", "5"] if given else []) + arguments


def test_a_policy_that_only_observes_gives_no_budget(place: Place, fake: ScriptedDaemon) -> None:
    fake.answers["status"] = {"mode": "observe"}
    claude = place.folder / "claude"
    claude.write_text('#!/bin/sh\necho "$@"\n')
    claude.chmod(0o755)
    assert place.governor("exec", "--", str(claude), "-p").stdout == "-p\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2,
                                    signal.SIGWINCH])
def test_signals_are_passed_on(place: Place, fake: ScriptedDaemon, work: list[Work], number: int) -> None:
    script = (
        "import os, signal, sys\n"
        f"signal.signal({int(number)}, lambda *_: sys.exit(40))\n"
        "open('pids', 'a').write(f'{os.getpid()} ')\n"
        "while True: signal.pause()\n")
    running = Work(place, "--", sys.executable, "-c", script)
    work.append(running)
    pids_in(place.folder / "pids", 1)
    running.send(number)
    assert running.end() == 40


def test_a_hangup_that_is_ignored_stays_so(place: Place, fake: ScriptedDaemon) -> None:
    """As under `nohup`: neither the wrapper nor the work hears of it."""
    run = subprocess.run(
        [place.binary, "exec", "--", "sh", "-c", "kill -HUP $PPID; kill -HUP $$; echo alive"], env=place.environment,
        capture_output=True, text=True, timeout=30, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    assert (run.returncode, run.stdout) == (0, "alive\n")


def test_a_caller_that_ignores_children_still_gets_the_exit_code(place: Place, fake: ScriptedDaemon) -> None:
    run = subprocess.run(
        [place.binary, "exec", "--", "sh", "-c", "exit 9"], env=place.environment, timeout=30,
        preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
    assert run.returncode == 9


def test_a_pause_stops_the_whole_group_and_lets_it_go_on(place: Place, fake: ScriptedDaemon, work: list[Work]) -> None:
    """Children of children too."""
    running = Work(place, "--worker", "w-1", "--", "sh", "-c", FAMILY)
    work.append(running)
    family = pids_in(place.folder / "pids", 2)
    wait_running(*family)
    fake.answers["check"] = paused("worker-day: all is spent")
    wait_stopped(*family)
    until(lambda: fake.asked("check")[-1].get("reservation") == "r-1", "asked about its own hold")
    assert fake.asked("check")[-1]["running"] is True
    fake.answers["check"] = ALLOW
    wait_running(*family)
    running.send(signal.SIGTERM)
    assert running.end() == 128 + signal.SIGTERM
    wait_gone(*family)
    assert running.said == "governor: pausing the work: worker-day: all is spent\ngovernor: the work goes on\n"
    assert fake.asked("settle")


def test_stopped_work_that_is_asked_to_end_can_end(place: Place, fake: ScriptedDaemon, work: list[Work]) -> None:
    running = Work(place, "--", "sh", "-c", FAMILY)
    work.append(running)
    family = pids_in(place.folder / "pids", 2)
    fake.answers["check"] = paused("all is spent")
    wait_stopped(*family)
    running.send(signal.SIGTERM)
    assert running.end() == 128 + signal.SIGTERM
    wait_gone(*family)


def test_work_that_only_says_it_will_end_is_stopped_again(place: Place, fake: ScriptedDaemon, work: list[Work]) -> None:
    """A paused worker must not get out by a signal it does not obey."""
    running = Work(place, "--grace", "1s", "--", "sh", "-c", STUBBORN)
    work.append(running)
    [child] = pids_in(place.folder / "pids", 1)
    fake.answers["check"] = paused("all is spent")
    wait_stopped(child)
    running.send(signal.SIGTERM)
    until((place.folder / "asked").exists, "it was told")
    wait_stopped(child)


def test_a_stop_asks_first(place: Place, fake: ScriptedDaemon, work: list[Work]) -> None:
    running = Work(place, "--", "sh", "-c", 'trap "exit 3" TERM; echo $$ >> pids; while :; do sleep 0.05; done')
    work.append(running)
    pids_in(place.folder / "pids", 1)
    fake.answers["check"] = paused("out of hand", stop=True)
    assert running.end() == 3
    assert running.said.startswith("governor: ending the work: out of hand\n")


def test_a_stop_kills_what_does_not_end(place: Place, fake: ScriptedDaemon, work: list[Work]) -> None:
    running = Work(place, "--grace", "300ms", "--", "sh", "-c", STUBBORN)
    work.append(running)
    [child] = pids_in(place.folder / "pids", 1)
    fake.answers["check"] = paused("out of hand", stop=True)
    assert running.end() == 128 + signal.SIGKILL
    assert (place.folder / "asked").exists(), "TERM comes before KILL"
    assert is_gone(child)
    assert "it has not ended within 300ms, and was killed" in running.said


def test_a_stop_kills_what_the_leader_left_behind(place: Place, fake: ScriptedDaemon, work: list[Work]) -> None:
    deaf = "(trap '' TERM; sh -c 'echo $PPID >> pids'; while :; do sleep 0.05; done) & "
    script = deaf + "trap 'exit 0' TERM; while :; do sleep 0.05; done"
    running = Work(place, "--grace", "300ms", "--", "sh", "-c", script)
    work.append(running)
    [child] = pids_in(place.folder / "pids", 1)
    fake.answers["check"] = paused("out of hand", stop=True)
    assert running.end() == 0
    wait_gone(child)


def test_stopped_work_is_ended_by_a_stop(place: Place, fake: ScriptedDaemon, work: list[Work]) -> None:
    running = Work(place, "--", "sh", "-c", FAMILY)
    work.append(running)
    family = pids_in(place.folder / "pids", 2)
    fake.answers["check"] = paused("all is spent")
    wait_stopped(*family)
    fake.answers["check"] = paused("out of hand", stop=True)
    assert running.end() == 128 + signal.SIGTERM
    wait_gone(*family)


def test_a_wrapper_that_is_killed_leaves_nothing_stopped(place: Place, fake: ScriptedDaemon, work: list[Work]) -> None:
    """Nobody could let it go on any more, so it is asked to end."""
    running = Work(place, "--", "sh", "-c", FAMILY)
    work.append(running)
    family = pids_in(place.folder / "pids", 2)
    fake.answers["check"] = paused("all is spent")
    wait_stopped(*family)
    running.send(signal.SIGKILL)
    wait_gone(*family)


def test_paused_at_the_start_it_does_not_start(place: Place, fake: ScriptedDaemon) -> None:
    fake.answers["reserve"] = paused("worker-day: w-1 has spent $1.00 of $1.00")
    run = place.governor("exec", "--worker", "w-1", "--", "touch", "ran")
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == "governor: paused: worker-day: w-1 has spent $1.00 of $1.00\n"
    assert not (place.folder / "ran").exists()


def test_with_wait_it_starts_when_it_may(place: Place, fake: ScriptedDaemon, work: list[Work]) -> None:
    admitted = fake.answers["reserve"]
    fake.answers["reserve"] = paused("all is spent")
    running = Work(place, "--wait", "--key", "mine", "--", "sh", "-c", "exit 4")
    work.append(running)
    running.wait_said("governor: waiting to start: all is spent\n")
    fake.answers["reserve"] = admitted
    assert running.end() == 4
    assert {each["key"] for each in fake.asked("reserve")} == {"mine"}


def test_the_wait_can_be_ended(place: Place, fake: ScriptedDaemon, work: list[Work]) -> None:
    fake.answers["reserve"] = paused("all is spent")
    running = Work(place, "--wait", "--", "true")
    work.append(running)
    running.wait_said("waiting to start")
    running.send(signal.SIGINT)
    assert running.end() == 128 + signal.SIGINT


def test_no_daemon_at_the_start(place: Place) -> None:
    run = place.governor("exec", "--", "true")
    assert run.returncode == 69
    assert "not starting, as --on-unavailable pause says" in run.stderr
    run = place.governor("exec", "--on-unavailable", "allow", "--", "echo", "ran")
    assert (run.returncode, run.stdout) == (0, "ran\n")
    assert "starting without, as --on-unavailable allow says" in run.stderr


def test_a_daemon_that_goes_pauses_the_work_until_it_is_back(
    place: Place, fake: ScriptedDaemon, work: list[Work]
) -> None:
    running = Work(place, "--", "sh", "-c", FAMILY)
    work.append(running)
    family = pids_in(place.folder / "pids", 2)
    fake.stop()
    wait_stopped(*family)
    running.wait_said("pausing the work until the daemon is back, as --on-unavailable pause says")
    fake.start()
    wait_running(*family)
    running.wait_said("governor: the daemon answers again\ngovernor: the work goes on\n")
    assert running.said.count("pausing the work") == 1


def test_a_daemon_that_goes_is_done_without_where_that_is_allowed(
    place: Place, fake: ScriptedDaemon, work: list[Work]
) -> None:
    running = Work(place, "--on-unavailable", "allow", "--", "sh", "-c", FAMILY)
    work.append(running)
    family = pids_in(place.folder / "pids", 2)
    fake.stop()
    running.wait_said("the work goes on without, as --on-unavailable allow says")
    fake.start()
    running.wait_said("the daemon answers again")
    assert {state(each) for each in family} <= {"R", "S"}
    assert running.said.count("goes on without") == 1


def test_answers_that_are_none_count_as_no_daemon(place: Place, fake: ScriptedDaemon, work: list[Work]) -> None:
    running = Work(place, "--on-unavailable", "allow", "--", "sh", "-c", FAMILY)
    work.append(running)
    pids_in(place.folder / "pids", 2)
    fake.answers["check"] = b"garbage\n"
    running.wait_said("answered no JSON")
    fake.answers["check"] = ALLOW
    running.wait_said("the daemon answers again")
    fake.answers["check"] = {"something": "else"}
    running.wait_said("the daemon's answer holds no decision")


def test_a_lost_hold_is_made_anew(place: Place, fake: ScriptedDaemon, work: list[Work]) -> None:
    """After a machine has slept, or a daemon was away for longer than it lasts."""
    running = Work(place, "--ttl", "1s", "--key", "mine", "--estimate-usd", "0.4", "--", "sh", "-c", FAMILY)
    work.append(running)
    pids_in(place.folder / "pids", 2)
    fake.answers["extend"] = refused("expired")
    until(lambda: len(fake.asked("reserve")) >= 2, "it asks for a new hold")
    first, second = fake.asked("reserve")[:2]
    assert first["key"] == "mine" != second["key"]
    assert first["estimate_usd"] == second["estimate_usd"] == 0.4


def test_a_hold_that_somebody_ended_is_not_made_anew(place: Place, fake: ScriptedDaemon, work: list[Work]) -> None:
    running = Work(place, "--ttl", "1s", "--", "sh", "-c", FAMILY)
    work.append(running)
    pids_in(place.folder / "pids", 2)
    fake.answers["extend"] = refused("already_settled")
    until(lambda: "reservation" not in (fake.asked("check") or [{"reservation": 1}])[-1], "it asks without one")
    assert len(fake.asked("reserve")) == 1


def test_a_key_of_work_that_has_ended_is_refused(place: Place, fake: ScriptedDaemon) -> None:
    fake.answers["extend"] = refused("already_settled")
    run = place.governor("exec", "--key", "old", "--", "touch", "ran")
    assert run.returncode == 64
    assert "the key old belongs to work that has ended (already_settled)" in run.stderr
    assert not (place.folder / "ran").exists()
