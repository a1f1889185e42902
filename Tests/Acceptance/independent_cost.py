#!/usr/bin/env python3
"""What transcripts cost, computed a second time by other means: exact fractions, no code shared with Governor.

    python3 independent_cost.py FILE.jsonl … [--prices prices.csv] [--by model|day|user]

Reads agents' transcript lines, counts each call once, prices it from the table and rounds
once per call, half to even, to the nano-dollar: every class of tokens, the upper tier, batch, flex and priority,
fast and US-only calls, and web searches.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

PRICES = Path(__file__).resolve().parents[2] / "Sources" / "GovernorCore" / "Resources" / "prices.csv"


@dataclass(frozen=True)
class Call:
    """One model call; `input` excludes everything that touched the cache."""

    model: str
    time: str
    cwd: str
    input: int
    output: int
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    cache_write_12h: int = 0
    #: standard, batch, flex or priority; anything else is standard.
    tier: str = "standard"
    fast: bool = False
    us: bool = False
    searches: int = 0

    @property
    def prompt(self) -> int:
        return self.input + self.cache_read + self.cache_write_5m + self.cache_write_1h + self.cache_write_12h

    @property
    def total(self) -> int:
        return self.prompt + self.output


@dataclass
class Sum:
    """Calls added up; `nanodollars` is exact."""

    calls: int = 0
    nanodollars: int = 0
    tokens: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(["input", "output", "cache_read", "cache_write_5m", "cache_write_1h"], 0))

    @property
    def usd(self) -> Decimal:
        return Decimal(self.nanodollars) / 10**9

    def add(self, call: Call, nanodollars: int) -> None:
        self.calls += 1
        self.nanodollars += nanodollars
        for name in self.tokens:
            self.tokens[name] += getattr(call, name)


def transcript_calls(files: Iterable[Path]) -> list[Call]:
    """Calls of transcript files: by message and request, by message alone where a copy is a subagent's replay."""
    copies: dict[str, list[tuple[str | None, bool, Call]]] = {}
    for number, text in enumerate(line for file in files for line in file.read_text().splitlines()):
        line = json.loads(text)
        message = line.get("message") or {}
        usage = message.get("usage")
        if line.get("type") != "assistant" or not usage or message.get("model") == "<synthetic>":
            continue
        split = usage.get("cache_creation") or {}
        hour = split.get("ephemeral_1h_input_tokens", 0)
        call = Call(
            model=message["model"], time=line["timestamp"], cwd=line.get("cwd", ""), input=usage["input_tokens"],
            output=usage["output_tokens"], cache_read=usage.get("cache_read_input_tokens", 0),
            cache_write_5m=usage.get("cache_creation_input_tokens", 0) - hour, cache_write_1h=hour,
            tier=usage.get("service_tier") or "standard", fast=usage.get("speed") == "fast",
            us=usage.get("inference_geo") == "us",
            searches=(usage.get("server_tool_use") or {}).get("web_search_requests", 0))
        key = message.get("id") or f"line {number}"
        copies.setdefault(key, []).append((line.get("requestId"), bool(line.get("isSidechain")), call))
    calls = []
    for same_message in copies.values():
        joined = any(sidechain for _, sidechain, _ in same_message)
        groups: dict[str | None, list[tuple[bool, Call]]] = {}
        for request, sidechain, call in same_message:
            groups.setdefault(None if joined else request, []).append((sidechain, call))
        # The larger total; between equals the main thread's, then the earlier.
        calls += [min(group, key=lambda each: (-each[1].total, each[0], each[1].time))[1] for group in groups.values()]
    return calls


#: The column of the table for each class of tokens.
COLUMNS = {
    "input": "input", "output": "output", "cache_read": "cache_read", "cache_write_5m": "cache_write",
    "cache_write_1h": "cache_write_1h", "cache_write_12h": "cache_write_12h",
}


