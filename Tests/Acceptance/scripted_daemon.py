"""A daemon that is told its answers one operation at a time, admits everything until then, and can go away."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from fake_daemon import Answer, FakeDaemon

ALLOW: dict[str, Any] = {"decision": "allow", "reasons": []}


def paused(text: str, stop: bool = False) -> dict[str, Any]:
    answer: dict[str, Any] = {"decision": "pause", "reasons": [{"budget": "b", "text": text}]}
    return answer | ({"stop": True} if stop else {})


def refused(code: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": f"it is {code}"}}


class ScriptedDaemon:
    """`answers["check"]` is what `check` is answered; None is silence on a connection that stays open."""

    def __init__(self, path: Path) -> None:
        hold = {"reservation": "r-1", "held_usd": 1, "expires_at": "2026-11-20T15:18:56Z"}
        ended = {"reservation": "r-1", "overrun_usd": 0}
        self.answers: dict[str, Answer] = {
            "reserve": ALLOW | hold | {"remaining_usd": 4, "estimate_from": "caller"},
            "extend": ALLOW | hold,
            "check": ALLOW,
            "settle": ended | {"spent_usd": 0.25, "released_usd": 0.75},
            "release": ended | {"spent_usd": 0, "released_usd": 1},
            "label": {"relabelled": 0},
            "status": {"mode": "enforce"},
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        self._over = threading.Event()
        self._is_open = True
        self._daemon = FakeDaemon(path, self._answer)

    def asked(self, *operations: str) -> list[dict[str, Any]]:
        """What was asked so far, of these operations or of all."""
        return [each for each in self._daemon.requests() if not operations or each["op"] in operations]

    def stop(self) -> None:
        """Goes away; `start` brings it back."""
        self._over.set()
        if self._is_open:
            self._is_open = False
            self._daemon.close()

    def start(self) -> None:
        self._over.clear()
        self._daemon.open()
        self._is_open = True

    def _answer(self, request: dict[str, Any]) -> Answer:
        answer = self.answers.get(request["op"], refused("unknown_op"))
        if answer is None:
            self._over.wait()
        return answer
