"""Every row of bad input at the listeners: refused clearly, at nobody else's cost, and leaving nothing behind.

Covered in `test_control_socket.py`: the modes of folder and socket under any umask, a stale socket, a symlink at the
path; and there each fault of JSON in a `check`.
"""

from __future__ import annotations

import json
import os
import pwd
import select
import socket
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from control_socket import ControlSocket, connected
from daemon import Daemon
from place import Place
from purse import hold
from raw_wires import LISTENERS, ask_raw, crowd, dialled, exchange, pace, post, send_what_is_taken
from waiting import until
from wires import TOKEN

POLICY = """
version: 1
timezone: UTC
budgets:
  - { name: worker-life, limit_usd: 10, per: worker, window: lifetime, at: { 100%: { stop: true } } }
"""

#: Connections the daemon serves at once.
LIMIT = 1024

#: How many times as long a check may take while somebody misbehaves. Who waits for them takes thousands of times.
SLOWER = 10

PAUSE = json.dumps({"worker": "w-1", "reason": "none", "by": "nobody"}).encode()


def unimpressed(daemon: Daemon, held: str = "0") -> None:
    """It answers, and of what was asked badly nothing was held, spent or paused."""
    assert daemon.check(worker="w-1")["decision"] == "allow"
    status = daemon.status()
    assert status["paused"] == []
    assert sum(Decimal(account["spent_usd"]) for account in status["accounts"]) == 0
    assert sum(Decimal(account["held_usd"]) for account in status["accounts"]) == Decimal(held)


def no_slower(control: ControlSocket, alone: float) -> None:
    """A check takes about as long as it did. What the machine does besides passes; a client in the way stays."""
    until(lambda: pace(control) < alone * SLOWER, f"a check takes less than {SLOWER} times {alone:.6f} s")


# --- The socket -------------------------------------------------------------------------------------------------------

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


def told_nobody(daemon: Daemon) -> str:
    """What the user `nobody` is answered to a pause. In a fork: a Python that is root's own is none it could start."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        answer = "the child broke down"
        try:
            nobody = pwd.getpwnam("nobody")
            os.setgroups([])
            os.setgid(nobody.pw_gid)
            os.setuid(nobody.pw_uid)
            answer = paused_by_hand(daemon.socket_path)
        finally:
            os.write(writing, answer.encode())
            os._exit(0)
    os.close(writing)
    with open(reading) as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return answer


def paused_by_hand(path: str) -> str:
    try:
        with connected(path) as connection:
            send_what_is_taken(connection, b'{"op":"pause","worker":"w-1","reason":"none","by":"nobody"}\n')
            return connection.recv(65_536).decode()
    except PermissionError as error:
        return type(error).__name__


@needs_root
def test_another_user_does_not_even_reach_the_socket(place: Place, ready: Daemon) -> None:
    """Faults, socket 1: the folder keeps others out."""
    place.folder.chmod(0o755)
    assert told_nobody(ready) == "PermissionError"
    unimpressed(ready)


@needs_root
def test_another_user_who_reaches_the_socket_is_refused(place: Place, ready: Daemon) -> None:
    """Faults, socket 1: where the modes were opened, the peer's user still counts."""
    place.folder.chmod(0o755)
    Path(ready.socket_path).parent.chmod(0o755)
    Path(ready.socket_path).chmod(0o666)
    assert json.loads(told_nobody(ready))["error"]["code"] == "forbidden"
    unimpressed(ready)


def test_a_line_of_a_megabyte_is_refused_and_ends_its_connection(ready: Daemon) -> None:
    """Faults, socket 5: it is answered before it is read to its end."""
    with ready.control() as control:
        try:
            control.send_bytes(b'{"op":"pause","reason":"none","by":"nobody","worker":"' + b"w" * (1 << 20) + b'"}\n')
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert control.answer()["error"]["code"] == "too_large"
        assert control.line() is None
    unimpressed(ready)


def test_a_thousand_idle_connections_delay_no_check(ready: Daemon) -> None:
    """Faults, socket 6: clients that say nothing hold nobody up."""
    with ready.control() as control:
        alone = pace(control)
        idle = crowd(ready, 1000)
        no_slower(control, alone)
        for each in idle:
            each.close()
    unimpressed(ready)


