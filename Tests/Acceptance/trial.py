"""One receiver that fails beside one that works, told of the same crossings."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from daemon import Daemon
from payload import alerts
from place import Place
from scripted_http import Request, ScriptedHTTP
from settable_clock import SettableClock
from waiting import until

POLICY = """
version: 1
timezone: UTC
notifications: { group_wait: 0s }
receivers:
  bad: BAD
  good: { webhook: { url: "GOOD" }, allow_private: true }
budgets:
  - name: worker-life
    limit_usd: 1
    per: worker
    window: lifetime
    at: { 100%: { notify: [bad, good], stop: true } }
"""

#: Longer than the first wait after a failure, which is 5 s ± 20%.
FIRST_WAIT = 7

#: By how much a failing receiver may delay the other, in seconds. What is measured holds the whole way of a message,
#: and the other tests that run at the same time; so several crossings may show it.
DELAY = 0.1
CROSSINGS = 4


class _Server(Protocol):
    def close(self) -> None: ...


Server = TypeVar("Server", bound=_Server)


class Trial:
    """A daemon under POLICY; `bad` is what the test gives, `good` a webhook with which nothing is wrong."""

    def __init__(self, place: Place, clock: SettableClock) -> None:
        self.place = place
        self.clock = clock
        self.good = ScriptedHTTP()
        self.crossed: list[str] = []
        self._passed = 0
        self._servers: list[_Server] = [self.good]
        self._daemon: Daemon | None = None

    def with_server(self, server: Server) -> Server:
        """Closes it in the end."""
        self._servers.append(server)
        return server

    def close(self) -> None:
        for server in self._servers:
            server.close()

    # --- The daemon --------------------------------------------------------------------------------------------------

    @property
    def daemon(self) -> Daemon:
        assert self._daemon is not None, "not started"
        return self._daemon

    def write(self, bad: str) -> None:
        """Writes the policy, with what stands behind `bad:`."""
        self.place.policy(POLICY.replace("BAD", bad).replace("GOOD", self.good.url("/good")))

    def start(self, bad: str) -> Daemon:
        self.write(bad)
        self._daemon = self.place.start()
        return self._daemon

    def reload(self, bad: str) -> None:
        self.write(bad)
        run = self.place.governor("policy", "reload")
        assert run.returncode == 0, run.stderr

    def pass_time(self, seconds: int) -> None:
        """Sets the wall clock ahead, by so much more than before."""
        self._passed += seconds
        self.clock.set(self._passed)

    def cross(self) -> float:
        """One more worker reaches its limit; returns when that was durable, by the monotonic clock."""
        worker = f"w-{len(self.crossed) + 1}"
        self.crossed.append(worker)
        reply = self.daemon.record({"id": worker, "worker": worker, "model": "claude-opus-5", "cost_usd": 1})
        assert reply["accepted"] == 1, reply
        return time.monotonic()

    def cross_undelayed(self) -> None:
        """A crossing, of which the good receiver is told as fast as if there were no other."""
        delays: list[float] = []
        while len(delays) < CROSSINGS:
            at = self.cross()
            worker = self.crossed[-1]
            until(lambda: self.told_good(worker), f"the good receiver is told of {worker}")
            delays.append(self.told_good(worker)[0].at - at)
            if delays[-1] <= DELAY:
                break
        else:
            raise AssertionError(f"the good receiver was told after {delays} s")
        # What comes next may be a kill, which must not come between the good receiver's message and its mark.
        until(lambda: {each["state"] for each in self.deliveries("good")} == {"sent"}, "that is written down")

    # --- What became of it -------------------------------------------------------------------------------------------

    def told_good(self, text: str) -> list[Request]:
        """The messages to the good receiver that hold this text."""
        return [each for each in self.good.requests if holds(each.content, text)]

    def deliveries(self, receiver: str = "bad") -> list[dict[str, Any]]:
        """The messages to a receiver about workers' crossings, oldest first."""
        alerts = self.daemon.http("/v1/alerts").json["alerts"]
        found = {
            delivery["id"]: delivery for alert in reversed(alerts) if alert["kind"] == "threshold"
            for delivery in alert["deliveries"] if delivery["receiver"] == receiver}
        return list(found.values())

    def wait_deliveries(self, state: str, within: float = 15.0) -> list[dict[str, Any]]:
        """The deliveries to the bad receiver, once each crossing has one and all are in this state."""
        def settled() -> list[dict[str, Any]]:
            found = self.deliveries()
            return found if [each["state"] for each in found] == [state] * len(self.crossed) else []

        return until(settled, f"messages of {self.crossed} are {state}; they are {self.deliveries()}", within)

    def wait_attempts(self, count: int) -> None:
        """Waits until so many attempts at the first message to the bad receiver have ended."""
        until(lambda: self.deliveries()[0]["attempts"] >= count, f"{count} attempts; {self.deliveries()}")

    def wait_told_dead(self) -> Request:
        """What the good receiver is told of a message to the bad one that will not arrive."""
        [request] = until(lambda: self.told_good("delivery.dead")[:1], "the good receiver is told of a dead message")
        assert b"bad" in request.body
        return request

    def assert_each_good_once(self) -> None:
        """The good receiver got one message per crossing, and all its messages once."""
        ids = [request.id for request in self.good.requests]
        assert len(ids) == len(set(ids)), f"a message came twice: {ids}"
        def told() -> list[str]:
            return sorted(
                alert["split"]["worker"] for request in self.good.requests for alert in alerts(request)
                if alert["event"] == "budget.threshold")

        until(lambda: len(told()) >= len(self.crossed), f"the good receiver is told of {self.crossed}")
        assert told() == sorted(self.crossed)


class Taken(Protocol):
    """A request, or a letter."""

    @property
    def id(self) -> str: ...

    @property
    def content(self) -> bytes: ...


def assert_none_lost(trial: Trial, taken: Sequence[Taken], repeats: int = 0) -> None:
    """Each crossing arrived at the bad receiver, each as one message, and no more repeats than may be."""
    ids = [each.id for each in taken]
    assert len(set(ids)) == len(trial.crossed), f"{len(set(ids))} messages for {trial.crossed}"
    assert len(ids) - len(set(ids)) <= repeats, f"sent again although it had arrived: {ids}"
    for worker in trial.crossed:
        assert any(holds(each.content, worker) for each in taken), f"{worker} is in no message"


def holds(content: bytes, word: str) -> bool:
    """Whether the word stands in it, and not as a part of another: w-1 is not in w-10."""
    return re.search(rb"(?<![\w-])" + re.escape(word.encode()) + rb"(?![\w-])", content) is not None


def flow(value: Any) -> str:
    """YAML on one line."""
    match value:
        case dict(): return "{ " + ", ".join(f"{key}: {flow(each)}" for key, each in value.items()) + " }"
        case list(): return "[" + ", ".join(flow(each) for each in value) + "]"
        case bool(): return str(value).lower()
        case _: return f'"{value}"'
