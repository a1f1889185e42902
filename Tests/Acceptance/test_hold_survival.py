"""Holds through time, restarts, crashes and edits: each ends, none is lost, none is counted twice."""

from __future__ import annotations

import json
import os
import random
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from daemon import Daemon
from place import Place
from purse import hold, purse, settle, spend, usd
from settable_clock import DAY, HOUR, SettableClock
from waiting import noon_zone, now, until

POLICY = """
version: 1
timezone: UTC
budgets:
  - { name: fleet-life, limit_usd: 1000, per: fleet, window: lifetime, at: { 100%: { stop: true } } }
  - { name: worker-life, limit_usd: 10, per: worker, window: lifetime, at: { 100%: { stop: true } } }
"""

#: A long form is `GOVERNOR_CRASHES=200`.
CRASHES = int(os.environ.get("GOVERNOR_CRASHES", "4"))


def error_code(daemon: Daemon, op: str, **fields: Any) -> str | None:
    with daemon.control() as control:
        reply = control.ask(op=op, **fields)
    return str(reply["error"]["code"]) if "error" in reply else None


# --- Time -------------------------------------------------------------------------------------------------------------


def test_a_hold_of_a_caller_that_vanished_ends_by_itself(ready: Daemon) -> None:
    """Peers' failures (LiteLLM 27639): a cancelled caller leaks no hold; it ends at its time and never before."""
    with ready.control() as control:
        reply = control.ask(op="reserve", key="gh-1/1", worker="w-1", estimate_usd=10, ttl_s=1)
    expires = datetime.fromisoformat(reply["expires_at"])
    assert ready.ask(op="reserve", key="gh-2/1", worker="w-1", estimate_usd=1)["decision"] == "pause"

    def let_through() -> datetime | None:
        reply = ready.ask(op="reserve", key="gh-2/1", worker="w-1", estimate_usd=1)
        return now() if reply["decision"] == "allow" else None

    free = until(let_through, "what it held is free again", within=5)
    assert free is not None and free >= expires
    assert purse(ready) == usd("0", "1")


def test_an_extended_hold_outlives_its_first_end(ready: Daemon) -> None:
    """Contract: `extend` gives a new end, and the old one means nothing any more."""
    hold(ready, "gh-1/1", ttl_s=1)
    name = hold(ready, "gh-2/1", ttl_s=1)
    ready.ask(op="extend", reservation=name, ttl_s=600)
    until(lambda: purse(ready) == usd("0", "1"), "the one that was not extended has expired")
    assert error_code(ready, "extend", key="gh-1/1") == "expired"
    assert settle(ready, name) == usd("0", "1", "0")


def test_a_hold_ends_at_its_time_by_the_daemons_clock(place: Place, clock: SettableClock) -> None:
    """Contract: two hours by default, by the server's clock."""
    place.policy(POLICY)
    daemon = place.start()
    hold(daemon, "gh-1/1")
    hold(daemon, "gh-2/1", ttl_s=3 * HOUR)
    clock.set(2 * HOUR - 60)
    assert daemon.check(worker="w-1")["remaining_usd"] == 8
    clock.set(2 * HOUR + 1)
    until(lambda: purse(daemon) == usd("0", "1"), "the first has expired")
    clock.set(3 * HOUR + 1)
    until(lambda: purse(daemon) == usd("0", "0"), "the second has expired")


def test_a_hold_weighs_on_the_window_that_is_current(place: Place, clock: SettableClock) -> None:
    """Contract: a hold weighs on the window that is current now; spend lands in the window of its record's time."""
    place.policy(f"""
version: 1
timezone: {noon_zone()}
budgets:
  - {{ name: worker-life, limit_usd: 100, per: worker, window: lifetime, at: {{ 100%: {{ stop: true }} }} }}
  - {{ name: worker-day, limit_usd: 10, per: worker, window: day, at: {{ 100%: {{ pause: until_reset }} }} }}
""")
    daemon = place.start()
    name = hold(daemon, "gh-1/1", "4", ttl_s=3 * DAY)
    spend(daemon, "a", "1", reservation=name)
    clock.set(DAY)

    def day() -> tuple[Decimal, Decimal] | None:
        account = daemon.account("worker-day", worker="w-1")
        return (account["spent_usd"], account["held_usd"]) if account else None

    until(lambda: day() == usd("0", "3"), "a new day has begun, and the rest of the hold weighs on it")
    assert daemon.check(worker="w-1")["remaining_usd"] == 7
    assert purse(daemon) == usd("1", "3"), "in all it is the same dollar as before"
    spend(daemon, "b", "2", reservation=name)
    assert day() == usd("2", "1") and purse(daemon) == usd("3", "1")
    assert settle(daemon, name) == usd("3", "1", "0")