def test_a_connection_too_many_is_told_so_and_delays_no_check(ready: Daemon) -> None:
    """Contract: 1,024 connections; who comes then is answered with an error, and is let in when somebody leaves."""
    with ready.control() as control:
        alone = pace(control)
        idle = crowd(ready, LIMIT - 1)
        for _ in range(3):
            with ready.control() as late:
                assert late.answer()["error"]["code"] == "unavailable"
                assert late.line() is None
        no_slower(control, alone)
        idle.pop().close()
        until(lambda: is_served(ready), "there is room again")
        for each in idle:
            each.close()
    unimpressed(ready)


def is_served(daemon: Daemon) -> bool:
    with daemon.control() as control:
        try:
            return control.ask(op="ping").get("version") is not None
        except BrokenPipeError:
            return False


def test_a_client_that_types_slowly_delays_no_check_and_is_answered(ready: Daemon) -> None:
    """Contract: a line is waited for as long as it takes, by nobody but who sends it."""
    with ready.control() as control, ready.control() as slow:
        alone = pace(control)
        for byte in b'{"op"':
            slow.send_bytes(bytes([byte]))
            no_slower(control, alone)
        assert slow.ask_bytes(b':"ping","id":3}\n')["id"] == 3
    unimpressed(ready)


def test_a_client_that_never_reads_is_dropped_and_delays_no_check(ready: Daemon) -> None:
    """Contract: a client that doesn't read is dropped, never waited for."""
    with ready.control() as control:
        alone = pace(control)
        flood = Flood(ready)
        flood.is_under_way.wait(10)
        no_slower(control, alone)
        assert flood.was_dropped(), "it is still served"
    unimpressed(ready)


class Flood:
    """Checks without end, of whose answers none is read, until the connection is closed."""

    def __init__(self, daemon: Daemon) -> None:
        self._connection = daemon.control()
        self.is_under_way = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        lines = b'{"op":"check","worker":"w-2"}\n' * 100
        try:
            while True:
                self._connection.send_bytes(lines)
                self.is_under_way.set()
        except (BrokenPipeError, ConnectionResetError):
            self._connection.close()

    def was_dropped(self) -> bool:
        self._thread.join(20)
        return not self._thread.is_alive()


# --- HTTP -------------------------------------------------------------------------------------------------------------


def test_a_foreign_host_is_refused(ready: Daemon) -> None:
    """Faults, HTTP 1: a page that rebinds its name to this address gets nothing done."""
    foreign = post("/v1/pause", PAUSE).replace(b"Host: localhost", b"Host: evil.example")
    assert exchange(ready, "tcp", foreign).status == 421
    unimpressed(ready)


@pytest.mark.parametrize("origin", ["http://evil.example", "http://localhost.evil.example", "null", "file://", "%"])
def test_a_page_of_another_origin_posts_nothing(ready: Daemon, origin: str) -> None:
    """Faults, HTTP 2."""
    assert exchange(ready, "tcp", post("/v1/pause", PAUSE, f"Origin: {origin}")).status == 403
    unimpressed(ready)


@pytest.fixture
def guarded(place: Place) -> Daemon:
    """One that is reached from elsewhere too, by those who hold the token."""
    place.open_to_others(TOKEN)
    place.policy(POLICY)
    return place.start()


@pytest.mark.parametrize(
    "given",
    [
        [], ["Authorization:"], ["Authorization: Bearer"], [f"Authorization: Bearer {TOKEN[:-1]}"],
        [f"Authorization: Bearer {TOKEN}x"], [f"Authorization: Bearer {TOKEN[::-1]}"],
        [f"Authorization: Basic {TOKEN}"], [f"X-Token: {TOKEN}"]],
    ids=["missing", "empty", "only the scheme", "short", "long", "wrong", "another scheme", "another header"])
def test_who_does_not_hold_the_token_is_refused(guarded: Daemon, given: list[str]) -> None:
    """Faults, HTTP 3 to 5."""
    for op in ("pause", "check", "status"):
        assert exchange(guarded, "tcp", post(f"/v1/{op}", PAUSE, *given)).status == 401
    unimpressed(guarded)


