"""Changes as they happen: in order, without a gap after a break, and never at the cost of somebody else's check."""

from __future__ import annotations

import http.client
import itertools
import json
import select
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import pytest

from control_socket import PATIENCE, ControlSocket, HTTPOverSocket
from daemon import Daemon
from place import REPOSITORY, Place
from wires import TOKEN

sys.path.insert(0, str(REPOSITORY / "deploy" / "clients" / "python"))

from governor import Governor, GovernorError  # noqa: E402

POLICY = """
version: 1
timezone: UTC
budgets:
  - name: worker-life
    limit_usd: 10
    per: worker
    window: lifetime
    at: { 20%: { throttle: { delay: 3s } }, 50%: { pause: until_resumed }, 100%: { stop: true } }
"""

KINDS = {"paused", "resumed", "stopped", "throttled", "threshold", "policy", "heartbeat"}


class Watcher:
    """A connection that watches: `heartbeat` is its first line, `next` skips all further ones."""

    def __init__(self, daemon: Daemon, patience: float = PATIENCE, **fields: Any) -> None:
        self.control = ControlSocket(daemon.socket_path, patience)
        self.control.send(op="watch", **fields)
        self.heartbeat = self.control.answer()
        assert self.heartbeat.get("event") == "heartbeat", f"the first line is no heartbeat: {self.heartbeat}"

    def next(self) -> dict[str, Any]:
        while True:
            event = self.control.answer()
            assert event["event"] in KINDS and isinstance(event["seq"], int) and event["at"], event
            if event["event"] != "heartbeat":
                return event

    def take(self, count: int) -> list[dict[str, Any]]:
        return [self.next() for _ in range(count)]

    def close(self) -> None:
        self.control.close()


def pause(daemon: Daemon, worker: str = "w-1", **fields: Any) -> None:
    daemon.ask(op="pause", **{"worker": worker, "reason": "release week", "by": "ada", **fields})


def resume(daemon: Daemon, worker: str = "w-1") -> None:
    assert daemon.ask(op="resume", worker=worker)["resumed"] == 1


def seqs(events: list[dict[str, Any]]) -> list[int]:
    return [event["seq"] for event in events]


# --- Order ------------------------------------------------------------------------------------------------------------


def test_changes_are_told_in_order(ready: Daemon) -> None:
    """Contract: a line per change from now on, with a sequence number; a heartbeat with the present one comes first."""
    pause(ready, "before")
    watcher = Watcher(ready, id="w")
    pause(ready)
    pause(ready, "w-2", stop=True)
    resume(ready)
    told = watcher.take(3)
    assert [(each["event"], each["labels"]) for each in told] == [
        ("paused", {"worker": "w-1"}), ("stopped", {"worker": "w-2"}), ("resumed", {"worker": "w-1"})]
    assert [each["id"] for each in (watcher.heartbeat, *told)] == ["w"] * 4
    order = [watcher.heartbeat["seq"], *seqs(told)]
    assert order == sorted(set(order)), "each has a number of its own, and they grow"
    assert "ada" in told[0]["text"] and "release week" in told[0]["text"]


def test_a_budget_tells_what_it_does(ready: Daemon) -> None:
    """Contract: `threshold`, `throttled`, `paused`, `stopped`, with the budget and whom it is about."""
    watcher = Watcher(ready)
    for cost, event, share in ((2, "throttled", "20%"), (3, "paused", "50%"), (5, "stopped", "100%")):
        ready.record({"id": event, "worker": "w-1", "cost_usd": cost})
        told = {each["event"]: each for each in watcher.take(2)}
        assert set(told) == {"threshold", event}, f"at {share}"
        assert all(each["budget"] == "worker-life" and each["labels"] == {"worker": "w-1"} for each in told.values())
        assert share in told["threshold"]["text"]


def test_an_edited_policy_is_told_and_what_it_lets_go(place: Place, ready: Daemon) -> None:
    """Contract: `policy`, and `resumed` of those whom a higher limit lets go on."""
    def limit(dollars: int) -> None:
        place.policy(f"""
version: 1
timezone: UTC
budgets:
  - {{ name: worker-life, limit_usd: {dollars}, per: worker, window: lifetime, at: {{ 100%: {{ stop: true }} }} }}
""")
        assert ready.ask(op="reload")["reloaded"]

    limit(10)
    ready.record({"id": "a", "worker": "w-1", "cost_usd": 10})
    watcher = Watcher(ready)
    limit(1000)
    told = watcher.take(2)
    assert [each["event"] for each in told] == ["policy", "resumed"]
    assert told[1]["budget"] == "worker-life" and told[1]["labels"] == {"worker": "w-1"}


def test_a_pause_that_ends_by_itself_is_told(ready: Daemon) -> None:
    """Contract: `resumed`, whether somebody or the time ended it."""
    watcher = Watcher(ready)
    pause(ready, until="1s")
    assert [each["event"] for each in watcher.take(2)] == ["paused", "resumed"]


