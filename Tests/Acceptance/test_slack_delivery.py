"""Delivery to Slack: a receiver that fails in every way it can, and gets each message once all the same."""

from __future__ import annotations

import pytest

from daemon import Daemon
from fake_slack import Answer, FakeSlack
from place import Place
from waiting import until

POLICY = """
version: 1
timezone: UTC
notifications: { group_wait: 0s }
receivers:
  ops: { slack: { webhook_url: "WEBHOOK" }, allow_private: true }
budgets:
  - { name: worker-life, limit_usd: 1, per: worker, window: lifetime, at: { 100%: { notify: [ops], stop: true } } }
"""

#: Longer than the first wait after a failure, 5 s ± 20%, so that a second attempt would have been seen.
FIRST_RETRY = 7.0


@pytest.fixture
def ready(place: Place, slack: FakeSlack) -> Daemon:
    place.policy(POLICY.replace("WEBHOOK", slack.url))
    return place.start()


def cross(daemon: Daemon, worker: str) -> None:
    """Makes a worker reach its limit."""
    reply = daemon.record({"id": f"call of {worker}", "worker": worker, "model": "claude-opus-5", "cost_usd": 1})
    assert reply["accepted"] == 1, reply


def test_a_message_has_text_and_blocks_within_slacks_limits(slack: FakeSlack, ready: Daemon) -> None:
    """Issue: Block Kit with a plain text fallback, posted to the webhook as JSON."""
    cross(ready, "w-1")
    [message] = slack.wait_for(1)
    assert message.headers["content-type"].startswith("application/json")
    assert message.path == "/services/T0/B0/acceptance"
    assert "worker-life" in message.text and "w-1" in message.text and "$1.00" in message.text
    blocks = message.json["blocks"]
    assert 1 <= len(blocks) <= 50
    assert blocks[0]["type"] == "header" and len(blocks[0]["text"]["text"]) <= 150
    assert {"header", "section", "context"} >= {block["type"] for block in blocks} - {"divider", "actions"}


@pytest.mark.parametrize("seconds", [1, 2])
def test_a_429_is_tried_again_when_slack_says(seconds: int, slack: FakeSlack, ready: Daemon) -> None:
    """Issue: a 429 drops no message; Retry-After is honoured; it arrives once."""
    slack.script(Answer(429, headers=(("Retry-After", str(seconds)),)))
    cross(ready, "w-1")
    first, second = slack.wait_for(2)
    assert second.at - first.at >= seconds - 0.05
    assert second.id == first.id and second.text.splitlines()[0] == first.text.splitlines()[0]
    cross(ready, "w-2")
    assert "w-2" in slack.wait_for(3)[2].text


@pytest.mark.parametrize(
    "failure", [Answer(500, b"oops"), Answer(503, b""), Answer(reset=True)], ids=["500", "503", "reset"])
def test_a_passing_failure_is_tried_again(failure: Answer, slack: FakeSlack, ready: Daemon) -> None:
    """Issue: 5xx and a broken connection are tried again after 5 s ± 20%, with the same message."""
    slack.script(failure)
    cross(ready, "w-1")
    first, second = slack.wait_for(2)
    assert 3.5 <= second.at - first.at <= 12
    assert second.id == first.id and second.text.splitlines()[0] == first.text.splitlines()[0]


@pytest.mark.parametrize(
    "refusal", [Answer(404, b"no_service"), Answer(400, b"invalid_payload"), Answer(200, b"invalid_token")],
    ids=["404", "400", "200 but not ok"])
def test_a_refusal_is_final(refusal: Answer, slack: FakeSlack, ready: Daemon) -> None:
    """Issue: what Slack refuses for good is not sent again, and holds nothing else up."""
    slack.script(refusal)
    cross(ready, "w-1")
    slack.wait_for(1)
    cross(ready, "w-2")
    assert "w-2" in slack.wait_for(2)[1].text
    assert not slack.arrives(3, within=FIRST_RETRY), "the refused message was sent again"


def test_a_message_outlives_a_crash(place: Place, slack: FakeSlack, ready: Daemon) -> None:
    """Issue: what was not delivered before kill -9 is delivered after the restart."""
    slack.script(Answer(503))
    cross(ready, "w-1")
    slack.wait_for(1)
    ready.kill9()
    ready.start()
    first, second = slack.wait_for(2)
    assert second.id == first.id and second.text.splitlines()[0] == first.text.splitlines()[0]


def test_a_failing_receiver_delays_no_decision(slack: FakeSlack, ready: Daemon) -> None:
    """Issue: delivery is its own loop; a worker is stopped whether or not anybody could be told."""
    slack.script(*[Answer(503)] * 3)
    cross(ready, "w-1")
    slack.wait_for(1)
    decision = ready.check(worker="w-1")
    assert (decision["decision"], decision["stop"]) == ("pause", True)


@pytest.mark.parametrize(
    "worker", ["<!channel>", "<@U012>&<http://evil.example|click>", "w\r\nInjected: yes", "w\x1b[31mred\x1b[0m\x07"],
    ids=["channel", "link", "crlf", "escape"])
def test_a_hostile_name_stays_a_name(worker: str, slack: FakeSlack, ready: Daemon) -> None:
    """Issue: nothing that came from data becomes markup, a line of its own or a terminal escape."""
    reply = ready.record({"id": "hostile", "worker": worker, "model": "claude-opus-5", "cost_usd": 1})
    if reply["rejected"]:
        assert reply["rejected"][0]["field"] == "worker"  # refused at the door, which is as good
        return
    [message] = slack.wait_for(1)
    for text in message.strings:
        assert "<!" not in text and "<@" not in text and "<http://evil" not in text
        assert "\nInjected" not in text
        assert not set(text) & {"\r", "\x1b", "\x07"}


def test_the_webhooks_address_is_never_shown(place: Place, slack: FakeSlack, ready: Daemon) -> None:
    """Issue: secrets never appear in logs, errors or status."""
    slack.script(Answer(404))
    cross(ready, "w-1")
    slack.wait_for(1)
    secret = "/services/T0/B0/acceptance"
    until(lambda: ready.account("worker-life", worker="w-1"), "the account is shown")
    assert secret not in str(ready.status())
    assert secret not in ready.http("/metrics").text
    ready.stop()
    assert secret not in ready.complaints()
