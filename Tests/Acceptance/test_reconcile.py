"""Providers are asked for their own reports, and the ledger is compared with them: per day and model, with the cause."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, time, timezone
from decimal import Decimal
from typing import Any

import pytest

from daemon import Daemon
from place import Place
from scripted_http import Answer, Held
from scripted_providers import ANTHROPIC_KEY, OPENAI_KEY, Providers, days_ago
from settable_clock import SettableClock
from usage_files import MODEL, Message
from waiting import until, wait_spent

POLICY = """
version: 1
timezone: UTC
budgets:
  - { name: all, limit_usd: 1000, per: fleet, window: lifetime, at: { 100%: { stop: true } } }
"""
#: The same, and what only providers know of counts.
COUNTING = POLICY + "sources: { authority: [transcript, provider] }\n"

USAGE = "/v1/organizations/usage_report/messages"


@pytest.fixture
def providers(place: Place) -> Iterator[Providers]:
    providers = Providers()
    place.environment |= providers.environment
    place.policy(POLICY)
    yield providers
    providers.close()


#: Over, and fully reported, whatever the time is now.
DAY = days_ago(3)


def spend(place: Place, dollars: str, day: date = DAY, model: str = MODEL) -> None:
    """A call of a day, in output alone; one of `MODEL` costs exactly this."""
    noon = datetime.combine(day, time(12), timezone.utc)
    message = Message(output=int(Decimal(dollars) * 40_000), time=noon, model=model)
    place.transcripts.session("/home/dev/api").call(message)


def reconcile(place: Place, *arguments: str) -> tuple[int, dict[str, Any]]:
    run = place.governor("reconcile", "--json", *arguments)
    assert run.stdout, run.stderr
    return run.returncode, json.loads(run.stdout, parse_float=Decimal)


def poller(daemon: Daemon, provider: str = "anthropic") -> dict[str, Any]:
    [found] = [each for each in daemon.http("/api/poller/status").json["pollers"] if each["provider"] == provider]
    return found


def wait_polled(daemon: Daemon, provider: str = "anthropic") -> dict[str, Any]:
    return until(
        lambda: poller(daemon, provider) if poller(daemon, provider).get("last_poll", {}).get("ok") else None,
        f"{provider} was asked")


def line(body: dict[str, Any], model: str = MODEL) -> dict[str, Any]:
    [found] = [each for each in body["lines"] if each["model"] == model]
    return found


def test_what_agrees_to_the_nano_dollar_agrees(place: Place, providers: Providers) -> None:
    """Contract, usage.md 7: cents as decimal strings are exact; every poll is recorded."""
    spend(place, "1.2345")
    providers.anthropic_used(DAY, f"{MODEL}-20260401", "123.45", output=49_380)
    daemon = place.start()
    wait_spent(daemon, "all", "1.2345")
    polled = wait_polled(daemon)
    assert polled["state"] == "on" and polled["last_poll"]["records"] == 2
    assert polled["last_poll"]["started_at"] <= polled["last_poll"]["finished_at"]
    code, body = reconcile(place)
    found = line(body)
    assert code == 0, found
    assert (found["cause"], found["day"], found["provider"]) == ("agrees", str(DAY), "anthropic")
    assert found["theirs"]["cost_usd"] == found["ours"]["cost_usd"] == Decimal("1.2345")
    assert body["total"]["drift_usd"] == 0 and body["compared"] and not body["beyond"]
    assert daemon.http(f"/v1/reconcile?since={DAY}").json["total"] == body["total"]


def test_what_no_source_tells_of_is_said_and_not_counted(place: Place, providers: Providers) -> None:
    """Contract, usage.md 7 and cli.md: the drift per day and model, with the likely cause; exit 1 beyond the tolerance."""
    spend(place, "1")
    providers.anthropic_used(DAY, MODEL, "100", output=40_000)
    providers.anthropic_used(DAY, "claude-haiku-4-5", "250.5", input=1_000_000, output=301_000)
    daemon = place.start()
    wait_spent(daemon, "all", "1")
    wait_polled(daemon)
    code, body = reconcile(place)
    assert code == 1
    assert line(body)["cause"] == "agrees"
    unseen = line(body, "claude-haiku-4-5")
    assert unseen["cause"] == "unseen_source" and unseen["beyond"]
    assert unseen["drift_usd"] == Decimal("-2.505") and unseen["drift"] == -1
    assert daemon.spent("all") == 1
    shown = place.governor("reconcile")
    assert shown.returncode == 1
    assert "claude-haiku-4-5" in shown.stdout and "unseen source" in shown.stdout
    assert "no source here tells of" in shown.stdout


def test_a_policy_may_have_it_counted_until_another_source_shows_up(
    place: Place, providers: Providers, clock: SettableClock
) -> None:
    """Contract, usage.md 7: for models no other source sees; never beside another's account of them."""
    place.policy(COUNTING)
    spend(place, "1")
    providers.anthropic_used(DAY, MODEL, "100", output=40_000)
    providers.anthropic_used(DAY, "claude-haiku-4-5", "250.5", input=1_000_000, output=301_000)
    daemon = place.start()
    wait_spent(daemon, "all", "3.505")
    # $5 a million tokens out.
    spend(place, "4", model="claude-haiku-4-5")
    wait_spent(daemon, "all", "4.305")
    clock.set(61)
    wait_spent(daemon, "all", "1.8")
    # Its reports are compared with what others tell, not with themselves.
    code, body = reconcile(place)
    assert code == 1 and line(body, "claude-haiku-4-5")["ours"]["cost_usd"] == Decimal("0.8")


