"""Money set aside before work starts: each operation, each outcome, over each of the ways to ask."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from daemon import Daemon
from fake_slack import FakeSlack
from place import Place
from purse import held, purse, refused, reserve, usd
from waiting import now, until
from wires import Wire

POLICY = """
version: 1
timezone: UTC
budgets:
  - { name: fleet-life, limit_usd: 100, per: fleet, window: lifetime, at: { 100%: { stop: true } } }
  - { name: worker-life, limit_usd: 10, per: worker, window: lifetime, at: { 100%: { stop: true } } }
"""


def time(text: str) -> datetime:
    return datetime.fromisoformat(text)


# --- Each operation, over each wire -----------------------------------------------------------------------------------


def test_a_reserve_is_a_decision_and_a_hold(wire: Wire, ready: Daemon) -> None:
    """Contract: a decision, and when it is not pause `reservation`, `held_usd`, `expires_at`; 2 h by default."""
    before = now()
    reply = wire.ask("reserve", id=7, key="gh-1/1", worker="w-1", estimate_usd=2.5)
    assert (reply["id"], reply["decision"], reply["reasons"]) == (7, "allow", [])
    assert {"as_of", "stale", "caveats", "revision", "remaining_usd"} <= set(reply), "every field of a decision"
    assert (reply["held_usd"], reply["estimate_from"]) == (Decimal("2.5"), "caller")
    lives = time(reply["expires_at"]) - before
    assert timedelta(hours=2) - timedelta(seconds=2) < lives < timedelta(hours=2, seconds=5)
    assert held(ready, "worker-life", worker="w-1") == held(ready, "fleet-life") == Decimal("2.5")
    assert ready.spent("worker-life", worker="w-1") == 0
    assert wire.ask("check", worker="w-1")["remaining_usd"] == Decimal("7.5")


def test_a_hold_is_settled_released_or_extended(wire: Wire, ready: Daemon) -> None:
    """Contract: `settle` and `release` answer `spent_usd`, `released_usd`, `overrun_usd`; `extend` a new end."""
    names = [wire.ask("reserve", key=f"gh-{n}/1", worker="w-1", estimate_usd=2)["reservation"] for n in range(3)]
    extended = wire.ask("extend", reservation=names[0], ttl_s=86_400)
    assert (extended["decision"], extended["reservation"], extended["held_usd"]) == ("allow", names[0], 2)
    assert time(extended["expires_at"]) > now() + timedelta(hours=23)
    settled = wire.ask("settle", id="s", reservation=names[1], cost_usd=0.75)
    assert settled == {
        "id": "s", "reservation": names[1], "spent_usd": Decimal("0.75"), "released_usd": Decimal("1.25"),
        "overrun_usd": 0}
    assert wire.ask("release", reservation=names[2]) == {
        "reservation": names[2], "spent_usd": 0, "released_usd": 2, "overrun_usd": 0}
    assert purse(ready) == usd("0.75", "2")


def test_every_hold_ends_once(wire: Wire, ready: Daemon) -> None:
    """Contract: states end once; `already_settled`, `already_released`, `expired` are answers, not crashes."""
    fields = {"worker": "w-1", "estimate_usd": 1}
    keys = {"already_settled": "gh-1/1", "already_released": "gh-2/1", "expired": "gh-3/1"}
    names = {
        "already_settled": wire.ask("reserve", key="gh-1/1", **fields)["reservation"],
        "already_released": wire.ask("reserve", key="gh-2/1", **fields)["reservation"],
        "expired": wire.ask("reserve", key="gh-3/1", ttl_s=1, **fields)["reservation"]}
    wire.ask("settle", reservation=names["already_settled"])
    wire.ask("release", reservation=names["already_released"])
    until(lambda: held(ready, "worker-life", worker="w-1") == 0, "the third has expired")
    for code in keys:
        for op in ("extend", "settle", "release"):
            assert wire.code(op, reservation=names[code]) == code, f"{op} of a hold that is {code}"
            assert wire.code(op, key=keys[code]) == code, f"{op} by the key of a hold that is {code}"
    for op in ("extend", "settle", "release"):
        assert wire.code(op, reservation="r-404-00000000") == "not_found"
        assert wire.code(op, key="gh-404/1") == "not_found"
    assert wire.ask("ping")["version"], "the connection goes on"
    assert purse(ready) == (0, 0)


def test_a_key_stands_for_one_request(wire: Wire, ready: Daemon) -> None:
    """Contract: the same key with the same fields returns the stored answer, also after its end; else `key_reused`."""
    fields = {"key": "gh-1/1", "worker": "w-1", "task": "gh-1", "estimate_usd": 1, "ttl_s": 600}
    first = wire.send("reserve", id=1, **fields)
    again = wire.send("reserve", id=2, **fields)
    assert again.body == first.body.replace(b'"id":1', b'"id":2', 1), "byte for byte"
    assert wire.send("reserve", id=1, **dict(reversed(fields.items()))).body == first.body, "in whatever order"
    for change in ({"worker": "w-2"}, {"estimate_usd": 1.5}, {"ttl_s": 601}, {"model": "claude-opus-5"}):
        assert wire.refusal("reserve", **{**fields, **change}) == ("key_reused", "key"), change
    without = {name: value for name, value in fields.items() if name != "task"}
    assert wire.refusal("reserve", **without) == ("key_reused", "key")
    assert held(ready, "worker-life", worker="w-1") == 1
    wire.ask("settle", reservation=first.json["reservation"], cost_usd=0.25)
    assert wire.send("reserve", id=1, **fields).body == first.body
    assert wire.refusal("reserve", **{**fields, "estimate_usd": 2}) == ("key_reused", "key")
    assert held(ready, "worker-life", worker="w-1") == 0


def test_a_refused_reserve_leaves_nothing(wire: Wire, ready: Daemon) -> None:
    """Contract: pause stores nothing: the same key may be tried again, with the same fields or others."""
    first = wire.ask("reserve", key="gh-1/1", worker="w-1", estimate_usd=9)
    reply = wire.ask("reserve", key="gh-2/1", worker="w-1", estimate_usd=2)
    assert reply["decision"] == "pause" and reply["reasons"][0]["text"]
    assert not {"reservation", "held_usd", "expires_at"} & set(reply)
    assert reply["reasons"][0]["held_usd"] == 9
    assert wire.code("settle", key="gh-2/1") == "not_found"
    assert wire.ask("reserve", key="gh-2/1", worker="w-1", estimate_usd=0.5)["decision"] == "allow"
    wire.ask("release", reservation=first["reservation"])
    wire.ask("release", key="gh-2/1")
    assert held(ready, "worker-life", worker="w-1") == 0


def test_work_that_runs_is_judged_by_what_was_spent(wire: Wire, ready: Daemon) -> None:
    """Contract: `running`, or the `reservation` of a hold: holds don't count; no new work beside them."""
    name = wire.ask("reserve", key="gh-1/1", worker="w-1", session="s-1", estimate_usd=10)["reservation"]
    assert wire.ask("check", worker="w-1")["decision"] == "pause", "what is held leaves nothing for new work"
    assert wire.ask("check", worker="w-1", running=False)["decision"] == "pause"
    assert wire.ask("check", worker="w-1", running=True)["decision"] == "allow"
    assert wire.ask("check", worker="w-1", reservation=name)["decision"] == "allow"
    wire.ask("record", records=[{"id": "a", "worker": "w-1", "session": "s-1", "cost_usd": 10}])
    for running in ({"running": True}, {"reservation": name}):
        reply = wire.ask("check", worker="w-1", **running)
        assert (reply["decision"], reply["stop"]) == ("pause", True)


