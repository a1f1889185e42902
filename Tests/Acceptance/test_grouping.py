"""What goes into one message, what waits and what doesn't, what is told again, and who wants to know of an end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from certificates import Authority
from daemon import Daemon
from fake_slack import FakeSlack
from payload import alerts, transitions
from place import Place
from scripted_http import Request, ScriptedHTTP
from scripted_smtp import ScriptedSMTP
from settable_clock import SettableClock
from waiting import until

HEAD = """
version: 1
timezone: UTC
notifications: { group_wait: WAIT, group_interval: 1m }
receivers:
  ops: { webhook: { url: "URL" }, allow_private: true }
"""

#: Long enough that a message that is due would have come; shorter than any wait there is here.
A_MOMENT = 0.7


class Group:
    """A daemon with one webhook, and what happens in it."""

    def __init__(self, place: Place, clock: SettableClock) -> None:
        self.place = place
        self.clock = clock
        self.hook = ScriptedHTTP()
        self.records = 0
        self._passed = 0

    def start(self, rest: str, wait: str = "0s", head: str = HEAD) -> Daemon:
        self.write(rest, wait, head)
        self.daemon = self.place.start()
        return self.daemon

    def write(self, rest: str, wait: str = "0s", head: str = HEAD) -> None:
        self.place.policy((head + rest).replace("URL", self.hook.url()).replace("WAIT", wait))

    def spend(self, worker: str, cost: float, **fields: str) -> None:
        self.records += 1
        record = {"id": f"call-{self.records}", "worker": worker, "model": "claude-opus-5", "cost_usd": cost} | fields
        reply = self.daemon.record(record)
        assert reply["accepted"] == 1, reply

    def pass_time(self, seconds: int) -> None:
        self._passed += seconds
        self.clock.set(self._passed)

    def told(self, count: int) -> list[str]:
        """The names of the alerts in the message with this number, from 1; fails when there are more messages."""
        return names(self.hook.wait_for(count)[-1])

    def settle(self) -> None:
        """Waits until nothing is on its way that is due, so that it is known to have been told."""
        def is_told() -> bool:
            deliveries = [
                each for alert in self.daemon.http("/v1/alerts").json["alerts"] for each in alert["deliveries"]]
            return bool(deliveries) and all(each["state"] == "sent" for each in deliveries)

        until(is_told, "all is told")


def names(request: Request) -> list[str]:
    """`day@80% w-1`, in the order of the message."""
    return [f"{each['name']} {each['split'].get('worker', '')}".strip() for each in alerts(request)]


@pytest.fixture
def group(place: Place, clock: SettableClock) -> Iterator[Group]:
    group = Group(place, clock)
    yield group
    group.hook.close()


# --- What goes together -----------------------------------------------------------------------------------------------


def test_what_happens_within_the_groups_wait_is_one_message(group: Group) -> None:
    """Contract: a receiver's alerts within `group_wait` go as one message; here two items, three splits."""
    group.start("""
budgets:
  - { name: day, limit_usd: 10, per: worker, window: day, at: { 80%: { notify: [ops] } } }
  - { name: life, limit_usd: 100, per: fleet, window: lifetime, at: { 15%: { notify: [ops] } } }
""", wait="1s")
    began = time.monotonic()
    group.spend("w-1", 8)
    group.spend("w-2", 8)
    group.spend("w-3", 8)
    [message] = group.hook.wait_for(1)
    assert sorted(names(message)) == ["day@80% w-1", "day@80% w-2", "day@80% w-3", "life@15%"]
    assert message.at - began >= 0.9
    assert not group.hook.arrives(2, within=A_MOMENT)


def test_of_thresholds_crossed_together_only_the_highest_is_told(group: Group) -> None:
    daemon = group.start("""
budgets:
  - { name: day, limit_usd: 10, per: worker, window: day, at: {
      50%: { notify: [ops] }, 80%: { notify: [ops] }, 100%: { notify: [ops], pause: until_reset } } }
""")
    group.spend("w-1", 9)
    assert group.told(1) == ["day@80% w-1"]
    alerts = daemon.http("/v1/alerts").json["alerts"]
    assert sorted(each["name"] for each in alerts) == ["day@50%", "day@80%"], "the other is recorded"


# --- What waits -------------------------------------------------------------------------------------------------------

THRESHOLDS = """
budgets:
  - { name: day, limit_usd: 10, per: worker, window: lifetime, at: {
      50%: { notify: [ops] }, 80%: { notify: [ops] }, 100%: { notify: [ops], pause: until_resumed } } }
"""


