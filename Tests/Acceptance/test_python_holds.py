"""Holds, pauses and watching in the Python client, against a control socket of our own: what it asks, and when."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any, Callable

import pytest

from fake_daemon import Answer, FakeDaemon
from place import REPOSITORY
from waiting import now, rfc3339, until

sys.path.insert(0, str(REPOSITORY / "deploy" / "clients" / "python"))

from governor import (  # noqa: E402
    Governor, GovernorError, GovernorUnavailable, Pause, Paused, Reservation, Settlement, WatchEvent)

Respond = Callable[[dict[str, Any]], Answer]


def held(ttl_s: float = 7200, **fields: Any) -> dict[str, Any]:
    """The answer to a reserve that was let through just now."""
    return {
        "decision": "allow", "reasons": [], "reservation": "r-1", "held_usd": 0.4, "estimate_from": "caller",
        "as_of": rfc3339(now()), "expires_at": rfc3339(now() + timedelta(seconds=ttl_s)), **fields}


def error(code: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": f"it is {code}"}}


PAUSED = {"decision": "pause", "reasons": [{"text": "worker-day is full"}], "resume_at": "2026-11-21T00:00:00+01:00"}
SETTLED = {"reservation": "r-1", "spent_usd": 0.3, "released_usd": 0.1, "overrun_usd": 0}


def daemon_like(request: dict[str, Any], **answers: Answer) -> Answer:
    """What a daemon answers while all is well, but for `answers` by operation."""
    usual = {"reserve": held(), "extend": held(), "settle": SETTLED, "release": SETTLED, "check": {"decision": "allow"}}
    return (usual | answers)[request["op"]]


@contextlib.contextmanager
def talking(folder: Path, respond: Respond = daemon_like, **options: Any) -> Iterator[tuple[Governor, FakeDaemon]]:
    with FakeDaemon(folder / "fake.sock", respond) as daemon:
        with Governor(daemon.path, **{"timeout": 5, **options}) as client:
            yield client, daemon


def keepers() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("governor hold")]


# --- Reserving --------------------------------------------------------------------------------------------------------


def test_a_reserve_names_all_that_is_known_and_reads_all_that_is_said(folder: Path) -> None:
    """Contract: reserve; money is read as decimals."""
    with talking(folder, lambda _: held(decision="throttle", delay_s=3, held_usd=0.1)) as (client, daemon):
        reservation = client.reserve(
            "gh-1/1", worker="w-1", task=None, estimate_usd=Decimal("0.1"), estimate_tokens=900, ttl_s=60)
    assert isinstance(reservation, Reservation)
    assert (reservation.reservation, reservation.held_usd) == ("r-1", Decimal("0.1"))
    assert (reservation.held, reservation.estimate_from) == (True, "caller")
    assert (reservation.allowed, reservation.throttled, reservation.delay_s) == (True, True, 3.0)
    assert reservation.expires_at is not None and reservation.expires_at > datetime.now(timezone.utc)
    [asked] = daemon.requests()
    assert {name: value for name, value in asked.items() if name != "id"} == {
        "op": "reserve", "worker": "w-1", "key": "gh-1/1", "estimate_usd": 0.1, "estimate_tokens": 900, "ttl_s": 60}


def test_a_lost_answer_is_asked_for_once_more_with_the_same_key(folder: Path) -> None:
    """Issue: retrying is safe because of the key."""
    answers: list[Answer] = [None, held()]
    with talking(folder, lambda _: answers.pop(0)) as (client, daemon):
        assert client.reserve("gh-1/1", worker="w-1", estimate_usd=0.4).reservation == "r-1"
    first, second = daemon.requests("reserve")
    assert first == second and first["key"] == "gh-1/1"


def test_an_answer_that_is_lost_twice_is_no_permission(folder: Path) -> None:
    """Issue: it is tried again once; then the caller has decided."""
    with talking(folder, lambda _: None) as (client, daemon):
        reservation = client.reserve("gh-1/1", worker="w-1")
    assert len(daemon.requests("reserve")) == 2
    assert reservation.paused and reservation.unavailable and not reservation.held


def test_an_allowance_without_a_reservation_is_no_permission(folder: Path) -> None:
    """Issue: an answer that is none is treated as no answer."""
    with talking(folder, lambda _: {"decision": "allow", "reasons": []}) as (client, _):
        reservation = client.reserve("gh-1/1", worker="w-1")
    assert reservation.paused and reservation.unavailable


def test_a_hold_is_named_by_its_reservation_or_by_its_key(folder: Path) -> None:
    """Contract: extend, settle and release take either, and exactly one."""
    with talking(folder) as (client, daemon):
        client.extend("r-1", ttl_s=60)
        client.extend(key="gh-1/1", estimate_usd=1)
        settlement = client.settle("r-1", Decimal("0.3"))
        client.release(key="gh-1/1")
        for wrong in (client.extend, client.settle, client.release):
            with pytest.raises(TypeError, match="reservation or by its key"):
                wrong()  # type: ignore[operator]
    assert settlement == Settlement("r-1", Decimal("0.3"), Decimal("0.1"), Decimal(0))
    asked = [{name: value for name, value in each.items() if name != "id"} for each in daemon.requests()]
    assert asked == [
        {"op": "extend", "reservation": "r-1", "ttl_s": 60}, {"op": "extend", "key": "gh-1/1", "estimate_usd": 1},
        {"op": "settle", "reservation": "r-1", "cost_usd": 0.3}, {"op": "release", "key": "gh-1/1"}]


def test_an_end_that_was_reached_before_is_an_exception_with_its_code(folder: Path) -> None:
    """Contract: states end once."""
    with talking(folder, lambda _: error("already_settled")) as (client, _):
        with pytest.raises(GovernorError) as refusal:
            client.settle("r-1", 0.3)
    assert refusal.value.code == "already_settled"


# --- Holds ------------------------------------------------------------------------------------------------------------


def test_a_hold_is_extended_while_it_lives_and_settled_with_its_cost(folder: Path) -> None:
    """Issue: reserved on entry, extended in the background at a third of its time, settled on leaving."""
    with talking(folder) as (client, daemon):
        began = datetime.now()
        with client.hold(key="gh-1/1", worker="w-1", estimate_usd=0.4, ttl_s=1) as hold:
            assert hold.held and hold.decision.allowed and len(keepers()) == 1
            daemon.wait_for("extend", 2)
            taken = datetime.now() - began
            hold.cost_usd = 0.3
        assert keepers() == []
    assert timedelta(seconds=0.6) < taken < timedelta(seconds=2)
    assert [each["reservation"] for each in daemon.requests("extend")][:2] == ["r-1", "r-1"]
    assert {each["ttl_s"] for each in daemon.requests("extend")} == {1}
    [settled] = daemon.requests("settle")
    assert (settled["reservation"], settled["cost_usd"]) == ("r-1", 0.3)
    assert not hold.held and hold.error is None
    assert hold.settlement is not None and hold.settlement.spent_usd == Decimal("0.3")


def test_without_a_cost_what_was_charged_stands(folder: Path) -> None:
    """Contract: settle without a cost."""
    with talking(folder) as (client, daemon):
        with client.hold(key="gh-1/1", worker="w-1"):
            pass
    [settled] = daemon.requests("settle")
    assert "cost_usd" not in settled and daemon.requests("release") == []


def test_a_hold_settles_after_an_exception_too(folder: Path) -> None:
    """Issue: money may have been spent; the exception goes on its way and no thread is left."""
    with talking(folder) as (client, daemon):
        with pytest.raises(ZeroDivisionError):
            with client.hold(key="gh-1/1", worker="w-1") as hold:
                hold.cost_usd = "0.25"
                1 / 0
    assert daemon.requests("settle")[0]["cost_usd"] == 0.25
    assert keepers() == []


def test_a_hold_for_nothing_is_released(folder: Path) -> None:
    """Issue: when nothing was started the whole hold is given back, and leaving settles no more."""
    with talking(folder) as (client, daemon):
        with client.hold(key="gh-1/1", worker="w-1") as hold:
            assert hold.release() is not None
            assert not hold.held
            assert hold.release() == hold.settlement, "a second time is no second request"
    assert len(daemon.requests("release")) == 1 and daemon.requests("settle") == []


def test_a_hold_that_is_settled_early_is_settled_once(folder: Path) -> None:
    """Issue: `hold.settle(cost)`."""
    with talking(folder) as (client, daemon):
        with client.hold(key="gh-1/1", worker="w-1") as hold:
            settlement = hold.settle(0.3)
        assert settlement == hold.settlement == hold.settle()
    assert len(daemon.requests("settle")) == 1


def test_paused_work_holds_nothing_and_says_so(folder: Path) -> None:
    """Issue: `hold.decision`, `hold.held` False; nothing to extend, to settle or to release."""
    with talking(folder, lambda _: PAUSED) as (client, daemon):
        with client.hold(key="gh-1/1", worker="w-1") as hold:
            assert hold.decision.paused and not hold.held and keepers() == []
            assert hold.settle(1) is None and hold.release() is None
    assert [each["op"] for each in daemon.requests()] == ["reserve"]


def test_paused_work_can_leave_by_an_exception(folder: Path) -> None:
    """Issue: `raise_if_paused`, of a hold and of any decision."""
    with talking(folder, lambda _: PAUSED) as (client, daemon):
        with pytest.raises(Paused, match="worker-day is full") as paused:
            with client.hold(key="gh-1/1", worker="w-1") as hold:
                hold.raise_if_paused()
        assert paused.value.decision.resume_at is not None
        assert not isinstance(paused.value, GovernorError), "to be paused is no error"
        with pytest.raises(Paused):
            client.check(worker="w-1").raise_if_paused()
    assert [each["op"] for each in daemon.requests()] == ["reserve", "check"]


@pytest.mark.parametrize("answer", ["pause", "allow"])
def test_without_governor_a_hold_is_what_the_caller_decided(folder: Path, answer: str) -> None:
    """Issue: `on_unavailable` applies to `reserve` and `hold`: a decision without a reservation."""
    client = Governor(folder / "nobody.sock", on_unavailable=answer)
    with client.hold(key="gh-1/1", worker="w-1") as hold:
        assert (hold.decision.decision, hold.decision.unavailable, hold.held) == (answer, True, False)
        assert keepers() == []
    assert hold.settlement is None and hold.error is None
    assert client.reserve("gh-1/1", worker="w-1").unavailable


def test_a_hold_that_ended_elsewhere_is_no_longer_held(folder: Path) -> None:
    """Issue: the thread ends with the hold, and the reason can be read."""
    with talking(folder, lambda request: daemon_like(request, extend=error("expired"))) as (client, daemon):
        with client.hold(key="gh-1/1", worker="w-1", ttl_s=1) as hold:
            until(lambda: not hold.held, "the hold is known to be lost")
            until(lambda: not keepers(), "nobody extends it any more")
            assert hold.error is not None and hold.error.code == "expired"
    assert daemon.requests("settle") == []


def test_an_old_answer_is_extended_at_once(folder: Path) -> None:
    """A coordinator that was restarted asks with the same key: the stored hold may be near its end."""
    old = held(ttl_s=1, as_of=rfc3339(now() - timedelta(hours=1)))
    with talking(folder, lambda request: daemon_like(request, reserve=old)) as (client, daemon):
        with client.hold(key="gh-1/1", worker="w-1"):
            daemon.wait_for("extend", 1, within=2)


def test_an_extension_is_tried_again_while_governor_is_away(folder: Path) -> None:
    """Issue: a daemon that restarts loses no hold."""
    lost = iter([None, None])  # both attempts of the first extension

    def respond(request: dict[str, Any]) -> Answer:
        return next(lost, held()) if request["op"] == "extend" else daemon_like(request)

    with talking(folder, respond) as (client, daemon):
        with client.hold(key="gh-1/1", worker="w-1", ttl_s=1) as hold:
            daemon.wait_for("extend", 3)
            assert hold.held and hold.error is None


def test_running_work_is_told_to_stop(folder: Path) -> None:
    """Issue: an extension answers for running work; a check names the reservation."""
    stop: dict[str, Any] = {"decision": "pause", "stop": True, "reasons": [{"text": "stop"}]}
    with talking(folder, lambda request: daemon_like(request, extend=held(**stop), check=stop)) as (client, daemon):
        with client.hold(key="gh-1/1", worker="w-1", ttl_s=1) as hold:
            assert not hold.stop
            until(lambda: hold.stop, "the extension said so")
            assert hold.held, "it is still held until the work has ended"
        with client.hold(key="gh-1/2", worker="w-1") as hold:
            assert hold.check().stop and hold.stop
    asked = daemon.requests("check")[0]
    assert (asked["reservation"], asked["running"], asked["worker"]) == ("r-1", True, "w-1")


def test_leaving_never_raises_on_governors_account(folder: Path) -> None:
    """Issue: a hold that can't be settled expires by itself; the work it was for has its own outcome."""
    with talking(folder, lambda request: daemon_like(request, settle=None)) as (client, _):
        with client.hold(key="gh-1/1", worker="w-1") as hold:
            with pytest.raises(GovernorUnavailable):
                hold.settle(0.3)
            assert hold.held, "it lives, as far as anybody knows"
        assert isinstance(hold.error, GovernorUnavailable) and hold.settlement is None
    with talking(folder, lambda request: daemon_like(request, settle=error("expired"))) as (client, _):
        with client.hold(key="gh-1/2", worker="w-1") as hold:
            hold.cost_usd = 0.3
        assert hold.error is not None and hold.error.code == "expired"
    assert keepers() == []


