"""A bare client of the control socket: bytes out, lines in, and HTTP over the same socket."""

from __future__ import annotations

import http.client
import json
import socket
from decimal import Decimal
from typing import Any

#: Seconds to wait for any answer.
PATIENCE = 10.0


class ControlSocket:
    """One connection that speaks NDJSON; knows nothing of the protocol but lines."""

    def __init__(self, path: str, patience: float = PATIENCE) -> None:
        self._socket = connected(path, patience)
        self._unread = b""

    def send_bytes(self, data: bytes) -> None:
        self._socket.sendall(data)

    def send(self, **request: Any) -> None:
        self.send_bytes(json.dumps(request).encode() + b"\n")

    def fileno(self) -> int:
        return self._socket.fileno()

    def line(self) -> dict[str, Any] | None:
        """The next line as an object, money as Decimal; None when the other side has closed."""
        line = self.bytes_line()
        if line is None:
            return None
        reply = json.loads(line, parse_float=Decimal)
        assert isinstance(reply, dict), f"no object: {line!r}"
        return reply

    def bytes_line(self) -> bytes | None:
        """The next line as it is written; None when the other side has closed."""
        while b"\n" not in self._unread:
            try:
                piece = self._socket.recv(1 << 16)
            except ConnectionResetError:
                piece = b""
            if not piece:
                assert not self._unread, f"closed in mid-line: {self._unread!r}"
                return None
            self._unread += piece
        line, self._unread = self._unread.split(b"\n", 1)
        return line

    def rest(self) -> bytes:
        """Everything up to where the other side has closed, which it has to."""
        rest = self._unread
        while piece := self._socket.recv(1 << 16):
            rest += piece
        return rest

    def ask(self, **request: Any) -> dict[str, Any]:
        self.send(**request)
        return self.answer()

    def ask_bytes(self, data: bytes) -> dict[str, Any]:
        self.send_bytes(data)
        return self.answer()

    def answer(self) -> dict[str, Any]:
        reply = self.line()
        assert reply is not None, "the daemon closed the connection instead of answering"
        return reply

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> ControlSocket:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class HTTPOverSocket(http.client.HTTPConnection):
    """HTTP/1.1 over the control socket, as `curl --unix-socket` does it."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=PATIENCE)
        self._path = path

    def connect(self) -> None:
        self.sock = connected(self._path)


def connected(path: str, patience: float = PATIENCE) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(patience)
    try:
        connection.connect(path)
    except OSError:
        connection.close()
        raise
    return connection