def test_every_watcher_is_told_the_same(ready: Daemon) -> None:
    """A change is told to all who watch, under the same number."""
    watchers = [Watcher(ready) for _ in range(5)]
    pause(ready)
    resume(ready)
    first, *others = [watcher.take(2) for watcher in watchers]
    assert all(told == first for told in others)


def test_labels_narrow_what_is_told(ready: Daemon) -> None:
    """Contract: with labels only what is about them; numbers are those of everybody."""
    watcher, everything = Watcher(ready, worker="w-2"), Watcher(ready)
    pause(ready, "w-1")
    ready.record({"id": "a", "worker": "w-3", "cost_usd": 2})
    pause(ready, "w-2")
    assert watcher.next() == everything.take(4)[-1]


def test_a_heartbeat_comes_every_fifteen_seconds(ready: Daemon) -> None:
    """Contract: so that a silent connection is known to live; it carries the present number."""
    watcher = Watcher(ready, patience=20)
    began = time.monotonic()
    pause(ready)
    seq = watcher.next()["seq"]
    beat = watcher.control.answer()
    assert (beat["event"], beat["seq"]) == ("heartbeat", seq)
    assert 13 < time.monotonic() - began < 18


# --- Resuming ---------------------------------------------------------------------------------------------------------


def test_what_was_missed_comes_first_and_then_what_is_new(ready: Daemon) -> None:
    """Contract: `since`: what came after it, in order, then what is new; the first line tells the present."""
    everything = Watcher(ready)
    start = everything.heartbeat["seq"]
    for _ in range(3):
        pause(ready)
        resume(ready)
    told = everything.take(6)
    late = Watcher(ready, since=told[1]["seq"])
    assert late.heartbeat["seq"] == told[-1]["seq"]
    pause(ready)
    told.append(everything.next())
    assert late.take(5) == told[2:]
    assert Watcher(ready, since=start).take(7) == told
    nothing_missed = Watcher(ready, since=told[-1]["seq"])
    resume(ready)
    assert nothing_missed.next() == everything.next()


@pytest.mark.parametrize("how", ["restart", "kill9"])
def test_a_watcher_goes_on_after_a_restart(ready: Daemon, how: str) -> None:
    """Contract: a sequence number to resume from, over the daemon's own end; numbers never begin anew."""
    watcher = Watcher(ready)
    pause(ready, "w-1")
    pause(ready, "w-2")
    told = watcher.take(2)
    ready.stop() if how == "restart" else ready.kill9()
    assert watcher.control.line() is None, "a watcher is let go when the daemon ends"
    ready.start()
    again = Watcher(ready, since=told[0]["seq"])
    assert again.heartbeat["seq"] >= told[1]["seq"]
    assert again.next() == told[1]
    resume(ready, "w-1")
    event = next(event for event in iter(again.next, None) if event["event"] != "policy")  # which may tell of the start
    assert event["event"] == "resumed" and event["seq"] > told[1]["seq"]


def test_a_client_that_watches_can_not_ask(ready: Daemon) -> None:
    """Contract: once a connection watches, further lines on it are an error and close it."""
    watcher = Watcher(ready)
    watcher.control.send(op="ping", id=2)
    assert watcher.control.answer()["error"]["code"] == "bad_request"
    assert watcher.control.line() is None


@pytest.mark.parametrize("since", [-1, 1.5, "yesterday"])
def test_a_since_that_is_none_is_refused(ready: Daemon, since: object) -> None:
    """Contract: a clear error, and the connection may still be used."""
    with ready.control() as control:
        error = control.ask(op="watch", since=since)["error"]
        assert (error["code"], error["field"]) == ("bad_request", "since")
        assert control.ask(op="ping", id=3)["id"] == 3


# --- A client that does not read --------------------------------------------------------------------------------------


def test_a_slow_reader_is_dropped_and_nobody_waits_for_it(ready: Daemon) -> None:
    """Contract: a client that doesn't read is dropped, never waited for; a gap is never silent."""
    slow, quick = Watcher(ready), Watcher(ready)
    left = select.poll()
    left.register(slow.control.fileno(), select.POLLRDHUP)
    reason = "x" * 250
    slowest = 0.0
    told: list[int] = []
    for batch in itertools.count():
        assert batch < 200, f"still connected after {len(told)} changes that it did not read"
        with ready.control() as control:
            for number in range(100):
                control.send(op="pause", worker=f"w-{number}", reason=reason, by="ada")
            began = time.monotonic()
            assert ready.check(worker="other")["decision"] == "allow"
            slowest = max(slowest, time.monotonic() - began)
            for _ in range(100):
                assert "error" not in control.answer()
        changes = quick.take(100)
        assert [each["labels"]["worker"] for each in changes] == [f"w-{number}" for number in range(100)]
        told += seqs(changes)
        if left.poll(0):
            break
    assert slowest < 0.5, "a check waited for the client that did not read"
    assert ready.check(worker="w-1")["decision"] == "pause"
    lines = slow.control.rest().split(b"\n")[:-1]  # the last one may have been cut off
    assert seqs([json.loads(line) for line in lines]) == told[:len(lines)] and len(lines) < len(told)
    try:
        with closing(Governor(ready.socket_path).watch(since=slow.heartbeat["seq"])) as again:
            assert [event.seq for event in itertools.islice(again, len(told))] == told
    except GovernorError as refusal:
        assert (refusal.code, refusal.field) == ("not_found", "since"), "what is no longer kept is said, not left out"