def test_a_hold_is_entered_once(folder: Path) -> None:
    """A second attempt under the same key would be given the first one's answer."""
    with talking(folder) as (client, _):
        hold = client.hold(key="gh-1/1", worker="w-1")
        with hold:
            pass
        with pytest.raises(RuntimeError, match="another key"):
            hold.__enter__()
        with pytest.raises(TypeError, match="wroker"):
            client.hold(key="gh-1/2", wroker="w-1")


def test_a_forked_child_ends_nothing(folder: Path) -> None:
    """A worker that is forked inside the block leaves it too, and its parent goes on."""
    with talking(folder) as (client, daemon):
        with client.hold(key="gh-1/1", worker="w-1") as hold:
            child = os.fork()
            if child == 0:
                hold.__exit__()
                os._exit(0)
            assert os.waitpid(child, 0)[1] == 0
            assert daemon.requests("settle") == []
    assert len(daemon.requests("settle")) == 1


# --- An operator's hand -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (None, None), ("until_reset", "until_reset"), (timedelta(minutes=90), "5400s"),
        (datetime(2026, 11, 21, 12, tzinfo=timezone(timedelta(hours=1))), "2026-11-21T11:00:00.000+00:00"),
    ],
    ids=["until resumed", "a word", "a duration", "a time"])
