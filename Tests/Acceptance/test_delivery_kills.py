"""Invariant 8 for messages: kill -9 between any two steps of delivery loses no transition of an alert, and tells none
twice but under the same id and where nobody can know whether it had arrived."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from payload import transitions
from place import Place
from scripted_http import Answer, Request, ScriptedHTTP
from settable_clock import SettableClock
from test_crash import seed
from waiting import until

POLICY = """
version: 1
timezone: UTC
notifications: { group_wait: 0s, group_interval: 0s }
receivers:
  ops: { webhook: { url: "URL" }, allow_private: true }
budgets:
  - name: RUN
    limit_usd: LIMIT
    per: worker
    window: lifetime
    match: { worker: "RUN-*" }
    at: { 80%: { notify: [ops] }, 100%: { notify: [ops], stop: true } }
"""

#: A long form is `GOVERNOR_KILLS=200`; the runs are shared out among tests that go on side by side.
KILLS = int(os.environ.get("GOVERNOR_KILLS", "24"))
SHARES = 4

#: When the daemon is killed: right after a record was acknowledged, while it reads its policy, and when the receiver
#: has the connection, the request, the answer, or has said that it is busy.
MOMENTS = ["acknowledged", "reloading", "connected", "asked", "answered", "busy"]


#: What a process wrote may be read so much later than it has ended, in seconds; the next one takes longer to start.
STILL_READ = 0.05


class Run:
    """Workers that reach 80%, then 100% of a limit, which is raised in the end; and where on the way the kill is."""

    def __init__(self, number: int, chance: random.Random) -> None:
        self.name = f"run{number}"
        self.workers = [f"{self.name}-{index}" for index in range(chance.randrange(1, 4))]
        self.moment = chance.choice(MOMENTS)
        self.nth = 1 if self.moment in ("busy", "reloading") else chance.randrange(1, 2 * len(self.workers) + 1)
        self.delay = chance.choice([0, chance.random() * 0.003, chance.random() * 0.03])
        #: By how much the receiver is busy before it takes anything.
        self.failures = [Answer(503)] * (1 if self.moment == "busy" else chance.choice([0, 0, 1]))

    def __str__(self) -> str:
        return f"{self.name}, {self.delay * 1000:.1f} ms after {self.moment} {self.nth}"


class Kills:
    """A daemon that is killed once a run, its receiver, and when that was."""

    def __init__(self, place: Place, clock: SettableClock, server: ScriptedHTTP) -> None:
        self.place = place
        self.clock = clock
        self.server = server
        self.daemon = place.daemon()
        #: When it was started again, by the monotonic clock.
        self.restarts: list[float] = []
        self._passed = 0
        self._lock = threading.Lock()
        self._armed: Run | None = None
        self._left = 0
        self._killed = threading.Event()
        server.watch = self._watch

    def run(self, run: Run) -> None:
        self.server.script(*run.failures)
        if run.name == "run0":
            self._write(run, limit=1)
            self._start()
        else:
            self._survive(lambda: self._reload(run, limit=1))
        restarts = len(self.restarts)
        self._killed.clear()
        self._armed, self._left = run, run.nth
        for cost in ("0.8", "0.2"):
            for worker in run.workers:
                self._survive(lambda: self._spend(worker, cost))
        self._survive(lambda: self._reload(run, limit=10))
        self._settle()
        if self._armed:
            self._kill()
        assert self._killed.wait(5)
        if len(self.restarts) == restarts:
            self._restart()
        self._settle()

    # --- What is done, however often the daemon is killed meanwhile ---------------------------------------------------

    def _survive(self, step: Callable[[], None]) -> None:
        """Carries a step out, and once more after a restart when the daemon was killed in it."""
        try:
            step()
        except OSError:
            assert self._armed is None, "the daemon ended, and nobody had killed it"
            self._restart()
            step()

    def _restart(self) -> None:
        self.daemon.kill9()
        self.restarts.append(time.monotonic())
        self._start()

    def _start(self) -> None:
        """Also waits until it looks at thresholds, which it does not while it reads what has happened meanwhile."""
        self.daemon.start()
        log = self.daemon.folder / "daemon.err"
        until(lambda: log.read_text().count("history is read") > len(self.restarts), "it has read its history")

    def _ask(self, moment: str | None, **request: Any) -> dict[str, Any]:
        with self.daemon.control() as socket:
            socket.send(**request)
            if moment == "reloading":
                self._reached(moment)
            reply = socket.line()
        if reply is None:
            raise ConnectionResetError("killed before it answered")
        assert "error" not in reply, reply
        if moment == "acknowledged":
            self._reached(moment)
        return reply

    def _spend(self, worker: str, cost: str) -> None:
        record = {"id": f"{worker} {cost}", "worker": worker, "model": "claude-opus-5", "cost_usd": float(cost)}
        reply = self._ask("acknowledged", op="record", records=[record])
        assert reply["accepted"] + reply["duplicate"] == 1, reply

    def _write(self, run: Run, limit: int) -> None:
        text = POLICY.replace("URL", self.server.url()).replace("RUN", run.name).replace("LIMIT", str(limit))
        self.place.policy(text)

    def _reload(self, run: Run, limit: int) -> None:
        self._write(run, limit)
        reply = self._ask("reloading" if limit > 1 else None, op="reload")
        assert reply["reloaded"], reply

    def _settle(self) -> None:
        """Waits until nothing more is to be sent, over the waits after failures."""
        def is_settled() -> bool:
            try:
                alerts = self.daemon.http("/v1/alerts").json["alerts"]
            except OSError:
                assert self._armed is None, "the daemon ended, and nobody had killed it"
                self._restart()
                return False
            pending = [each for alert in alerts for each in alert["deliveries"] if each["state"] == "pending"]
            if any(each["attempts"] for each in pending):
                self._passed += 40
                self.clock.set(self._passed)
            return bool(alerts) and not pending

        until(is_settled, "everything has arrived", within=30)

    # --- The kill -----------------------------------------------------------------------------------------------------

    def _watch(self, event: str) -> None:
        """Hears of the receiver, on its threads."""
        last = self.server.requests[-1:]
        is_busy = event == "answered" and last and last[0].end.status == 503
        self._reached("busy" if is_busy else event)

    def _reached(self, moment: str) -> None:
        """Counts the moments of the kind that was drawn, and kills at the one that was drawn."""
        with self._lock:
            if self._armed and self._armed.moment == moment:
                self._left -= 1
                if self._left == 0:
                    self._kill()

    def _kill(self) -> None:
        run, self._armed = self._armed, None
        assert run is not None
        time.sleep(run.delay)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.daemon.pid, signal.SIGKILL)
        self._killed.set()

    # --- What must hold -----------------------------------------------------------------------------------------------

    def check(self, run: Run) -> None:
        alerts = [each for each in self.daemon.http("/v1/alerts").json["alerts"] if each.get("budget") == run.name]
        assert sorted((each["split"]["worker"], each["threshold"], each["state"]) for each in alerts) == sorted(
            (worker, Decimal(share), "resolved") for worker in run.workers for share in ("0.8", "1"))
        told = [(alert, state) for message in self._messages() for alert, state in transitions(message)]
        for alert in alerts:
            for state in ("firing", "resolved"):
                count = told.count((alert["id"], state))
                assert count == 1, f"{alert['name']} of {alert['split']} was told {count} times to be {state}"
            assert told.index((alert["id"], "firing")) < told.index((alert["id"], "resolved"))

    def _messages(self) -> list[Request]:
        """What the receiver took, without repeats; each of those must have been in doubt, and say the same."""
        attempts: dict[str, list[Request]] = defaultdict(list)
        for request in self.server.requests:
            attempts[request.id].append(request)
        for id, made in attempts.items():
            for first, second in zip(made, made[1:]):
                was_killed = any(first.at <= at + STILL_READ and second.at >= at for at in self.restarts)
                assert first.end.status == 503 or was_killed, f"{id} was sent again although it had been taken"
                assert set(transitions(first)) == set(transitions(second)), f"{id} says something else the second time"
        first_taken: dict[str, Request] = {}
        for request in self.server.taken():
            first_taken.setdefault(request.id, request)
        return list(first_taken.values())


@pytest.fixture
def receiver() -> Iterator[ScriptedHTTP]:
    server = ScriptedHTTP()
    yield server
    server.close()


@pytest.mark.parametrize("share", range(SHARES))
def test_every_transition_arrives_once_through_kills_between_any_two_steps(
    share: int, place: Place, clock: SettableClock, receiver: ScriptedHTTP
) -> None:
    """Shown by: kill -9 between any two steps of delivery, 200 seeded runs."""
    number = seed()
    print(f"GOVERNOR_SEED={number}")
    chance = random.Random(f"{number} {share}")
    kills = Kills(place, clock, receiver)
    for index in range(-(-KILLS // SHARES)):
        run = Run(index, chance)
        print(run)
        kills.run(run)
        kills.check(run)
