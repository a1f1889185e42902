"""OpenTelemetry over HTTP, and LiteLLM's callback, as their senders send them."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from daemon import Daemon
from place import Place
from waiting import until

POLICY = """
version: 1
timezone: UTC
budgets:
  - { name: all, limit_usd: 100000, per: fleet, window: lifetime, at: { 100%: { stop: true } } }
  - { name: by-worker, limit_usd: 100000, per: worker, window: lifetime, at: { 100%: { stop: true } } }
"""
JSON = {"Content-Type": "application/json"}
PROTOBUF = {"Content-Type": "application/x-protobuf"}


def attributes(**values: Any) -> list[dict[str, Any]]:
    def value(each: Any) -> dict[str, Any]:
        if isinstance(each, str):
            return {"stringValue": each}
        return {"doubleValue": each} if isinstance(each, float) else {"intValue": str(each)}

    return [{"key": key.replace("__", "."), "value": value(each)} for key, each in values.items()]


def logs(body: str, **values: Any) -> dict[str, Any]:
    record = {"timeUnixNano": "1795215700615000000", "body": {"stringValue": body}, "attributes": attributes(**values)}
    resource = {"attributes": attributes(service__name="agent", worker="w-07")}
    return {"resourceLogs": [{"resource": resource, "scopeLogs": [{"scope": {"name": "s"}, "logRecords": [record]}]}]}


def post(daemon: Daemon, path: str, body: bytes, headers: dict[str, str]) -> Any:
    return daemon.http(path, "POST", body, headers)


def sources(daemon: Daemon) -> dict[str, dict[str, Any]]:
    return {each["kind"]: each for each in daemon.status()["sources"]}


def test_codex_and_gemini_are_billed_by_their_events(ready: Daemon) -> None:
    """Issue: OTLP logs from Codex (no cost, input includes the cache, numbers as strings) and Gemini CLI."""
    codex = logs(
        "codex.sse_event", event__name="codex.sse_event", event__kind="response.completed",
        event__timestamp="2026-11-20T12:00:00Z", conversation__id="c-1", model="gpt-5.5",
        input_token_count="1000000", output_token_count="1000", cached_token_count="200000")
    answer = post(ready, "/v1/logs", json.dumps(codex).encode(), JSON)
    assert (answer.status, answer.body) == (200, b"{}")
    # Above 272,000 tokens of prompt: 800,000 at $10, 200,000 cached at $1, 1,000 out at $45 a million.
    assert ready.spent("all") == Decimal("8.245")
    gemini = logs(
        "gemini_cli.api_response", event__name="gemini_cli.api_response", session__id="g-1", model="gemini-2.5-flash",
        input_token_count=100_000, output_token_count=1_000, cached_content_token_count=40_000,
        thoughts_token_count=500)
    post(ready, "/v1/logs", gzip.compress(json.dumps(gemini).encode()), JSON | {"Content-Encoding": "gzip"})
    # 60,000 at $0.30, 40,000 at $0.03, 1,500 at $2.50 a million.
    assert ready.spent("all") == Decimal("8.245") + Decimal("0.018") + Decimal("0.0012") + Decimal("0.00375")
    assert ready.spent("by-worker", worker="w-07") == ready.spent("all")
    # Sent again it adds nothing.
    post(ready, "/v1/logs", json.dumps(codex).encode(), JSON)
    assert sources(ready)["telemetry"]["records"] == 2


def test_metrics_count_only_where_no_event_does(ready: Daemon) -> None:
    """Issue: bill from events; metrics only for senders that send no events; never both."""
    def point(kind: str, value: float, session: str) -> dict[str, Any]:
        return {
            "startTimeUnixNano": "1795215640000000000", "timeUnixNano": "1795215700000000000", "asDouble": value,
            "attributes": attributes(type=kind, session__id=session, model="claude-opus-5")}

    def metrics(session: str) -> bytes:
        points = [point("input", 100_000.0, session), point("output", 10_000.0, session)]
        metric = {
            "name": "claude_code.token.usage",
            "sum": {"aggregationTemporality": 1, "isMonotonic": True, "dataPoints": points}}
        return json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]}).encode()

    post(ready, "/v1/metrics", metrics("s-1"), JSON)
    post(ready, "/v1/metrics", metrics("s-2"), JSON)
    assert ready.spent("all") == Decimal("1.5")
    event = logs(
        "claude_code.api_request", event__name="api_request", session__id="s-1", model="claude-opus-5",
        request_id="req_011Telemetry0001", input_tokens=100_000, output_tokens=10_000, cost_usd=0.75)
    post(ready, "/v1/logs", json.dumps(event).encode(), JSON)
    assert ready.spent("all") == Decimal("1.5")
    post(ready, "/v1/metrics", metrics("s-1"), JSON)
    assert ready.spent("all") == Decimal("1.5")
    assert sources(ready)["metrics"]["shadowed"] == 1


def test_spans_of_the_genai_conventions(ready: Daemon) -> None:
    """Issue: GenAI conventions, whose input includes the cache."""
    span = {
        "traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "name": "chat claude-opus-5",
        "startTimeUnixNano": "1795215700000000000", "endTimeUnixNano": "1795215702000000000",
        "attributes": attributes(
            gen_ai__operation__name="chat", gen_ai__provider__name="anthropic", gen_ai__request__model="claude-opus-5",
            gen_ai__usage__input_tokens=100_000, gen_ai__usage__output_tokens=1_000,
            gen_ai__usage__cache_read__input_tokens=60_000, gen_ai__conversation__id="k-1")}
    body = {"resourceSpans": [{"resource": {"attributes": attributes(service__name="app")},
                               "scopeSpans": [{"spans": [span]}]}]}
    assert post(ready, "/v1/traces", json.dumps(body).encode(), JSON).body == b"{}"
    assert ready.spent("all") == Decimal("0.2") + Decimal("0.03") + Decimal("0.025")
    assert sources(ready)["traces"]["records"] == 1


def test_bad_telemetry_is_refused_in_the_senders_words(ready: Daemon) -> None:
    """Facts: bad data 400, too large 413, another type 415; a status as JSON, or as protobuf."""
    for path in ("/v1/logs", "/v1/metrics", "/v1/traces"):
        assert post(ready, path, b"{", JSON).status == 400
        assert post(ready, path, b"\x0a\xff\xff\xff\xff\x7f", PROTOBUF).status == 400
        assert post(ready, path, b"x=1", {"Content-Type": "text/plain"}).status == 415
        assert post(ready, path, b"{}", JSON).status == 200
        assert post(ready, path, b"", PROTOBUF).body == b""
    bomb = gzip.compress(b" " * (65 << 20))
    assert post(ready, "/v1/logs", bomb, JSON | {"Content-Encoding": "gzip"}).status == 413
    assert json.loads(post(ready, "/v1/logs", b"{", JSON).body)["message"]
    partly = logs(
        "claude_code.api_request", event__name="api_request", session__id="s", model="claude-opus-5", request_id="r",
        input_tokens=-5)
    answer = json.loads(post(ready, "/v1/logs", json.dumps(partly).encode(), JSON).body)
    assert answer["partialSuccess"]["rejectedLogRecords"] in (1, "1")
    assert ready.spent("all") == 0


def test_recorded_bodies_count_once_in_both_encodings(ready: Daemon, shared: Path) -> None:
    """Issue: the recorded bodies, whole, against an independent computation: each request once, at what it cost."""
    folder = shared / "samples" / "claude-code"
    expected: dict[str, Decimal] = {}
    for body in bodies(folder / "claude_2.1.329_logs_http-json.json"):
        for resource in body["resourceLogs"]:
            for scope in resource["scopeLogs"]:
                for record in scope["logRecords"]:
                    told = {each["key"]: next(iter(each["value"].values()), None) for each in record["attributes"]}
                    if told.get("event.name") == "api_request":
                        cost = Decimal(int(told["cost_usd_micros"])) / 1_000_000
                        expected[told["request_id"]] = max(cost, expected.get(told["request_id"], Decimal(0)))
        assert post(ready, "/v1/logs", json.dumps(body).encode(), JSON).status == 200
    assert expected
    assert ready.spent("all") == sum(expected.values())
    before = sources(ready)["telemetry"]["records"]
    assert before == len(expected)
    for name in ("claude_2.1.329_metrics_http-json_delta.json",):
        for body in bodies(folder / name):
            assert post(ready, "/v1/metrics", json.dumps(body).encode(), JSON).status == 200
    # Its metrics repeat its events.
    assert ready.spent("all") == sum(expected.values())


def bodies(path: Path) -> list[Any]:
    """The JSON values of a file that holds several one after the other."""
    text, found, at = path.read_text(), [], 0
    decoder = json.JSONDecoder()
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        found.append(value)
        while at < len(text) and text[at].isspace():
            at += 1
    return found


def test_litellms_callback(ready: Daemon) -> None:
    """Issue: `POST /v1/litellm`, one payload or a list; what can't be booked costs nothing else."""
    payload = {
        "id": "chatcmpl-1", "litellm_call_id": "c-1", "call_type": "acompletion", "response_cost": 0.0125,
        "status": "success", "custom_llm_provider": "openai", "prompt_tokens": 100, "completion_tokens": 20,
        "total_tokens": 120, "startTime": 1795215700.5, "endTime": 1795215702.25, "model": "gpt-5",
        "metadata": {"user_api_key_alias": "w-1", "user_api_key_team_id": "team-1"}}
    answer = post(ready, "/v1/litellm", json.dumps(payload).encode(), JSON)
    assert (answer.status, answer.json["accepted"]) == (200, 1)
    answer = post(
        ready, "/v1/litellm", json.dumps([payload, {"no": "call"}, payload | {"id": "chatcmpl-2"}]).encode(), JSON)
    assert (answer.json["accepted"], answer.json["duplicate"]) == (1, 1)
    assert [each["index"] for each in answer.json["rejected"]] == [1]
    until(lambda: ready.spent("all") == Decimal("0.025"), "both calls count")
    assert sources(ready)["litellm"]["records"] == 2
