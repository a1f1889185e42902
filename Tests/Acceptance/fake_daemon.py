"""A daemon that says what a test wants: lines of JSON over a unix socket, for faults and for answers of one's own."""

from __future__ import annotations

import json
import os
import socket
import threading
from pathlib import Path
from typing import Any, Callable

Answer = dict[str, Any] | bytes | None

ALLOW: dict[str, Any] = {"decision": "allow", "reasons": []}


def paused(text: str, stop: bool = False) -> dict[str, Any]:
    answer: dict[str, Any] = {"decision": "pause", "reasons": [{"budget": "b", "text": text}]}
    return answer | ({"stop": True} if stop else {})


def refused(code: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": f"it is {code}"}}


class FakeDaemon:
    """Answers by operation; `answers["check"]` may be an object, bytes as they are, None for silence, or a function."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.answers: dict[str, Answer | Callable[[dict[str, Any]], Answer]] = {
            "reserve": ALLOW | {"reservation": "r-1", "held_usd": 1, "remaining_usd": 4, "estimate_from": "caller",
                                "expires_at": "2026-11-20T15:18:56Z"},
            "extend": ALLOW | {"reservation": "r-1", "held_usd": 1, "expires_at": "2026-11-20T15:18:56Z"},
            "check": ALLOW,
            "settle": {"reservation": "r-1", "spent_usd": 0.25, "released_usd": 0.75, "overrun_usd": 0},
            "release": {"reservation": "r-1", "spent_usd": 0, "released_usd": 1, "overrun_usd": 0},
            "label": {"relabelled": 0},
            "status": {"mode": "enforce"},
        }
        self._asked: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._listener: socket.socket | None = None
        self.start()

    def start(self) -> None:
        Path(self.path).parent.mkdir(parents=True, exist_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(self.path)
        self._listener.listen(64)
        threading.Thread(target=self._serve, args=(self._listener,), daemon=True).start()

    def stop(self) -> None:
        """Goes away; `start` brings it back."""
        if self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
            os.unlink(self.path)

    def asked(self, *operations: str) -> list[dict[str, Any]]:
        """What was asked so far, of these operations or of all."""
        with self._lock:
            return [each for each in self._asked if not operations or each["op"] in operations]

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rwb") as stream:
            for line in stream:
                if line.startswith(b"GET "):
                    self._answer_http(stream, line)
                    return
                request = json.loads(line)
                with self._lock:
                    self._asked.append(request)
                answer = self.answers.get(request["op"], refused("unknown_op"))
                if callable(answer):
                    answer = answer(request)
                if answer is None:
                    continue
                try:
                    stream.write(answer if isinstance(answer, bytes) else json.dumps(answer).encode() + b"\n")
                    stream.flush()
                except OSError:
                    return

    def _answer_http(self, stream: Any, line: bytes) -> None:
        answer = self.answers.get(line.split()[1].decode())
        if answer is None:
            return
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        stream.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
