"""The control socket: two protocols at one path, clear refusals, and a path that is never taken from anybody."""

from __future__ import annotations

import json
import os
import signal
import stat
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from control_socket import HTTPOverSocket, connected
from daemon import STOP_WITHIN, Daemon
from place import Place

POLICY = """
version: 1
timezone: UTC
budgets:
  - { name: worker-life, limit_usd: 10, per: worker, window: lifetime, at: { 100%: { stop: true } } }
"""

RECORD = {"id": "job-1", "time": "2026-11-01T12:00:00Z", "worker": "w-1", "model": "claude-opus-5", "cost_usd": 2.5}


def refusal(reply: dict[str, Any]) -> Any:
    assert set(reply) <= {"id", "error"} and reply["error"]["message"]
    return reply["error"]


# --- Protocols --------------------------------------------------------------------------------------------------------


def test_replies_come_in_order_with_their_ids(ready: Daemon) -> None:
    """Issue: NDJSON, pipelining welcome: one reply per line, in order."""
    with ready.control() as control:
        asked = range(1, 201)
        ops = ["check", "ping", "status", "record"]
        lines = [
            {"id": n, "op": ops[n % 4], **({"worker": "w-1"} if n % 4 == 0 else {}),
             **({"records": [RECORD]} if n % 4 == 3 else {})}
            for n in asked]
        control.send_bytes(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
        replies = [control.answer() for _ in asked]
    assert [reply["id"] for reply in replies] == list(asked)
    assert all("error" not in reply for reply in replies)
    assert {reply["decision"] for reply in replies[3::4]} == {"allow"}
    assert "accounts" in replies[1] and "version" in replies[0]


def test_a_request_may_come_in_pieces(ready: Daemon) -> None:
    """Issue: a line is a line however it is cut into packets."""
    with ready.control() as control:
        for byte in b'{"op":"ping","id":5}\n':
            control.send_bytes(bytes([byte]))
        assert control.answer()["id"] == 5


def test_http_is_spoken_on_the_same_socket(ready: Daemon) -> None:
    """Issue: `POST /v1/check` over the unix socket, with the same object as its body, and keep-alive."""
    http = HTTPOverSocket(ready.socket_path)
    for _ in range(2):
        http.request("POST", "/v1/check", json.dumps({"worker": "w-1"}), {"Content-Type": "application/json"})
        answer = http.getresponse()
        assert (answer.status, json.load(answer)["decision"]) == (200, "allow")
    http.request("POST", "/v1/check", json.dumps({"estimate_usd": -1}), {"Content-Type": "application/json"})
    answer = http.getresponse()
    error = refusal(json.load(answer))
    assert (answer.status, error["code"], error["field"]) == (400, "bad_request", "estimate_usd")
    http.close()


# --- Refusals ---------------------------------------------------------------------------------------------------------

NESTED = b'{"a":' * 33 + b"1" + b"}" * 33


@pytest.mark.parametrize(
    ("line", "code", "field"),
    [
        (b'{"op":"chekc","id":9}', "unknown_op", "op"),
        (b'{"id":9,"worker":"w-1"}', "bad_request", "op"),
        (b'{"op":"check","id":9,"worker":"w-1","worker":"w-2"}', "bad_request", "worker"),
        (b'{"op":"check","id":9,"estimate_usd":-0.01}', "bad_request", "estimate_usd"),
        (b'{"op":"check","id":9,"estimate_usd":"ten"}', "bad_request", "estimate_usd"),
        (b'{"op":"check","id":9,"estimate_usd":1e400}', "bad_request", "estimate_usd"),
        (b'{"op":"check","id":9,"worker":"a\\u0000b"}', "bad_request", None),
        (b'{"op":"check","id":9,"worker":"a\x00b"}', "bad_request", None),
        (b'{"op":"check","id":9,"worker":7}', "bad_request", "worker"),
        (b'{"op":"check","id":9,"tags":' + NESTED + b"}", "bad_request", None),
        (b'{"op":"check","id":9', "bad_request", None),
        (b'{"op":"check","id":9,}', "bad_request", None),
        (b'{"op":"check","id":9,"estimate_usd":NaN}', "bad_request", None),
        (b'{}', "bad_request", "op"),
    ],
    ids=["unknown op", "no op", "duplicate key", "negative", "not a number", "not finite", "NUL escaped", "NUL", "type",
         "depth 33", "cut off", "trailing comma", "NaN", "empty"])
def test_a_bad_line_is_refused_and_the_connection_goes_on(
    ready: Daemon, line: bytes, code: str, field: str | None
) -> None:
    """Issue: a clear error with a code and the field at fault; nothing else is lost."""
    with ready.control() as control:
        error = refusal(control.ask_bytes(line + b"\n"))
        assert error["code"] == code
        if field is not None:
            assert error.get("field") == field
        assert control.ask(op="ping", id=10)["id"] == 10


def test_a_refusal_says_which_request_it_answers(ready: Daemon) -> None:
    """Issue: an error carries the id of its request wherever one could be read."""
    with ready.control() as control:
        assert control.ask(op="nonsense", id=77)["id"] == 77
        assert control.ask(op="check", id=78, estimate_usd=-1)["id"] == 78


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'{"op":"check","worker":"' + b"w" * 70_000 + b'"}\n', "too_large"),
        (b'{"op":"check","worker":"\xff\xfe"}\n', "bad_request"),
    ],
    ids=["over 64 KiB", "not UTF-8"])