def test_a_head_that_drips_is_closed_in_ten_seconds_and_delays_no_check(ready: Daemon) -> None:
    """Faults, HTTP 6; contract: headers time out in 10 s. On both listeners at once, since this takes its time."""
    began = time.monotonic()
    dripping = [dialled(ready, listener) for listener in LISTENERS]
    for connection in dripping:
        connection.sendall(b"POST /v1/pause HTTP/1.1\r\nX-Slow: ")
    with ready.control() as control:
        for _ in drips(dripping, began):
            alone = pace(control)
            send_to_all(dripping, b"x")
            no_slower(control, alone)
    unimpressed(ready)


def drips(connections: list[socket.socket], began: float) -> Iterator[None]:
    """Now and then, while one of them is open; none may be closed too soon or too late."""
    while connections:
        yield
        closed, _, _ = select.select(connections, [], [], 0.25)
        age = time.monotonic() - began
        assert age < 15, "it is still open"
        for connection in closed:
            assert connection.recv(1) == b"" and age > 9.5, f"closed after {age:.1f} s"
            connection.close()
            connections.remove(connection)


def send_to_all(connections: list[socket.socket], data: bytes) -> None:
    for connection in connections:
        send_what_is_taken(connection, data)


@pytest.mark.parametrize("listener", LISTENERS)
@pytest.mark.parametrize(
    "headers",
    [["X-Long: " + "x" * 65_536], [f"X-{n}: " + "x" * 1000 for n in range(66)], [f"X-{n}: x" for n in range(2000)]],
    ids=["in one field", "in many", "in very many"])
def test_a_head_too_large_is_refused(ready: Daemon, listener: str, headers: list[str]) -> None:
    """Faults, HTTP 7: 64 KB of header."""
    assert exchange(ready, listener, post("/v1/pause", PAUSE, *headers)).status in (400, 431)
    unimpressed(ready)


