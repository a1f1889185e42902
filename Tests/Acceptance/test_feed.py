"""What displays and collectors read over HTTP: exact fields, small bodies, plain old clients."""

from __future__ import annotations

import json
import re
import socket
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest

from daemon import Daemon, Response
from place import Place
from waiting import now, rfc3339, until

POLICY = """
version: 1
timezone: ZONE
budgets:
  - { name: fleet-month, limit_usd: 2000, per: fleet, window: month, at: { 80%: { throttle: { max_workers: 4 } } } }
  - { name: worker-day, limit_usd: 1, per: worker, window: day, at: { 100%: { pause: until_reset } } }
"""

CLAUDE_FIELDS = [
    "timestamp", "window_hours", "burn_rate_per_hour", "total_cost_usd", "input_tokens", "output_tokens",
    "cache_creation_tokens", "cache_read_tokens", "total_tokens", "session_count", "active_session_id",
    "last_activity", "source"]
FEED_FIELDS = ["v", "t", "today", "month", "forecast", "limit", "used", "burn", "state", "paused", "alerts", "worst"]
WORST_FIELDS = ["name", "who", "used", "left", "resets"]


def call(number: int, cost: float, worker: str = "w-1", **fields: Any) -> dict[str, Any]:
    return {
        "id": f"call-{number}", "worker": worker, "session": f"s-{worker}", "model": "claude-opus-5",
        "input_tokens": 100, "output_tokens": 50, "cache_read_tokens": 30, "cache_write_5m_tokens": 15,
        "cache_write_1h_tokens": 5, "cost_usd": cost, **fields}


def keys_in_order(response: Response) -> list[str]:
    return [name for name, _ in json.loads(response.body, object_pairs_hook=list)]


def raw_numbers(response: Response) -> dict[str, str]:
    """Numbers at the top level as they are written."""
    values = json.loads(response.body, parse_float=str, parse_int=str, parse_constant=lambda name: pytest.fail(name))
    return {name: value for name, value in values.items() if isinstance(value, str) and re.match(r"-?\d", value)}


# --- The display that was there before -------------------------------------------------------------------------------


def test_claude_metrics_have_their_fields_in_order(ready: Daemon) -> None:
    """Issue: `GET /metrics/claude` is what displays already read: exact fields, exact order, plain numbers."""
    ready.record(call(1, 0.25), call(2, 0.5, "w-2", time=rfc3339(now() - timedelta(minutes=5))))
    response = ready.http("/metrics/claude")
    assert response.status == 200
    assert response.headers["content-type"].startswith("application/json")
    assert keys_in_order(response) == CLAUDE_FIELDS
    metrics = response.json
    assert metrics["total_cost_usd"] == Decimal("0.75") and metrics["window_hours"] == 24
    assert (metrics["input_tokens"], metrics["output_tokens"]) == (200, 100)
    assert (metrics["cache_creation_tokens"], metrics["cache_read_tokens"]) == (40, 60)
    assert (metrics["total_tokens"], metrics["session_count"], metrics["source"]) == (400, 2, "governor")
    assert metrics["active_session_id"] == "s-w-1"
    numbers = raw_numbers(response)
    for name in CLAUDE_FIELDS[4:10]:
        assert re.fullmatch(r"\d+", numbers[name]), name
    for name in ("total_cost_usd", "burn_rate_per_hour"):
        assert re.fullmatch(r"\d+(\.\d{1,4})?", numbers[name]), name
    for name in ("timestamp", "last_activity"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", metrics[name]), name


def test_without_records_only_two_fields_are_null(ready: Daemon) -> None:
    """Issue: `null` only for `active_session_id` and `last_activity`."""
    response = ready.http("/metrics/claude")
    assert keys_in_order(response) == CLAUDE_FIELDS
    assert {name for name, value in response.json.items() if value is None} == {"active_session_id", "last_activity"}


def test_hours_choose_the_window(ready: Daemon) -> None:
    """Issue: `?hours=` says how far back to look."""
    ready.record(call(1, 0.25), call(2, 0.5, time=rfc3339(now() - timedelta(hours=2))))
    one, day = ready.http("/metrics/claude?hours=1").json, ready.http("/metrics/claude?hours=24").json
    assert (one["window_hours"], one["total_cost_usd"]) == (1, Decimal("0.25"))
    assert (day["window_hours"], day["total_cost_usd"]) == (24, Decimal("0.75"))
    for nonsense in ("-1", "x"):
        assert ready.http(f"/metrics/claude?hours={nonsense}").status == 400, nonsense


def test_a_pushed_snapshot_is_shown_until_there_are_records(ready: Daemon) -> None:
    """Issue: partial snapshots are accepted, unknown fields kept; Governor's own records win as soon as it has some."""
    pushed = {"total_cost_usd": 0.5067, "input_tokens": 59253, "mood": "sunny"}
    assert post(ready, pushed).status in (200, 201, 204)
    shown = ready.http("/metrics/claude").json
    assert {name: shown[name] for name in pushed} == {**pushed, "total_cost_usd": Decimal("0.5067")}
    ready.record(call(1, 0.25))
    assert ready.http("/metrics/claude").json["total_cost_usd"] == Decimal("0.25")
    assert ready.spent("fleet-month") == Decimal("0.25")  # a snapshot is for showing, never for accounts


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b'{"a":1,"a":2}'], ids=["cut off", "array", "bytes", "twice"])
def test_a_snapshot_that_is_none_is_refused(ready: Daemon, body: bytes) -> None:
    """Issue: bad input is a clear error and changes nothing."""
    answer = ready.http("/metrics/claude", "POST", body, {"Content-Type": "application/json"})
    assert answer.status == 400 and answer.json["error"]["message"]


