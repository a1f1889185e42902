"""The same spend told by several sources counts once, whichever arrives first, and who told what is shown."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from daemon import Daemon
from place import Place
from usage_files import MODEL, Message
from waiting import until, wait_spent

POLICY = """
version: 1
timezone: UTC
budgets:
  - { name: all, limit_usd: 1000, per: fleet, window: lifetime, at: { 100%: { stop: true } } }
  - { name: by-worker, limit_usd: 1000, per: worker, window: lifetime, at: { 100%: { stop: true } } }
"""


def source(daemon: Daemon, kind: str) -> dict[str, Any]:
    found = [each for each in daemon.status()["sources"] if each["kind"] == kind]
    return found[0] if found else {}


def wait_source(daemon: Daemon, kind: str, **fields: int) -> None:
    def holds() -> bool:
        seen = source(daemon, kind)
        return all(seen.get(name) == value for name, value in fields.items())

    until(holds, f"{kind} shows {fields}")


def event(message: Message, session: str, cost: str, worker: str | None = None) -> dict[str, Any]:
    """A telemetry request that tells of one call, as Claude Code sends it."""
    def attribute(key: str, value: Any) -> dict[str, Any]:
        kind = "stringValue" if isinstance(value, str) else "doubleValue" if isinstance(value, float) else "intValue"
        return {"key": key, "value": {kind: str(value) if kind == "intValue" else value}}

    resource = [attribute("service.name", "claude-code")] + ([attribute("worker", worker)] if worker else [])
    attributes = {
        "event.name": "api_request", "session.id": session, "model": message.model, "request_id": message.request,
        "input_tokens": message.input, "output_tokens": message.output, "cache_read_tokens": message.cache_read,
        "cache_creation_tokens": message.cache_write_5m + message.cache_write_1h, "cost_usd": float(cost),
        "duration_ms": 1234}
    nanoseconds = str(int(message.time.timestamp() * 1e9))
    return {
        "resourceLogs": [{
            "resource": {"attributes": resource},
            "scopeLogs": [{"scope": {"name": "com.anthropic.claude_code.events"}, "logRecords": [{
                "timeUnixNano": nanoseconds, "observedTimeUnixNano": nanoseconds,
                "body": {"stringValue": "claude_code.api_request"},
                "attributes": [attribute(key, value) for key, value in attributes.items()]}]}]}]}


def send(daemon: Daemon, body: dict[str, Any]) -> None:
    answer = daemon.http(
        "/v1/logs", "POST", json.dumps(body).encode(), {"Content-Type": "application/json"})
    assert (answer.status, answer.text) == (200, "{}"), answer


@pytest.mark.parametrize("first", ["transcript", "telemetry"])
def test_a_call_told_by_transcript_and_telemetry_counts_once(place: Place, ready: Daemon, first: str) -> None:
    """Issue: the same spend by transcript and telemetry counts once, whichever arrives first."""
    session = place.transcripts.session("/home/dev/web", session="s-1")
    message = Message(output=40_000)
    told = {
        "transcript": lambda: (session.call(message), wait_source(ready, "transcript", records=1)),
        "telemetry": lambda: send(ready, event(message, "s-1", cost="1.25", worker="w-7")),
    }
    told.pop(first)()
    until(lambda: ready.spent("all") > 0, "the first counts")
    told.popitem()[1]()
    # What the agent itself said it cost, and who telemetry says it was.
    wait_spent(ready, "all", "1.25")
    wait_spent(ready, "by-worker", "1.25", worker="w-7")
    wait_source(ready, "transcript", records=1)
    wait_source(ready, "telemetry", records=1)
    assert source(ready, "transcript")["united"] + source(ready, "telemetry")["united"] == 1
    # A call that only one of them saw counts too.
    session.spend("0.50")
    send(ready, event(Message(output=10), "s-1", cost="0.25"))
    wait_spent(ready, "all", "2")
    ready.restart()
    wait_spent(ready, "all", "2")
    wait_source(ready, "transcript", records=2)
    wait_source(ready, "telemetry", records=2)


@pytest.mark.parametrize("first", ["transcript", "telemetry"])
def test_a_call_whose_line_names_no_request_counts_once(place: Place, ready: Daemon, first: str) -> None:
    """Some lines name no request, and an event names nothing else; what both say of the call, and when, tells that it
    is one, whichever arrives first, also when the line grows afterwards."""
    session = place.transcripts.session("/home/dev/web", session="s-1")
    message = Message(output=40_000, cache_write_1h=1000)
    unnamed = replace(message, request=None, time=message.time - timedelta(milliseconds=20))
    told = {
        "transcript": lambda: (session.copy(unnamed, 7), wait_source(ready, "transcript", records=1)),
        "telemetry": lambda: (
            send(ready, event(message, "s-1", cost="1.01", worker="w-7")),
            wait_source(ready, "telemetry", records=1)),
    }
    told.pop(first)()
    told.popitem()[1]()
    session.copy(unnamed, unnamed.output)
    wait_spent(ready, "all", "1.01")
    wait_spent(ready, "by-worker", "1.01", worker="w-7")
    wait_source(ready, "telemetry", records=1, shadowed=1)
    # Another call, which says the same a minute later and which telemetry missed, is no copy of it.
    session.call(replace(unnamed, id="msg_01AcceptanceAnother", time=unnamed.time + timedelta(minutes=1)))
    wait_spent(ready, "all", "2.02")
    ready.restart()
    # Also what was told before a restart is known after it.
    later = Message(output=20_000)
    send(ready, event(later, "s-1", cost="0.5"))
    wait_spent(ready, "all", "2.52")
    ready.restart()
    session.call(replace(later, request=None))
    wait_source(ready, "transcript", records=3)
    wait_source(ready, "telemetry", records=2, shadowed=2)
    assert ready.spent("all") == Decimal("2.52")
    # Whatever else becomes of them, they stay what they are.
    ready.restart()
    ready.ask(op="label", session="s-1", worker="w-9")
    wait_spent(ready, "by-worker", "2.52", worker="w-9")
    assert ready.spent("all") == Decimal("2.52")
    wait_source(ready, "telemetry", records=2, shadowed=2)


def test_a_coordinators_log_gives_way_to_the_transcript_of_its_session(place: Place, ready: Daemon) -> None:
    """Issue: a session has one authoritative group; a better source that appears later takes it over."""
    place.coordinator.call("w-7", "1.00", session_id="s-1")
    place.coordinator.call("w-8", "0.50", session_id="s-2")
    wait_spent(ready, "all", "1.5")
    session = place.transcripts.session("/home/dev/web", session="s-1")
    session.spend("0.90")
    wait_spent(ready, "all", "1.4")
    assert ready.spent("by-worker", worker="w-7") == 0
    place.coordinator.call("w-7", "2.00", session_id="s-1")
    wait_source(ready, "coordinator", records=3, shadowed=2)
    assert source(ready, "coordinator")["shadowed_usd"] == 3
    assert ready.spent("all") == Decimal("1.4")
    assert ready.status()["unbound_usd"] == 0
    ready.restart()
    wait_source(ready, "coordinator", records=3, shadowed=2)
    wait_spent(ready, "all", "1.4")


def test_a_line_without_a_session_is_bound_by_the_worker_that_was_labelled(place: Place, ready: Daemon) -> None:
    """Issue: a coordinator's line belongs to the session its worker was labelled onto; one that can't be bound counts
    and is shown as unbound."""
    place.coordinator.call("w-7", "1.00")
    place.coordinator.call("w-9", "0.25", task_id="gh-9")
    wait_spent(ready, "all", "1.25")
    assert Decimal(str(ready.status()["unbound_usd"])) == Decimal("1.25")
    session = place.transcripts.session("/home/dev/web", session="s-1")
    session.spend("0.90")
    wait_spent(ready, "all", "2.15")  # it may be counted twice, and says so
    ready.ask(op="label", session="s-1", worker="w-7")
    wait_spent(ready, "all", "1.15")
    assert Decimal(str(ready.status()["unbound_usd"])) == Decimal("0.25")
    assert ready.spent("by-worker", worker="w-7") == Decimal("0.9")
    place.coordinator.call("w-7", "3.00")
    wait_source(ready, "coordinator", records=3, shadowed=2)
    assert ready.spent("all") == Decimal("1.15")


def test_a_paused_worker_goes_on_when_the_double_is_found(place: Place) -> None:
    """Usage: alerts resolve if a threshold is no longer crossed."""
    place.policy("""