# --- Restarts and crashes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["restart", "kill9"])
def test_a_hold_survives(ready: Daemon, how: str) -> None:
    """Contract: durable before the reply; after a restart or kill -9 it holds, answers and ends as before."""
    fields = {"key": "gh-1/1", "worker": "w-1", "session": "s-1", "estimate_usd": 2}
    with ready.control() as control:
        control.send(op="reserve", **fields)
        answer = control.bytes_line()
    name = json.loads(answer or b"{}")["reservation"]
    spend(ready, "a", "0.5", session="s-1")
    settle(ready, hold(ready, "gh-2/1"), "0.25")
    ready.stop() if how == "restart" else ready.kill9()
    ready.start()
    assert purse(ready) == usd("0.75", "1.5")
    with ready.control() as control:
        control.send(op="reserve", **fields)
        assert control.bytes_line() == answer, "the stored answer"
        assert control.ask(op="reserve", **{**fields, "estimate_usd": 3})["error"]["code"] == "key_reused"
    assert error_code(ready, "settle", key="gh-2/1") == "already_settled"
    spend(ready, "b", "0.5", session="s-1")
    assert purse(ready) == usd("1.25", "1")
    assert settle(ready, name, "1.5") == usd("1.5", "0.5", "0")


def test_the_last_answer_before_a_crash_is_kept(ready: Daemon) -> None:
    """Peers' failures (LiteLLM 34733): the last write is not lost; an answer is durable before it is sent."""
    name = hold(ready, "gh-1/1", "2")
    ready.kill9()
    ready.start()
    assert purse(ready) == usd("0", "2")
    ready.ask(op="extend", reservation=name, estimate_usd=3)
    ready.kill9()
    ready.start()
    assert purse(ready) == usd("0", "3")
    assert settle(ready, name, "1.25") == usd("1.25", "1.75", "0")
    ready.kill9()
    ready.start()
    assert purse(ready) == usd("1.25", "0")


def test_a_hold_that_ends_while_nobody_runs_has_ended_at_the_start(ready: Daemon) -> None:
    """Contract: it expires at its time, also when the daemon was away then."""
    reply = ready.ask(op="reserve", key="gh-1/1", worker="w-1", estimate_usd=10, ttl_s=1)
    ready.kill9()
    until(lambda: now() > datetime.fromisoformat(reply["expires_at"]), "its time has passed")
    ready.start()
    assert ready.ask(op="reserve", key="gh-2/1", worker="w-1", estimate_usd=10)["decision"] == "allow"
    assert error_code(ready, "settle", key="gh-1/1") == "expired"


def test_a_retried_reserve_holds_once(ready: Daemon) -> None:
    """Contract: whoever lost the answer asks again, over another connection or another daemon, and holds no more."""
    for _ in range(3):
        hold(ready, "gh-1/1", "2")
    with ready.control() as control:
        control.send(op="reserve", key="gh-1/1", worker="w-1", estimate_usd=2)  # the answer is not waited for
    ready.kill9()
    ready.start()
    hold(ready, "gh-1/1", "2")
    assert purse(ready) == usd("0", "2")


def test_held_equals_the_live_holds_after_a_crash(ready: Daemon) -> None:
    """Peers' failures (LiteLLM 30460, 40050): no counter drifts from the ledger, whenever the daemon is killed."""
    seed = int(os.environ.get("GOVERNOR_SEED", random.randrange(1 << 32)))
    print(f"GOVERNOR_SEED={seed}")
    chance = random.Random(seed)
    estimates: dict[str, Decimal] = {}
    known: dict[str, str | None] = {}  # the keys that were answered: None while the hold lives, else how it ended
    doubtful: set[str] = set()  # those whose end was asked for
    for crash in range(CRASHES):
        asked: list[tuple[str, str]] = []
        with ready.control() as control:
            for number in range(40):
                key = f"gh-{crash}-{number}"
                estimates[key] = Decimal(chance.randrange(1, 10)) / 100
                asked.append((key, "reserve"))
                control.send(op="reserve", key=key, worker=f"w-{crash}", estimate_usd=float(estimates[key]))
                if chance.random() < 0.5:
                    end = chance.choice(["settle", "release"])
                    asked.append((key, end))
                    doubtful.add(key)
                    control.send(op=end, key=key)
            for key, op in asked[:chance.randrange(len(asked))]:
                reply = control.answer()
                assert "error" not in reply and reply.get("decision") != "pause", reply
                known[key] = None if op == "reserve" else op
            ready.kill9()
        ready.start()
        check_holds(ready, estimates, known, doubtful)