# --- What is wrong ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("op", "fields", "field"),
    [
        ("reserve", {"worker": "w-1"}, "key"),
        ("reserve", {"key": 7}, "key"),
        ("reserve", {"key": "k" * 257}, "key"),
        ("reserve", {"key": "é" * 129}, "key"),
        ("reserve", {"key": "k", "ttl_s": 0}, "ttl_s"),
        ("reserve", {"key": "k", "ttl_s": 2_592_001}, "ttl_s"),
        ("reserve", {"key": "k", "ttl_s": 1.5}, "ttl_s"),
        ("reserve", {"key": "k", "ttl_s": "1h"}, "ttl_s"),
        ("reserve", {"key": "k", "estimate_usd": -0.01}, "estimate_usd"),
        ("reserve", {"key": "k", "estimate_usd": 1_000_000.01}, "estimate_usd"),
        ("reserve", {"key": "k", "estimate_usd": "ten"}, "estimate_usd"),
        ("reserve", {"key": "k", "estimate_tokens": -1}, "estimate_tokens"),
        ("reserve", {"key": "k", "estimate_tokens": 1.5}, "estimate_tokens"),
        ("extend", {}, "reservation"),
        ("extend", {"reservation": 7}, "reservation"),
        ("extend", {"key": "gh-1/1", "ttl_s": 0}, "ttl_s"),
        ("settle", {}, "reservation"),
        ("settle", {"key": "gh-1/1", "cost_usd": -1}, "cost_usd"),
        ("settle", {"key": "gh-1/1", "cost_usd": "much"}, "cost_usd"),
        ("release", {}, "reservation"),
        ("check", {"running": "yes"}, "running"),
        ("check", {"reservation": 7}, "reservation"),
        ("label", {"session": "s-1", "worker": "w-1", "reservation": 7}, "reservation"),
    ])
