"""The Python client and the example coordinator: alone, and against the daemon."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest

from daemon import Daemon
from place import REPOSITORY, Place
from purse import purse, usd
from waiting import until

CLIENT = REPOSITORY / "deploy" / "clients" / "python"
sys.path.insert(0, str(CLIENT))

from governor import (  # noqa: E402
    ApiCallLog, Governor, GovernorError, GovernorUnavailable, Paused, StreamUsage, find_socket)

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
    at: { 50%: { throttle: { max_workers: 2, delay: 3s } } }
"""


@pytest.fixture
def client(ready: Daemon) -> Iterator[Governor]:
    with Governor(ready.socket_path, timeout=10) as client:
        yield client


# --- Against the daemon -----------------------------------------------------------------------------------------------


def test_a_check_is_a_decision(client: Governor) -> None:
    """Issue: a coordinator asks before it spawns and gets allow, throttle or pause with the reason."""
    free = client.check(worker="w-1", model="claude-opus-5", estimate_usd="0.30")
    assert (free.decision, free.allowed, free.paused, free.remaining_usd) == ("allow", True, False, Decimal(1))
    assert free.revision and free.as_of and not free.unavailable

    assert client.record(id="a", worker="w-1", model="claude-opus-5", cost_usd=Decimal("1.000000001")).accepted == 1
    full = client.check(worker="w-1")
    assert (full.decision, full.allowed, full.paused, full.stop) == ("pause", False, True, True)
    assert full.remaining_usd == 0 and "worker-life" in full.text

    client.record(id="b", worker="slow-1", model="claude-opus-5", cost_usd=0.6)
    slow = client.check(worker="slow-1")
    assert (slow.decision, slow.throttled, slow.max_workers, slow.delay_s) == ("throttle", True, 2, 3.0)


def test_records_are_counted_by_their_fate(client: Governor) -> None:
    """Issue: accepted, duplicate, revised, rejected with index and field; a long list is cut into lines that fit."""
    when = datetime.now(timezone.utc)
    many = [{"id": f"r-{n}", "time": when, "worker": "w-2", "model": "claude-opus-5", "cost_usd": 0.0001,
             "tags": {"note": "x" * 200}} for n in range(600)]
    many[550]["cost_usd"] = -1
    result = client.record(many)
    assert (result.accepted, result.duplicate, result.revised) == (599, 0, 0)
    assert [(each.index, each.field) for each in result.rejected] == [(550, "cost_usd")]
    again = client.record(many[:10])
    assert (again.accepted, again.duplicate) == (0, 10)
    assert client.check(worker="w-2").remaining_usd == Decimal("0.9401")


def test_a_session_can_be_named(client: Governor, ready: Daemon) -> None:
    """Issue: `label` names a session's worker, its earlier records included."""
    client.record(id="a", session="s-1", model="claude-opus-5", cost_usd=0.25)
    client.label("s-1", worker="w-5")
    assert ready.spent("worker-life", worker="w-5") == Decimal("0.25")
    accounts = client.status()["accounts"]
    assert [each["spent_usd"] for each in accounts if each["split"] == {"worker": "w-5"}] == [Decimal("0.25")]


def test_a_refusal_is_an_exception_with_code_and_field(client: Governor) -> None:
    """Issue: errors have a code and a field; the connection goes on."""
    with pytest.raises(GovernorError) as refusal:
        client.check(worker="w-1", estimate_usd=-1)
    assert (refusal.value.code, refusal.value.field) == ("bad_request", "estimate_usd")
    assert client.ping()["version"]


def test_a_restart_is_not_noticed(client: Governor, ready: Daemon) -> None:
    """Issue: the client reconnects once by itself."""
    client.record(id="a", worker="w-1", model="claude-opus-5", cost_usd=1)
    ready.kill9()
    ready.start()
    assert client.check(worker="w-1").paused
    assert client.record(id="a", worker="w-1", model="claude-opus-5", cost_usd=1).accepted == 0


