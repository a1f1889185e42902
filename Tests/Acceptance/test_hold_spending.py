"""What work spends draws its hold down: no dollar is both spent and held, whatever order it is told in."""

from __future__ import annotations

import os
import random
from decimal import Decimal

import pytest

from daemon import Daemon
from place import Place
from purse import hold, purse, settle, spend, usd
from waiting import until

POLICY = """
version: 1
timezone: UTC
budgets:
  - { name: fleet-life, limit_usd: 1000, per: fleet, window: lifetime, at: { 100%: { stop: true } } }
  - { name: worker-life, limit_usd: 100, per: worker, window: lifetime, at: { 100%: { stop: true } } }
"""


# --- Which hold a record draws on -------------------------------------------------------------------------------------


def test_a_labelled_record_draws_its_own_hold(ready: Daemon) -> None:
    """Contract: records labelled with the reservation draw it down, and not an older one of the same work."""
    older = hold(ready, "gh-1/1", session="s-1")
    newer = hold(ready, "gh-2/1", session="s-1")
    spend(ready, "a", "0.4", session="s-1", reservation=newer)
    assert purse(ready) == usd("0.4", "1.6")
    assert settle(ready, newer) == usd("0.4", "0.6", "0")
    assert settle(ready, older) == usd("0", "1", "0")
    assert purse(ready) == usd("0.4", "0")


def test_other_records_draw_the_oldest_hold_first_then_the_next(ready: Daemon) -> None:
    """Contract: else the worker and session it was made for, the oldest live hold first, then the next."""
    names = [hold(ready, f"gh-{number}/1", session="s-1") for number in range(3)]
    for number, (cost, spent, held) in enumerate([("0.75", "0.75", "2.25"), ("0.5", "1.25", "1.75")]):
        spend(ready, f"a-{number}", cost, session="s-1")
        assert purse(ready) == usd(spent, held)
    assert settle(ready, names[0]) == usd("1", "0", "0")
    assert settle(ready, names[1]) == usd("0.25", "0.75", "0")
    assert settle(ready, names[2]) == usd("0", "1", "0")
    assert purse(ready) == usd("1.25", "0")


def test_a_record_of_other_work_draws_nothing(ready: Daemon) -> None:
    """Contract: both the worker and the session that the hold named must be the record's."""
    hold(ready, "gh-1/1", session="s-1")
    spend(ready, "a", "0.25", session="s-2")
    spend(ready, "b", "0.25")
    assert purse(ready) == usd("0.5", "1")
    spend(ready, "c", "0.5", worker="w-2", session="s-1")
    assert (purse(ready), purse(ready, "w-2")) == (usd("0.5", "1"), usd("0.5", "0"))


def test_a_hold_that_named_no_session_is_drawn_by_any(ready: Daemon) -> None:
    """Contract: only those labels count that the hold named."""
    hold(ready, "gh-1/1")
    for number in range(3):
        spend(ready, f"a-{number}", "0.25", session=f"s-{number}")
    assert purse(ready) == usd("0.75", "0.25")


def test_spend_beyond_every_hold_is_spent_all_the_same(ready: Daemon) -> None:
    """Contract: spend beyond the hold is booked all the same and flagged as overrun."""
    name = hold(ready, "gh-1/1")
    spend(ready, "a", "1.75", reservation=name)
    assert purse(ready) == usd("1.75", "0")
    assert settle(ready, name) == usd("1.75", "0", "0.75")
    assert purse(ready) == usd("1.75", "0")


def test_a_record_told_twice_draws_once_and_a_corrected_one_anew(ready: Daemon) -> None:
    """Invariant 2: the same call adds once; a corrected one gives the hold the difference, up or down."""
    name = hold(ready, "gh-1/1")
    for cost, spent, held in [("0.5", "0.5", "0.5"), ("0.8", "0.8", "0.2"), ("1.2", "1.2", "0"), ("0.1", "0.1", "0.9")]:
        spend(ready, "a", cost, reservation=name)
        assert purse(ready) == usd(spent, held)
    again = ready.record({"id": "a", "worker": "w-1", "cost_usd": 0.1, "reservation": name})
    assert again["duplicate"] == 1
    assert purse(ready) == usd("0.1", "0.9")


def test_a_session_can_be_given_a_hold(ready: Daemon, place: Place) -> None:
    """Contract: `label` with a reservation: what the session spends draws on it, also what it spent before."""
    session = place.transcripts.session("/home/dev/project", session="s-1")
    session.spend("0.25")
    until(lambda: ready.spent("fleet-life") == Decimal("0.25"), "the transcript is read")
    name = hold(ready, "gh-1/1")
    ready.ask(op="label", session="s-1", worker="w-1", reservation=name)
    assert purse(ready) == usd("0.25", "0.75")
    session.spend("0.5")
    until(lambda: ready.spent("fleet-life") == Decimal("0.75"), "the next call is read")
    assert purse(ready) == usd("0.75", "0.25")
    assert settle(ready, name) == usd("0.75", "0.25", "0")


