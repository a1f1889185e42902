"""What tests of holds say and ask over and over."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from daemon import Daemon


def usd(*amounts: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(amount) for amount in amounts)


def purse(daemon: Daemon, worker: str = "w-1", budget: str = "worker-life") -> tuple[Decimal, Decimal]:
    """What a worker has spent of a budget, and what is held for it."""
    account = daemon.account(budget, worker=worker)
    return (Decimal(account["spent_usd"]), Decimal(account["held_usd"])) if account else (Decimal(0), Decimal(0))


def held(daemon: Daemon, budget: str, **split: str) -> Decimal:
    account = daemon.account(budget, **split)
    return Decimal(account["held_usd"]) if account else Decimal(0)


def reserve(daemon: Daemon, key: str, estimate: float | str | None = 1, **fields: Any) -> dict[str, Any]:
    """The answer to a reserve, for w-1 unless it says otherwise, which has to be let through."""
    if estimate is not None:
        fields["estimate_usd"] = float(estimate)
    reply = daemon.ask(op="reserve", key=key, **{"worker": "w-1", **fields})
    assert reply["decision"] != "pause", reply["reasons"]
    assert reply["reservation"]
    return reply


def hold(daemon: Daemon, key: str, estimate: float | str | None = 1, **fields: Any) -> str:
    """The same, and only the reservation's name."""
    return str(reserve(daemon, key, estimate, **fields)["reservation"])


def refused(daemon: Daemon, key: str, estimate: float | None = None, **fields: Any) -> list[str]:
    """The budgets because of which a reserve is refused, which it has to be."""
    if estimate is not None:
        fields["estimate_usd"] = estimate
    reply = daemon.ask(op="reserve", key=key, **{"worker": "w-1", **fields})
    assert reply["decision"] == "pause" and "reservation" not in reply, reply
    return [reason["budget"] for reason in reply["reasons"]]


def spend(daemon: Daemon, id: str, cost: str, **fields: Any) -> None:
    reply = daemon.record({"id": id, "cost_usd": float(cost), **{"worker": "w-1", **fields}})
    assert reply["accepted"] + reply["revised"] == 1, reply


def settle(daemon: Daemon, name: str, cost: str | None = None) -> tuple[Decimal, ...]:
    """What was spent, released and overrun."""
    given = {} if cost is None else {"cost_usd": float(cost)}
    reply = daemon.ask(op="settle", reservation=name, **given)
    return tuple(Decimal(reply[name]) for name in ("spent_usd", "released_usd", "overrun_usd"))
