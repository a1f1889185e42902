"""An HTTP server on loopback that does to each request what a test says, down to the connection itself."""

from __future__ import annotations

import contextlib
import json
import re
import select
import socket
import ssl
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from certificates import Certificate
from waiting import until

#: Seconds until a connection that says nothing more is let go; longer than any test.
_PATIENCE = 60.0


@dataclass(frozen=True)
class Request:
    """One request that arrived whole."""

    method: str
    path: str
    #: Names in lower case.
    headers: dict[str, str]
    #: The request line and the headers as they were sent.
    head: bytes
    body: bytes
    #: By the monotonic clock.
    at: float
    #: Which connection it came over, from 1.
    connection: int
    #: How it was answered, once it was.
    end: End = field(compare=False)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def content(self) -> bytes:
        return self.body

    @property
    def id(self) -> str:
        """The notification's: in the header of Standard Webhooks, or somewhere in the body."""
        named = self.headers.get("webhook-id")
        [found] = {named} if named else {each.decode() for each in re.findall(rb"\bnt_[0-9a-f]{16}\b", self.body)}
        return found


@dataclass
class End:
    """What became of a request: the status when its answer was sent to the last byte, else None."""

    status: int | None = None
    at: float | None = None


class Act:
    """What is done to one request."""

    def play(self, server: ScriptedHTTP, request: Request, connection: socket.socket) -> int | None:
        """Carries it out, and returns the status that was answered in whole."""
        raise NotImplementedError