def test_what_is_wrong_is_named(ready: Daemon, op: str, fields: dict[str, Any], field: str) -> None:
    """Contract: a clear error with the field at fault; nothing is held by it or lost by it."""
    reserve(ready, "gh-1/1")
    with ready.control() as control:
        reply = control.ask(op=op, id=9, **fields)
        assert reply["id"] == 9
        assert (reply["error"]["code"], reply["error"].get("field")) == ("bad_request", field), reply
        assert control.ask(op="ping", id=10)["id"] == 10
    assert held(ready, "worker-life", worker="w-1") == 1


def test_the_widest_values_are_taken(ready: Daemon) -> None:
    """Contract: a key of 256 bytes, a time from a second to thirty days, an estimate up to a million dollars."""
    before = now()
    reply = reserve(ready, "é" * 128, ttl_s=2_592_000)
    assert abs(time(reply["expires_at"]) - before - timedelta(days=30)) < timedelta(seconds=5)
    reserve(ready, "k", ttl_s=1)
    assert refused(ready, "million", estimate=1_000_000) == ["fleet-life", "worker-life"]


# --- What is let through ----------------------------------------------------------------------------------------------


def test_two_requests_that_fit_alone_but_not_together(ready: Daemon) -> None:
    """Peers' failures (LiteLLM 34732): the second is refused although nothing has been spent."""
    for worker in ("w-1", "w-2"):
        assert ready.check(worker=worker, estimate_usd=6)["decision"] == "allow"
        assert ready.check(worker=worker, estimate_usd=6)["decision"] == "allow"
    first = reserve(ready, "gh-1/1", 6)
    assert refused(ready, "gh-2/1", estimate=6) == ["worker-life"]
    assert ready.check(worker="w-1", estimate_usd=6)["decision"] == "pause", "a check knows of the hold as well"
    reserve(ready, "gh-3/1", 6, worker="w-2")
    ready.ask(op="release", reservation=first["reservation"])
    reserve(ready, "gh-2/1", 6)


def test_a_hold_may_take_all_that_is_left_and_not_a_nano_more(ready: Daemon) -> None:
    """Invariant 3: spent and held never exceed the limit by anything Governor admitted."""
    ready.record({"id": "a", "worker": "w-1", "cost_usd": 0.1})
    reserve(ready, "gh-1/1", "0.2")
    assert refused(ready, "gh-2/1", estimate=9.700000001) == ["worker-life"]
    reserve(ready, "gh-2/1", "9.7")
    assert purse(ready) == usd("0.1", "9.9")
    assert refused(ready, "gh-3/1", estimate=0.000000001) == ["worker-life"]
    assert ready.check(worker="w-1")["remaining_usd"] == 0


def test_a_hold_over_several_budgets_is_all_or_nothing(ready: Daemon) -> None:
    """Contract: a reserve over several budgets is all or nothing."""
    assert refused(ready, "gh-1/1", estimate=11) == ["worker-life"]
    assert held(ready, "fleet-life") == 0
    for number in range(2, 12):
        reserve(ready, f"gh-{number}/1", 10, worker=f"w-{number}")
    assert refused(ready, "gh-1/1", estimate=0.01) == ["fleet-life"]
    assert held(ready, "worker-life", worker="w-1") == 0 and held(ready, "fleet-life") == 100


def test_what_is_held_is_not_spent(place: Place, slack: FakeSlack) -> None:
    """Contract: holds count for admission and in `remaining`, not for thresholds: an alert speaks of money spent."""
    place.policy(f"""
version: 1
timezone: UTC
notifications: {{ group_wait: 0s }}
receivers:
  ops: {{ slack: {{ webhook_url: "{slack.url}" }}, allow_private: true }}
budgets:
  - name: life
    limit_usd: 10
    per: worker
    window: lifetime
    at: {{ 50%: {{ notify: [ops], throttle: {{ delay: 3s }} }}, 100%: {{ stop: true }} }}
""")
    daemon = place.start()
    reserve(daemon, "gh-1/1", 9)
    account = daemon.account("life", worker="w-1")
    assert account is not None
    assert (account["state"], account["ratio"], account["held_usd"], account["remaining_usd"]) == ("ok", 0, 9, 1)
    assert daemon.check(worker="w-1")["decision"] == "allow"
    daemon.record({"id": "a", "worker": "w-2", "cost_usd": 6})
    reply = reserve(daemon, "gh-2/1", 1, worker="w-2")
    assert (reply["decision"], reply["delay_s"], reply["held_usd"]) == ("throttle", 3, 1)
    [message] = slack.wait_for(1)
    assert "w-2" in message.text


