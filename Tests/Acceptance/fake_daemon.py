"""A control socket of our own: answers as a test tells it, and keeps what it was asked."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Callable, Union

#: One reply, several lines, bytes as they are, or None to close the connection without an answer.
Answer = Union[dict[str, Any], list[dict[str, Any]], bytes, None]


class FakeDaemon:
    """Answers every line by calling `answer`, a function from the request to its `Answer`."""

    def __init__(self, path: Path, answer: Callable[[dict[str, Any]], Answer]) -> None:
        self.path = str(path)
        self.answer = answer
        self._asked = threading.Condition()
        self._requests: list[dict[str, Any]] = []
        self._connections: list[socket.socket] = []
        self.open()

    def open(self) -> None:
        """Listens, also again after `close`."""
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._server.bind(self.path)
        self._server.listen()
        threading.Thread(target=self._accept, args=(self._server,), daemon=True).start()

    def requests(self, operation: str | None = None) -> list[dict[str, Any]]:
        with self._asked:
            return [each for each in self._requests if operation in (None, each["op"])]

    def wait_for(self, operation: str, count: int, within: float = 15.0) -> list[dict[str, Any]]:
        """The requests of an operation, once there are so many."""
        with self._asked:
            arrived = self._asked.wait_for(lambda: len(self.requests(operation)) >= count, within)
        assert arrived, f"not {count} of {operation} within {within:g} s: {self.requests()}"
        return self.requests(operation)

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        Path(self.path).unlink()
        self.hang_up()

    def hang_up(self) -> None:
        """Ends every connection there is."""
        with self._asked:
            connections, self._connections = self._connections, []
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # the other side was first

    def __enter__(self) -> FakeDaemon:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self, server: socket.socket) -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with self._asked:
                self._connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as incoming:
            try:
                for request, over_http in _requests(incoming):
                    with self._asked:
                        self._requests.append(request)
                        self._asked.notify_all()
                    answer = self.answer(request)
                    if answer is None:
                        return
                    body = answer if isinstance(answer, bytes) else _lines(request, answer)
                    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) if over_http else b""
                    connection.sendall(head + body)
                    if over_http and request["op"] == "feed":
                        return  # its readers ask for the connection to be closed
            except OSError:
                return  # the client is gone


def _requests(incoming: BinaryIO) -> Iterator[tuple[dict[str, Any], bool]]:
    """Lines of JSON, or what is posted to `/v1/<op>` or got from `/<op>`: the first byte decides."""
    while line := incoming.readline():
        if line.startswith(b"{"):
            yield json.loads(line), False
            continue
        headers = http.client.parse_headers(incoming)
        body = json.loads(incoming.read(int(headers.get("Content-Length", 0))) or b"{}")
        yield {"op": line.split()[1].decode().rpartition("/")[2], **body}, True


def _lines(request: dict[str, Any], answer: dict[str, Any] | list[dict[str, Any]]) -> bytes:
    """The replies as lines, each with the request's id where it has one."""
    replies = answer if isinstance(answer, list) else [answer]
    echo = {"id": request["id"]} if "id" in request else {}
    return b"".join(json.dumps({**echo, **reply}).encode() + b"\n" for reply in replies)
