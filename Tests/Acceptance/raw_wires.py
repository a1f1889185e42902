"""Connections that say whatever a test wants, well-formed or not, and whatever is answered to that."""

from __future__ import annotations

import http.client
import json
import socket
import time
from typing import Any
from urllib.parse import urlsplit

from control_socket import PATIENCE, ControlSocket, connected
from daemon import Daemon, Response
from waiting import until

#: The two listeners that speak HTTP.
LISTENERS = ["the socket", "tcp"]


def dialled(daemon: Daemon, listener: str) -> socket.socket:
    if listener == "the socket":
        return connected(daemon.socket_path)
    address = urlsplit(daemon.addresses["http"])
    return socket.create_connection((address.hostname or "", address.port or 0), PATIENCE)


def post(path: str, body: bytes, *headers: str) -> bytes:
    """A request with these headers beside its host; its length too, unless they say one themselves."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", *headers]
    if not any(line.lower().startswith("content-length") for line in headers):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def exchange(daemon: Daemon, listener: str, data: bytes) -> Response:
    """What is answered to these bytes, also while they are still being sent."""
    with dialled(daemon, listener) as connection:
        send_what_is_taken(connection, data)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        return Response(answer.status, {}, answer.read())


def send_what_is_taken(connection: socket.socket, data: bytes) -> None:
    """Who refuses a request need not have read all of it."""
    try:
        connection.sendall(data)
    except (BrokenPipeError, ConnectionResetError):
        pass


def ask_raw(daemon: Daemon, wire: str, op: str, body: bytes) -> dict[str, Any]:
    """An operation with an object that is given byte by byte, as a line or as a body over HTTP on the socket."""
    if wire == "lines":
        with daemon.control() as control:
            line = b'{"op":"%s",%s' % (op.encode(), body.removeprefix(b"{"))
            return control.ask_bytes(line + b"\n")
    answer = exchange(daemon, "the socket", post(f"/v1/{op}", body))
    reply = json.loads(answer.body)
    assert isinstance(reply, dict) and answer.status == {"bad_request": 400, "too_large": 413}[reply["error"]["code"]]
    return reply


def crowd(daemon: Daemon, count: int) -> list[socket.socket]:
    """So many connections that say nothing; the system may want a burst of them to be patient."""
    return [until(lambda: _dialled_now(daemon), "there is room for one more to wait") for _ in range(count)]


def _dialled_now(daemon: Daemon) -> socket.socket | None:
    try:
        return connected(daemon.socket_path)
    except BlockingIOError:
        return None


def pace(control: ControlSocket) -> float:
    """Seconds a check takes when nothing of the machine's own gets in its way: the best of several rounds."""
    return min(_round(control) for _ in range(8))


def _round(control: ControlSocket, checks: int = 50) -> float:
    start = time.perf_counter()
    for _ in range(checks):
        assert control.ask(op="check", worker="w-1")["decision"] == "allow"
    return (time.perf_counter() - start) / checks
