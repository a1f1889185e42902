"""`governor hook`: what an agent tells it, what it asks the daemon, and what it answers in the agent's own form."""

from __future__ import annotations

import json
import subprocess
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from daemon import Daemon
from place import Place
from scripted_daemon import ScriptedDaemon, paused, refused

POLICY = """
version: 1
timezone: ZONE
holds: { estimate: { fallback_usd: 0.10 } }
models: { cheaper: { "claude-opus-*": claude-haiku-4-5 } }
budgets:
  - { name: session-day, limit_usd: 1, per: session, window: day, at: { 100%: { pause: until_reset } } }
  - { name: worker-day, limit_usd: 2, per: worker, window: day, at: { 100%: { pause: until_reset } } }
  - name: opus-day
    limit_usd: 1
    per: fleet
    window: day
    match: { model: "claude-opus-*" }
    at: { 50%: { downgrade: cheaper } }
"""

#: The keys Codex takes in an answer (openai/codex, codex-rs/hooks/schema/generated); any other is an error.
CODEX_KEYS = {
    "UserPromptSubmit": {"continue", "decision", "hookSpecificOutput", "reason", "stopReason", "suppressOutput",
                         "systemMessage"},
    "PostToolUse": {"continue", "decision", "hookSpecificOutput", "reason", "stopReason", "suppressOutput",
                    "systemMessage"},
    "Stop": {"continue", "decision", "reason", "stopReason", "suppressOutput", "systemMessage"},
    "SessionStart": {"continue", "hookSpecificOutput", "stopReason", "suppressOutput", "systemMessage"},
    "PreToolUse": {"hookSpecificOutput", "systemMessage"},
}

EVENT = {"session_id": "s-9", "prompt_id": "p-1", "cwd": "/home/dev/shop", "transcript_path": "/t.jsonl"}