class Prices:
    """The price table; a price is dollars per million tokens, which is a thousand nano-dollars a token."""

    def __init__(self, path: Path = PRICES) -> None:
        with open(path, newline="") as file:
            self.rows = list(csv.DictReader(file))
        self._by_name = {row["model"]: row for row in self.rows}

    def nanodollars(self, call: Call) -> int:
        """The call's cost, rounded once, half to even."""
        row = self.row(call.model, call.time)
        threshold = row["tier_over_tokens"]
        is_high = bool(threshold) and call.prompt > int(threshold)
        # What a tier does to the price of what goes in, and of what comes out; a tier that isn't listed does nothing.
        into, out = (self._ratio(row, call.tier, side) for side in ("input", "output"))
        dollars = sum(
            getattr(call, name) * self._price(row, name, is_high) * (out if name == "output" else into)
            for name in COLUMNS)
        if call.fast:
            dollars *= Fraction(row["fast_multiplier"] or 1)
        if call.us:
            dollars *= Fraction(row["us_geo_multiplier"] or 1)
        searches = call.searches * Fraction(row["web_search_per_1k"] or 0) / 1000
        return round(dollars * 1000 + searches * 10**9)

    @staticmethod
    def _ratio(row: dict[str, str], tier: str, side: str) -> Fraction:
        listed = row.get(f"{tier}_{side}")
        return Fraction(listed) / Fraction(row[side]) if listed else Fraction(1)

    @staticmethod
    def _price(row: dict[str, str], name: str, is_high: bool) -> Fraction:
        """Dollars per million tokens of one class.

        A cache class that isn't listed is plain input; an hour's write is twice the input, twelve hours' as an hour's.
        Above the threshold a class without a price of its own there has risen as the input has.
        """
        column = COLUMNS[name]
        fresh = Fraction(row["input_hi"] if is_high else row["input"])
        listed = row.get(column + "_hi") if is_high else row[column]
        if listed:
            return Fraction(listed)
        if name == "cache_write_1h":
            return 2 * fresh
        if is_high and row[column]:
            return Fraction(row[column]) * fresh / Fraction(row["input"])
        return Prices._price(row, "cache_write_1h", is_high) if name == "cache_write_12h" else fresh

    def row(self, model: str, time: str = "2026") -> dict[str, str]:
        """The row of a model at a time; `name@2025-11` is a row that held to the end of that year."""
        plain = re.sub(r"(-\d{8}|@\d{8}|-latest)$", "", model.rsplit("/", 1)[-1])
        for name in (model, plain):
            for dated, row in self._by_name.items():
                if re.fullmatch(re.escape(name) + r"@\d{4}-\d{2}", dated) and time[:4] <= dated[-7:-3]:
                    return row
            if name in self._by_name:
                return self._by_name[name]
        raise SystemExit(f"no price is listed for {model}")


#: How calls may be grouped; `user` is who owned the working folder in the recorded samples.
KEYS: dict[str, Callable[[Call], str]] = {
    "all": lambda call: "all",
    "model": lambda call: call.model,
    "day": lambda call: call.time[:10],
    "user": lambda call: call.cwd.removeprefix("/Users/").partition("/")[0],
}


def summed(calls: Iterable[Call], by: str = "all", prices: Prices | None = None) -> dict[str, Sum]:
    """Sums by one of `KEYS`."""
    prices = prices or Prices()
    sums: dict[str, Sum] = {}
    for call in calls:
        sums.setdefault(KEYS[by](call), Sum()).add(call, prices.nanodollars(call))
    return sums


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--prices", type=Path, default=PRICES)
    parser.add_argument("--by", choices=KEYS, default="model")
    options = parser.parse_args()
    calls = transcript_calls(options.files)
    prices = Prices(options.prices)
    for by in dict.fromkeys([options.by, "all"]):
        for key, total in sorted(summed(calls, by, prices).items()):
            print(f"{key}: {total.calls} calls, ${total.usd:.9f}, {total.tokens}")


if __name__ == "__main__":
    main()