def test_a_further_change_of_a_split_waits_for_the_groups_interval(group: Group) -> None:
    group.start(THRESHOLDS)
    group.spend("w-1", 5)
    assert group.told(1) == ["day@50% w-1"]
    group.settle()
    group.spend("w-1", 3)
    assert not group.hook.arrives(2, within=A_MOMENT), "it didn't wait"
    group.pass_time(61)
    assert group.told(2) == ["day@80% w-1"]


@pytest.mark.parametrize("change, wanted", [
    pytest.param(lambda group: group.spend("w-2", 5), "day@50% w-2", id="the first of a split"),
    pytest.param(lambda group: group.spend("w-1", 5), "day@100% w-1", id="one that pauses"),
])
def test_news_that_matter_do_not_wait(change: Callable[[Group], None], wanted: str, group: Group) -> None:
    """Contract: the first alert of a split and any alert that paused or stopped work never wait for the interval."""
    group.start(THRESHOLDS)
    group.spend("w-1", 5)
    group.hook.wait_for(1)
    group.settle()
    change(group)
    assert group.told(2) == [wanted]
    assert group.hook.requests[1].at - group.hook.requests[0].at < 10, "the interval is a minute"


# --- What is told again -----------------------------------------------------------------------------------------------

REPEATING = """
  once: { webhook: { url: "URL/once" }, allow_private: true }
budgets:
  - { name: day, limit_usd: 10, per: worker, window: lifetime, at: { 50%: { notify: [ops, once] } } }
rules:
  - { name: streak, when: errors, per: worker, count: 2, within: 1h, then: { notify: [ops, once] } }
"""


@pytest.mark.parametrize("what", ["a rule", "a budget"])
def test_what_goes_on_is_told_again_until_somebody_says_that_it_is_known(what: str, group: Group) -> None:
    """Contract: an unchanged firing group is sent again after `repeat_every`; by itself a threshold never is. An alert
    that was acknowledged is not."""
    head = HEAD.replace("allow_private: true }", "allow_private: true, repeat_every: 1m }")
    group.start(REPEATING, head=head)
    if what == "a rule":
        for _ in range(2):
            group.spend("w-1", 0, outcome="error", error_kind="overloaded")
    else:
        group.spend("w-1", 5)

    def often() -> list[Request]:
        return [each for each in group.hook.requests if each.path == "/hook"]

    for count in (1, 2, 3):
        until(lambda: len(often()) == count, f"it is told for the {count}. time")
        group.settle()
        if count < 3:
            group.pass_time(61)
    assert len({each.id for each in often()}) == 3, "a repeat is a message of its own"
    assert len({tuple(transitions(each)) for each in often()}) == 1, "about the same alert"
    [(alert, _)] = transitions(often()[0])
    run = group.place.governor("alerts", "ack", alert, "--by", "ada")
    assert run.returncode == 0, run.stderr
    group.pass_time(61)
    assert not group.hook.arrives(5, within=A_MOMENT), "told again although somebody knows"
    assert len([each for each in group.hook.requests if each.path == "/hook/once"]) == 1


# --- Who wants to know of an end --------------------------------------------------------------------------------------


def test_an_end_is_told_to_those_who_want_to_know(
    group: Group, place: Place, slack: FakeSlack, authority: Authority
) -> None:
    """Contract: resolved messages go to receivers with `resolved: true`, the default of Slack and webhooks."""
    mail = ScriptedSMTP(authority.good)
    try:
        policy = f"""
  slack: {{ slack: {{ webhook_url: "{slack.url}" }}, allow_private: true }}
  quiet: {{ webhook: {{ url: "URL/quiet" }}, allow_private: true, resolved: false }}
  mail:
    email: {{ to: ada@example.com, from: governor@example.com, smtp: "{mail.url}" }}
    allow_private: true
    ca_file: "{authority.file}"
budgets:
  - name: day
    limit_usd: LIMIT
    per: worker
    window: lifetime
    at: {{ 80%: {{ notify: [ops, slack, quiet, mail] }} }}
"""
        group.start(policy.replace("LIMIT", "10"))
        group.spend("w-1", 8)
        group.settle()
        group.write(policy.replace("LIMIT", "100"))
        assert place.governor("policy", "reload").returncode == 0
        group.pass_time(61)
        slack.wait_for(2)
        until(lambda: len([each for each in group.hook.requests if each.path == "/hook"]) == 2, "the webhook is told")
        group.settle()
        assert "no longer" in slack.messages[1].text
        [(alert, _)] = transitions(group.hook.requests[0])
        told = {path: [transitions(each) for each in group.hook.requests if each.path == path]
                for path in ("/hook", "/hook/quiet")}
        assert told == {"/hook": [[(alert, "firing")], [(alert, "resolved")]], "/hook/quiet": [[(alert, "firing")]]}
        assert len(mail.taken()) == 1
    finally:
        mail.close()
