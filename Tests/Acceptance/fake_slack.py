"""An incoming webhook of our own on loopback: keeps what it was sent, answers as a test tells it."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections import deque
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Message:
    """One request that arrived."""

    path: str
    headers: dict[str, str]
    body: bytes
    #: By the monotonic clock, for the time between two attempts.
    at: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        """The fallback text."""
        return str(self.json["text"])

    @property
    def id(self) -> str:
        """The notification's id, the same on every attempt."""
        [found] = {word for text in self.strings for word in text.split() if word.startswith("nt_")}
        return found

    @property
    def strings(self) -> list[str]:
        """Every string of the message, wherever it stands."""
        return list(_strings(self.json))


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: bytes = b"ok"
    headers: tuple[tuple[str, str], ...] = ()
    #: Take the request in, then reset the connection instead of answering.
    reset: bool = False


OK = Answer()


class FakeSlack:
    """Answers in the order of `script`, then always `ok`."""

    def __init__(self) -> None:
        self._arrived = threading.Condition()
        self._messages: list[Message] = []
        self._script: deque[Answer] = deque()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/services/T0/B0/acceptance"

    @property
    def messages(self) -> list[Message]:
        with self._arrived:
            return list(self._messages)

    def script(self, *answers: Answer) -> None:
        with self._arrived:
            self._script.extend(answers)

    def arrives(self, count: int, within: float = 15.0) -> bool:
        """Whether so many messages have arrived in time."""
        with self._arrived:
            return self._arrived.wait_for(lambda: len(self._messages) >= count, timeout=within)

    def wait_for(self, count: int, within: float = 15.0) -> list[Message]:
        """The messages, once there are `count` of them; fails when fewer arrive, or more."""
        self.arrives(count, within)
        messages = self.messages
        assert len(messages) == count, f"{len(messages)} messages instead of {count}: {[m.text for m in messages]}"
        return messages

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _take(self, message: Message) -> Answer:
        with self._arrived:
            self._messages.append(message)
            self._arrived.notify_all()
            return self._script.popleft() if self._script else OK

    def _handler(slack) -> type[BaseHTTPRequestHandler]:  # noqa: N805 (`self` is the request's)
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = slack._take(Message(self.path, headers, body, time.monotonic()))
                if answer.reset:
                    # Lingering for no time makes the close a reset.
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.connection.close()
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                for name, value in answer.headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def finish(self) -> None:
                try:
                    super().finish()
                except OSError:
                    pass  # after a reset there is nothing left to flush

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


def _strings(value: Any) -> Any:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)