@dataclass(frozen=True)
class Answer(Act):
    status: int = 200
    body: bytes = b"ok"
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def head(self) -> bytes:
        lines = [f"HTTP/1.1 {self.status} Scripted", f"Content-Length: {len(self.body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        return "\r\n".join([*lines, "", ""]).encode()

    def play(self, server: ScriptedHTTP, request: Request, connection: socket.socket) -> int | None:
        connection.sendall(self.head + self.body)
        return self.status


@dataclass(frozen=True)
class Reset(Act):
    """The connection is reset: before any answer, or after this much of it."""

    after: bytes = b""

    def play(self, server: ScriptedHTTP, request: Request, connection: socket.socket) -> int | None:
        if self.after:
            connection.sendall(self.after)
        _reset(connection)
        return None


@dataclass(frozen=True)
class Held(Act):
    """Nothing, or only a byte now and then, until the test says `server.release()`; then the answer, or its rest."""

    answer: Answer = Answer()
    #: Sends the answer's bytes one by one; so slow that all of it would take hours.
    drips: bool = False

    def play(self, server: ScriptedHTTP, request: Request, connection: socket.socket) -> int | None:
        rest = self.answer.head + self.answer.body
        while not server.is_released(0.05):
            if self.drips and len(rest) > 1:
                connection.sendall(rest[:1])
                rest = rest[1:]
            elif _is_gone(connection):
                return None
        connection.sendall(rest)
        return self.answer.status


OK = Answer()
#: An answer that breaks off in the middle of what it announced.
RESET_IN_BODY = Reset(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf of it")
TEN_MEGABYTES = Answer(body=b"a" * 10_000_000)


class ScriptedHTTP:
    """Does what `script` says in order, then always `always`.

    While it does not listen, connections to it are refused; while it is `deaf`, they hang before they are there.
    """

    def __init__(self, certificate: Certificate | None = None, listening: bool = True, deaf: bool = False) -> None:
        self._changed = threading.Condition()
        self._requests: list[Request] = []
        self._script: deque[Act] = deque()
        self._gate = threading.Event()
        self._is_closed = False
        self._connections = 0
        self._fillers: list[socket.socket] = []
        self.always: Act = OK
        #: Called on the server's thread: with `connected`, `asked` or `answered`, as it happens.
        self.watch: Callable[[str], None] = lambda _: None
        #: May be changed; counts from the next connection on.
        self.certificate = certificate
        self._is_secure = certificate is not None
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", 0))
        self._thread: threading.Thread | None = None
        if deaf:
            self._fill()
        elif listening:
            self.listen()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def url(self, path: str = "/hook", host: str = "127.0.0.1") -> str:
        return f"{'https' if self._is_secure else 'http'}://{host}:{self.port}{path}"

    def listen(self) -> None:
        """Takes connections from here on; also those that hung."""
        self._listener.listen(128)
        for filler in self._fillers:
            filler.close()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def script(self, *acts: Act) -> None:
        with self._changed:
            self._script.extend(acts)

    def release(self) -> None:
        """Ends what is held, now and from here on."""
        self._gate.set()

    def hold_again(self) -> None:
        self._gate.clear()

    def is_released(self, within: float = 0) -> bool:
        return self._gate.wait(within) or self._is_closed

    # --- What has arrived --------------------------------------------------------------------------------------------

    @property
    def requests(self) -> list[Request]:
        with self._changed:
            return list(self._requests)

    @property
    def connections(self) -> int:
        return self._connections

    def taken(self) -> list[Request]:
        """Those that were answered with 2xx, to the last byte."""
        return [each for each in self.requests if each.end.status is not None and 200 <= each.end.status <= 299]

    def arrives(self, count: int, within: float = 15.0) -> bool:
        """Whether so many requests have arrived in time."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self._requests) >= count, timeout=within)

    def wait_for(self, count: int, within: float = 15.0) -> list[Request]:
        """The requests, once there are `count` of them; fails when fewer arrive, or more."""
        self.arrives(count, within)
        requests = self.requests
        assert len(requests) == count, f"{len(requests)} requests instead of {count}: {[r.body for r in requests]}"
        return requests

    def wait_taken(self, count: int, within: float = 15.0) -> list[Request]:
        """Those that were taken, once there are so many."""
        return until(lambda: self.taken() if len(self.taken()) >= count else [], f"{count} were taken", within)

    def close(self) -> None:
        self._is_closed = True
        # Closing alone would leave `accept` waiting.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        if self._thread is not None:
            self._thread.join(5)
        for filler in self._fillers:
            filler.close()

    # --- Its threads -------------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        """Leaves no room in the queue of the listener, so that the kernel answers no further connection."""
        self._listener.listen(0)
        while len(self._fillers) < 16:
            filler = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            filler.settimeout(0.15)
            self._fillers.append(filler)
            try:
                filler.connect(self._listener.getsockname())
            except OSError:
                return
        raise AssertionError("the listener's queue can't be filled")

    def _accept(self) -> None:
        while not self._is_closed:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections += 1
            threading.Thread(target=self._serve, args=(connection, self._connections), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        connection.settimeout(_PATIENCE)
        self.watch("connected")
        try:
            if self.certificate is not None:
                connection = self.certificate.context.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb") as incoming:
                while self._one(connection, incoming, number):
                    pass
        except (OSError, ValueError):
            pass  # the other side, or the script, has ended the connection
        finally:
            connection.close()

    def _one(self, connection: socket.socket, incoming: Any, number: int) -> bool:
        """Takes one request in and plays its act; false when the connection has ended."""
        first = incoming.readline()
        if not first.strip():
            return False
        head, headers = first, {}
        while (line := incoming.readline()).strip():
            head += line
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        body = incoming.read(int(headers.get("content-length") or 0))
        if len(body) < int(headers.get("content-length") or 0):
            return False
        method, path, *_ = first.decode("latin-1").split()
        end = End()
        request = Request(method, path, headers, head, body, time.monotonic(), number, end)
        with self._changed:
            act = self._script.popleft() if self._script else self.always
            self._requests.append(request)
            self._changed.notify_all()
        self.watch("asked")
        end.status = act.play(self, request, connection)
        end.at = time.monotonic()
        self.watch("answered")
        return end.status is not None


def _reset(connection: socket.socket) -> None:
    # Lingering for no time makes the close a reset.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    # Detached, since the reader made of the same socket would keep it open.
    socket.socket(fileno=connection.detach()).close()


def _is_gone(connection: socket.socket) -> bool:
    """Whether the other side has ended the connection, which is seen by a read that gives nothing."""
    if isinstance(connection, ssl.SSLSocket):
        return False
    try:
        # Asked first, since a read would wait.
        readable, _, _ = select.select([connection], [], [], 0)
        return bool(readable) and connection.recv(1, socket.MSG_PEEK) == b""
    except OSError:
        return True