def test_each_cause_is_told(place: Place, providers: Providers) -> None:
    """Issue: the likely cause: unseen source, price change, cache class."""
    noon = datetime.combine(DAY, time(12), timezone.utc)
    session = place.transcripts.session("/home/dev/api")
    session.call(Message(output=40_000, time=noon))
    session.call(Message(output=1000, cache_write_5m=100_000, time=noon, model="claude-haiku-4-5"))
    session.call(Message(output=200_000, time=noon, model="claude-sonnet-5"))
    providers.anthropic_used(DAY, MODEL, "150", output=40_000)
    providers.anthropic_used(DAY, "claude-haiku-4-5", "20.5", output=1000, cache_write_1h=100_000)
    providers.anthropic_used(DAY, "claude-sonnet-5", None, output=100_000)
    daemon = place.start()
    wait_polled(daemon)
    until(lambda: reconcile(place)[1]["total"]["ours"]["calls"] == 3, "all three were read")
    code, body = reconcile(place, "--since", str(DAY), "--provider", "anthropic")
    assert code == 1
    assert line(body)["cause"] == "price_change" and "1.5 times" in line(body)["text"]
    assert line(body, "claude-haiku-4-5")["cause"] == "cache_class"
    assert line(body, "claude-sonnet-5")["cause"] == "seen_twice"
    assert line(body, "claude-sonnet-5")["theirs"]["cost_usd"] is None


def test_the_tolerance_decides_what_is_a_drift(place: Place, providers: Providers) -> None:
    spend(place, "1.01")
    providers.anthropic_used(DAY, MODEL, "100", output=40_400)
    daemon = place.start()
    wait_spent(daemon, "all", "1.01")
    wait_polled(daemon)
    assert reconcile(place)[0] == 0
    assert reconcile(place, "--tolerance", "0.5%")[0] == 1
    refused = place.governor("reconcile", "--tolerance", "much")
    assert refused.returncode == 64 and "tolerance" in refused.stderr


def test_reports_are_read_page_by_page(place: Place, providers: Providers) -> None:
    """Facts, providers.md: `has_more` and `next_page`."""
    providers.page = 2
    for age in range(30):
        providers.anthropic_used(days_ago(age), MODEL, "1", output=400)
    daemon = place.start()
    wait_polled(daemon)
    _, body = reconcile(place, "--since", str(days_ago(29)))
    assert len(body["lines"]) == 30 and body["total"]["theirs"]["cost_usd"] == Decimal("0.3")
    assert len(providers.asked(USAGE)) == 16


def test_openai_counts_dollars_and_cached_tokens_within_the_input(place: Place, providers: Providers) -> None:
    providers.openai_used(DAY, "gpt-5-2025-08-07", 0.123456789, input=1000, cached=800, output=500)
    daemon = place.start()
    wait_polled(daemon, "openai")
    _, body = reconcile(place, "--provider", "openai")
    theirs = line(body, "gpt-5")["theirs"]
    assert theirs["cost_usd"] == Decimal("0.123456789") and theirs["calls"] == 1
    assert (theirs["tokens"]["input"], theirs["tokens"]["cache_read"]) == (200, 800)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Answer(401, b'{"error":{"message":"invalid x-api-key"}}'), "401 (invalid x-api-key)"),
        (Answer(403), "403"),
        (Answer(429, headers=(("Retry-After", "7"),)), "again after 7s"),
        (Answer(500), "500"),
        (Answer(body=b'{"data":[{'), "no JSON"),
        (Answer(302, headers=(("Location", "http://169.254.169.254/"),)), "302"),
        (Answer(body=b'{"data":[],"has_more":true,"next_page":"again"}'), "circle"),
    ], ids=["401", "403", "429", "500", "broken", "redirect", "circle"])