def test_a_pause_lasts_as_long_as_is_said(folder: Path, given: Any, sent: str | None) -> None:
    """Contract: until is a time, a duration, until_reset or until_resumed."""
    pause = {"by": "operator", "operator": "ada", "labels": {"worker": "w-*"}, "reason": "release", "stop": True,
             "since": "2026-11-20T12:00:00Z", "until": "2026-11-21T12:00:00+01:00"}
    with talking(folder, lambda _: {"pause": pause}) as (client, daemon):
        told = client.pause(worker="w-*", reason="release", by="ada", until=given, stop=True)
    assert told == Pause(
        "operator", "ada", {"worker": "w-*"}, "release", datetime(2026, 11, 20, 12, tzinfo=timezone.utc),
        datetime(2026, 11, 21, 11, tzinfo=timezone.utc), True)
    [asked] = daemon.requests("pause")
    assert (asked["worker"], asked["reason"], asked["by"], asked["stop"]) == ("w-*", "release", "ada", True)
    assert asked.get("until") == sent


def test_a_label_without_a_value_pauses_nobody(folder: Path) -> None:
    """A label that is left out by mistake would pause, or resume, the whole fleet."""
    with talking(folder) as (client, daemon):
        for wrong in (lambda: client.pause(worker=None, reason="r", by="ada"), lambda: client.resume(worker=None)):
            with pytest.raises(TypeError, match="worker is None"):
                wrong()
    assert daemon.requests() == []


