"""Talk to Governor from Python: ask before spawning a worker, report what a call cost.

One file, standard library only, Python 3.9 or later. Copy it beside your coordinator.

    from governor import Governor

    governor = Governor()                                   # finds the daemon's control socket
    decision = governor.check(worker="w-1", model="claude-opus-5", estimate_usd=0.40)
    if decision.paused:
        print(decision.text, "- may go on at", decision.resume_at)

`check` never raises because Governor is away: it then answers what `on_unavailable` says and sets
`decision.unavailable`. Every other call raises `GovernorUnavailable`.

Amounts of money that are read are `decimal.Decimal`, so that no cent is lost on the way; every amount that is
written may be a Decimal, an int, a float or a string.

`ApiCallLog` writes a coordinator's own call log (`logs/api/api-calls-YYYY-MM-DD.jsonl`), which Governor reads by
itself; it needs no daemon.
"""

from __future__ import annotations

import dataclasses
import json
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
from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple, Union

__all__ = [
    "ApiCallLog", "Call", "Decision", "Governor", "GovernorError", "GovernorUnavailable", "RecordResult", "Rejected",
    "StreamUsage", "find_socket",
]

Usd = Union[Decimal, int, float, str]
PathLike = Union[str, "os.PathLike[str]"]

#: What a request may name; a misspelt label would match no budget and let work through, so it is refused here.
LABELS = ("worker", "session", "task", "project", "user", "team", "provider", "model", "source", "tags")

#: A request line over 64 KiB closes the connection; batches of records are cut below it.
LINE_LIMIT = 60_000

#: When to ask again after Governor could not be reached.
ASK_AGAIN_S = 5.0


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

    def check(self, *, estimate_usd: Optional[Usd] = None, **labels: Any) -> Decision:
        """Asks whether work with these labels may start; changes nothing.

        `estimate_usd` is what it is about to spend. Labels that are None are left out. Raises `GovernorError` only when
        the request itself is wrong.
        """
        request = {"op": "check", **_labels(labels)}
        if estimate_usd is not None:
            request["estimate_usd"] = _dollars("estimate_usd", estimate_usd)
        try:
            return _decision(self._request(request))
        except GovernorUnavailable as why:
            return self._decide_alone(str(why.message))

    def record(self, records: Optional[Iterable[Mapping[str, Any]]] = None, **fields: Any) -> RecordResult:
        """Pushes usage records, durably: a list of them, or the fields of one.

        Each needs an `id` of your own, the same whenever the same call is pushed; then pushing twice counts once.
        Fields: `time`, labels, `tags`, `input_tokens`, `output_tokens`, `cache_read_tokens`, `cache_write_5m_tokens`,
        `cache_write_1h_tokens`, `reasoning_tokens`, `cost_usd`, `duration_ms`, `outcome`, `error_kind`.
        """
        if (records is None) != bool(fields):
            raise TypeError("record takes a list of records or the fields of one")
        wanted = [fields] if records is None else list(records)
        total = RecordResult()
        for start, batch in _batches([_record(each) for each in wanted]):
            total = _added(total, self._request({"op": "record", "records": batch}), start)
        return total

    def label(self, session: str, **labels: Any) -> Dict[str, Any]:
        """Names a session's worker, task, project, user, team or tags; what it spent before is relabelled too."""
        return self._request({"op": "label", "session": session, **_labels(labels)})

    def status(self, budgets: Optional[List[str]] = None, **labels: Any) -> Dict[str, Any]:
        """Accounts, paused work and sources, as in the contract's `status` shape."""
        request = {"op": "status", **_labels(labels)}
        if budgets is not None:
            request["budgets"] = budgets
        return self._request(request)

    def explain(self, *, estimate_usd: Optional[Usd] = None, **labels: Any) -> Dict[str, Any]:
        """The decision (`check`) and, item by item of the policy, why (`items`)."""
        request = {"op": "explain", **_labels(labels)}
        if estimate_usd is not None:
            request["estimate_usd"] = _dollars("estimate_usd", estimate_usd)
        return self._request(request)

    def resume(self, **labels: Any) -> Dict[str, Any]:
        """Ends pauses that wait for an operator (`pause: until_resumed`), of these labels; without any, all."""
        return self._request({"op": "resume", **_labels(labels)})

    def reload(self) -> Dict[str, Any]:
        """Has the policy's files read again: `reloaded`, `revision`, and `policy_error` when the old policy stays."""
        return self._request({"op": "reload"})

    def ping(self) -> Dict[str, Any]:
        """The daemon's version and uptime."""
        return self._request({"op": "ping"})

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
            line = json.dumps({"id": self._last_id, **request}, separators=(",", ":"), allow_nan=False).encode()
            reply = self._exchange(line + b"\n", deadline)
            error = reply.get("error")
            if reply.get("id") != self._last_id:
                self._drop()  # the next reply would answer an older question
                if not isinstance(error, dict):
                    raise GovernorUnavailable(f"{self.socket_path} answered another request: {str(reply)[:200]}")
        finally:
            self._lock.release()
        if isinstance(error, dict):
            if error.get("code") == "unavailable":
                raise GovernorUnavailable(str(error.get("message")))
            raise GovernorError(str(error.get("code")), str(error.get("message")), error.get("field"))
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

    def _decide_alone(self, why: str) -> Decision:
        text = f"{why}; on_unavailable says {self.on_unavailable}"
        if self.on_unavailable == "allow":
            return Decision("allow", caveats=[text], unavailable=True)
        return Decision(
            "pause", reasons=[{"text": text}], retry_after_s=ASK_AGAIN_S, caveats=[text], unavailable=True)


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


def _decision(reply: Mapping[str, Any]) -> Decision:
    kind = reply.get("decision")
    if kind not in ("allow", "throttle", "pause"):
        raise GovernorUnavailable(f"the answer holds no decision: {str(reply)[:200]}")
    return Decision(
        decision=kind, reasons=list(reply.get("reasons") or []),
        remaining_usd=None if reply.get("remaining_usd") is None else _amount(reply["remaining_usd"]),
        resume_at=_time(reply.get("resume_at")), retry_after_s=_seconds(reply.get("retry_after_s")),
        delay_s=_seconds(reply.get("delay_s")), max_workers=reply.get("max_workers"), model=reply.get("model"),
        stop=reply.get("stop") is True, stale=list(reply.get("stale") or []),
        caveats=list(reply.get("caveats") or []), revision=reply.get("revision"), would=reply.get("would"),
        would_reasons=list(reply.get("would_reasons") or []),
        as_of=_time(reply.get("as_of")))


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