def test_a_provider_that_fails_is_shown_and_asked_again(
    place: Place, providers: Providers, clock: SettableClock, fault: Answer, says: str
) -> None:
    """Facts, providers.md: 401, 403, 429 with `Retry-After`, 5xx; usage.md 7: every poll is recorded, with its error."""
    providers.fault = fault
    daemon = place.start()
    shown = until(
        lambda: poller(daemon) if poller(daemon)["state"] == "error" else None, "the failure is shown")
    assert says in shown["error"] and not shown["last_poll"]["ok"]
    assert daemon.check(worker="w-1")["decision"] == "allow"
    [provider] = [each for each in daemon.status()["providers"] if each["provider"] == "anthropic"]
    assert provider["error"] == shown["error"]
    [source] = [each for each in daemon.http("/v1/sources").json["sources"] if each["kind"] == "provider"]
    assert says in source["error"]
    code, body = reconcile(place)
    assert code == 69 and not body["compared"]
    asked = len(providers.server.requests)
    providers.fault = None
    clock.set(50)
    until(lambda: daemon.check(worker="w-1"), "the daemon goes on")
    assert len(providers.server.requests) == asked, "asked again within a minute"
    clock.set(40 * 60)
    wait_polled(daemon)
    assert poller(daemon)["state"] == "on"


def test_a_slow_provider_holds_up_nobody(place: Place, providers: Providers) -> None:
    providers.fault = Held()
    daemon = place.start()
    assert providers.server.arrives(2), "both are asked, side by side"
    spend(place, "1")
    wait_spent(daemon, "all", "1")
    daemon.stop()


def test_a_restart_does_not_ask_again_within_the_minute(place: Place, providers: Providers) -> None:
    """Facts, providers.md: at most one poll a minute."""
    daemon = place.start()
    wait_polled(daemon)
    daemon.kill9()
    asked = len(providers.asked(USAGE))
    daemon.start()
    spend(place, "1")
    wait_spent(daemon, "all", "1")
    assert poller(daemon)["last_poll"]["ok"] and len(providers.asked(USAGE)) == asked


def test_without_a_key_they_are_off_and_say_so(place: Place) -> None:
    """Contract, usage.md 7: without a key: off, and `status` says so."""
    place.policy(POLICY)
    daemon = place.start()
    states = {each["provider"]: (each["state"], each["note"]) for each in daemon.status()["providers"]}
    assert states["anthropic"] == ("off", "ANTHROPIC_ADMIN_KEY is not set")
    assert states["openai"] == ("off", "OPENAI_ADMIN_KEY is not set")
    assert states["gemini"][0] == "no_interface"
    assert "off, ANTHROPIC_ADMIN_KEY is not set" in place.governor("status").stdout
    assert daemon.http("/api/poller/status").json["running"] is False
    run = place.governor("reconcile")
    assert run.returncode == 69 and "off, ANTHROPIC_ADMIN_KEY is not set" in run.stdout


def test_an_admin_key_never_crosses_a_network_in_clear(place: Place) -> None:
    place.policy(POLICY)
    place.environment |= {"ANTHROPIC_ADMIN_KEY": ANTHROPIC_KEY, "GOVERNOR_ANTHROPIC_URL": "http://gate.example"}
    daemon = place.start()
    found = poller(daemon)
    assert found["state"] == "off" and "https://" in found["note"]


def test_a_key_is_shown_nowhere(place: Place, providers: Providers) -> None:
    providers.fault = Answer(500, json.dumps({"error": {"message": "overloaded"}}).encode())
    daemon = place.start()
    until(lambda: poller(daemon)["state"] == "error" and poller(daemon, "openai")["state"] == "error", "both failed")
    texts = [
        daemon.http("/v1/status").text, daemon.http("/v1/sources").text, daemon.http("/api/poller/status").text,
        place.governor("status").stdout, daemon.complaints(), "\n".join(daemon.output)]
    assert not [text for text in texts if ANTHROPIC_KEY in text or OPENAI_KEY in text]
    ledger = b"".join(path.read_bytes() for path in (daemon.folder / "data").glob("ledger.sqlite*"))
    assert ANTHROPIC_KEY.encode() not in ledger and OPENAI_KEY.encode() not in ledger


def test_no_daemon_is_no_answer(place: Place) -> None:
    place.policy(POLICY)
    run = place.governor("reconcile")
    assert run.returncode == 69 and "governor run" in run.stderr