def test_two_faults_end_the_connection_after_an_answer(ready: Daemon, data: bytes, code: str) -> None:
    """Issue: only a line over 64 KiB or bytes that are not UTF-8 close the connection, after an error line."""
    with ready.control() as control:
        assert refusal(control.ask_bytes(data))["code"] == code
        assert control.line() is None
    assert ready.check(worker="w-1")["decision"] == "allow"


def test_an_endless_line_is_not_waited_for(ready: Daemon) -> None:
    """Issue: a line without an end is refused as soon as it is too long."""
    with ready.control() as control:
        control.send_bytes(b'{"op":"check","worker":"' + b"w" * 70_000)
        assert refusal(control.answer())["code"] == "too_large"
        assert control.line() is None


def test_depth_32_is_no_fault_of_depth(ready: Daemon) -> None:
    """Issue: the limit is 32; a line of that depth is refused for other reasons or not at all."""
    nested = b'{"a":' * 30 + b"1" + b"}" * 30
    with ready.control() as control:
        reply = control.ask_bytes(b'{"op":"ping","id":1,"x":' + nested + b"}\n")
        assert "error" not in reply or "depth" not in reply["error"]["message"]


# --- Records ----------------------------------------------------------------------------------------------------------


def test_a_record_without_an_id_is_rejected_and_the_others_are_not(ready: Daemon) -> None:
    """Issue: a pushed record needs the caller's id; one bad record of a batch loses nothing else."""
    nameless = {name: value for name, value in RECORD.items() if name != "id"}
    negative = {"id": "job-2", "worker": "w-1", "model": "claude-opus-5", "output_tokens": -1}
    reply = ready.record(nameless, RECORD, negative)
    assert reply["accepted"] == 1
    assert [(each["index"], each["field"]) for each in reply["rejected"]] == [(0, "id"), (2, "output_tokens")]
    assert all(each["message"] for each in reply["rejected"])
    assert ready.spent("worker-life", worker="w-1") == Decimal("2.5")


def test_an_acknowledged_record_survives_kill_9(ready: Daemon) -> None:
    """Issue: durable before the reply; the same record again is a duplicate, a changed one a revision, also later."""
    first = ready.record(RECORD)
    assert (first["accepted"], first["duplicate"], first["revised"]) == (1, 0, 0)
    ready.kill9()
    ready.start()
    assert ready.spent("worker-life", worker="w-1") == Decimal("2.5")
    again = ready.record(RECORD)
    assert (again["accepted"], again["duplicate"], again["revised"]) == (0, 1, 0)
    changed = ready.record(RECORD | {"cost_usd": 3})
    assert (changed["accepted"], changed["duplicate"], changed["revised"]) == (0, 0, 1)
    ready.kill9()
    ready.start()
    assert ready.spent("worker-life", worker="w-1") == 3
    assert ready.record(RECORD | {"cost_usd": 1})["revised"] == 1  # the later version wins, down too
    assert ready.spent("worker-life", worker="w-1") == 1


# --- The path ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_socket_and_folder_are_closed_to_others(place: Place, umask: int) -> None:
    """Issue: folder 0700, socket 0660, whatever the umask."""
    place.policy(POLICY)
    daemon = place.daemon(umask=umask).start()
    path = Path(daemon.socket_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_stale_socket_is_replaced(place: Place) -> None:
    """Issue: a socket nobody listens on, as kill -9 leaves it, is no obstacle."""
    place.policy(POLICY)
    daemon = place.start()
    daemon.kill9()
    assert stat.S_ISSOCK(os.stat(daemon.socket_path).st_mode)
    daemon.start()
    assert daemon.check(worker="w-1")["decision"] == "allow"


def test_a_live_socket_is_never_taken_over(place: Place, ready: Daemon) -> None:
    """Issue: a second daemon at the same path says so and ends; the first goes on."""
    second = place.daemon("second")
    code = second.launch().wait(STOP_WITHIN)
    assert code != 0
    assert ready.socket_path in second.complaints()
    assert ready.check(worker="w-1")["decision"] == "allow"


@pytest.mark.parametrize("kind", ["file", "link", "folder"])
def test_anything_else_at_the_path_is_an_error_and_stays(place: Place, kind: str) -> None:
    """Issue: Governor never removes what isn't a socket."""
    place.policy(POLICY)
    path = Path(place.socket_path)
    path.parent.mkdir(mode=0o700)
    target = place.folder / "precious"
    target.write_text("precious")
    if kind == "file":
        path.write_text("precious")
    elif kind == "link":
        path.symlink_to(target)
    else:
        path.mkdir()
    daemon = place.daemon()
    code = daemon.launch().wait(STOP_WITHIN)
    assert code != 0
    assert str(path) in daemon.complaints()
    assert path.is_dir() if kind == "folder" else path.read_text() == "precious"
    assert path.is_symlink() == (kind == "link")


def test_a_fleet_connects_at_once_and_is_no_burden_while_it_says_nothing(ready: Daemon) -> None:
    """Issue: clients that say nothing hold nobody up; nor is one turned away because a thousand came before it."""
    idle = []
    os.kill(ready.pid, signal.SIGSTOP)
    try:
        # With a time limit a full queue is an error at once, and nobody is let in meanwhile.
        idle = [connected(ready.socket_path) for _ in range(1000)]
        os.kill(ready.pid, signal.SIGCONT)
        assert ready.check(worker="w-1")["decision"] == "allow"
    finally:
        os.kill(ready.pid, signal.SIGCONT)
        for connection in idle:
            connection.close()
