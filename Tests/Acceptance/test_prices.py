"""Prices: every row of the book, every class, tier and surcharge, to the nano-dollar against an independent computation;
prices of policies, and the verbs that show and take over prices."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from daemon import Daemon
from independent_cost import Call, Prices
from place import Place
from usage_files import Message
from waiting import now, rfc3339, until

#: Windows without an end, and a worker named by the folder: each call below is a worker of its own.
POLICY = """
version: 1
timezone: UTC
labels:
  - { source: transcript, cwd: ".*/worktrees/(?<worker>[^/]+)" }
budgets:
  - { name: all, limit_usd: 1000000, per: fleet, window: lifetime, at: { 100%: { stop: true } } }
"""

#: Odd on purpose, so that sums of small prices end beyond the nano-dollar.
ODD = {"input": 1237, "output": 677, "cache_read": 2351, "cache_write_5m": 347, "cache_write_1h": 129}
TIERS = ["standard", "batch", "flex", "priority"]
LONG_AGO = datetime(2025, 11, 20, 12, 0, 0, tzinfo=timezone.utc)


@dataclass
class Bought(Message):
    """A call as a transcript tells it, with how it was bought."""

    terms: dict[str, Any] = field(default_factory=dict)

    def usage(self, output: int) -> dict[str, Any]:
        return super().usage(output) | self.terms


def calls_of(row: dict[str, str]) -> Iterator[tuple[str, Call]]:
    """Calls of a row's model that meet every price of it, each with a name."""
    model, _, month = row["model"].partition("@")
    time = LONG_AGO if month else now()
    mixed = Call(model=model, time=rfc3339(time), cwd="", **ODD)
    alone = replace(mixed, **dict.fromkeys(ODD, 0))
    for name in ODD:
        yield name, replace(alone, **{name: 7_919})
    for tier in TIERS:
        yield tier, replace(mixed, tier=tier)
        yield f"{tier}-fast-us-search", replace(mixed, tier=tier, fast=True, us=True, searches=3)
    yield "fast", replace(mixed, fast=True)
    yield "us", replace(mixed, us=True)
    yield "search", replace(alone, searches=7)
    if row["tier_over_tokens"]:
        threshold = int(row["tier_over_tokens"])
        rest = mixed.prompt - mixed.input
        for name, prompt in [("below", threshold - 1), ("at", threshold), ("above", threshold + 1)]:
            long = replace(mixed, input=prompt - rest)
            assert long.prompt == prompt
            yield name, long
            for tier in TIERS[1:]:
                yield f"{name}-{tier}", replace(long, tier=tier, fast=True, us=True, searches=1)
        # What comes out is no part of the prompt.
        yield "long-output", replace(alone, input=1, output=threshold + 1)


def message(call: Call) -> Bought:
    terms: dict[str, Any] = {"service_tier": call.tier}
    if call.fast:
        terms["speed"] = "fast"
    if call.us:
        terms["inference_geo"] = "us"
    if call.searches:
        terms["server_tool_use"] = {"web_search_requests": call.searches}
    return Bought(
        output=call.output, input=call.input, cache_read=call.cache_read, cache_write_5m=call.cache_write_5m,
        cache_write_1h=call.cache_write_1h, model=call.model, time=datetime.fromisoformat(call.time), terms=terms)


def report(place: Place, *arguments: str) -> Any:
    run = place.governor("report", "--since", "2025-01-01", "--until", "2030-01-01", *arguments, "--json")
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout, parse_float=Decimal)


def booked(place: Place) -> dict[str, int]:
    """What each worker's calls cost, in nano-dollars."""
    return {
        group["key"]["worker"]: int(Decimal(group["cost_usd"]) * 10**9)
        for group in report(place, "--by", "worker")["groups"]}


def write(place: Place, calls: dict[str, Call]) -> None:
    """Each call in the folder of a worker of its own."""
    session = place.transcripts.session("/work/prices")
    for worker, call in calls.items():
        session.cwd = f"/work/worktrees/{worker}"
        session.call(message(call), copies=1)


def wait_for(place: Place, calls: int) -> None:
    until(lambda: report(place)["total"]["calls"] >= calls, f"{calls} calls were read", within=60)


def assert_same(found: dict[str, int], expected: dict[str, int]) -> None:
    wrong = {name: (found.get(name), cost) for name, cost in expected.items() if found.get(name) != cost}
    assert not wrong, f"{len(wrong)} of {len(expected)} differ, such as {dict(list(wrong.items())[:5])}"


# --- Every row --------------------------------------------------------------------------------------------------------