def check_holds(
    daemon: Daemon, estimates: dict[str, Decimal], known: dict[str, str | None], doubtful: set[str]
) -> None:
    """What was answered is so, and the sums are those of the holds that live, asked for one by one."""
    live = []
    ends = {"already_settled": "settle", "already_released": "release"}
    with daemon.control() as control:
        for key, estimate in estimates.items():
            reply = control.ask(op="extend", key=key)
            if "error" not in reply:
                assert known.get(key) is None, f"{key} had ended, and lives again"
                assert reply["held_usd"] == estimate
                live.append(estimate)
            elif key in known:
                code = reply["error"]["code"]
                assert code in ends, f"{key} was promised"
                assert known[key] == ends[code] or known[key] is None and key in doubtful, f"{key} is {code}"
    account = daemon.account("fleet-life")
    assert (account["spent_usd"], account["held_usd"]) == (0, sum(live)) if account else not live
    holds = daemon.status()["holds"]
    assert (holds["live"], holds["held_usd"]) == (len(live), sum(live))


# --- Edits ------------------------------------------------------------------------------------------------------------


def test_reloading_a_policy_does_not_multiply_holds(place: Place, ready: Daemon) -> None:
    """Peers' failures (LiteLLM 28247): what is set anew from the ledger counts once, however often that is."""
    name = hold(ready, "gh-1/1", "2")
    spend(ready, "a", "0.5", reservation=name)
    for number in range(5):
        place.policy(POLICY + f"# edit {number}\n")
        assert ready.ask(op="reload")["reloaded"]
        ready.restart()
        assert purse(ready) == usd("0.5", "1.5")
    assert settle(ready, name, "1") == usd("1", "1", "0")


def test_an_edited_policy_keeps_the_holds_counted(place: Place, ready: Daemon) -> None:
    """Peers' failures (TensorZero): a new limit, name or split forgets nothing that is held or spent."""
    name = hold(ready, "gh-1/1", "4", model="claude-opus-5", team="red")
    spend(ready, "a", "1", reservation=name, model="claude-opus-5", team="red")
    place.policy("""
version: 1
timezone: UTC
budgets:
  - { name: renamed, limit_usd: 50, per: fleet, window: lifetime, at: { 100%: { stop: true } } }
  - { name: worker-life, limit_usd: 5, per: worker, window: lifetime, at: { 100%: { stop: true } } }
  - { name: team-life, limit_usd: 6, per: team, window: lifetime, at: { 100%: { stop: true } } }
  - name: opus
    limit_usd: 7
    per: fleet
    window: rolling 7d
    match: { model: "claude-opus-*" }
    at: { 100%: { pause: 5m } }
  - name: haiku
    limit_usd: 8
    per: fleet
    window: lifetime
    match: { model: "claude-haiku-*" }
    at: { 100%: { stop: true } }
""")
    assert ready.ask(op="reload")["reloaded"]

    def standing(budget: str, **split: str) -> tuple[Decimal, Decimal, Decimal] | None:
        account = ready.account(budget, **split)
        return (account["spent_usd"], account["held_usd"], account["remaining_usd"]) if account else None

    def check_all() -> None:
        assert standing("renamed") == (1, 3, 46)
        assert standing("worker-life", worker="w-1") == (1, 3, 1)
        assert standing("team-life", team="red") == (1, 3, 2)
        assert standing("opus") == (1, 3, 3)
        assert standing("haiku") in (None, (0, 0, 8)), "the hold is for another model"

    check_all()
    ready.kill9()
    ready.start()
    check_all()
    refused = ready.ask(op="reserve", key="gh-2/1", worker="w-1", estimate_usd=1.5)
    assert [reason["budget"] for reason in refused["reasons"]] == ["worker-life"]
    assert settle(ready, name) == usd("1", "3", "0")
    assert standing("team-life", team="red") == (1, 0, 5)
