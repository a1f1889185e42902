"""Waits that end: a condition, a deadline, and what was seen last when it passes."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from decimal import Decimal
from typing import Callable, TypeVar

from daemon import Daemon

Value = TypeVar("Value")


def until(probe: Callable[[], Value], what: str, within: float = 15.0) -> Value:
    """The first truthy value of `probe`; fails with `what` and the last value when none comes `within` seconds."""
    deadline = time.monotonic() + within
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(f"not within {within:g} s: {what}; last seen: {value!r}")
        time.sleep(0.02)


def wait_spent(daemon: Daemon, budget: str, dollars: str, **split: str) -> None:
    """Until so much of a budget, or of one split's part of it, is spent: to the nano-dollar, and no more."""
    until(lambda: daemon.spent(budget, **split) == Decimal(dollars), f"${dollars} of {budget} spent {split or ''}")


def noon_zone() -> str:
    """A zone where it is about noon, so that no test with a daily window runs into midnight."""
    ahead = 12 - datetime.now(timezone.utc).hour
    return "Etc/UTC" if ahead == 0 else f"Etc/GMT{-ahead:+d}"  # the sign of these names is turned round


def rfc3339(time: datetime) -> str:
    return time.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def now() -> datetime:
    return datetime.now(timezone.utc)