def test_every_row_class_tier_and_surcharge_costs_what_the_independent_calculator_says(place: Place) -> None:
    """Issue: cost to the nano-dollar for every row of the price book and every class and tier."""
    prices = Prices()
    calls: dict[str, Call] = {}
    for row in prices.rows:
        for name, call in calls_of(row):
            calls[f"{row['model'].replace('@', '-in-')}--{name}"] = call
    assert len(prices.rows) >= 74 and len(calls) > 1100
    place.policy(POLICY)
    write(place, calls)
    place.start()
    wait_for(place, len(calls))
    expected = {worker: prices.nanodollars(call) for worker, call in calls.items()}
    assert_same(booked(place), expected)
    total = report(place)["total"]
    assert int(Decimal(total["cost_usd"]) * 10**9) == sum(expected.values())
    assert total["unpriced_calls"] == 0


def test_writes_for_twelve_hours_are_a_class_of_their_own(place: Place) -> None:
    """Facts: `cache_write_12h` is a third class of some models; transcripts don't know it, pushed records do."""
    prices = Prices()
    calls: dict[str, Call] = {}
    for row in prices.rows:
        model, _, month = row["model"].partition("@")
        time = rfc3339(LONG_AGO if month else now())
        call = Call(model=model, time=time, cwd="", **ODD, cache_write_12h=4_099)
        name = row["model"].replace("@", "-in-")
        calls[f"{name}--mixed"] = call
        calls[f"{name}--alone"] = Call(model=model, time=time, cwd="", input=0, output=0, cache_write_12h=7_919)
        if row["tier_over_tokens"]:
            rest = call.prompt - call.input
            for end, more in [("at", 0), ("above", 1)]:
                calls[f"{name}--{end}"] = replace(call, input=int(row["tier_over_tokens"]) - rest + more)
    place.policy(POLICY)
    daemon = place.start()
    classes = ["input", "output", "cache_read", "cache_write_5m", "cache_write_1h", "cache_write_12h"]
    records = [
        {"id": worker, "time": call.time, "worker": worker, "model": call.model}
        | {f"{name}_tokens": getattr(call, name) for name in classes}
        for worker, call in calls.items()]
    for start in range(0, len(records), 50):
        assert daemon.record(*records[start:start + 50])["rejected"] == []
    assert_same(booked(place), {worker: prices.nanodollars(call) for worker, call in calls.items()})


@pytest.mark.parametrize(("spelling", "model"), [
    ("anthropic/claude-opus-5", "claude-opus-5"), ("us.anthropic.claude-opus-5-20260101-v1:0", "claude-opus-5"),
    ("vertex_ai/claude-opus-4-1@20250805", "claude-opus-4-1"), ("claude-3-5-sonnet-latest", "claude-3-5-sonnet-20241022"),
    ("azure/gpt-5-2025-08-07", "gpt-5"), ("openrouter/anthropic/claude-sonnet-4.5", "claude-sonnet-4-5"),
    ("bedrock/eu.anthropic.claude-haiku-4-5-20251001-v1:0", "claude-haiku-4-5"), ("gpt-5-mini-high", "gpt-5-mini"),
])
def test_a_model_costs_the_same_under_any_of_its_spellings(place: Place, spelling: str, model: str) -> None:
    """Contract: the longest matching name, after prefixes, dates and -latest are taken off."""
    call = Call(model=model, time=rfc3339(now()), cwd="", **ODD)
    place.policy(POLICY)
    write(place, {"spelled": replace(call, model=spelling)})
    place.start()
    wait_for(place, 1)
    assert_same(booked(place), {"spelled": Prices().nanodollars(call)})


# --- Prices of a policy -----------------------------------------------------------------------------------------------

OWN = """
prices:
  - { model: claude-opus-5, input: 1, output: 2, cache_read: 0.5, from: FROM }
  - { model: house-large, provider: house, input: 3, output: 7, tier: { over: 1000, input: 6, output: 14 } }
free: ["lab-*"]
"""


@pytest.fixture
def priced(place: Place) -> Daemon:
    """A daemon whose policy has prices of its own, one of them since yesterday."""
    place.policy(POLICY + OWN.replace("FROM", f'"{rfc3339(now() - timedelta(days=1))}"'))
    return place.start()


def push(daemon: Daemon, id: str, model: str, time: datetime | None = None, **fields: Any) -> None:
    record = {"id": id, "worker": id, "model": model, "time": rfc3339(time or now()), **fields}
    assert daemon.record(record)["rejected"] == []