def test_history_is_kept_across_a_restart(ready: Daemon) -> None:
    """Issue: up to 288 snapshots, kept across restarts; `?points=48&format=columns` for small devices."""
    ready.record(call(1, 0.25))
    whole = until(lambda: snapshots(ready.http("/metrics/claude/history").json), "a snapshot is in the history")
    assert len(whole) <= 288 and whole[-1]["total_cost_usd"] == Decimal("0.25")
    response = ready.http("/metrics/claude/history?points=48&format=columns")
    columns = {name: values for name, values in response.json.items() if isinstance(values, list)}
    assert columns and len({len(values) for values in columns.values()}) == 1
    assert all(1 <= len(values) <= 48 for values in columns.values())
    ready.kill9()
    ready.start()
    assert snapshots(ready.http("/metrics/claude/history").json)[-1]["total_cost_usd"] == Decimal("0.25")


def post(daemon: Daemon, snapshot: dict[str, Any]) -> Response:
    return daemon.http("/metrics/claude", "POST", json.dumps(snapshot).encode(), {"Content-Type": "application/json"})


def snapshots(history: Any) -> list[dict[str, Any]]:
    """The list of snapshots, bare or in an object."""
    if isinstance(history, list):
        return history
    return next(value for value in history.values() if isinstance(value, list))


# --- The feed ---------------------------------------------------------------------------------------------------------


def test_the_feed_has_its_fields_in_order(ready: Daemon) -> None:
    """Issue: `GET /feed`: the day, the month, the worst account, in exact fields and order."""
    ready.record(call(1, 0.9), call(2, 1, "w-2"), call(3, 0.25, "w-3"))
    response = ready.http("/feed")
    assert response.status == 200
    assert keys_in_order(response) == FEED_FIELDS
    feed = response.json
    assert list(feed["worst"]) == WORST_FIELDS
    assert (feed["v"], feed["today"], feed["month"], feed["limit"]) == (1, Decimal("2.15"), Decimal("2.15"), 2000)
    assert (feed["state"], feed["paused"]) == ("pause", 1)
    worst = feed["worst"]
    assert (worst["name"], worst["who"], worst["used"], worst["left"]) == ("worker-day", "w-2", 1, 0)
    assert abs(feed["t"] - int(now().timestamp())) < 60 < worst["resets"] - feed["t"]
    assert all(re.fullmatch(r"-?\d+(\.\d{1,4})?", number) for number in raw_numbers(response).values())


def test_the_feed_stays_small_whatever_the_fleet(ready: Daemon) -> None:
    """Issue: under 512 bytes with 300 workers, whatever their names."""
    for start in range(0, 300, 20):  # a line of the socket has at most 64 KiB
        names = {n: f"worker-{n:03d}-" + "ż\"\\" * 60 for n in range(start, start + 20)}
        ready.record(*[call(n, 2, name, session="s") for n, name in names.items()])
    response = ready.http("/feed")
    assert len(response.body) < 512
    assert response.json["paused"] == 300
    assert response.json["worst"]["who"].startswith("worker-")


@pytest.mark.parametrize("path", ["/feed", "/metrics/claude"])
def test_bodies_are_fixed_and_can_be_asked_for_again(ready: Daemon, path: str) -> None:
    """Issue: `Content-Length`, `ETag`, 304 on `If-None-Match`, no compression unless asked."""
    ready.record(call(1, 0.25))
    first = ready.http(path)
    assert int(first.headers["content-length"]) == len(first.body)
    assert "content-encoding" not in first.headers and "transfer-encoding" not in first.headers

    def unchanged() -> Response | None:
        """The second may turn between the two requests; then they are made again."""
        tag = ready.http(path).headers["etag"]
        again = ready.http(path, headers={"If-None-Match": tag})
        return again if again.status == 304 else None

    again = until(unchanged, "an unchanged body is not sent again")
    assert again is not None and again.body == b"" and again.headers["etag"]
    assert ready.http(path, headers={"If-None-Match": '"something else"'}).status == 200