def test_a_coordinators_line_draws_the_hold_of_its_session(ready: Daemon, place: Place) -> None:
    """Contract: by worker and session, whatever source the record comes from."""
    name = hold(ready, "gh-1/1", session="s-1")
    place.coordinator.call("w-1", "0.25", session_id="s-1")
    until(lambda: purse(ready) == usd("0.25", "0.75"), "the line is read and drawn")
    assert settle(ready, name, "0.25") == usd("0.25", "0.75", "0")
    assert purse(ready) == usd("0.25", "0")


# --- How a hold ends --------------------------------------------------------------------------------------------------

ENDS: dict[str, tuple[list[str], str | None, list[str], tuple[str, str, str], str]] = {
    # of one dollar held: recorded before, cost settled with, recorded after; spent, released, overrun; spent at last
    "nothing known": ([], None, [], ("0", "1", "0"), "0"),
    "records alone": (["0.1", "0.2"], None, [], ("0.3", "0.7", "0"), "0.3"),
    "a cost alone": ([], "0.4", [], ("0.4", "0.6", "0"), "0.4"),
    "a cost of nothing": ([], "0", [], ("0", "1", "0"), "0"),
    "a cost above the records": (["0.3"], "0.8", [], ("0.8", "0.2", "0"), "0.8"),
    "a cost as the records": (["0.3", "0.5"], "0.8", [], ("0.8", "0.2", "0"), "0.8"),
    "a cost below the records": (["0.5"], "0.3", [], ("0.5", "0.5", "0"), "0.5"),
    "records beyond the hold": (["1.25"], None, [], ("1.25", "0", "0.25"), "1.25"),
    "a cost beyond the hold": ([], "1.5", [], ("1.5", "0", "0.5"), "1.5"),
    "a cost beyond the hold and records": (["0.75"], "1.5", [], ("1.5", "0", "0.5"), "1.5"),
    "late records of all of it": ([], "0.8", ["0.3", "0.5"], ("0.8", "0.2", "0"), "0.8"),
    "late records of some of it": (["0.1"], "0.8", ["0.3"], ("0.8", "0.2", "0"), "0.8"),
    "late records of more": (["0.1"], "0.8", ["0.3", "0.6"], ("0.8", "0.2", "0"), "1"),
    "late records of an overrun": ([], "1.5", ["1", "0.5"], ("1.5", "0", "0.5"), "1.5"),
    "late records without a cost": (["0.3"], None, ["0.2"], ("0.3", "0.7", "0"), "0.5"),
}


@pytest.mark.parametrize("labelled", [True, False], ids=["labelled", "by session"])
def test_the_total_is_the_larger_of_cost_and_records(ready: Daemon, labelled: bool) -> None:
    """Contract: what records don't cover is the hold's own record, which shrinks as late ones arrive: never the sum."""
    workers = {end: f"w-{number}" for number, end in enumerate(ENDS)}
    wanted, seen = {}, {}
    for end, (before, cost, after, answer, at_last) in ENDS.items():
        work = {"worker": workers[end], "session": f"s-{workers[end]}"}
        name = hold(ready, end, **work)
        if labelled:
            work["reservation"] = name
        for number, amount in enumerate(before):
            spend(ready, f"{end} before {number}", amount, **work)
        recorded = sum(usd(*before), Decimal(0))
        wanted[end] = [(recorded, max(1 - recorded, Decimal(0))), usd(*answer), usd(answer[0], "0"), usd(at_last, "0")]
        seen[end] = [purse(ready, workers[end]), settle(ready, name, cost), purse(ready, workers[end])]
        for number, amount in enumerate(after):
            spend(ready, f"{end} after {number}", amount, **work)
        seen[end].append(purse(ready, workers[end]))
    assert seen == wanted
    assert ready.spent("fleet-life") == sum(Decimal(end[-1]) for end in ENDS.values())
    ready.restart()
    assert {end: purse(ready, worker) for end, worker in workers.items()} == {
        end: steps[-1] for end, steps in wanted.items()}


def test_late_records_of_another_hold_shrink_nothing(ready: Daemon) -> None:
    """The own record of a settled hold stands for its own work alone."""
    first = hold(ready, "gh-1/1", session="s-1")
    second = hold(ready, "gh-2/1", session="s-1")
    settle(ready, first, "0.8")
    spend(ready, "a", "0.5", session="s-1", reservation=second)
    assert purse(ready) == usd("1.3", "0.5")


