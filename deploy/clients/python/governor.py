"""Talk to Governor from Python: set money aside before spawning a worker, report what it cost.

One file, standard library only, Python 3.9 or later. Copy it beside your coordinator.

    from governor import Governor, Paused

    governor = Governor()                                   # finds the daemon's control socket
    try:
        with governor.hold(key="gh-456/1", worker="w-1", model="claude-opus-5", estimate_usd=0.40) as hold:
            hold.raise_if_paused()
            hold.cost_usd = run_worker()                    # the hold is extended while this takes
    except Paused as pause:
        print(pause, "- may go on at", pause.decision.resume_at)

Where nothing has to be set aside, `check` asks the same question and changes nothing:

    decision = governor.check(worker="w-1", model="claude-opus-5")
    if decision.paused:
        print(decision.text, "- may go on at", decision.resume_at)

`check`, `reserve` and `hold` never raise because Governor is away: they then answer what `on_unavailable` says and set
`decision.unavailable`. Every other call raises `GovernorUnavailable`. A request whose connection breaks is sent once
more, which is safe: a `reserve` is known by its `key`, a record by its `id`, and the rest may be repeated.

Amounts of money that are read are `decimal.Decimal`, so that no cent is lost on the way; every amount that is
written may be a Decimal, an int, a float or a string.

`ApiCallLog` writes a coordinator's own call log (`logs/api/api-calls-YYYY-MM-DD.jsonl`), which Governor reads by
itself; it needs no daemon.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
import math
import os
import re
import socket
import stat
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Callable, Dict, Generator, Iterable, List, Mapping, Optional, Tuple, Union

__all__ = [
    "ApiCallLog", "Call", "Decision", "Governor", "GovernorError", "GovernorUnavailable", "Hold", "Pause", "Paused",
    "RecordResult", "Rejected", "Reservation", "Resumed", "Settlement", "StreamUsage", "WatchEvent", "find_socket",
]

Usd = Union[Decimal, int, float, str]
PathLike = Union[str, "os.PathLike[str]"]

#: What a request may name; a misspelt label would match no budget and let work through, so it is refused here.
LABELS = ("worker", "session", "task", "project", "user", "team", "provider", "model", "source", "tags")

#: A request line over 64 KiB closes the connection; batches of records are cut below it.
LINE_LIMIT = 60_000

#: When to ask again after Governor could not be reached.
ASK_AGAIN_S = 5.0

#: A watched connection says something every 15 s; one that is silent for longer than this is dead.
SILENCE_S = 40.0

_log = logging.getLogger("governor")


class GovernorError(Exception):
    """Governor refused a request. `code` is one of the contract's (`bad_request` …), `field` what is wrong."""

    def __init__(self, code: str, message: str, field: Optional[str] = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.field = field


class GovernorUnavailable(GovernorError):
    """Governor can't be reached, or doesn't answer in time."""

    def __init__(self, message: str) -> None:
        super().__init__("unavailable", message)


class Paused(Exception):
    """Work may not start now; `decision` says why and when it may. No error of anybody's, so no `GovernorError`."""

    def __init__(self, decision: "Decision") -> None:
        super().__init__(decision.text or "paused")
        self.decision = decision


@dataclass(frozen=True)
class Decision:
    """What a worker may do now."""

    #: `allow`, `throttle` or `pause`.
    decision: str
    #: One object per budget or rule that holds work back: `budget` or `rule`, `split`, `text`, and of a budget `ratio`,
    #: `spent_usd`, `limit_usd` …
    reasons: List[Dict[str, Any]] = field(default_factory=list)
    #: The least that is left over all matching dollar budgets; None when no such budget matches.
    remaining_usd: Optional[Decimal] = None
    #: When paused work may go on; None when nobody can say.
    resume_at: Optional[datetime] = None
    retry_after_s: Optional[float] = None
    #: With `throttle`: wait so long before the spawn, run at most so many workers, use this model instead.
    delay_s: Optional[float] = None
    max_workers: Optional[int] = None
    model: Optional[str] = None
    #: With `pause`: work that is running must end too.
    stop: bool = False
    #: Sources of usage that have gone silent, and whatever else makes the answer less than the whole truth.
    stale: List[str] = field(default_factory=list)
    caveats: List[str] = field(default_factory=list)
    #: The policy's revision.
    revision: Optional[str] = None
    #: What it would have been, were nothing in observe mode, and why.
    would: Optional[str] = None
    would_reasons: List[Dict[str, Any]] = field(default_factory=list)
    as_of: Optional[datetime] = None
    #: Governor was not reached: this is the caller's own `on_unavailable`, not a decision on any budget.
    unavailable: bool = False

    @property
    def allowed(self) -> bool:
        """Work may start, after `delay_s` and within `max_workers` where they are set."""
        return self.decision != "pause"

    @property
    def throttled(self) -> bool:
        return self.decision == "throttle"

    @property
    def paused(self) -> bool:
        return self.decision == "pause"

    @property
    def text(self) -> str:
        """The reasons in one line, for a log or a person."""
        return "; ".join(str(reason.get("text", reason)) for reason in self.reasons)

    def raise_if_paused(self) -> None:
        """Raises `Paused` when work may not start."""
        if self.paused:
            raise Paused(self)


@dataclass(frozen=True)
class Reservation(Decision):
    """A decision and, unless it is to pause or Governor was not reached, the money that was set aside by it."""

    #: What `extend`, `settle` and `release` name it by; None when nothing is held.
    reservation: Optional[str] = None
    held_usd: Optional[Decimal] = None
    #: Where the amount came from: `caller`, `history` or `fallback`.
    estimate_from: Optional[str] = None
    #: When it ends by itself, by Governor's clock.
    expires_at: Optional[datetime] = None

    @property
    def held(self) -> bool:
        return self.reservation is not None


@dataclass(frozen=True)
class Settlement:
    """How a hold ended."""

    reservation: str
    spent_usd: Decimal
    #: What was left of it and is free again.
    released_usd: Decimal
    #: What was spent beyond it.
    overrun_usd: Decimal


@dataclass(frozen=True)
class Pause:
    """Work that is held back, by an operator or by the policy, as `status` shows it too."""

    by: str
    operator: Optional[str] = None
    #: Whom it is about; an operator's may be globs, and none means everybody.
    labels: Dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    since: Optional[datetime] = None
    #: None when it lasts until somebody resumes it.
    until: Optional[datetime] = None
    #: Running work must end too.
    stop: bool = False


@dataclass(frozen=True)
class Resumed:
    """How many pauses were ended: alerts that waited for an operator, and operators' own pauses."""

    resumed: int = 0
    alerts: List[Dict[str, Any]] = field(default_factory=list)
    pauses: List[Pause] = field(default_factory=list)


@dataclass(frozen=True)
class WatchEvent:
    """One change: `paused`, `resumed`, `stopped`, `throttled`, `threshold`, `policy`, or a `heartbeat`."""

    #: To go on from, by `watch(since=…)`.
    seq: int
    event: str
    at: Optional[datetime] = None
    labels: Dict[str, Any] = field(default_factory=dict)
    budget: Optional[str] = None
    rule: Optional[str] = None
    text: str = ""


@dataclass(frozen=True)
class Rejected:
    """One record that was refused: its place in the list that was given, the field at fault and why."""

    index: int
    field: Optional[str]
    message: str


@dataclass(frozen=True)
class RecordResult:
    """How many pushed records were new, seen before or corrected, and which were refused."""

    accepted: int = 0
    duplicate: int = 0
    revised: int = 0
    rejected: List[Rejected] = field(default_factory=list)


def find_socket(environ: Optional[Mapping[str, str]] = None) -> str:
    """The control socket's path: `$GOVERNOR_SOCKET`, else the first of the usual places where a socket is."""
    env = os.environ if environ is None else environ
    named = env.get("GOVERNOR_SOCKET")
    if named:
        return named
    home = env.get("HOME") or os.path.expanduser("~")
    data = env.get("XDG_DATA_HOME") or os.path.join(home, ".local", "share")
    places = ["/run/governor/governor.sock"]
    if env.get("XDG_RUNTIME_DIR"):
        places.append(os.path.join(env["XDG_RUNTIME_DIR"], "governor.sock"))
    places.append(os.path.join(data, "governor", "governor.sock"))
    return next((place for place in places if _is_socket(place)), places[-1])


class Governor:
    """A connection to the daemon; made at the first request, made again once when it is lost. Safe among threads."""

    def __init__(
        self, socket_path: Optional[PathLike] = None, on_unavailable: str = "pause", timeout: float = 2.0
    ) -> None:
        """`timeout` is in seconds, for a whole request; `on_unavailable` is `pause` or `allow`."""
        if on_unavailable not in ("pause", "allow"):
            raise ValueError(f'on_unavailable must be "pause" or "allow"; got {on_unavailable!r}')
        self._path = None if socket_path is None else os.fspath(socket_path)
        self.on_unavailable = on_unavailable
        self.timeout = timeout
        self._lock = threading.Lock()
        self._connection: Optional[_Connection] = None
        self._last_id = 0

    @property
    def socket_path(self) -> str:
        return self._path or find_socket()

    def check(
        self, *, estimate_usd: Optional[Usd] = None, reservation: Optional[str] = None, running: bool = False,
        **labels: Any,
    ) -> Decision:
        """Asks whether work with these labels may start; changes nothing.

        `estimate_usd` is what it is about to spend. `running`, or the `reservation` it was admitted by, asks for work
        that runs already: then what is held doesn't count, and `decision.stop` says that it must end. Labels that are
        None are left out. Raises `GovernorError` only when the request itself is wrong.
        """
        request = _asked(
            "check", labels, estimate_usd=estimate_usd, reservation=reservation, running=True if running else None)
        try:
            return Decision(**_decision(self._request(request)))
        except GovernorUnavailable as why:
            return Decision(**self._decide_alone(why))

    # --- Holds --------------------------------------------------------------------------------------------------------

    def hold(
        self, *, key: str, estimate_usd: Optional[Usd] = None, estimate_tokens: Optional[int] = None,
        ttl_s: Optional[int] = None, **labels: Any,
    ) -> "Hold":
        """Money set aside for the length of a `with` block; see `Hold`. The arguments are those of `reserve`."""
        _labels(labels)
        return Hold(self, key, estimate_usd, estimate_tokens, ttl_s, labels)

    def reserve(
        self, key: str, *, estimate_usd: Optional[Usd] = None, estimate_tokens: Optional[int] = None,
        ttl_s: Optional[int] = None, **labels: Any,
    ) -> Reservation:
        """Asks whether work with these labels may start and, when it may, sets its money aside in the same step.

        `key` is your own name for this one attempt at the work. Asked again with the same key and the same fields,
        Governor gives its stored answer and holds nothing more, even when the hold has ended since: another attempt
        needs another key. Without an estimate the policy finds one. The hold ends by itself `ttl_s` seconds from now
        unless it is extended.

        When the answer was lost and Governor can't be reached again, there may be a hold all the same: ask once more
        with the same key, or let it expire.
        """
        request = _asked(
            "reserve", labels, key=key, estimate_usd=estimate_usd, estimate_tokens=estimate_tokens, ttl_s=ttl_s)
        try:
            reservation = _reservation(self._request(request))
            if reservation.allowed and not reservation.held:
                raise GovernorUnavailable("the answer allows the work and names no reservation")
            return reservation
        except GovernorUnavailable as why:
            return Reservation(**self._decide_alone(why))

    def extend(
        self, reservation: Optional[str] = None, *, key: Optional[str] = None, ttl_s: Optional[int] = None,
        estimate_usd: Optional[Usd] = None,
    ) -> Reservation:
        """Lets a hold live longer, never shorter, and answers what its running work may do: see `stop`.

        A higher estimate is admitted like a new hold: when it doesn't fit, the decision is to pause and the hold stays
        as it was. A lower one gives the difference back.
        """
        return _reservation(self._request(
            _asked("extend", {}, **_which(reservation, key), ttl_s=ttl_s, estimate_usd=estimate_usd)))

    def settle(
        self, reservation: Optional[str] = None, cost_usd: Optional[Usd] = None, *, key: Optional[str] = None
    ) -> Settlement:
        """Ends a hold with what the work cost in all; without a cost, what usage records have charged to it stands.

        Raises `GovernorError` when it has ended before: `already_settled` (also when the first answer was lost),
        `already_released`, or `expired`, when the cost is booked all the same.
        """
        return _settlement(self._request(_asked("settle", {}, **_which(reservation, key), cost_usd=cost_usd)))

    def release(self, reservation: Optional[str] = None, *, key: Optional[str] = None) -> Settlement:
        """Gives a whole hold back because nothing was started. Raises as `settle` does."""
        return _settlement(self._request(_asked("release", {}, **_which(reservation, key))))

    # --- Usage and status ---------------------------------------------------------------------------------------------

    def record(self, records: Optional[Iterable[Mapping[str, Any]]] = None, **fields: Any) -> RecordResult:
        """Pushes usage records, durably: a list of them, or the fields of one.

        Each needs an `id` of your own, the same whenever the same call is pushed; then pushing twice counts once.
        Fields: `time`, labels, `tags`, `input_tokens`, `output_tokens`, `cache_read_tokens`, `cache_write_5m_tokens`,
        `cache_write_1h_tokens`, `reasoning_tokens`, `cost_usd`, `duration_ms`, `outcome`, `error_kind`, and
        `reservation`, the hold it draws on; without it that is the oldest of the record's worker and session.
        """
        if (records is None) != bool(fields):
            raise TypeError("record takes a list of records or the fields of one")
        wanted = [fields] if records is None else list(records)
        total = RecordResult()
        for start, batch in _batches([_record(each) for each in wanted]):
            total = _added(total, self._request({"op": "record", "records": batch}), start)
        return total

    def label(self, session: str, *, reservation: Optional[str] = None, **labels: Any) -> Dict[str, Any]:
        """Names a session's worker, task, project, user, team or tags; what it spent before is relabelled too.

        With a `reservation`, what the session spends draws on that hold.
        """
        return self._request(_asked("label", labels, session=session, reservation=reservation))

    def status(self, budgets: Optional[List[str]] = None, **labels: Any) -> Dict[str, Any]:
        """Accounts, paused work and sources, as in the contract's `status` shape."""
        return self._request(_asked("status", labels, budgets=budgets))

    def explain(self, *, estimate_usd: Optional[Usd] = None, **labels: Any) -> Dict[str, Any]:
        """The decision (`check`) and, item by item of the policy, why (`items`)."""
        return self._request(_asked("explain", labels, estimate_usd=estimate_usd))

    def reload(self) -> Dict[str, Any]:
        """Has the policy's files read again: `reloaded`, `revision`, and `policy_error` when the old policy stays."""
        return self._request({"op": "reload"})

    def ping(self) -> Dict[str, Any]:
        """The daemon's version and uptime."""
        return self._request({"op": "ping"})

    # --- An operator's hand -------------------------------------------------------------------------------------------

    def pause(
        self, *, reason: str, by: str, until: Union[datetime, timedelta, str, None] = None, stop: bool = False,
        **labels: Any,
    ) -> Pause:
        """Holds back everybody who matches the labels, whose values may be globs; without any label, the whole fleet.

        `until` is a time, a duration, `until_reset` or `until_resumed` (the default). With `stop`, running work must
        end too. A second pause of the same labels replaces the first. A label that is None raises `TypeError`: left
        out, it would pause more than was meant.
        """
        request = _asked(
            "pause", _all_named(labels), reason=reason, by=by, until=_until(until), stop=True if stop else None)
        return _pause(self._request(request).get("pause"))

    def resume(self, *, by: Optional[str] = None, **labels: Any) -> Resumed:
        """Ends operators' pauses, and pauses that wait for one (`pause: until_resumed`), of these labels.

        Every label given must equal the pause's own; without any, all are ended.
        """
        reply = self._request(_asked("resume", _all_named(labels), by=by))
        return Resumed(
            _count(reply, "resumed"), list(reply.get("alerts") or []),
            [_pause(each) for each in reply.get("pauses") or []])

    def watch(
        self, *, since: Optional[int] = None, heartbeats: bool = False, patience_s: float = 60.0, **labels: Any
    ) -> Generator[WatchEvent, None, None]:
        """Changes as they happen, without end, over a connection of its own that is made again when it is lost.

        `since` is the `seq` of the last event known: what came after it comes first. A new connection goes on from the
        last event, so that none is lost between. The first thing heard is a heartbeat, and then one every 15 s;
        `heartbeats` hands them out, for those who want to be woken. Close the generator to end it.

        Raises `GovernorUnavailable` when Governor has been away for `patience_s` seconds, and `GovernorError`
        `not_found` when what came after `since` is no longer kept: ask `status`, and watch anew.
        """
        return _Watch(self, _asked("watch", labels), since, patience_s).events(heartbeats)

    # --- The connection -----------------------------------------------------------------------------------------------

    def close(self) -> None:
        with self._lock:
            self._drop()

    def __enter__(self) -> "Governor":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _request(self, request: Dict[str, Any]) -> Dict[str, Any]:
        """One request, one reply. A second attempt is safe: every operation here may be repeated."""
        deadline = time.monotonic() + self.timeout
        if not self._lock.acquire(timeout=self.timeout):
            raise GovernorUnavailable(f"Governor at {self.socket_path} has not answered other threads in time")
        try:
            self._last_id += 1
            reply = self._exchange(_line({"id": self._last_id, **request}), deadline)
            error = reply.get("error")
            if reply.get("id") != self._last_id:
                self._drop()  # the next reply would answer an older question
                if not isinstance(error, dict):
                    raise GovernorUnavailable(f"{self.socket_path} answered another request: {str(reply)[:200]}")
        finally:
            self._lock.release()
        _raise_error(reply)
        reply.pop("id", None)
        return reply

    def _exchange(self, line: bytes, deadline: float) -> Dict[str, Any]:
        for attempt in (1, 2):
            try:
                if self._connection is None or self._connection.process != os.getpid():
                    self._drop()
                    self._connection = _Connection(self.socket_path, deadline)
                return self._connection.exchange(line, deadline)
            except (OSError, ValueError) as why:
                self._drop()
                if attempt == 2 or time.monotonic() >= deadline:
                    raise GovernorUnavailable(f"Governor can't be reached at {self.socket_path}: {why}") from why
        raise AssertionError("unreachable")

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _decide_alone(self, why: GovernorUnavailable) -> Dict[str, Any]:
        """The fields of the caller's own decision."""
        text = f"{why.message}; on_unavailable says {self.on_unavailable}"
        alone: Dict[str, Any] = {"decision": self.on_unavailable, "caveats": [text], "unavailable": True}
        if self.on_unavailable == "pause":
            alone.update(reasons=[{"text": text}], retry_after_s=ASK_AGAIN_S)
        return alone


class Hold:
    """Money set aside for one piece of work, for the length of a `with` block.

        with governor.hold(key=f"{task}/{attempt}", worker="w-1", estimate_usd=0.40, ttl_s=600) as hold:
            hold.raise_if_paused()
            hold.cost_usd = run_worker()

    Entering reserves; it never raises because work is paused or Governor is away. `decision` says what was decided and
    `held` whether money is held: with `on_unavailable="allow"` work may go on while nothing is. A thread extends the
    hold at a third of its time, and `stop` turns true when it is told that running work must end; `check` asks at once.

    Leaving settles, also after an exception, since money may have been spent: with `cost_usd` where it was set, else
    what usage records charged stands. Call `settle(cost)` to end it earlier and read the outcome, and `release()` when
    nothing was started. Leaving never raises on Governor's account: what went wrong is in `error` and in the log. A
    hold that could not be settled expires by itself. It is entered once, and in a forked child it does nothing.
    """

    #: What was decided on entering.
    decision: Reservation

    def __init__(
        self, governor: Governor, key: str, estimate_usd: Optional[Usd], estimate_tokens: Optional[int],
        ttl_s: Optional[int], labels: Mapping[str, Any],
    ) -> None:
        self.key = key
        #: What the work cost in all, where you know it.
        self.cost_usd: Optional[Usd] = None
        #: How the hold ended; None before, and when it could not be ended.
        self.settlement: Optional[Settlement] = None
        #: Why the hold was lost or could not be ended.
        self.error: Optional[GovernorError] = None
        self._governor = governor
        self._reserve: Callable[[], Reservation] = lambda: governor.reserve(
            key, estimate_usd=estimate_usd, estimate_tokens=estimate_tokens, ttl_s=ttl_s, **labels)
        self._labels = labels
        self._ttl_s = ttl_s
        self._lock = threading.RLock()  # no extension while it is being ended
        self._ended = threading.Event()
        self._keeper: Optional[threading.Thread] = None
        self._process: Optional[int] = None
        self._stop = False

    @property
    def held(self) -> bool:
        """Whether money is held for the work now."""
        return self.decision.held and not self._ended.is_set()

    @property
    def reservation(self) -> Optional[str]:
        return self.decision.reservation

    @property
    def stop(self) -> bool:
        """Running work must end, as far as the last extension or `check` knows."""
        return self._stop

    def raise_if_paused(self) -> None:
        """Raises `Paused` when the work may not start; nothing is held then, and leaving does nothing."""
        self.decision.raise_if_paused()

    def check(self) -> Decision:
        """What the running work may do now."""
        decision = self._governor.check(reservation=self.reservation, running=True, **self._labels)
        self._stop = self._stop or decision.stop
        return decision

    def extend(self, *, ttl_s: Optional[int] = None, estimate_usd: Optional[Usd] = None) -> Reservation:
        """Asks for more time, or for more or less money, than was asked for at first; see `Governor.extend`."""
        with self._lock:
            reservation = self._governor.extend(
                self.reservation, ttl_s=self._ttl_s if ttl_s is None else ttl_s, estimate_usd=estimate_usd)
            self._stop = self._stop or reservation.stop
            return reservation

    def settle(self, cost_usd: Optional[Usd] = None) -> Optional[Settlement]:
        """Ends the hold with what the work cost; None when nothing was held. Once it has ended, gives the outcome."""
        if cost_usd is not None:
            self.cost_usd = cost_usd  # should this fail, leaving tries again
        return self._end(lambda: self._governor.settle(self.reservation, self.cost_usd))

    def release(self) -> Optional[Settlement]:
        """Gives the whole hold back because nothing was started; None when nothing was held."""
        return self._end(lambda: self._governor.release(self.reservation))

    def __enter__(self) -> "Hold":
        if self._process is not None:
            raise RuntimeError("a hold is entered once; another attempt needs another hold with another key")
        self._process = os.getpid()
        self.decision = self._reserve()
        if self.held:
            self._keeper = threading.Thread(target=self._keep, name=f"governor hold {self.key}", daemon=True)
            self._keeper.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process != os.getpid():
            return
        try:
            self.settle()
        except GovernorError as why:
            self._note(why)
        finally:
            self._ended.set()
            if self._keeper is not None:
                self._keeper.join()

    def _end(self, how: Callable[[], Settlement]) -> Optional[Settlement]:
        with self._lock:
            if self.held:
                try:
                    self.settlement = how()
                except GovernorUnavailable:
                    raise  # it still lives, as far as anybody knows
                except GovernorError:
                    self._ended.set()
                    raise
                self._ended.set()
            return self.settlement

    def _keep(self) -> None:
        """Extends until the hold ends: at a third of its time, and sooner when Governor could not be reached."""
        third = _lifetime(self.decision, self._ttl_s) / 3
        left = third if self.decision.expires_at is None else _seconds_until(self.decision.expires_at) / 3
        wait = min(third, max(left, 0))  # the answer may be an old one that was stored
        while not self._ended.wait(wait):
            wait = third if self._extended() else min(third, ASK_AGAIN_S)

    def _extended(self) -> bool:
        with self._lock:
            if not self._ended.is_set():
                try:
                    self.extend()
                except GovernorUnavailable:
                    return False
                except GovernorError as why:  # it has ended without us
                    self._ended.set()
                    self._note(why)
        return True

    def _note(self, why: GovernorError) -> None:
        self.error = why
        _log.warning("the hold %s of %s: %s", self.reservation, self.key, why)


class _Watch:
    """Reads changes over one connection after the other, each going on where the last one ended."""

    def __init__(self, governor: Governor, request: Dict[str, Any], since: Optional[int], patience: float) -> None:
        self._governor = governor
        self._request = request
        self._since = since
        self._patience = patience

    def events(self, heartbeats: bool) -> Generator[WatchEvent, None, None]:
        lost: Optional[float] = None  # since when nothing has been heard
        attempt = 0
        while True:
            try:
                with contextlib.closing(self._connected()) as events:
                    for event in events:
                        lost, attempt = None, 0
                        if heartbeats or event.event != "heartbeat":
                            yield event
            except (OSError, ValueError, GovernorUnavailable) as why:
                lost = time.monotonic() if lost is None else lost
                wait = min(0.1 * 2 ** min(attempt, 6), ASK_AGAIN_S)
                attempt += 1
                if time.monotonic() + wait > lost + self._patience:
                    path = self._governor.socket_path
                    raise GovernorUnavailable(f"Governor can't be watched at {path}: {why}") from why
                time.sleep(wait)

    def _connected(self) -> Generator[WatchEvent, None, None]:
        request = self._request if self._since is None else {**self._request, "since": self._since}
        deadline = time.monotonic() + self._governor.timeout
        connection = _Connection(self._governor.socket_path, deadline)
        try:
            reply = connection.exchange(_line(request), deadline)
            # The first line tells the present, and only then comes what is still missing.
            catching_up = self._since is not None
            while True:
                _raise_error(reply)
                event = _watch_event(reply)
                if not catching_up:
                    self._since = event.seq
                catching_up = False
                yield event
                reply = connection.receive(time.monotonic() + SILENCE_S)
        finally:
            connection.close()


class _Connection:
    """A connected socket and the bytes read ahead of the line that was asked for."""

    def __init__(self, path: str, deadline: float) -> None:
        self.process = os.getpid()  # a forked child must not share its parent's connection
        self._unread = b""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.settimeout(_left(deadline))
            self._socket.connect(path)
        except OSError:
            self._socket.close()
            raise

    def exchange(self, line: bytes, deadline: float) -> Dict[str, Any]:
        try:
            self._socket.settimeout(_left(deadline))
            self._socket.sendall(line)
        except (BrokenPipeError, ConnectionResetError):
            pass  # closed on us; an error line may still be there to read
        return self.receive(deadline)

    def receive(self, deadline: float) -> Dict[str, Any]:
        while b"\n" not in self._unread:
            self._socket.settimeout(_left(deadline))
            piece = self._socket.recv(1 << 16)
            if not piece:
                raise ConnectionResetError("it closed the connection without an answer")
            self._unread += piece
        answer, self._unread = self._unread.split(b"\n", 1)
        reply = json.loads(answer, parse_float=Decimal)
        if not isinstance(reply, dict):
            raise ValueError(f"it answered what is no object: {answer[:200]!r}")
        return reply

    def close(self) -> None:
        self._socket.close()


# --- A coordinator's own log of calls ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class StreamUsage:
    """What a worker's `stream-json` output says it used. `input_tokens` excludes what touched the cache."""

    session: Optional[str] = None
    #: The model that cost most, where a run used several.
    model: Optional[str] = None
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    #: As the worker priced it; None when part of the run was never summed up, as after SIGTERM.
    cost_usd: Optional[Decimal] = None
    is_error: bool = False
    #: Length of the final answer in characters.
    response_length: Optional[int] = None

    @property
    def prompt_tokens(self) -> int:
        """The whole prompt, cache included."""
        return self.input_tokens + self.cache_read_tokens + self.cache_write_tokens

    @property
    def complete(self) -> bool:
        """Whether a result line covers the whole run."""
        return self.cost_usd is not None


@dataclass
class Call:
    """A call that was started and not yet ended."""

    task_id: str
    worker_id: str
    model: Optional[str] = None
    prompt_file: Optional[str] = None
    prompt_length: Optional[int] = None
    session_id: Optional[str] = None
    started: float = field(default_factory=time.monotonic)
    first_token_at: Optional[float] = None

    def first_token(self) -> None:
        """Call when the first token arrives; only the first call counts."""
        if self.first_token_at is None:
            self.first_token_at = time.monotonic()


class ApiCallLog:
    """A log of model calls, one line a call, one file a local day; many processes may write to it at once.

        log = ApiCallLog()
        call = log.start_call(task_id="gh-456", worker_id="w-1", model="claude-opus-5", prompt_length=1800)
        …
        log.end_call(call, exit_code=process.returncode, usage=log.read_usage("out/w-1.stream.jsonl"))
    """

    def __init__(self, folder: PathLike = "logs/api") -> None:
        self.folder = Path(folder)

    def start_call(
        self, task_id: str, worker_id: str, model: Optional[str] = None, prompt_file: Optional[PathLike] = None,
        prompt_length: Optional[int] = None, session_id: Optional[str] = None,
    ) -> Call:
        """Starts the clock of a call; nothing is written before it ends."""
        prompt = None if prompt_file is None else os.fspath(prompt_file)
        return Call(task_id, worker_id, model, prompt, prompt_length, session_id)

    def end_call(
        self, call: Call, exit_code: int = 0, usage: Optional[StreamUsage] = None, tokens_input: int = 0,
        tokens_output: int = 0, estimated_cost_usd: Optional[Usd] = None, response_length: Optional[int] = None,
        success: Optional[bool] = None, error_message: Optional[str] = None,
    ) -> Dict[str, Any]:
        """Writes the call's line and returns it. Takes the tokens and the cost from `usage` where it is given.

        `tokens_input` is the whole prompt, cache included: the line has no fields for the cache. Raises `OSError` when
        the line can't be written whole.
        """
        now = datetime.now()
        seconds = max(time.monotonic() - call.started, 0.0)
        to_first = None if call.first_token_at is None else call.first_token_at - call.started
        session = call.session_id
        model = call.model
        if usage is not None:
            tokens_input, tokens_output = usage.prompt_tokens, usage.output_tokens
            if estimated_cost_usd is None:
                estimated_cost_usd = usage.cost_usd
            if response_length is None:
                response_length = usage.response_length
            session, model = session or usage.session, model or usage.model
        if success is None:
            success = exit_code == 0 and not (usage is not None and usage.is_error)
        cost = None if estimated_cost_usd is None else _dollars("estimated_cost_usd", estimated_cost_usd)
        line: Dict[str, Any] = {
            "timestamp": now.isoformat(timespec="microseconds"),
            "task_id": call.task_id,
            "worker_id": call.worker_id,
            "model": model,
            "prompt_file": call.prompt_file,
            "prompt_length": call.prompt_length,
            "response_length": response_length,
            "tokens_input": tokens_input,
            "tokens_output": tokens_output,
            "tokens_total": tokens_input + tokens_output,
            "duration_seconds": round(seconds, 3),
            "time_to_first_token": None if to_first is None else round(to_first, 3),
            "tokens_per_second": round(tokens_output / seconds, 2) if seconds > 0 else None,
            "estimated_cost_usd": cost,
            "exit_code": exit_code,
            "success": success,
            "error_message": error_message,
        }
        if session is not None:
            line["session_id"] = session  # lets Governor unite the line with the session's transcript
        self._append(now, line)
        return line

    def read_usage(self, path: PathLike) -> StreamUsage:
        """Reads what a worker used out of the file that holds its `--output-format stream-json` output.

        Result lines carry totals that grow while the process lives, so the last one of a process counts. What came
        after the last result line (a worker that was terminated writes none) is taken from the assistant lines, the
        largest copy of each message. Lines that aren't JSON are passed over: the last one is often cut off.
        """
        reading = _StreamReading()
        with open(path, encoding="utf-8", errors="replace") as file:
            for text in file:
                try:
                    line = json.loads(text, parse_float=Decimal)
                except ValueError:
                    continue
                if isinstance(line, dict):
                    reading.take(line)
        return reading.usage()

    def _append(self, now: datetime, line: Dict[str, Any]) -> None:
        path = self.folder / f"api-calls-{now:%Y-%m-%d}.jsonl"
        self.folder.mkdir(parents=True, exist_ok=True)
        data = (json.dumps(line, ensure_ascii=False) + "\n").encode()
        # One write on a descriptor in append mode: lines of several processes never mix.
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            written = os.write(descriptor, data)
        finally:
            os.close(descriptor)
        if written != len(data):
            raise OSError(f"{path}: wrote {written} of {len(data)} bytes; is the disk full?")


@dataclass
class _Tokens:
    """Tokens by class, and their cost where it is known."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    cost: Decimal = Decimal(0)

    @property
    def total(self) -> int:
        return self.input + self.output + self.cache_read + self.cache_write

    def __add__(self, other: "_Tokens") -> "_Tokens":
        return _Tokens(*(a + b for a, b in zip(dataclasses.astuple(self), dataclasses.astuple(other))))


class _StreamReading:
    """Takes the lines of a `stream-json` file one by one."""

    def __init__(self) -> None:
        self._ended: List[Dict[str, _Tokens]] = []  # the last totals of processes that came before
        self._current: Dict[str, _Tokens] = {}
        self._session: Optional[str] = None
        self._last: Dict[str, Any] = {}
        self._summed: set[str] = set()
        self._open: Dict[str, Tuple[str, _Tokens]] = {}  # by message id: seen since the last result line

    def take(self, line: Dict[str, Any]) -> None:
        if line.get("type") == "assistant":
            self._take_message(line)
        elif isinstance(line.get("modelUsage"), dict):
            self._take_result(line)
        if isinstance(line.get("session_id"), str):
            self._session = line["session_id"]

    def _take_message(self, line: Dict[str, Any]) -> None:
        message = line.get("message")
        if not isinstance(message, dict):
            return
        usage, name = message.get("usage"), message.get("id")
        if not isinstance(usage, dict) or not isinstance(name, str):
            return
        tokens = _Tokens(
            _count(usage, "input_tokens"), _count(usage, "output_tokens"), _count(usage, "cache_read_input_tokens"),
            _count(usage, "cache_creation_input_tokens"))
        model = str(message.get("model") or "")
        before = self._open.get(name)
        if name not in self._summed and (before is None or tokens.total > before[1].total):
            self._open[name] = (model, tokens)

    def _take_result(self, line: Dict[str, Any]) -> None:
        totals = {
            model: _Tokens(
                _count(used, "inputTokens"), _count(used, "outputTokens"), _count(used, "cacheReadInputTokens"),
                _count(used, "cacheCreationInputTokens"), _amount(used.get("costUSD")))
            for model, used in line["modelUsage"].items() if isinstance(used, dict)
        }
        before = sum(each.total for each in self._current.values())
        if sum(each.total for each in totals.values()) < before:
            self._ended.append(self._current)  # totals never fall in one process: this is the next one
        self._current, self._last = totals, line
        self._summed.update(self._open)
        self._open = {}

    def usage(self) -> StreamUsage:
        by_model: Dict[str, _Tokens] = {}
        left = [{model: tokens} for model, tokens in self._open.values() if tokens.total > 0]
        for part in [*self._ended, self._current, *left]:
            for model, tokens in part.items():
                by_model[model] = by_model.get(model, _Tokens()) + tokens
        total = sum(by_model.values(), _Tokens())
        dearest = max(by_model, key=lambda model: (by_model[model].cost, by_model[model].total), default=None)
        answer = self._last.get("result")
        return StreamUsage(
            session=self._session, model=dearest or None, input_tokens=total.input, output_tokens=total.output,
            cache_read_tokens=total.cache_read, cache_write_tokens=total.cache_write,
            cost_usd=total.cost if self._last and not left else None, is_error=self._last.get("is_error") is True,
            response_length=len(answer) if isinstance(answer, str) else None)


# --- Reading and writing values ---------------------------------------------------------------------------------------


def _labels(labels: Mapping[str, Any]) -> Dict[str, Any]:
    for name in labels:
        if name not in LABELS:
            raise TypeError(f"{name!r} is no label; labels are {', '.join(LABELS)}")
    return {name: value for name, value in labels.items() if value is not None}


def _all_named(labels: Mapping[str, Any]) -> Mapping[str, Any]:
    for name, value in labels.items():
        if value is None:
            raise TypeError(f"{name} is None; leave it out if it is meant for every {name}")
    return labels


def _asked(operation: str, labels: Mapping[str, Any], **fields: Any) -> Dict[str, Any]:
    """A request; what is None is left out."""
    request = {"op": operation, **_labels(labels)}
    for name, value in fields.items():
        if value is not None:
            request[name] = _dollars(name, value) if name.endswith("_usd") else value
    return request


def _line(request: Mapping[str, Any]) -> bytes:
    return json.dumps(request, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _which(reservation: Optional[str], key: Optional[str]) -> Dict[str, Optional[str]]:
    if (reservation is None) == (key is None):
        raise TypeError("name the hold by its reservation or by its key")
    return {"reservation": reservation, "key": key}


def _until(until: Union[datetime, timedelta, str, None]) -> Optional[str]:
    if isinstance(until, datetime):
        return until.astimezone(timezone.utc).isoformat(timespec="milliseconds")
    if isinstance(until, timedelta):
        return f"{math.ceil(until.total_seconds())}s"
    return until


def _raise_error(reply: Mapping[str, Any]) -> None:
    error = reply.get("error")
    if isinstance(error, dict):
        if error.get("code") == "unavailable":
            raise GovernorUnavailable(str(error.get("message")))
        raise GovernorError(str(error.get("code")), str(error.get("message")), error.get("field"))


def _record(fields: Mapping[str, Any]) -> Dict[str, Any]:
    record = {name: value for name, value in fields.items() if value is not None}
    if isinstance(record.get("time"), datetime):
        record["time"] = record["time"].astimezone(timezone.utc).isoformat(timespec="milliseconds")
    if "cost_usd" in record:
        record["cost_usd"] = _dollars("cost_usd", record["cost_usd"])
    return record


def _batches(records: List[Dict[str, Any]]) -> Iterable[Tuple[int, List[Dict[str, Any]]]]:
    """Runs of records that fit one line each, with the place of their first."""
    start, size = 0, 0
    for index, record in enumerate(records):
        length = len(json.dumps(record, separators=(",", ":"))) + 1
        if index > start and size + length > LINE_LIMIT:
            yield start, records[start:index]
            start, size = index, 0
        size += length
    yield start, records[start:]


def _added(total: RecordResult, reply: Mapping[str, Any], start: int) -> RecordResult:
    return RecordResult(
        accepted=total.accepted + _count(reply, "accepted"),
        duplicate=total.duplicate + _count(reply, "duplicate"),
        revised=total.revised + _count(reply, "revised"),
        rejected=total.rejected + [
            Rejected(start + _count(each, "index"), each.get("field"), str(each.get("message")))
            for each in reply.get("rejected") or []
        ])


def _decision(reply: Mapping[str, Any]) -> Dict[str, Any]:
    """The fields of a decision."""
    kind = reply.get("decision")
    if kind not in ("allow", "throttle", "pause"):
        raise GovernorUnavailable(f"the answer holds no decision: {str(reply)[:200]}")
    return {
        "decision": kind, "reasons": list(reply.get("reasons") or []),
        "remaining_usd": _optional_amount(reply, "remaining_usd"), "resume_at": _time(reply.get("resume_at")),
        "retry_after_s": _seconds(reply.get("retry_after_s")), "delay_s": _seconds(reply.get("delay_s")),
        "max_workers": reply.get("max_workers"), "model": reply.get("model"), "stop": reply.get("stop") is True,
        "stale": list(reply.get("stale") or []), "caveats": list(reply.get("caveats") or []),
        "revision": reply.get("revision"), "would": reply.get("would"),
        "would_reasons": list(reply.get("would_reasons") or []), "as_of": _time(reply.get("as_of"))}


def _reservation(reply: Mapping[str, Any]) -> Reservation:
    return Reservation(
        **_decision(reply), reservation=reply.get("reservation"), held_usd=_optional_amount(reply, "held_usd"),
        estimate_from=reply.get("estimate_from"), expires_at=_time(reply.get("expires_at")))


def _settlement(reply: Mapping[str, Any]) -> Settlement:
    return Settlement(
        str(reply.get("reservation")), _amount(reply.get("spent_usd")), _amount(reply.get("released_usd")),
        _amount(reply.get("overrun_usd")))


def _pause(fields: Any) -> Pause:
    told = fields if isinstance(fields, dict) else {}
    return Pause(
        by=str(told.get("by")), operator=told.get("operator"), labels=dict(told.get("labels") or {}),
        reason=str(told.get("reason")), since=_time(told.get("since")), until=_time(told.get("until")),
        stop=told.get("stop") is True)


def _watch_event(line: Mapping[str, Any]) -> WatchEvent:
    seq, kind = line.get("seq"), line.get("event")
    if not isinstance(seq, int) or not isinstance(kind, str):
        raise ValueError(f"it sent what is no event: {str(line)[:200]}")
    return WatchEvent(
        seq=seq, event=kind, at=_time(line.get("at")), labels=dict(line.get("labels") or {}),
        budget=line.get("budget"), rule=line.get("rule"), text=str(line.get("text") or ""))


def _lifetime(reservation: Reservation, ttl_s: Optional[int]) -> float:
    """Seconds a hold lives from the decision on; what the policy says, when the caller didn't."""
    if ttl_s is not None:
        return float(ttl_s)
    if reservation.expires_at is None or reservation.as_of is None:
        return ASK_AGAIN_S
    return max((reservation.expires_at - reservation.as_of).total_seconds(), 1.0)


def _seconds_until(when: datetime) -> float:
    return (when - datetime.now(timezone.utc)).total_seconds()


def _dollars(name: str, value: Usd) -> Union[int, float]:
    """A JSON number; nano-dollars pass a double unharmed up to nine million dollars."""
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"{name} must be a number of dollars; got {value!r}") from None
    if not amount.is_finite():
        raise ValueError(f"{name} must be a number of dollars; got {value!r}")
    return int(amount) if amount == amount.to_integral_value() else float(round(amount, 9))


def _amount(value: Any) -> Decimal:
    return Decimal(value) if isinstance(value, (int, Decimal)) and not isinstance(value, bool) else Decimal(0)


def _optional_amount(fields: Mapping[str, Any], name: str) -> Optional[Decimal]:
    return None if fields.get(name) is None else _amount(fields[name])


def _count(fields: Mapping[str, Any], name: str) -> int:
    value = fields.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _seconds(value: Any) -> Optional[float]:
    return None if value is None else float(value)


def _time(text: Any) -> Optional[datetime]:
    """RFC 3339; Python before 3.11 reads neither `Z` nor a fraction that is not three or six digits long."""
    parts = re.fullmatch(r"(.{10}[Tt ].{8})(\.\d+)?([Zz]|[+-]\d\d:\d\d)", str(text or ""))
    if parts is None:
        return None
    zone = "+00:00" if parts[3] in "Zz" else parts[3]
    try:
        return datetime.fromisoformat(parts[1] + zone) + timedelta(seconds=float(parts[2] or 0))
    except ValueError:
        return None


def _is_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(os.stat(path).st_mode)
    except OSError:
        return False


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("it did not answer in time")
    return left
