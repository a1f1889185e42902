"""A fleet's worth of policy and spend: 100 budgets, 10,000 live accounts, loaded through the control socket."""

from __future__ import annotations

import json

from rig import Daemon

WORKERS = 100
MODELS = ["claude-opus-5", "claude-sonnet-5", "claude-haiku-4-5"]
PROJECTS = ["web", "api", "infra", "docs", "data"]

_AT = "{ 50%: { notify: [ops] }, 80%: { notify: [ops], throttle: { max_workers: 4 } }, 100%: { notify: [ops], %s } }"
_WINDOWS = ["hour", "day", "week", "month", "rolling 5h", "rolling 24h", "lifetime", "quarter"]
_LIMITS = ["limit_usd: 900000", "limit_tokens: 900000000000", "limit_calls: 9000000000"]


def fleet_policy() -> str:
    """As a real fleet has it: per worker, session and project, with and without `match`. A worker's check meets about
    four fifths of the 100 budgets."""
    budgets = [_budget("worker", "worker", None, n) for n in range(40)]
    budgets += [_budget("worker-model", "worker", f'model: "{_glob(n)}"', n) for n in range(20)]
    budgets += [_budget("session", "session", None, n) for n in range(20)]
    budgets += [_budget("session-project", "session", f"project: [{PROJECTS[n % 5]}, tools]", n) for n in range(10)]
    budgets += [_budget("project-user", "[project, user]", None, n) for n in range(4)]
    budgets += [_budget("project", "project", 'team: "core-*"', n) for n in range(3)]
    budgets += [_budget("fleet-model", "fleet", f'model: "{_glob(n)}"', n) for n in range(3)]
    return _policy(budgets)


def dense_policy() -> str:
    """The hardest: all 100 budgets are per worker and every check meets every one."""
    return _policy([_budget("worker", "worker", None, n) for n in range(100)])


def load(daemon: Daemon) -> int:
    """Has every worker spend in both its sessions with all three models; returns how many accounts that made."""
    records = [
        {"id": f"{worker}-{session}-{model}", **labels(worker, session, MODELS[model]),
         "input_tokens": 1000 + worker, "output_tokens": 200, "cache_read_tokens": 50_000}
        for worker in range(WORKERS) for session in range(2) for model in range(3)]
    for at in range(0, len(records), 100):
        reply = daemon.record(*records[at:at + 100])
        assert reply["accepted"] == len(records[at:at + 100]), reply
    return len(daemon.status()["accounts"])


def labels(worker: int, session: int = 0, model: str = MODELS[0]) -> dict[str, str]:
    """All that a coordinator knows of a worker."""
    return {
        "worker": f"w-{worker:03}", "session": f"s-{worker:03}-{session}", "task": f"gh-{worker:03}",
        "project": PROJECTS[worker % 5], "user": f"u-{worker % 7}",
        "team": f"core-{worker % 4}", "provider": "anthropic", "model": model}


def check_line(worker: int, new: int | None = None) -> bytes:
    """A check's request, padded with spaces in the object so that all are equally long. With a number it is in words that
    were never asked before, so that it has to be read and decided anew."""
    words = {} if new is None else {"id": new}
    request = json.dumps({"op": "check", **words, **labels(worker)}, separators=(",", ":"))
    return (request[:-1].ljust(199) + "}\n").encode()


def _glob(number: int) -> str:
    return ["claude-opus-*", "claude-sonnet-*", "claude-haiku-*", "claude-*"][number % 4]


def _budget(name: str, per: str, match: str | None, number: int) -> str:
    window = _WINDOWS[number % len(_WINDOWS)]
    resets = not window.startswith("rolling") and window != "lifetime"
    at = _AT.replace("%s", "pause: until_reset" if resets else "stop: true")
    condition = f", match: {{ {match} }}" if match else ""
    limit = _LIMITS[0 if number % 4 else number // 4 % 3]
    return f"  - {{ name: {name}-{number:02}, {limit}, per: {per}, window: {window}{condition}, at: {at} }}"


def _policy(budgets: list[str]) -> str:
    return "\n".join(["version: 1", "receivers: { ops: { log: {} } }", "budgets:", *budgets, ""])