def test_a_policys_price_holds_from_its_day_on_and_history_keeps_its_own(place: Place, priced: Daemon) -> None:
    """Contract: dated overrides in policy files; history keeps the price of its day."""
    tokens = {"input_tokens": 1_000_000, "cache_read_tokens": 1_000_000}
    push(priced, "today", "us.anthropic.claude-opus-5", **tokens)
    push(priced, "before", "claude-opus-5", now() - timedelta(days=2), **tokens)
    push(priced, "small", "house-large", input_tokens=1000)
    push(priced, "large", "house-large", input_tokens=1001)
    assert_same(booked(place), {
        "today": 1_500_000_000, "before": 5_500_000_000, "small": 3_000_000, "large": 6_006_000})
    by_provider = {group["key"]["provider"] for group in report(place, "--by", "provider")["groups"]}
    assert by_provider == {"anthropic", "house"}


def test_a_changed_price_leaves_what_is_booked_as_it_was(place: Place, priced: Daemon) -> None:
    """Issue: a price change is a reload; records already priced keep theirs."""
    push(priced, "before", "claude-opus-5", input_tokens=1_000_000)
    revision = priced.status()["revision"]
    place.policy(POLICY + "prices: [ { model: claude-opus-5, input: 9, output: 9 } ]\n")
    priced.ask(op="reload")
    assert priced.status()["revision"] != revision
    push(priced, "after", "claude-opus-5", input_tokens=1_000_000)
    assert_same(booked(place), {"before": 1_000_000_000, "after": 9_000_000_000})


def test_free_models_cost_nothing_and_unknown_ones_never_do(place: Place, priced: Daemon) -> None:
    """Contract: local and `free` models are free on purpose; an unknown one is unpriced, counted so, and never free."""
    for id, model in [("lab", "lab-7"), ("local", "ollama/llama3"), ("unknown", "claude-opus-99"), ("nobody", "mystery")]:
        push(priced, id, model, input_tokens=1_000_000, output_tokens=1_000_000)
    # The dearest output of its provider, and of all where nobody knows the provider: 1,000,000 tokens are a long prompt.
    assert_same(booked(place), {
        "lab": 0, "local": 0, "unknown": 90_000_000_000, "nobody": (60 + 270) * 10**9})
    groups = {g["key"]["worker"]: g["unpriced_calls"] for g in report(place, "--by", "worker")["groups"]}
    assert groups == {"lab": 0, "local": 0, "unknown": 1, "nobody": 1}
    status = priced.status()
    assert status["unpriced_calls"] == 2
    table = place.governor("status").stdout
    assert "2 calls of models without a price" in table


def test_a_reported_cost_wins_unless_the_policy_calculates(place: Place) -> None:
    """Contract: a record's own cost wins over the price book unless the policy says `cost: calculate`."""
    place.policy(POLICY)
    daemon = place.start()
    push(daemon, "reported", "claude-opus-5", input_tokens=1_000_000, cost_usd=0.25)
    place.policy(POLICY + "cost: calculate\n")
    daemon.ask(op="reload")
    push(daemon, "calculated", "claude-opus-5", input_tokens=1_000_000, cost_usd=0.25)
    push(daemon, "unknown", "mystery", input_tokens=1_000_000, cost_usd=0.25)
    push(daemon, "without-tokens", "claude-opus-5", cost_usd=0.25)
    assert_same(booked(place), {
        "reported": 250_000_000, "calculated": 5_000_000_000, "unknown": 250_000_000, "without-tokens": 250_000_000})


# --- The verbs --------------------------------------------------------------------------------------------------------


@pytest.fixture
def list_file(place: Place) -> Path:
    """Prices as LiteLLM writes them: one that is the book's, one that isn't, a new one, one nobody can take."""
    def entry(model_input: float, output: float, **fields: Any) -> dict[str, Any]:
        return {
            "mode": "chat", "litellm_provider": "openai", "input_cost_per_token": model_input,
            "output_cost_per_token": output, **fields}
    path = place.folder / "model_prices_and_context_window.json"
    path.write_text(json.dumps({
        "sample_spec": {"mode": "one of: chat, embedding"},
        "gpt-5.1-codex": entry(1.25e-06, 1e-05, cache_read_input_token_cost=1.25e-07),
        "gpt-5-codex": entry(1.5e-06, 1e-05, cache_read_input_token_cost=1.25e-07,
                             input_cost_per_token_above_272k_tokens=3e-06, output_cost_per_token_above_272k_tokens=2e-05),
        "acme/new": entry(2e-06, 4e-06, litellm_provider="acme", output_cost_per_token_batches=2e-06),
        "broken": {"mode": "chat"}, "picture": {"mode": "image_generation"}}))
    return path