# --- HTTP -------------------------------------------------------------------------------------------------------------


def open_stream(connection: http.client.HTTPConnection, method: str, path: str, body: str | None = None,
                **headers: str) -> http.client.HTTPResponse:
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    assert response.status == 200
    return response


def json_lines(response: http.client.HTTPResponse) -> Iterator[dict[str, Any]]:
    while line := response.readline():
        yield json.loads(line)


def sse_events(response: http.client.HTTPResponse) -> Iterator[dict[str, Any]]:
    """The objects of the stream, which must say the same in their own fields."""
    fields: dict[str, str] = {}
    while line := response.readline().decode():
        name, _, value = line.rstrip("\r\n").partition(":")
        if name:
            fields[name] = value.removeprefix(" ")
        elif "data" in fields:
            event = json.loads(fields["data"])
            assert (fields["id"], fields["event"]) == (str(event["seq"]), event["event"])
            yield event
            fields = {}


@pytest.fixture(params=["socket", "tcp"])
def connection(request: pytest.FixtureRequest, ready: Daemon) -> Iterator[http.client.HTTPConnection]:
    made: http.client.HTTPConnection = HTTPOverSocket(ready.socket_path)
    if request.param == "tcp":
        address = urlsplit(ready.addresses["http"])
        made = http.client.HTTPConnection(address.hostname or "", address.port, timeout=PATIENCE)
    yield made
    made.close()


def test_watching_over_http_streams_the_same_lines(ready: Daemon, connection: http.client.HTTPConnection) -> None:
    """Contract: `POST /v1/watch`, one object a line, chunked."""
    lines = Watcher(ready)
    response = open_stream(
        connection, "POST", "/v1/watch", json.dumps({"worker": "w-1"}), **{"Content-Type": "application/json"})
    assert response.getheader("Content-Type", "").startswith("application/x-ndjson")
    assert response.getheader("Transfer-Encoding") == "chunked"
    stream = json_lines(response)
    assert next(stream)["event"] == "heartbeat"
    pause(ready, "w-2")
    pause(ready, "w-1")
    assert next(stream) == lines.take(2)[1]


def test_server_sent_events_are_the_same_events(ready: Daemon, connection: http.client.HTTPConnection) -> None:
    """Contract: `GET /v1/events`: `id`, `event`, `data`; labels as query parameters."""
    lines = Watcher(ready)
    response = open_stream(connection, "GET", "/v1/events?worker=w-1")
    assert response.getheader("Content-Type", "").startswith("text/event-stream")
    stream = sse_events(response)
    assert next(stream)["event"] == "heartbeat"
    pause(ready, "w-2")
    pause(ready, "w-1")
    assert next(stream) == lines.take(2)[1]


@pytest.mark.parametrize("how", ["header", "query"])
def test_a_page_goes_on_from_its_last_event(ready: Daemon, connection: http.client.HTTPConnection, how: str) -> None:
    """Contract: `Last-Event-ID`, which a browser sends by itself, and `?since=`."""
    lines = Watcher(ready)
    pause(ready)
    resume(ready)
    told = lines.take(2)
    since = str(told[0]["seq"])
    path = "/v1/events" if how == "header" else f"/v1/events?since={since}"
    stream = sse_events(open_stream(
        connection, "GET", path, **({"Last-Event-ID": since} if how == "header" else {})))
    assert next(stream)["event"] == "heartbeat"
    assert next(stream) == told[1]


def test_events_need_the_token_where_one_is_set(place: Place) -> None:
    """Contract: the TCP listener serves those that hold the token."""
    place.open_to_others(TOKEN)
    place.policy(POLICY)
    daemon = place.start()
    address = urlsplit(daemon.addresses["http"])
    assert daemon.http("/v1/events").status == 401
    assert daemon.http("/v1/watch", "POST", b"{}", {"Content-Type": "application/json"}).status == 401
    made = http.client.HTTPConnection(address.hostname or "", address.port, timeout=PATIENCE)
    response = open_stream(made, "GET", "/v1/events", Authorization=f"Bearer {TOKEN}")
    assert next(sse_events(response))["event"] == "heartbeat"
    made.close()


def test_a_daemon_ends_in_time_while_it_is_watched(ready: Daemon, connection: http.client.HTTPConnection) -> None:
    """Issue: SIGTERM ends it in ten seconds; streams without an end don't hold it up."""
    watcher = Watcher(ready)
    stream = sse_events(open_stream(connection, "GET", "/v1/events"))
    assert next(stream)["event"] == "heartbeat"
    ready.stop()
    assert watcher.control.line() is None