def test_a_resume_tells_what_it_ended(folder: Path) -> None:
    """Contract: resumed counts alerts and pauses."""
    reply = {"resumed": 2, "alerts": [{"name": "day@100%"}], "pauses": [{"by": "operator", "reason": "release"}]}
    with talking(folder, lambda _: reply) as (client, daemon):
        resumed = client.resume(worker="w-*", by="ada")
    assert (resumed.resumed, len(resumed.alerts), resumed.pauses[0].reason) == (2, 1, "release")
    assert daemon.requests()[0]["by"] == "ada"


# --- Watching ---------------------------------------------------------------------------------------------------------


def change(seq: int, event: str = "paused", **fields: Any) -> dict[str, Any]:
    labels = {"worker": "w-1"}
    return {"seq": seq, "at": "2026-11-20T12:00:00Z", "event": event, "labels": labels, "text": "…", **fields}


def test_watching_goes_on_from_the_last_event_after_a_break(folder: Path) -> None:
    """Issue: it reconnects and resumes by seq, so that nothing is lost or told twice."""
    streams: list[Answer] = [
        [change(40, "heartbeat"), change(41), change(42, "resumed", budget="day")],
        None,
        [change(44, "heartbeat"), change(43, "policy"), change(44, "threshold", rule="streak")]]
    with talking(folder, lambda _: streams.pop(0)) as (client, daemon):
        watching = client.watch(worker="w-1")
        told = [next(watching), next(watching)]
        daemon.hang_up()
        told += [next(watching), next(watching)]
        watching.close()
    assert [(each.seq, each.event) for each in told] == [
        (41, "paused"), (42, "resumed"), (43, "policy"), (44, "threshold")]
    assert (told[1].budget, told[3].rule, told[0].labels) == ("day", "streak", {"worker": "w-1"})
    assert [each.get("since") for each in daemon.requests("watch")] == [None, 42, 42]
    assert {each["worker"] for each in daemon.requests("watch")} == {"w-1"}