def hook(
    place: Place, name: str, event: dict[str, Any] | bytes, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    data = event if isinstance(event, bytes) else json.dumps(event | {"hook_event_name": name}).encode()
    run = subprocess.run(
        [place.binary, "hook", name, *arguments], env=place.environment | environment, input=data,
        capture_output=True, timeout=30)
    assert run.returncode == 0, "every answer counts at exit 0 only"
    return subprocess.CompletedProcess(run.args, 0, run.stdout.decode(), run.stderr.decode())


def answer(place: Place, name: str, event: dict[str, Any] | bytes, *arguments: str, **environment: str) -> Any:
    """What the hook prints, as an object; None when it lets the agent go on without a word."""
    run = hook(place, name, event, *arguments, **environment)
    assert not run.stderr, run.stderr
    return json.loads(run.stdout) if run.stdout else None


# --- The daemon ---------------------------------------------------------------------------------------------------------


def test_a_turn_is_admitted_kept_and_settled(place: Place, ready: Daemon) -> None:
    assert answer(place, "SessionStart", EVENT, GOVERNOR_WORKER="w-1") is None
    assert answer(place, "UserPromptSubmit", EVENT, GOVERNOR_WORKER="w-1") is None
    held = ready.held("session-day", session="s-9")
    assert held > 0 and ready.held("worker-day", worker="w-1") == held
    assert answer(place, "PostToolBatch", EVENT, GOVERNOR_WORKER="w-1") is None
    assert answer(place, "Stop", EVENT, GOVERNOR_WORKER="w-1") is None
    assert ready.held("session-day", session="s-9") == 0
    assert answer(place, "SessionEnd", EVENT, GOVERNOR_WORKER="w-1") is None, "settled already, which is fine"


def test_a_session_is_named(place: Place, ready: Daemon) -> None:
    ready.record({"id": "a", "session": "s-9", "model": "claude-haiku-4-5", "cost_usd": 0.5})
    answer(place, "SessionStart", EVENT, GOVERNOR_WORKER="w-1")
    assert ready.spent("worker-day", worker="w-1") * 2 == 1


def test_a_full_budget_blocks_the_prompt_and_ends_the_turn(place: Place, ready: Daemon) -> None:
    answer(place, "UserPromptSubmit", EVENT)
    ready.record({"id": "a", "session": "s-9", "model": "claude-haiku-4-5", "cost_usd": 1.1})
    ended = answer(place, "PostToolBatch", EVENT)
    assert ended["continue"] is False and "session-day" in ended["stopReason"]
    answer(place, "Stop", EVENT)
    blocked = answer(place, "UserPromptSubmit", EVENT | {"prompt_id": "p-2"})
    assert blocked["decision"] == "block" and "session-day" in blocked["reason"]


def test_two_turns_that_fit_alone_do_not_fit_together(place: Place, ready: Daemon) -> None:
    """The first turn's hold counts before any of it is billed."""
    ready.record({"id": "a", "worker": "w-1", "model": "claude-haiku-4-5", "cost_usd": 1.85})
    assert answer(place, "UserPromptSubmit", EVENT, GOVERNOR_WORKER="w-1") is None
    other = EVENT | {"session_id": "s-10"}
    assert answer(place, "UserPromptSubmit", other, GOVERNOR_WORKER="w-1")["decision"] == "block"
    answer(place, "Stop", EVENT, GOVERNOR_WORKER="w-1")
    assert answer(place, "UserPromptSubmit", other, GOVERNOR_WORKER="w-1") is None


def test_a_turn_whose_hold_ran_out_goes_on(place: Place, ready: Daemon) -> None:
    answer(place, "UserPromptSubmit", EVENT)
    ready.ask(op="release", key="claude-code/s-9/p-1")
    assert answer(place, "PostToolBatch", EVENT) is None
    assert answer(place, "Stop", EVENT) is None


def test_an_operators_pause_ends_the_turn(place: Place, ready: Daemon) -> None:
    answer(place, "UserPromptSubmit", EVENT)
    ready.ask(op="pause", session="s-9", reason="loops", by="ada")
    assert "paused by ada: loops" in answer(place, "PostToolBatch", EVENT)["stopReason"]


def test_a_turn_under_a_reservation_makes_no_hold_of_its_own(place: Place, ready: Daemon) -> None:
    hold = ready.ask(op="reserve", worker="w-1", key="mine", estimate_usd=0.5)["reservation"]
    for name in ["SessionStart", "UserPromptSubmit", "PostToolBatch", "Stop", "SessionEnd"]:
        assert answer(place, name, EVENT, GOVERNOR_WORKER="w-1", GOVERNOR_RESERVATION=hold) is None
    assert ready.held("worker-day", worker="w-1") == Decimal("0.5"), "it is its owner's to settle"
    answer(place, "Stop", EVENT, GOVERNOR_RESERVATION=hold, GOVERNOR_SETTLE_ON_STOP="1")
    assert ready.held("worker-day", worker="w-1") == 0


def test_a_downgrade_changes_a_subagents_model(place: Place, ready: Daemon) -> None:
    ready.record({"id": "a", "session": "s-1", "model": "claude-opus-5", "cost_usd": 0.6})
    tool = {"description": "d", "prompt": "p", "model": "opus"}
    given = answer(place, "PreToolUse", EVENT | {"tool_name": "Agent", "tool_input": tool})
    assert given == {"hookSpecificOutput": {
        "hookEventName": "PreToolUse", "permissionDecision": "allow", "updatedInput": tool | {"model": "haiku"}}}
    assert answer(place, "PreToolUse", EVENT | {"tool_name": "Agent", "tool_input": tool | {"model": "haiku"}}) is None


def test_geminis_call_is_given_a_cheaper_model(place: Place, ready: Daemon) -> None:
    ready.record({"id": "a", "session": "s-1", "model": "claude-opus-5", "cost_usd": 0.6})
    call = {"session_id": "s-2", "llm_request": {"model": "claude-opus-5", "messages": []}}
    assert answer(place, "BeforeModel", call, "--agent", "gemini-cli") == {
        "hookSpecificOutput": {"hookEventName": "BeforeModel", "llm_request": {"model": "claude-haiku-4-5"}}}


# --- A daemon that says what the test wants ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["SessionStart", "UserPromptSubmit", "PreToolUse", "PostToolBatch", "Stop", "SessionEnd"])
def test_recorded_events_are_understood(place: Place, fake: ScriptedDaemon, shared: Path, name: str) -> None:
    """Bodies captured from Claude Code."""
    event = (shared / "samples" / "claude-code" / f"{name}.json").read_bytes()
    session, prompt = json.loads(event)["session_id"], json.loads(event).get("prompt_id")
    assert answer(place, name, event, GOVERNOR_WORKER="w-1") is None
    [asked] = fake.asked()
    key = f"claude-code/{session}/{prompt}"
    if name == "SessionStart":
        assert asked == {"op": "label", "session": session, "worker": "w-1", "project": "proj00"}
    elif name == "UserPromptSubmit":
        assert asked == {"op": "reserve", "worker": "w-1", "session": session, "project": "proj00", "key": key,
                         "ttl_s": 900}
    elif name == "PreToolUse":
        assert asked == {"op": "check", "worker": "w-1", "session": session, "project": "proj00", "running": True}
    elif name == "PostToolBatch":
        assert asked == {"op": "extend", "key": key, "ttl_s": 900}
    else:
        assert asked == {"op": "settle", "key": key}


@pytest.mark.parametrize("name", sorted(CODEX_KEYS))
@pytest.mark.parametrize("decision", ["pause", "throttle", "allow"])
def test_codex_gets_no_key_it_does_not_know(place: Place, fake: ScriptedDaemon, name: str, decision: str) -> None:
    reply = paused("all is spent") | {"decision": decision, "model": "gpt-mini", "delay_s": 3}
    fake.answers |= {"reserve": reply, "check": reply, "extend": reply}
    event = {"session_id": "s", "turn_id": "t", "cwd": "/w", "model": "gpt-5", "tool_name": "Bash",
             "tool_input": {"command": "ls"}}
    given = answer(place, name, event, "--agent", "codex")
    assert set(given or {}) <= CODEX_KEYS[name]
    if (name, decision) == ("UserPromptSubmit", "pause"):
        assert given == {"decision": "block", "reason": "governor: paused: all is spent"}
        assert fake.asked()[0]["key"] == "codex/s/t" and fake.asked()[0]["model"] == "gpt-5"
    if (name, decision) == ("PostToolUse", "pause"):
        assert given == {"continue": False, "stopReason": "governor: paused: all is spent"}


def test_an_unknown_event_is_let_pass_without_asking(place: Place, fake: ScriptedDaemon) -> None:
    assert answer(place, "Notification", EVENT) is None
    assert not fake.asked()


@pytest.mark.parametrize("code", ["not_found", "already_settled", "already_released", "expired"])
def test_a_hold_that_is_gone_is_no_trouble(place: Place, fake: ScriptedDaemon, code: str) -> None:
    fake.answers |= {"extend": refused(code), "settle": refused(code)}
    assert answer(place, "PostToolBatch", EVENT) is None
    assert answer(place, "Stop", EVENT) is None
    fake.answers["check"] = paused("all is spent")
    assert answer(place, "PostToolBatch", EVENT)["continue"] is False


BLOCKING = {"UserPromptSubmit": ("decision", "block"), "PostToolBatch": ("continue", False),
            "PreToolUse": ("continue", False), "Stop": None, "SessionStart": None, "Notification": None}


@pytest.mark.parametrize("name", sorted(BLOCKING))
def test_without_a_daemon_the_callers_word_counts_and_is_said(place: Place, name: str) -> None:
    run = hook(place, name, EVENT)
    expected = BLOCKING[name]
    if expected is None:
        assert not run.stdout
    else:
        given = json.loads(run.stdout)
        assert given[expected[0]] == expected[1]
        assert "no daemon answers" in (given.get("reason") or given.get("stopReason"))
    if name != "Notification":
        assert "no daemon answers" in run.stderr and "answering pause as --on-unavailable says" in run.stderr
    run = hook(place, name, EVENT, "--on-unavailable", "allow")
    assert not run.stdout
    assert name == "Notification" or "answering allow as --on-unavailable says" in run.stderr


@pytest.mark.parametrize("event", [b"", b"{", b"[]", b"\xff\xfe", b'{"a":1} {"b":2}'])
def test_an_event_that_is_none_is_said_and_follows_the_same_word(
    place: Place, fake: ScriptedDaemon, event: bytes
) -> None:
    run = hook(place, "UserPromptSubmit", event)
    assert json.loads(run.stdout)["decision"] == "block"
    assert "the event on standard input is no JSON object" in run.stderr
    assert not hook(place, "UserPromptSubmit", event, "--on-unavailable", "allow").stdout
    assert not fake.asked()


def test_a_tools_output_that_nobody_can_read_does_not_pause_the_work(place: Place, fake: ScriptedDaemon) -> None:
    """A NUL, half a surrogate pair, deep nesting, and megabytes of it."""
    deep = "[" * 200 + "]" * 200
    event = (
        '{"session_id":"s-9","prompt_id":"p-1","tool_calls":[{"tool_response":"\\u0000\\ud800"},'
        + deep + ',{"tool_response":"' + "x" * (8 << 20) + '"}]}')
    began = time.monotonic()
    assert answer(place, "PostToolBatch", event.encode()) is None
    assert time.monotonic() - began < 2
    assert fake.asked("extend")


def test_a_daemon_that_does_not_answer_is_not_waited_for_long(place: Place, fake: ScriptedDaemon) -> None:
    fake.answers["reserve"] = None
    began = time.monotonic()
    run = hook(place, "UserPromptSubmit", EVENT)
    assert time.monotonic() - began < 5
    assert json.loads(run.stdout)["decision"] == "block" and "does not answer" in run.stderr


@pytest.mark.parametrize("reply", [b"garbage\n", b"{}\n", b'{"decision":"maybe"}\n'])
def test_an_answer_that_is_none_counts_as_no_daemon(place: Place, fake: ScriptedDaemon, reply: bytes) -> None:
    fake.answers["reserve"] = reply
    run = hook(place, "UserPromptSubmit", EVENT)
    assert json.loads(run.stdout)["decision"] == "block" and run.stderr