def prices(place: Place, *arguments: str | Path, code: int = 0) -> Any:
    run = place.governor("prices", *arguments, "--json")
    assert run.returncode == code, run.stderr + run.stdout
    return json.loads(run.stdout, parse_float=Decimal)


def test_the_list_has_every_row_without_a_policy_or_a_daemon(place: Place) -> None:
    """Contract: `prices list`, which needs no daemon."""
    place.policies.rmdir()
    rows = Prices().rows
    listed = prices(place, "list")["prices"]
    assert len(listed) == len(rows) and not any(each["from_policy"] for each in listed)
    by_name = {(each["model"], "until" in each): each for each in listed}
    for row in rows:
        model, _, month = row["model"].partition("@")
        standard = by_name[model, bool(month)]["levels"][0]["standard"]
        assert Decimal(standard["input_usd"]) == Decimal(row["input"]), model
        assert Decimal(standard["output_usd"]) == Decimal(row["output"]), model
    only = prices(place, "list", "--provider", "gemini")["prices"]
    assert only and {each["provider"] for each in only} == {"gemini"}
    table = place.governor("prices", "list", "--provider", "gemini").stdout
    assert "gemini-2.5-pro" in table and "200,000" in table


def test_a_model_is_shown_with_why_and_what_it_costs(place: Place) -> None:
    """Issue: which row matches and why, every class and tier, free or unpriced."""
    shown = prices(place, "show", "bedrock/us.anthropic.claude-haiku-5-5-20260901-v1:0")
    assert shown["verdict"] == "priced" and shown["spelling"] == "claude-haiku-5-5"
    assert "bedrock/us.anthropic." in shown["why"]
    assert [level["over_tokens"] for level in shown["price"]["levels"]] == [0, 100_000]
    high = shown["price"]["levels"][1]
    assert high["standard"]["cache_write_1h_usd"] == 1 and high["batch"]["input_usd"] == Decimal("0.25")
    assert prices(place, "show", "ollama/llama3")["verdict"] == "free"
    old = prices(place, "show", "claude-sonnet-4-5", "--at", "2025-11-20")
    assert len(old["price"]["levels"]) == 2 and len(old["history"]) == 2
    unknown = prices(place, "show", "mystery", code=1)
    assert unknown["verdict"] == "unpriced" and unknown["stand_in"]["model"] == "gpt-5.5-pro"
    text = place.governor("prices", "show", "claude-opus-5").stdout
    assert "What 1,000,000 tokens cost, in USD:" in text and "12.5" in text


def test_a_list_is_compared_and_taken_over_from_now_on(place: Place, list_file: Path) -> None:
    """Issue: import writes what differs, each from now on; history keeps its prices; twice adds nothing."""
    place.policy(POLICY)
    difference = prices(place, "diff", list_file)
    assert {each["model"]: each["new"] for each in difference["changes"]} == {"acme/new": True, "gpt-5-codex": False}
    assert difference["same"] == 1 and [each["model"] for each in difference["rejected"]] == ["broken"]
    dry = prices(place, "import", list_file, "--policies", place.policies, "--dry-run")
    assert not dry["written"] and not (place.policies / "prices.yaml").exists()
    done = prices(place, "import", list_file, "--policies", place.policies, "--only", "gpt-*")
    assert done["written"] and [each["model"] for each in done["changes"]] == ["gpt-5-codex"]
    check = place.governor("policy", "check", place.policies)
    assert check.returncode == 0 and "1 of the built-in ones is replaced (gpt-5-codex), with dates" in check.stdout
    before = (place.policies / "prices.yaml").read_text()
    assert not prices(place, "import", list_file, "--policies", place.policies, "--only", "gpt-*")["written"]
    prices(place, "import", list_file, "--policies", place.policies)
    assert (place.policies / "prices.yaml").read_text().startswith(before), "what was there stays"
    assert prices(place, "show", "gpt-5-codex", "--at", "2026-01-01")["price"]["levels"][0]["standard"]["input_usd"] \
        == Decimal("1.25")
    now_price = prices(place, "show", "gpt-5-codex")["price"]
    assert now_price["from_policy"] and now_price["levels"][1]["over_tokens"] == 272_000
    assert prices(place, "diff", list_file)["changes"] == []


def test_a_running_daemon_takes_over_an_import(place: Place, list_file: Path) -> None:
    """Contract: a folder is reloaded by itself when a file changes."""
    place.policy(POLICY)
    daemon = place.start()
    push(daemon, "before", "gpt-5-codex", input_tokens=1_000_000)
    revision = daemon.status()["revision"]
    prices(place, "import", list_file, "--policies", place.policies)
    until(lambda: daemon.status()["revision"] != revision, "the import was taken over")
    push(daemon, "after", "gpt-5-codex", now() + timedelta(seconds=1), input_tokens=300_000)
    # 300,000 tokens are above the new tier.
    assert_same(booked(place), {"before": 1_250_000_000, "after": 900_000_000})