version: 1
budgets:
  - { name: all, limit_usd: 10, per: fleet, window: lifetime, at: { 100%: { pause: until_resumed } } }
  - { name: day, limit_usd: 1.5, per: worker, window: day, at: { 100%: { pause: until_reset } } }
""")
    daemon = place.start()
    daemon.record({"id": "a", "worker": "w-1", "session": "s-1", "cost_usd": 1.6})
    assert daemon.check(worker="w-1")["decision"] == "pause"
    place.transcripts.session("/home/dev/web", session="s-1").spend("1.00")
    until(lambda: daemon.check(worker="w-1")["decision"] == "allow", "w-1 may go on")


def test_pushed_records_do_not_use_up_a_hold_that_the_transcript_uses(place: Place, ready: Daemon) -> None:
    """Holds: what is shadowed charges no hold, and gives back what it had charged."""
    hold = ready.ask(op="reserve", key="k-1", worker="w-1", session="s-1", model=MODEL, estimate_usd=2)
    ready.record({"id": "a", "worker": "w-1", "session": "s-1", "cost_usd": 0.75})
    until(lambda: ready.held("all") == Decimal("1.25"), "the pushed record draws the hold down")
    ready.ask(op="label", session="s-1", worker="w-1")
    place.transcripts.session("/home/dev/web", session="s-1").spend("0.50")
    until(lambda: ready.held("all") == Decimal("1.5"), "only the transcript draws it down")
    assert ready.spent("all") == Decimal("0.5")
    settled = ready.ask(op="settle", reservation=hold["reservation"])
    assert Decimal(str(settled["spent_usd"])) == Decimal("0.5")


def test_another_order_of_authority_corrects_what_was_counted(place: Place, ready: Daemon) -> None:
    """Issue: authority in the order configured, also for what is stored."""
    place.coordinator.call("w-7", "1.00", session_id="s-1")
    place.transcripts.session("/home/dev/web", session="s-1").spend("0.90")
    wait_source(ready, "coordinator", shadowed=1)
    wait_spent(ready, "all", "0.9")
    place.policy(POLICY + "sources: { authority: [coordinator] }\n")
    ready.ask(op="reload")
    wait_spent(ready, "all", "1")
    wait_source(ready, "transcript", shadowed=1)
    ready.stop()
    place.policy(POLICY)
    ready.start()
    wait_spent(ready, "all", "0.9")


def test_a_thousand_lines_of_two_sources_at_once_agree(place: Place, ready: Daemon) -> None:
    """Two files that grow at once, in bursts: at the end the transcript alone counts."""
    session = place.transcripts.session("/home/dev/web", session="s-1")
    for _ in range(100):
        for _ in range(5):
            place.coordinator.call("w-7", "0.01", session_id="s-1")
        session.call(Message(output=400), copies=2)
    began = time.monotonic()
    wait_source(ready, "coordinator", records=500, shadowed=500)
    wait_source(ready, "transcript", records=100)
    assert ready.spent("all") == Decimal("1")
    assert time.monotonic() - began < 20