def test_observed_budgets_hold_too_and_hold_nobody_back(place: Place) -> None:
    """Contract: in observe mode `decision` is allow and `would` what it would have been; the hold is made."""
    place.policy(POLICY.replace("window: lifetime,", "window: lifetime, mode: observe,"))
    daemon = place.start()
    reply = reserve(daemon, "gh-1/1", 11)
    assert (reply["decision"], reply["would"], reply["held_usd"]) == ("allow", "pause", 11)
    assert [reason["budget"] for reason in reply["would_reasons"]] == ["worker-life"]
    assert held(daemon, "worker-life", worker="w-1") == 11


def test_tokens_are_held_against_a_budget_of_tokens(place: Place) -> None:
    """Contract: `estimate_tokens`; a limit may be in tokens."""
    place.policy("""
version: 1
timezone: UTC
budgets:
  - { name: tokens, limit_tokens: 100000, per: worker, window: lifetime, at: { 100%: { stop: true } } }
""")
    daemon = place.start()
    first = reserve(daemon, "gh-1/1", None, model="claude-opus-5", estimate_tokens=60_000)
    assert refused(daemon, "gh-2/1", model="claude-opus-5", estimate_tokens=60_000) == ["tokens"]
    account = daemon.account("tokens", worker="w-1")
    assert account is not None and account["held_tokens"] == 60_000 and account["remaining_tokens"] == 40_000
    daemon.ask(op="release", reservation=first["reservation"])
    reserve(daemon, "gh-2/1", None, model="claude-opus-5", estimate_tokens=60_000)


# --- Extending --------------------------------------------------------------------------------------------------------


def test_an_extension_never_shortens(ready: Daemon) -> None:
    """Contract: never shortens the time."""
    first = reserve(ready, "gh-1/1", ttl_s=3600)
    name = first["reservation"]
    assert ready.ask(op="extend", reservation=name, ttl_s=60)["expires_at"] == first["expires_at"]
    later = ready.ask(op="extend", key="gh-1/1", ttl_s=7200)
    assert time(later["expires_at"]) - time(first["expires_at"]) > timedelta(minutes=59)
    assert later["reservation"] == name and later["held_usd"] == 1


def test_a_higher_estimate_is_admitted_like_a_new_hold(ready: Daemon) -> None:
    """Contract: when it doesn't fit, the decision is pause and nothing is changed; a lower one gives back."""
    first = reserve(ready, "gh-1/1", 2, ttl_s=3600)
    name = first["reservation"]
    reserve(ready, "gh-2/1", 3)
    assert ready.ask(op="extend", reservation=name, estimate_usd=7)["held_usd"] == 7
    assert held(ready, "worker-life", worker="w-1") == held(ready, "fleet-life") == 10
    beyond = ready.ask(op="extend", reservation=name, estimate_usd=7.01, ttl_s=86_400)
    assert (beyond["decision"], beyond["held_usd"]) == ("pause", 7)
    assert [reason["budget"] for reason in beyond["reasons"]] == ["worker-life"]
    assert beyond["expires_at"] == ready.ask(op="extend", reservation=name, ttl_s=1)["expires_at"]
    assert time(beyond["expires_at"]) < now() + timedelta(hours=3), "the time it asked for was not given either"
    assert held(ready, "worker-life", worker="w-1") == 10
    assert ready.ask(op="extend", reservation=name, estimate_usd=0.5)["held_usd"] == Decimal("0.5")
    assert held(ready, "worker-life", worker="w-1") == held(ready, "fleet-life") == Decimal("3.5")
    reserve(ready, "gh-3/1", "6.5")