def test_what_came_before_the_break_is_not_skipped_by_the_first_heartbeat(folder: Path) -> None:
    """Contract: the first heartbeat tells the present, and what is missing comes after it."""
    streams: list[Answer] = [[change(50, "heartbeat")], [change(50, "heartbeat"), change(31)]]
    with talking(folder, lambda _: streams.pop(0)) as (client, daemon):
        watching = client.watch(since=30, heartbeats=True)
        assert next(watching).event == "heartbeat"
        daemon.hang_up()
        assert [next(watching).seq, next(watching).seq] == [50, 31]
        watching.close()
    assert [each["since"] for each in daemon.requests("watch")] == [30, 30]


def test_a_quiet_watch_goes_on_from_its_last_heartbeat(folder: Path) -> None:
    """An old place would no longer be kept."""
    streams: list[Answer] = [[change(40, "heartbeat"), change(49, "heartbeat")], [change(50, "heartbeat"), change(50)]]
    with talking(folder, lambda _: streams.pop(0)) as (client, daemon):
        watching = client.watch(heartbeats=True)
        assert [next(watching).seq, next(watching).seq] == [40, 49]
        daemon.hang_up()
        next(watching)
        assert next(watching) == WatchEvent(
            50, "paused", datetime(2026, 11, 20, 12, tzinfo=timezone.utc), {"worker": "w-1"}, text="…")
        watching.close()
    assert [each.get("since") for each in daemon.requests("watch")] == [None, 49]


def test_watching_gives_up_when_governor_stays_away(folder: Path) -> None:
    """Issue: bounded; how long is the caller's to say."""
    began = datetime.now()
    with pytest.raises(GovernorUnavailable, match="nobody.sock"):
        next(Governor(folder / "nobody.sock").watch(patience_s=0.3))
    assert datetime.now() - began < timedelta(seconds=1)


def test_a_gap_that_can_not_be_filled_is_an_exception(folder: Path) -> None:
    """Contract: not_found with field since."""
    gone = {"error": {"code": "not_found", "message": "since 1 is no longer kept", "field": "since"}}
    with talking(folder, lambda _: gone) as (client, _):
        with pytest.raises(GovernorError) as refusal:
            next(client.watch(since=1))
    assert (refusal.value.code, refusal.value.field) == ("not_found", "since")


def test_a_check_is_answered_while_another_thread_watches(folder: Path) -> None:
    """A watch has a connection of its own."""
    answers: dict[str, Answer] = {"watch": [change(1, "heartbeat")], "check": PAUSED}
    with talking(folder, lambda request: answers[request["op"]]) as (client, _):
        watching = client.watch(heartbeats=True)
        next(watching)
        assert client.check(worker="w-1").text == "worker-day is full"
        watching.close()