def test_a_released_hold_keeps_what_was_recorded(ready: Daemon) -> None:
    """Contract: the whole hold is returned; money that was spent all the same stays spent, what comes later too."""
    name = hold(ready, "gh-1/1")
    spend(ready, "a", "0.25", reservation=name)
    reply = ready.ask(op="release", reservation=name)
    assert (reply["spent_usd"], reply["released_usd"], reply["overrun_usd"]) == usd("0.25", "0.75", "0")
    spend(ready, "b", "0.5", reservation=name)
    assert purse(ready) == usd("0.75", "0")
    assert ready.status()["holds"]["overrun_usd"] == Decimal("0.5"), "spend after its end is an overrun"


def test_a_settle_after_expiry_books_its_cost_once(ready: Daemon) -> None:
    """Contract: it answers `expired` and books its cost as overrun; asked again, it books no second time."""
    hold(ready, "gh-1/1", ttl_s=1)
    until(lambda: purse(ready) == usd("0", "0"), "it has expired")
    with ready.control() as control:
        for _ in range(2):
            assert control.ask(op="settle", key="gh-1/1", cost_usd=0.4)["error"]["code"] == "expired"
    assert purse(ready) == usd("0.4", "0")
    holds = ready.status()["holds"]
    assert (holds["live"], holds["overrun_usd"]) == (0, Decimal("0.4"))


def test_a_record_after_expiry_is_spent(ready: Daemon) -> None:
    """Contract: spend after a hold's end is booked all the same and flagged as overrun."""
    name = hold(ready, "gh-1/1", ttl_s=1)
    spend(ready, "a", "0.25", reservation=name)
    until(lambda: purse(ready) == usd("0.25", "0"), "it has expired, and what was spent stays spent")
    spend(ready, "b", "0.5", reservation=name)
    assert purse(ready) == usd("0.75", "0")
    assert ready.status()["holds"]["overrun_usd"] == Decimal("0.5")


# --- All of it at once ------------------------------------------------------------------------------------------------


class Model:
    """What must come of holds and labelled records, worked out from their definition alone, in cents."""

    def __init__(self) -> None:
        self.estimates: dict[str, int] = {}
        self.workers: dict[str, str] = {}
        self.records: dict[str, list[int]] = {}
        #: Of those that have ended; None is an end without a cost.
        self.costs: dict[str, int | None] = {}

    def purse(self, worker: str) -> tuple[Decimal, Decimal]:
        spent = held = 0
        for key in (key for key in self.estimates if self.workers[key] == worker):
            recorded = sum(self.records[key])
            if key in self.costs:
                spent += max(recorded, self.costs[key] or 0)
            else:
                spent += recorded
                held += max(self.estimates[key] - recorded, 0)
        return Decimal(spent) / 100, Decimal(held) / 100


def test_any_order_of_events_leaves_the_sums_right(ready: Daemon) -> None:
    """Property: spent and held of every worker are those of the definition, after any order, also after kill -9."""
    seed = int(os.environ.get("GOVERNOR_SEED", random.randrange(1 << 32)))
    print(f"GOVERNOR_SEED={seed}")
    chance = random.Random(seed)
    model = Model()
    names: dict[str, str] = {}
    for step in range(150):
        key = chance.choice(list(names)) if names else ""
        live = key and key not in model.costs
        match chance.randrange(5):
            case 0 | 1:
                key, worker = f"gh-{step}/1", f"w-{chance.randrange(3)}"
                cents = chance.randrange(1, 60)
                names[key] = hold(ready, key, f"{cents / 100}", worker=worker)
                model.estimates[key], model.workers[key], model.records[key] = cents, worker, []
            case 2 | 3 if key:
                cents = chance.randrange(1, 40)
                spend(ready, f"c-{step}", f"{cents / 100}", worker=model.workers[key], reservation=names[key])
                model.records[key].append(cents)
            case 4 if live:
                cost = chance.choice([None, chance.randrange(0, 90)])
                settle(ready, names[key], None if cost is None else f"{cost / 100}")
                model.costs[key] = cost
    workers = [f"w-{number}" for number in range(3)]
    expected = {worker: model.purse(worker) for worker in workers}
    assert {worker: purse(ready, worker) for worker in workers} == expected
    ready.kill9()
    ready.start()
    assert {worker: purse(ready, worker) for worker in workers} == expected
    account = ready.account("fleet-life")
    assert account is not None
    assert (account["spent_usd"], account["held_usd"]) == tuple(map(sum, zip(*expected.values())))
    holds = ready.status()["holds"]
    assert (holds["live"], holds["held_usd"]) == (len(names) - len(model.costs), account["held_usd"])