@pytest.mark.parametrize(("arguments", "code", "words"), [
    (["import", "nowhere.json"], 74, "nowhere.json can't be read"),
    (["diff", "policies/policy.yaml"], 65, "this is no JSON object"),
    (["import", "model_prices_and_context_window.json", "--policies", "nowhere"], 65, "there is no such folder"),
    (["list", "--policies", "nowhere"], 65, "there is no such folder"),
    (["show", "claude-opus-5", "--at", "soon"], 64, "--at takes a date"),
    (["show"], 64, "model"),
])
def test_mistakes_are_said(place: Place, list_file: Path, arguments: list[str], code: int, words: str) -> None:
    """Contract: 64 usage, 65 bad input or policy, 74 I/O."""
    place.policy(POLICY)
    run = place.governor("prices", *arguments)
    assert run.returncode == code, run.stderr
    assert words in run.stderr


def test_nothing_is_imported_into_a_policy_with_a_mistake(place: Place, list_file: Path) -> None:
    """Issue: the import writes whole or not at all."""
    place.policy(POLICY + "prices: [ { model: a, input: 1, output: 2 } ]\n")
    run = place.governor("prices", "import", list_file, "--policies", place.policies)
    assert run.returncode == 65 and "a price needs \"provider\"" in run.stderr
    assert not (place.policies / "prices.yaml").exists()


def test_what_has_no_price_and_what_was_free_is_shown_everywhere(place: Place) -> None:
    """Issue: unpriced models visible everywhere; free local models and what they saved."""
    place.policy("""
version: 1
budgets:
  - { name: all, limit_usd: 1000, per: fleet, window: lifetime, at: { 100%: { stop: true } } }
""")
    daemon = place.start()
    daemon.record(
        {"id": "a", "worker": "w-1", "model": "mystery-9", "output_tokens": 1000},
        {"id": "b", "worker": "w-1", "model": "ollama/llama3", "output_tokens": 1_000_000})
    status = daemon.status()
    assert status["unpriced_calls"] == 1
    assert [each["model"] for each in status["unpriced_models"]] == ["mystery-9"]
    # A million tokens out at claude-opus-5's $25.
    assert (status["saved_usd"], status["compared_with"]) == (25, "claude-opus-5")
    assert any("mystery-9" in each for each in daemon.check(worker="w-1", model="mystery-9")["caveats"])
    assert daemon.check(worker="w-1", model="claude-opus-5")["caveats"] == []
    assert daemon.http("/feed").json["unpriced"] == 1
    metrics = daemon.http("/metrics").text
    assert 'governor_unpriced_calls_total{model="mystery-9"' in metrics and "governor_saved_usd_total" in metrics
    text = place.governor("report", "--today").stdout
    assert "mystery-9" in text and "saved $25.00" in text, text
    daemon.stop()
    assert "saved $25.00" in place.governor("report", "--today", "--policies", str(place.policies), "--data", str(
        place.folder / "data")).stdout


def test_every_decision_says_that_its_model_has_no_price(place: Place) -> None:
    """Design: unknown is never zero; one work is one decision, whoever asks and however."""
    place.policy(POLICY)
    daemon = place.start()
    caveat = "mystery-9 has no price; its calls are booked at gpt-5.5-pro's price"
    work = {"worker": "w-1", "model": "mystery-9"}
    for model, caveats in (("mystery-9", [caveat]), ("claude-opus-5", [])):
        work["model"] = model
        held = daemon.ask(op="reserve", key=model, estimate_usd=1, **work)
        assert daemon.check(**work)["caveats"] == held["caveats"] == caveats
        assert daemon.ask(op="explain", **work)["check"]["caveats"] == caveats
        # The answer to a key is kept as it was.
        assert daemon.ask(op="reserve", key=model, estimate_usd=1, **work)["caveats"] == caveats
        # A stronger hold is a decision too; of work that is refused as well.
        assert daemon.ask(op="extend", reservation=held["reservation"], estimate_usd=2)["caveats"] == caveats
        refused = daemon.ask(op="reserve", key=f"{model}, too much", estimate_usd=1_000_000, **work)
        assert (refused["decision"], refused["caveats"]) == ("pause", caveats)
    run = place.governor("policy", "explain", "--worker", "w-1", "--model", "mystery-9")
    assert f"note: {caveat}" in run.stdout, run.stderr