def test_an_estimate_speaks_of_the_whole_work(ready: Daemon) -> None:
    """A changed estimate counts what has been spent already: what is set aside beyond it is the rest."""
    name = reserve(ready, "gh-1/1", 2)["reservation"]
    ready.record({"id": "a", "worker": "w-1", "cost_usd": 0.5, "reservation": name})
    ready.ask(op="extend", reservation=name, estimate_usd=3)
    assert purse(ready) == usd("0.5", "2.5")
    ready.ask(op="extend", reservation=name, estimate_usd=0.25)
    assert purse(ready) == usd("0.5", "0")


def test_a_stop_reaches_work_that_runs(ready: Daemon) -> None:
    """Peers' failures (paperclip 11276, a $0.50 cap and $5.11 spent): a stop doesn't wait for the next run."""
    name = reserve(ready, "gh-1/1", 2, ttl_s=600)["reservation"]
    assert ready.ask(op="extend", reservation=name)["decision"] == "allow"
    ready.record({"id": "a", "worker": "w-1", "cost_usd": 10.5, "reservation": name})
    reply = ready.ask(op="extend", reservation=name, ttl_s=7200)
    assert (reply["decision"], reply["stop"], reply["reservation"]) == ("pause", True, name)
    assert [reason["budget"] for reason in reply["reasons"]] == ["worker-life"]
    assert ready.ask(op="settle", reservation=name)["overrun_usd"] == Decimal("8.5")


# --- Estimates --------------------------------------------------------------------------------------------------------

ESTIMATES = POLICY + """
holds: { estimate: { from: history, quantile: 0.9, fallback_usd: 1.75, at_least_usd: 0.25 }, ttl: 30m }
"""


def test_without_history_the_fallback_is_held(place: Place) -> None:
    """Contract: `holds:` in the policy says what to set aside when the caller gives no estimate, and for how long."""
    place.policy(ESTIMATES)
    daemon = place.start()
    before = now()
    reply = reserve(daemon, "gh-1/1", None)
    assert (reply["held_usd"], reply["estimate_from"]) == (Decimal("1.75"), "fallback")
    assert abs(time(reply["expires_at"]) - before - timedelta(minutes=30)) < timedelta(seconds=5)
    assert reserve(daemon, "gh-2/1", 0.5)["estimate_from"] == "caller"


def test_by_default_a_dollar_is_held(ready: Daemon) -> None:
    """Contract: the defaults of `holds:` when the policy says nothing."""
    reply = reserve(ready, "gh-1/1", None)
    assert (reply["held_usd"], reply["estimate_from"]) == (1, "fallback")


@pytest.mark.parametrize(
    ("cost", "least", "most"), [("0.40", "0.36", "0.45"), ("0.01", "0.25", "0.25")],
    ids=["as it was before", "never less than the least"])
def test_history_says_what_such_work_costs(place: Place, cost: str, least: str, most: str) -> None:
    """Contract: estimates from history: of twenty tasks that all cost the same, any quantile is that."""
    place.policy(ESTIMATES)
    daemon = place.start()
    for number in range(20):
        fields = {"session": f"s-{number}", "task": f"gh-{number}", "model": "claude-opus-5"}
        name = reserve(daemon, f"gh-{number}/1", 1, **fields)["reservation"]
        daemon.record({"id": f"c-{number}", "worker": "w-1", "cost_usd": float(cost), "reservation": name, **fields})
        daemon.ask(op="settle", reservation=name)
    reply = reserve(daemon, "gh-20/1", None, session="s-20", task="gh-20", model="claude-opus-5")
    assert reply["estimate_from"] == "history"
    assert Decimal(least) <= reply["held_usd"] <= Decimal(most)


# --- Status -----------------------------------------------------------------------------------------------------------


def test_status_counts_the_holds(place: Place, ready: Daemon) -> None:
    """Contract: `status.holds`: how many live, what they hold, how many ended and how many of those cost more."""
    before = ready.status()["holds"]
    assert {name: before[name] for name in ("live", "held_usd", "overrun_usd", "ended", "above")} == {
        "live": 0, "held_usd": 0, "overrun_usd": 0, "ended": 0, "above": 0}
    names = [reserve(ready, f"gh-{number}/1", 1)["reservation"] for number in range(5)]
    for name, cost in zip(names, (0.5, 0.75, 1, 1.5)):
        ready.ask(op="settle", reservation=name, cost_usd=cost)
    counts = {
        "live": 1, "held_usd": 1, "overrun_usd": Decimal("0.5"), "ended": 4, "above": 1, "above_share": Decimal("0.25")}
    assert ready.status()["holds"] == counts
    assert ready.http("/v1/status").json["holds"] == counts
    run = place.governor("status", "--json")
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout, parse_float=Decimal)["holds"] == counts
