"""A thousand crossings at once are a message that can be read, and a thousand alerts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from daemon import Daemon
from fake_slack import FakeSlack
from place import Place
from scripted_http import ScriptedHTTP
from waiting import until

MANY = 1000

#: Within this many seconds from the push the message must have arrived.
ARRIVES_WITHIN = 10.0

HEAD = """
version: 1
timezone: UTC
receivers:
  ops: { slack: { webhook_url: "SLACK" }, allow_private: true }
  hook: { webhook: { url: "HOOK" }, allow_private: true }
budgets:
"""

AT = "at: { 100%: { notify: [ops, hook], stop: true } }"
#: One budget that splits, and a budget for each.
SPLITS = f"  - {{ name: worker-life, limit_usd: 1, per: worker, window: lifetime, {AT} }}\n"
BUDGETS = "".join(
    f"  - {{ name: purse-{number}, limit_usd: 1, per: fleet, window: lifetime, {AT} }}\n" for number in range(MANY))


@pytest.fixture
def hook() -> Iterator[ScriptedHTTP]:
    hook = ScriptedHTTP()
    yield hook
    hook.close()


def crossing(form: str) -> list[dict[str, object]]:
    if form == "a thousand budgets":
        return [{"id": "one", "worker": "w-1", "model": "claude-opus-5", "cost_usd": 1}]
    return [
        {"id": f"call-{number}", "worker": f"w-{number}", "model": "claude-opus-5", "cost_usd": 1}
        for number in range(MANY)]


def push(daemon: Daemon, records: list[dict[str, object]]) -> float:
    """One push, in as few lines as can be, since a line has at most 64 KiB; the time when it was made."""
    at = time.monotonic()
    pieces = [records[first:first + 500] for first in range(0, len(records), 500)]
    with daemon.control() as socket:
        for piece in pieces:
            socket.send(op="record", records=piece)
        for piece in pieces:
            assert socket.answer()["accepted"] == len(piece)
    return at


def told(daemon: Daemon) -> list[dict[str, Any]]:
    return list(daemon.ask(op="alerts", limit=MANY)["alerts"])


def states(daemon: Daemon) -> set[str]:
    """The states of all messages."""
    return {delivery["state"] for alert in told(daemon) for delivery in alert["deliveries"]}


@pytest.mark.parametrize("form", ["a thousand workers", "a thousand budgets"])
def test_a_thousand_crossings_are_a_message_not_a_thousand(
    form: str, place: Place, slack: FakeSlack, hook: ScriptedHTTP
) -> None:
    """Shown by: a thousand budgets crossing in one second make a message a receiver can read, within 10 s."""
    budgets = BUDGETS if form == "a thousand budgets" else SPLITS
    place.policy(HEAD.replace("SLACK", slack.url).replace("HOOK", hook.url()) + budgets)
    daemon = place.start()
    at = push(daemon, crossing(form))
    assert slack.arrives(1, within=ARRIVES_WITHIN) and hook.arrives(1, within=ARRIVES_WITHIN)
    assert slack.messages[0].at - at <= ARRIVES_WITHIN and hook.requests[0].at - at <= ARRIVES_WITHIN
    until(lambda: states(daemon) == {"sent"}, "nothing more is to be sent")
    assert 1 <= len(slack.messages) <= 3 and 1 <= len(hook.requests) <= 3

    for message in slack.messages:
        assert 1 <= len(message.json["blocks"]) <= 50 and len(message.text) <= 4000
        for block in message.json["blocks"]:
            match block["type"]:
                case "header": assert len(block["text"]["text"]) <= 150
                case "section":
                    assert len(block.get("text", {}).get("text", "")) <= 3000
                    assert all(len(each["text"]) <= 2000 for each in block.get("fields", []))
    assert "1000 alerts" in slack.messages[0].text and "more" in slack.messages[0].text
    for request in hook.requests:
        assert len(request.body) <= 1 << 20, "more than any webhook takes"

    alerts = told(daemon)
    assert len({alert["id"] for alert in alerts}) == MANY
    assert all(alert["state"] == "firing" and len(alert["deliveries"]) == 2 for alert in alerts)