def test_threads_share_a_client(client: Governor) -> None:
    """Issue: every thread gets the answer to its own question."""
    client.record(id="a", worker="full", model="claude-opus-5", cost_usd=1)
    wrong: list[str] = []

    def ask(worker: str) -> None:
        for _ in range(50):
            if client.check(worker=worker).paused != (worker == "full"):
                wrong.append(worker)

    threads = [threading.Thread(target=ask, args=(worker,)) for worker in ("full", "empty") * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_hold_is_charged_settled_and_reported(client: Governor, ready: Daemon) -> None:
    """Issue: holds in the client: reserved on entry, drawn down by records, settled on leaving."""
    with client.hold(key="gh-1/1", worker="w-1", session="s-1", estimate_usd=Decimal("0.6"), ttl_s=60) as hold:
        assert (hold.held, hold.decision.held_usd, hold.decision.estimate_from) == (True, Decimal("0.6"), "caller")
        client.record(id="a", worker="w-1", session="s-1", reservation=hold.reservation, cost_usd=0.25)
        assert purse(ready) == usd("0.25", "0.35")
        assert client.check(worker="w-1", estimate_usd=0.5).paused
        assert hold.check().allowed and client.check(worker="w-1", reservation=hold.reservation).allowed
        assert hold.extend(estimate_usd=0.8).held and purse(ready) == usd("0.25", "0.55")
        assert hold.extend(estimate_usd=1.1).paused and purse(ready) == usd("0.25", "0.55")
        hold.cost_usd = 0.3
    settled = hold.settlement
    assert settled is not None
    assert (settled.spent_usd, settled.released_usd, settled.overrun_usd) == usd("0.3", "0.5", "0")
    assert purse(ready) == usd("0.3", "0")
    with pytest.raises(Paused, match="worker-life"):
        with client.hold(key="gh-2/1", worker="w-1", estimate_usd=0.8) as refused:
            refused.raise_if_paused()
    assert client.status(worker="w-1")["holds"]["live"] == 0


def test_a_hold_is_extended_over_the_daemons_end(client: Governor, ready: Daemon) -> None:
    """Issue: it lives longer than its first time, whatever happens to the daemon meanwhile."""
    with client.hold(key="gh-1/1", worker="w-1", estimate_usd=0.5, ttl_s=2) as hold:
        assert hold.decision.expires_at is not None
        ready.kill9()
        ready.start()
        until(lambda: datetime.now(timezone.utc) > hold.decision.expires_at, "its first time is over")
        assert hold.held and purse(ready) == usd("0", "0.5")
    assert hold.error is None and hold.settlement is not None
    assert purse(ready) == usd("0", "0")


def test_threads_hold_no_more_than_there_is(client: Governor, ready: Daemon) -> None:
    """Issue: thread-safe: sixteen threads that share a client and a dollar hold it ten times over, and no more."""
    begin, held, let_through = threading.Barrier(16), threading.Barrier(17), []

    def work(number: int) -> None:
        begin.wait(10)
        with client.hold(key=f"gh-{number}/1", worker="w-1", estimate_usd=0.1) as hold:
            let_through.append(hold.held)
            held.wait(10)
            hold.cost_usd = 0.01

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    until(lambda: len(let_through) == 16, "all have been answered")
    assert let_through.count(True) == 10 and purse(ready) == usd("0", "1")
    held.wait(10)
    for thread in threads:
        thread.join()
    assert purse(ready) == usd("0.1", "0")


def test_an_operators_pause_is_made_watched_and_ended(client: Governor, ready: Daemon) -> None:
    """Issue: `pause`, `resume` and `watch` in the client."""
    watching = client.watch(heartbeats=True, worker="w-1")
    assert next(watching).event == "heartbeat"
    pause = client.pause(worker="w-*", reason="release week", by="ada", until=timedelta(hours=2))
    assert (pause.by, pause.operator, pause.reason) == ("operator", "ada", "release week")
    assert pause.labels == {"worker": "w-*"}
    assert pause.until is not None and pause.since is not None
    assert abs(pause.until - pause.since - timedelta(hours=2)) < timedelta(seconds=2)
    decision = client.check(worker="w-1")
    assert decision.paused and "release week" in decision.text and decision.resume_at == pause.until
    resumed = client.resume(worker="w-*", by="grace")
    assert (resumed.resumed, resumed.alerts, resumed.pauses) == (1, [], [pause])
    client.pause(worker="w-1", reason="it loops", by="ada", stop=True)
    ready.restart()
    assert client.check(worker="w-1", running=True).stop
    # Whether a glob concerns this worker is for the daemon to say; its own pause does.
    events = iter(watching.__next__, None)
    stopped = next(event for event in events if event.event == "stopped")
    assert (stopped.labels, "it loops" in stopped.text) == ({"worker": "w-1"}, True)
    client.resume(worker="w-1")
    assert next(event for event in events if event.event == "resumed").seq > stopped.seq
    watching.close()


# --- The example coordinator ------------------------------------------------------------------------------------------


def test_the_example_coordinator_stops_spawning_when_paused(place: Place, ready: Daemon) -> None:
    """Issue: a coordinator that reserves before each spawn stops at the limit, to the cent."""
    run = run_example(place, "2", "--tasks", "60", "--cost", "0.25", "--seconds", "0.2", "--patience", "2")
    assert run.returncode == 0, run.stderr
    spawned = re.findall(r"^spawn (w-\d) ", run.stdout, re.MULTILINE)
    assert re.search(r"^pause w-1.*worker-life", run.stdout, re.MULTILINE)
    assert re.search(r"^pause w-2.*worker-life", run.stdout, re.MULTILINE)
    assert (spawned.count("w-1"), spawned.count("w-2")) == (4, 4), run.stdout
    assert "giving up" in run.stdout and "8 spawned, 52 left" in run.stdout
    # Its log tells of each task a second time, which makes none of them dearer.
    until(lambda: log_is_read(ready, 8), "every line of the log is read")
    assert purse(ready, "w-1") == purse(ready, "w-2") == usd("1", "0")


def test_eight_workers_by_default_share_a_budget_to_the_cent(place: Place, ready: Daemon) -> None:
    """Issue: eight that ask at once spend no more than there is, though all of it is still to be billed."""
    place.policy(POLICY.replace("per: worker", "per: fleet"))
    assert ready.ask(op="reload")["reloaded"]
    run = run_example(place, "--tasks", "40", "--cost", "0.20", "--seconds", "0.3", "--patience", "1", "--ttl", "1")
    assert run.returncode == 0, run.stderr
    assert len(re.findall(r"^spawn w-\d task-\d+ \S+, \$0.20 held$", run.stdout, re.MULTILINE)) == 5, run.stdout
    assert len(re.findall(r"^done w-\d task-\d+ \$0.20$", run.stdout, re.MULTILINE)) == 5, run.stdout
    paused = re.findall(r"^pause (w-\d)", run.stdout, re.MULTILINE)
    assert set(paused) == {f"w-{number}" for number in range(1, 9)}, run.stdout
    until(lambda: log_is_read(ready, 5), "every line of the log is read")
    account = ready.account("worker-life")
    assert account is not None and (account["spent_usd"], account["held_usd"]) == (1, 0)


def log_is_read(daemon: Daemon, calls: int) -> bool:
    return any(source["name"] == "coordinator" and source["records"] >= calls for source in daemon.status()["sources"])


def test_the_example_coordinator_goes_on_when_it_may(place: Place, ready: Daemon) -> None:
    """Issue: paused work resumes when the limit is raised."""
    ready.record({"id": "a", "worker": "w-1", "model": "claude-opus-5", "cost_usd": 1})
    command = example(place, "1", "--tasks", "2", "--cost", "0.10", "--ask-every", "0.1", "--patience", "30")
    with subprocess.Popen(command, env=place.environment, cwd=place.folder, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        assert run.stdout.readline().startswith("pause w-1")
        place.policy(POLICY.replace("limit_usd: 1", "limit_usd: 5"))
        rest = run.stdout.read()
    assert run.returncode == 0
    assert rest.startswith("resume w-1") and "2 spawned, 0 left" in rest


def test_the_example_coordinator_obeys_a_throttle(place: Place, ready: Daemon) -> None:
    """Issue: no more workers at once than `max_workers`, no sooner than `delay`."""
    place.policy(POLICY.replace('"slow-*"', '"w-*"').replace("max_workers: 2, delay: 3s", "max_workers: 1, delay: 1s"))
    for worker in ("w-1", "w-2", "w-3"):
        ready.record({"id": worker, "worker": worker, "model": "claude-opus-5", "cost_usd": 0.6})
    until(lambda: ready.check(worker="w-1")["decision"] == "throttle", "the throttle is in force")
    run = run_example(place, "3", "--tasks", "3", "--cost", "0.01")
    assert "throttle w-1: wait 1 s" in run.stdout
    running = 0
    for word in re.findall(r"^(spawn|done) ", run.stdout, re.MULTILINE):
        running += 1 if word == "spawn" else -1
        assert running <= 1, run.stdout


def example(place: Place, *arguments: str) -> list[str]:
    return [sys.executable, str(CLIENT / "example_coordinator.py"), *arguments, "--logs", str(place.coordinator.root)]


def run_example(place: Place, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        example(place, *arguments), env=place.environment, cwd=place.folder, capture_output=True, text=True, timeout=90)


# --- Without the daemon -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", ["pause", "allow"])
def test_without_governor_the_caller_has_decided(folder: Path, answer: str) -> None:
    """Issue: when Governor is not there, `on_unavailable` decides, and the decision says so."""
    path = folder / "nobody.sock"
    client = Governor(path, on_unavailable=answer)
    decision = client.check(worker="w-1")
    assert (decision.decision, decision.unavailable) == (answer, True)
    assert str(path) in decision.caveats[0] and f"on_unavailable says {answer}" in decision.caveats[0]
    with pytest.raises(GovernorUnavailable):
        client.ping()
    with pytest.raises(ValueError, match="on_unavailable"):
        Governor(path, on_unavailable="maybe")


def test_a_daemon_that_never_answers_is_unavailable(folder: Path) -> None:
    """Issue: a request ends after its timeout."""
    path = str(folder / "mute.sock")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as mute:
        mute.bind(path)
        mute.listen()
        decision = Governor(path, timeout=0.2).check(worker="w-1")
    assert decision.paused and decision.unavailable and "timed out" in decision.text


@pytest.mark.parametrize("reply", [b"nonsense\n", b"[]\n", b'{"id":1}\n', b'{"id":99,"decision":"allow"}\n', b""])
def test_nonsense_is_no_permission(folder: Path, reply: bytes) -> None:
    """Issue: an answer that is none is treated as no answer."""
    path = str(folder / "odd.sock")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(path)
        server.listen()

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(1 << 16)
                    connection.sendall(reply)

        threading.Thread(target=serve, daemon=True).start()
        decision = Governor(path, timeout=5).check(worker="w-1")
        server.shutdown(socket.SHUT_RDWR)
    assert decision.paused and decision.unavailable


def test_a_misspelt_label_is_refused(folder: Path) -> None:
    """Issue: a label no budget knows would let work through unseen."""
    with pytest.raises(TypeError, match="wroker"):
        Governor(folder / "any.sock").check(wroker="w-1")


def test_the_socket_is_found_as_the_contract_says(folder: Path) -> None:
    """Issue: `$GOVERNOR_SOCKET`, else the usual places, else the data folder."""
    runtime = folder / "runtime"
    runtime.mkdir()
    env = {"HOME": str(folder), "XDG_RUNTIME_DIR": str(runtime)}
    assert find_socket(env) == str(folder / ".local/share/governor/governor.sock")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as here:
        here.bind(str(runtime / "governor.sock"))
        assert find_socket(env) == str(runtime / "governor.sock")
    assert find_socket({**env, "GOVERNOR_SOCKET": "/elsewhere"}) == "/elsewhere"


# --- The call log -----------------------------------------------------------------------------------------------------

FIELDS = [
    "timestamp", "task_id", "worker_id", "model", "prompt_file", "prompt_length", "response_length", "tokens_input",
    "tokens_output", "tokens_total", "duration_seconds", "time_to_first_token", "tokens_per_second",
    "estimated_cost_usd", "exit_code", "success", "error_message"]


def test_a_call_is_one_line_in_the_coordinators_shape(folder: Path) -> None:
    """Issue: the same lines as the coordinator's own logger, in the file of the local day."""
    log = ApiCallLog(folder / "api")
    call = log.start_call("gh-1", "w-1", model="claude-opus-5", prompt_file="p.md", prompt_length=12)
    call.first_token()
    log.end_call(call, tokens_input=100, tokens_output=20, estimated_cost_usd=Decimal("0.1"), response_length=80)
    failed = log.start_call("gh-2", "w-1")
    log.end_call(failed, exit_code=1, error_message="boom\nand\u2028more")
    [path] = (folder / "api").iterdir()
    assert path.name == f"api-calls-{datetime.now():%Y-%m-%d}.jsonl"
    first, second = (json.loads(line) for line in path.read_text().split("\n")[:-1])
    assert list(first) == FIELDS and list(second) == FIELDS
    assert datetime.fromisoformat(first["timestamp"]).tzinfo is None
    assert datetime.now() - datetime.fromisoformat(first["timestamp"]) < timedelta(minutes=1)
    assert (first["tokens_total"], first["estimated_cost_usd"], first["success"]) == (120, 0.1, True)
    assert first["time_to_first_token"] is not None
    assert (second["exit_code"], second["success"], second["error_message"]) == (1, False, "boom\nand\u2028more")


def test_many_writers_never_mix_their_lines(folder: Path) -> None:
    """Issue: one append per line, so that workers of several processes may log at once."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from governor import ApiCallLog; log = ApiCallLog(sys.argv[2])\n"
        "for n in range(200): log.end_call(log.start_call('t' * 300, sys.argv[3]), tokens_output=n)")
    writers = [
        subprocess.Popen([sys.executable, "-c", code, str(CLIENT), str(folder / "api"), f"w-{n}"]) for n in range(4)]
    assert [writer.wait(30) for writer in writers] == [0] * 4
    lines = [json.loads(line) for path in (folder / "api").iterdir() for line in path.read_text().splitlines()]
    assert sorted((line["worker_id"], line["tokens_output"]) for line in lines) == [
        (f"w-{worker}", n) for worker in range(4) for n in range(200)]


def assistant(message: str, output: int, input: int = 10, model: str = "claude-opus-5") -> dict[str, object]:
    usage = {"input_tokens": input, "output_tokens": output, "cache_read_input_tokens": 5,
             "cache_creation_input_tokens": 3}
    return {"type": "assistant", "session_id": "s-1", "message": {"id": message, "model": model, "usage": usage}}


def result(cost: float, output: int) -> dict[str, object]:
    used = {"inputTokens": 10, "outputTokens": output, "cacheReadInputTokens": 5, "cacheCreationInputTokens": 3}
    return {"type": "result", "session_id": "s-1", "result": "done", "is_error": False, "total_cost_usd": cost,
            "modelUsage": {"claude-opus-5": {**used, "costUSD": cost}}}


def read(folder: Path, *lines: dict[str, object], tail: str = "") -> StreamUsage:
    path = folder / "worker.stream.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines) + tail)
    return ApiCallLog(folder).read_usage(path)


def test_the_result_line_counts_and_grows(folder: Path) -> None:
    """Issue: `modelUsage` is cumulative per process: the last result line is the process's total."""
    usage = read(folder, assistant("m1", 1), result(0.1, 40), assistant("m2", 1), result(0.3, 90))
    assert (usage.output_tokens, usage.cost_usd, usage.complete) == (90, Decimal("0.3"), True)
    assert (usage.session, usage.model, usage.prompt_tokens, usage.response_length) == ("s-1", "claude-opus-5", 18, 4)


def test_a_second_process_in_the_file_adds(folder: Path) -> None:
    """Issue: totals fall only when another process began."""
    usage = read(folder, result(0.1, 40), result(0.3, 90), result(0.05, 20))
    assert (usage.output_tokens, usage.cost_usd) == (110, Decimal("0.35"))


def test_after_sigterm_the_messages_count(folder: Path) -> None:
    """Issue: no result line after SIGTERM: the largest copy of each message, and a cost that is unknown, not zero."""
    usage = read(
        folder, assistant("m1", 1), assistant("m1", 30), assistant("m1", 4), assistant("m2", 7), tail='{"type":"assist')
    assert (usage.output_tokens, usage.input_tokens, usage.cost_usd, usage.complete) == (37, 20, None, False)


def test_what_came_after_the_last_result_is_added(folder: Path) -> None:
    """Issue: a worker terminated in its second turn has used more than its last result line says."""
    usage = read(folder, assistant("m1", 1), result(0.1, 40), assistant("m1", 1), assistant("m2", 6))
    assert (usage.output_tokens, usage.cost_usd) == (46, None)


def test_the_recorded_stream_is_read(shared: Path, folder: Path) -> None:
    """Issue: a real worker's output."""
    usage = ApiCallLog(folder).read_usage(shared / "samples" / "claude-code" / "claude_2.1.329_stream-json.jsonl")
    assert (usage.model, usage.input_tokens, usage.output_tokens) == ("claude-sonnet-5", 2400, 84)
    assert (usage.cache_read_tokens, usage.cache_write_tokens) == (1000, 6000)
    assert usage.cost_usd is not None and round(usage.cost_usd, 6) == Decimal("0.02084")
    assert usage.session == "0bca6902-a3ee-409d-b23f-6f6ee1b0ac43"