@pytest.mark.parametrize("listener", LISTENERS)
@pytest.mark.parametrize(
    "lengths",
    [
        [f"Content-Length: {len(PAUSE)}", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: chunked", f"Content-Length: {len(PAUSE)}"],
        [f"Content-Length: {len(PAUSE)}", "Content-Length: 2"], ["Content-Length: -1"], ["Content-Length: 0x5"]],
    ids=["both", "both turned round", "two lengths", "negative", "hexadecimal"])
def test_a_body_of_doubtful_length_is_refused(ready: Daemon, listener: str, lengths: list[str]) -> None:
    """Faults, HTTP 8: two readings of one request are how a second is smuggled in."""
    assert exchange(ready, listener, post("/v1/pause", PAUSE, *lengths)).status == 400
    unimpressed(ready)


@pytest.mark.parametrize("listener", LISTENERS)
@pytest.mark.parametrize(
    "path",
    ["/../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/metrics/..%2f..%2fetc/passwd", "/v1/../../etc/passwd",
     "//etc/passwd", "/v1/status/../../../etc/passwd%00", "/..\\..\\etc\\passwd"])
def test_a_path_that_climbs_leads_nowhere(ready: Daemon, listener: str, path: str) -> None:
    """Faults, HTTP 9: no path is a file's."""
    answer = exchange(ready, listener, f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    assert answer.status in (400, 404) and b"root:" not in answer.body
    unimpressed(ready)


@pytest.mark.parametrize("listener", LISTENERS)
@pytest.mark.parametrize(
    ("path", "length"), [("/v1/pause", (64 << 10) + 1), ("/v1/pause", 9 << 20), ("/metrics/claude", (8 << 20) + 1)])
def test_a_body_too_large_is_refused(ready: Daemon, listener: str, path: str, length: int) -> None:
    """Faults, HTTP 10; contract: 64 KiB for an operation, 8 MiB for all else, else 413."""
    answer = exchange(ready, listener, post(path, PAUSE.ljust(length)))
    assert (answer.status, answer.json["error"]["code"]) == (413, "too_large")
    unimpressed(ready)


# --- JSON -------------------------------------------------------------------------------------------------------------

#: A good request of each operation that changes or streams something.
REQUESTS = {
    "reserve": {"key": "gh-2/1", "worker": "w-1", "estimate_usd": 1},
    "extend": {"key": "gh-1/1", "estimate_usd": 2},
    "settle": {"key": "gh-1/1", "cost_usd": 1},
    "release": {"key": "gh-1/1"},
    "pause": {"worker": "w-1", "reason": "none", "by": "nobody"},
    "ack": {"alert": "al_0", "by": "nobody"},
    "silence": {"worker": "w-1", "until": "2h", "reason": "none", "by": "nobody"},
    "expire": {"silence": "si_0", "by": "nobody"},
    "test": {"receiver": "ops"},
    "retry": {"receiver": "ops"},
    "watch": {"worker": "w-1"}}

#: Of each, a field that takes no such number.
NUMBERS = {
    "reserve": "estimate_usd", "extend": "ttl_s", "settle": "cost_usd", "release": "reservation", "pause": "until",
    "ack": "by", "silence": "until", "expire": "by", "test": "receiver", "retry": "receiver", "watch": "since"}

FAULTS = [
    "deeper than 32", "over 64 KiB", "duplicate key", "negative", "Int64 overflow", "NUL escaped", "NUL", "bad UTF-8"]


def with_fault(op: str, fault: str) -> bytes:
    """A good request of the operation with this one thing wrong in it."""
    fields = {name: json.dumps(value).encode() for name, value in REQUESTS[op].items()}
    first = next(iter(fields))
    match fault:
        case "deeper than 32": fields["x"] = b"[" * 32 + b"]" * 32
        case "over 64 KiB": fields["x"] = b'"' + b"x" * (64 << 10) + b'"'
        case "duplicate key": fields[first] += b',"%s":%s' % (first.encode(), fields[first])
        case "negative": fields[NUMBERS[op]] = b"-1"
        case "Int64 overflow": fields[NUMBERS[op]] = b"9223372036854775808"
        case "NUL escaped": fields[first] = fields[first].replace(b'"', b'"\\u0000', 1)
        case "NUL": fields[first] = fields[first].replace(b'"', b'"\x00', 1)
        case "bad UTF-8": fields[first] = fields[first].replace(b'"', b'"\xff', 1)
    return b"{" + b",".join(b'"%s":%s' % (name.encode(), value) for name, value in fields.items()) + b"}"


@pytest.mark.parametrize("wire", ["lines", "http on the socket"])
@pytest.mark.parametrize("fault", FAULTS)
def test_bad_json_is_refused_in_every_operation(ready: Daemon, fault: str, wire: str) -> None:
    """Faults, JSON 1 to 7: with a code and the field at fault; the hold that was there stays as it was."""
    hold(ready, "gh-1/1")
    for op in REQUESTS:
        error = ask_raw(ready, wire, op, with_fault(op, fault))["error"]
        assert error["code"] == ("too_large" if fault == "over 64 KiB" else "bad_request"), (op, error)
        assert error["message"]
        if fault in ("negative", "Int64 overflow"):
            assert error["field"] == NUMBERS[op]
        if fault == "duplicate key":
            assert error["field"] == next(iter(REQUESTS[op]))
        unimpressed(ready, held="1")


def test_the_same_requests_without_a_fault_are_answered(ready: Daemon) -> None:
    """Otherwise each of the above could be refused for another reason."""
    hold(ready, "gh-1/1")
    for op, fields in REQUESTS.items():
        with ready.control() as control:
            reply = control.ask(op=op, **fields)
        assert reply.get("error", {}).get("code") in (None, "already_settled", "not_found"), (op, reply)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_connection_goes_on_after_bad_json_but_for_two_faults(ready: Daemon, fault: str) -> None:
    """Contract: only a line over 64 KiB or bytes that are not UTF-8 close it, after an error line."""
    with ready.control() as control:
        for op in REQUESTS:
            line = b'{"op":"%s",%s\n' % (op.encode(), with_fault(op, fault).removeprefix(b"{"))
            if fault in ("over 64 KiB", "bad UTF-8"):
                closes(ready, line)
            else:
                assert "error" in control.ask_bytes(line)
                assert control.ask(op="ping", id=op)["id"] == op
    unimpressed(ready)


def closes(daemon: Daemon, line: bytes) -> None:
    with ControlSocket(daemon.socket_path) as control:
        assert "error" in control.ask_bytes(line)
        assert control.line() is None