@pytest.mark.parametrize("path", ["/feed", "/metrics/claude", "/metrics/claude/history", "/healthz"])
def test_an_http_1_0_client_is_served(ready: Daemon, path: str) -> None:
    """Issue: small devices speak HTTP/1.0: a fixed body, then the end of the connection."""
    address = urlsplit(ready.addresses["http"])
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(f"GET {path} HTTP/1.0\r\nHost: {address.netloc}\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    head, body = answer.split(b"\r\n\r\n", 1)
    assert re.match(rb"HTTP/1\.[01] 200 ", head)
    length = re.search(rb"(?mi)^content-length: *(\d+)\r?$", head)
    assert length and int(length[1]) == len(body)
    assert b"chunked" not in head.lower()


# --- Health and metrics -----------------------------------------------------------------------------------------------


def test_health(ready: Daemon) -> None:
    """Issue: alive, ready, and a version."""
    assert ready.http("/healthz").status == 200
    assert ready.http("/readyz").status == 200
    health = ready.http("/health").json
    assert health["status"] == "ok" and health["version"]


SAMPLE = re.compile(
    r'(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)'
    r'(?P<labels>\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*\})?'
    r' (?P<value>[-+]?(?:\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|Inf|NaN))')
TYPES = {
    "governor_budget_limit_usd": "gauge", "governor_budget_spent_usd": "gauge", "governor_budget_held_usd": "gauge",
    "governor_budget_used_ratio": "gauge", "governor_budget_reset_timestamp_seconds": "gauge",
    "governor_cost_usd_total": "counter", "governor_tokens_total": "counter", "governor_decisions_total": "counter",
    "governor_notifications_total": "counter", "governor_source_age_seconds": "gauge",
    "governor_build_info": "gauge"}


def test_the_exposition_can_be_parsed(ready: Daemon) -> None:
    """Issue: Prometheus exposition 0.0.4, with the names dashboards are built on, hostile label values escaped."""
    ready.record(call(1, 0.25), call(2, 0.5, 'quo"te\\ and <b>'))
    ready.check(worker="w-1")
    response = ready.http("/metrics")
    assert response.status == 200
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert response.text.endswith("\n")
    types: dict[str, str] = {}
    seen: dict[str, list[tuple[str, str]]] = {}
    for line in response.text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in types, f"{name} is declared twice"
            types[name] = kind
        elif line and not line.startswith("#"):
            sample = SAMPLE.fullmatch(line)
            assert sample, f"no sample: {line!r}"
            seen.setdefault(sample["name"], []).append((sample["labels"] or "", sample["value"]))
    assert TYPES.items() <= types.items()
    assert set(seen) <= set(types), "samples without a type"
    for name, samples in seen.items():
        labels = [each for each, _ in samples]
        assert len(labels) == len(set(labels)), f"{name} has one series twice"
    [limit] = [value for labels, value in seen["governor_budget_limit_usd"] if "fleet-month" in labels]
    [spent] = [value for labels, value in seen["governor_budget_spent_usd"] if "fleet-month" in labels]
    assert Decimal(limit) == 2000 and Decimal(spent) == Decimal("0.75")
    assert sum(Decimal(value) for _, value in seen["governor_cost_usd_total"]) == Decimal("0.75")
    assert any('decision="allow"' in labels for labels, _ in seen["governor_decisions_total"])


@pytest.mark.parametrize("path", ["/", "/feed", "/metrics", "/metrics/claude", "/v1/status"])
def test_a_foreign_host_is_refused(ready: Daemon, path: str) -> None:
    """Issue: a page elsewhere can't read it through a name that points here (DNS rebinding)."""
    assert 400 <= ready.http(path, headers={"Host": "evil.example"}).status < 500


def test_a_foreign_origin_may_not_post(ready: Daemon) -> None:
    """Issue: `Origin` is checked on every POST."""
    headers = {"Content-Type": "application/json", "Origin": "http://evil.example"}
    assert 400 <= ready.http("/v1/check", "POST", b'{"worker":"w-1"}', headers).status < 500
    assert ready.http("/v1/check", "POST", b'{"worker":"w-1"}', {"Content-Type": "application/json"}).status == 200


def test_an_unknown_path_is_a_plain_404(ready: Daemon) -> None:
    """Issue: clear errors; nothing of the file system is served."""
    for path in ("/nothing", "/../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd"):
        answer = ready.http(path)
        assert answer.status in (400, 404) and b"root:" not in answer.body
