"""Writers of the files usage is read from: agents' transcripts and coordinators' logs, in their real shapes."""

from __future__ import annotations

import itertools
import json
import os
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

from waiting import now, rfc3339

#: $5 a million tokens in, $25 out: forty thousand output tokens are a dollar.
MODEL = "claude-opus-5"
OUTPUT_PER_DOLLAR = 40_000

_numbers = itertools.count(1)


@dataclass
class Message:
    """One model call as a transcript tells it: several lines, whose output count grows."""

    output: int
    input: int = 0
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    model: str = MODEL
    id: str = field(default_factory=lambda: f"msg_01Acceptance{next(_numbers):012d}")
    request: str | None = field(default_factory=lambda: f"req_011Acceptance{next(_numbers):012d}")
    time: datetime = field(default_factory=now)

    def usage(self, output: int) -> dict[str, Any]:
        return {
            "input_tokens": self.input,
            "cache_creation_input_tokens": self.cache_write_5m + self.cache_write_1h,
            "cache_read_input_tokens": self.cache_read,
            "cache_creation": {
                "ephemeral_5m_input_tokens": self.cache_write_5m, "ephemeral_1h_input_tokens": self.cache_write_1h},
            "output_tokens": output,
            "service_tier": "standard",
        }


class Transcript:
    """One transcript file of a session; its subagents write beside it."""

    def __init__(self, path: Path, session: str, cwd: str, agent: str | None = None) -> None:
        self.path = path
        self.session = session
        self.cwd = cwd
        self.agent = agent

    def call(self, message: Message, copies: int = 3) -> Message:
        """A whole call: what the user said, then copies of the answer, the first with a placeholder for its output."""
        asked = {"role": "user", "content": "go on"}
        self.write({"type": "user", "message": asked, "timestamp": rfc3339(message.time)})
        for copy in range(1, copies + 1):
            self.copy(message, message.output if copy == copies else min(copy, message.output))
        return message

    def copy(self, message: Message, output: int) -> None:
        """One line of a call, with the output count it had reached."""
        self.write(self._line(message, output))

    def spend(self, dollars: str) -> Message:
        """A call that costs exactly this, in output alone."""
        return self.call(Message(output=int(Decimal(dollars) * OUTPUT_PER_DOLLAR)))

    def write(self, fields: dict[str, Any]) -> None:
        line = {
            "parentUuid": str(uuid.uuid4()), "isSidechain": self.agent is not None, "userType": "external",
            "cwd": self.cwd, "sessionId": self.session, "version": "2.1.329", "gitBranch": "main", **fields,
            "uuid": str(uuid.uuid4())}
        if self.agent is not None:
            line["agentId"] = self.agent
        append(self.path, json.dumps(line) + "\n")

    def subagent(self, agent: str) -> Transcript:
        path = self.path.with_suffix("") / "subagents" / f"agent-{agent}.jsonl"
        return Transcript(path, self.session, self.cwd, agent)

    def _line(self, message: Message, output: int) -> dict[str, Any]:
        line = {
            "message": {
                "model": message.model, "id": message.id, "type": "message", "role": "assistant",
                "content": [{"type": "text", "text": "…"}], "stop_reason": None, "usage": message.usage(output)},
            "type": "assistant", "timestamp": rfc3339(message.time)}
        if message.request is not None:
            line["requestId"] = message.request
        return line


@dataclass
class TranscriptTree:
    """A folder like `~/.claude/projects`: a folder per working folder, a file per session."""

    root: Path

    def session(self, cwd: str, session: str | None = None) -> Transcript:
        name = session or str(uuid.uuid4())
        return Transcript(self.root / cwd.replace("/", "-") / f"{name}.jsonl", name, cwd)


@dataclass
class CoordinatorLog:
    """A folder like `logs/api`, written as an older coordinator did it: local time without a zone (here UTC)."""

    root: Path

    @property
    def path(self) -> Path:
        return self.root / f"api-calls-{now():%Y-%m-%d}.jsonl"

    def line(self, worker: str, cost: str | None, **fields: Any) -> str:
        """A call's line; a field given as None is left out."""
        line = {
            "timestamp": datetime.now(timezone.utc).replace(tzinfo=None).isoformat(), "task_id": "gh-1",
            "worker_id": worker, "model": MODEL, "prompt_file": "prompts/gh-1.md", "prompt_length": 1800,
            "response_length": 900, "tokens_input": 450, "tokens_output": 225, "tokens_total": 675,
            "duration_seconds": 12.5, "time_to_first_token": 0.8, "tokens_per_second": 18.0,
            "estimated_cost_usd": None if cost is None else float(cost), "exit_code": 0, "success": True,
            "error_message": None, **fields}
        return json.dumps({k: v for k, v in line.items() if v is not None or k == "error_message"}) + "\n"

    def call(self, worker: str, cost: str | None, **fields: Any) -> None:
        append(self.path, self.line(worker, cost, **fields))


def append(path: Path, text: str) -> None:
    """One write at the end of the file, as the programs that write these files do."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)
