"""Anthropic's and OpenAI's usage and cost interfaces, on loopback, in the shapes of `facts/providers.md`."""

from __future__ import annotations

import json
import socket
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, urlsplit

from scripted_http import Act, Answer, Request, ScriptedHTTP
from waiting import now

ANTHROPIC_KEY = "sk-ant-admin01-acceptance-SECRET"
OPENAI_KEY = "sk-admin-acceptance-SECRET"


def days_ago(count: int) -> date:
    """A day in UTC, which is every provider's."""
    return (now().astimezone(timezone.utc) - timedelta(days=count)).date()


@dataclass
class Day:
    """What a provider has of one day."""

    #: Results as they are sent.
    usage: list[dict[str, Any]] = field(default_factory=list)
    costs: list[dict[str, Any]] = field(default_factory=list)


class Providers(Act):
    """Both providers at one address. What they have may be changed while they are asked."""

    def __init__(self) -> None:
        self.server = ScriptedHTTP()
        self.server.always = self
        self.anthropic: dict[date, Day] = defaultdict(Day)
        self.openai: dict[date, Day] = defaultdict(Day)
        #: Buckets on a page.
        self.page = 31
        #: What each request is answered instead, while it is set.
        self.fault: Act | None = None

    @property
    def environment(self) -> dict[str, str]:
        base = self.server.url("")
        return {
            "ANTHROPIC_ADMIN_KEY": ANTHROPIC_KEY, "GOVERNOR_ANTHROPIC_URL": base,
            "OPENAI_ADMIN_KEY": OPENAI_KEY, "GOVERNOR_OPENAI_URL": base, "GOVERNOR_POLL_EVERY": "1m"}

    def asked(self, path: str) -> list[Request]:
        return [each for each in self.server.requests if urlsplit(each.path).path == path]

    def close(self) -> None:
        self.server.close()

    # --- What they have ----------------------------------------------------------------------------------------------

    def anthropic_used(
        self, day: date, model: str, cents: str | None, *, input: int = 0, output: int = 0, cache_read: int = 0,
        cache_write_5m: int = 0, cache_write_1h: int = 0
    ) -> None:
        """A model's use on a day; `cents` is the decimal string of the cost report, None for no cost yet."""
        self.anthropic[day].usage.append({
            "uncached_input_tokens": input, "cache_read_input_tokens": cache_read, "output_tokens": output,
            "cache_creation": {"ephemeral_5m_input_tokens": cache_write_5m, "ephemeral_1h_input_tokens": cache_write_1h},
            "server_tool_use": {"web_search_requests": 0}, "model": model, "api_key_id": None, "workspace_id": None})
        if cents is not None:
            self.anthropic[day].costs.append({
                "currency": "USD", "amount": cents, "model": model, "cost_type": "tokens", "workspace_id": None,
                "description": f"{model} usage"})

    def openai_used(self, day: date, model: str, dollars: float, *, input: int, cached: int, output: int) -> None:
        self.openai[day].usage.append({
            "object": "organization.usage.completions.result", "input_tokens": input, "input_cached_tokens": cached,
            "output_tokens": output, "num_model_requests": 1, "model": model})
        self.openai[day].costs.append({
            "object": "organization.costs.result", "amount": {"value": dollars, "currency": "usd"},
            "line_item": f"{model}, input"})

    # --- What they answer --------------------------------------------------------------------------------------------

    def play(self, server: ScriptedHTTP, request: Request, connection: socket.socket) -> int | None:
        answer = self.fault or self._answer(request)
        return answer.play(server, request, connection)

    def _answer(self, request: Request) -> Answer:
        url = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        try:
            match url.path:
                case "/v1/organizations/usage_report/messages":
                    return self._anthropic(request, query, "usage")
                case "/v1/organizations/cost_report":
                    return self._anthropic(request, query, "costs")
                case "/v1/organizations/usage_report/claude_code":
                    date.fromisoformat(query["starting_at"])
                    return _refusal(404, "no Claude Code here")
                case "/v1/organization/usage/completions":
                    return self._openai(request, query, "usage")
                case "/v1/organization/costs":
                    return self._openai(request, query, "costs")
        except (KeyError, ValueError) as wrong:
            return _refusal(400, f"{wrong!r}")
        return _refusal(404, f"no such path: {url.path}")

    def _anthropic(self, request: Request, query: dict[str, str], report: str) -> Answer:
        if request.headers.get("x-api-key") != ANTHROPIC_KEY:
            return _refusal(401, "invalid x-api-key")
        if request.headers.get("anthropic-version") != "2023-06-01" or query["bucket_width"] != "1d":
            return _refusal(400, "version or width")
        start = datetime.fromisoformat(query["starting_at"].replace("Z", "+00:00")).date()
        return self._paged(
            query, start, self.anthropic, report, lambda day: {"starting_at": f"{day}T00:00:00Z",
            "ending_at": f"{day + timedelta(days=1)}T00:00:00Z"})

    def _openai(self, request: Request, query: dict[str, str], report: str) -> Answer:
        if request.headers.get("authorization") != f"Bearer {OPENAI_KEY}":
            return _refusal(401, "Incorrect API key provided")
        start = datetime.fromtimestamp(int(query["start_time"]), timezone.utc).date()
        return self._paged(
            query, start, self.openai, report,
            lambda day: {"object": "bucket", "start_time": _seconds(day), "end_time": _seconds(day) + 86_400})

    def _paged(
        self, query: dict[str, str], start: date, days: dict[date, Day], report: str, head: Any
    ) -> Answer:
        """One page of a report from `start` to today; its pages are named by the day they begin with."""
        today = days_ago(0)
        first = date.fromisoformat(query["page"].removeprefix("page_")) if "page" in query else start
        count = min(self.page, int(query.get("limit", 7)), (today - first).days + 1)
        page = [first + timedelta(days=offset) for offset in range(count)]
        # Looking a day up must not make it.
        data = [{**head(day), "results": getattr(days.get(day, Day()), report)} for day in page]
        following = first + timedelta(days=count)
        more = following <= today
        body = {"data": data, "has_more": more, "next_page": f"page_{following}" if more else None}
        return Answer(body=json.dumps(body).encode(), headers=(("Content-Type", "application/json"),))


def _refusal(status: int, message: str) -> Answer:
    return Answer(status, json.dumps({"error": {"type": "error", "message": message}}).encode())


def _seconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=timezone.utc).timestamp())
