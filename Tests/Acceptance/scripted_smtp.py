"""A mail server on loopback that answers each step of SMTP as a test says, and keeps what it was sent."""

from __future__ import annotations

import base64
import contextlib
import email
import email.policy
import re
import socket
import ssl
import struct
import threading
import time
from collections import defaultdict, deque
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

from certificates import Certificate
from waiting import until

#: Instead of a reply: the connection is reset.
DROP = "drop"
_PATIENCE = 60.0


@dataclass(frozen=True)
class Letter:
    """What came between DATA and its end, whatever was then answered."""

    sender: str
    #: Those whose RCPT TO was taken.
    recipients: tuple[str, ...]
    #: As it was sent, with CR LF, the dots of the wire taken away.
    raw: bytes
    #: By the monotonic clock.
    at: float
    #: Which connection it came over, from 1.
    connection: int
    #: Whether the connection was encrypted, and the name somebody signed in with.
    encrypted: bool
    username: str | None
    #: The reply to its end.
    reply: str

    @property
    def was_taken(self) -> bool:
        return self.reply.startswith("2")

    @property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.raw, policy=email.policy.default)

    @property
    def id(self) -> str:
        return str(self.message["Message-ID"])

    @property
    def content(self) -> bytes:
        """The text that is shown where no HTML is."""
        return self.part("plain").encode()

    @property
    def headers(self) -> bytes:
        """The raw block of headers."""
        return self.raw.split(b"\r\n\r\n", 1)[0]

    def part(self, kind: str) -> str:
        """The text of the part with this subtype, `plain` or `html`."""
        part = self.message.get_body((kind,))
        assert part is not None, f"no {kind} part"
        return str(part.get_content())


class ScriptedSMTP:
    """Replies as `script` says of a step, in order, then as a server does that has nothing against it.

    Steps: `greeting`, `ehlo`, `starttls`, `auth`, `mail`, `rcpt`, `rcpt a@example.com`, `data`, `end`.
    """

    def __init__(
        self, certificate: Certificate | None = None, implicit: bool = False, accounts: dict[str, str] | None = None
    ) -> None:
        """With a certificate it offers STARTTLS, or with `implicit` speaks TLS from the first byte."""
        self._certificate = certificate
        self._implicit = implicit
        self._accounts = accounts
        #: May be set; counts from the next EHLO on.
        self.offers_starttls = certificate is not None and not implicit
        self._changed = threading.Condition()
        self._script: dict[str, deque[str]] = defaultdict(deque)
        self._letters: list[Letter] = []
        self._lines: list[bytes] = []
        self._connections = 0
        self._is_closed = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"{'smtps' if self._implicit else 'smtp'}://127.0.0.1:{self._listener.getsockname()[1]}"

    def script(self, step: str, *replies: str) -> None:
        with self._changed:
            self._script[step].extend(replies)

    @property
    def letters(self) -> list[Letter]:
        with self._changed:
            return list(self._letters)

    @property
    def lines(self) -> list[bytes]:
        """Every line that was sent as a command, as it was sent."""
        with self._changed:
            return list(self._lines)

    @property
    def connections(self) -> int:
        return self._connections

    def taken(self) -> list[Letter]:
        return [letter for letter in self.letters if letter.was_taken]

    def wait_taken(self, count: int, within: float = 15.0) -> list[Letter]:
        """Those that were taken, once there are so many."""
        return until(lambda: self.taken() if len(self.taken()) >= count else [], f"{count} were taken", within)

    def close(self) -> None:
        self._is_closed = True
        # Closing alone would leave `accept` waiting.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    # --- Its threads -------------------------------------------------------------------------------------------------

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
        with contextlib.suppress(OSError, ssl.SSLError, _Over):
            _Session(self, connection, number).run()
        connection.close()

    def _reply(self, steps: list[str], default: str) -> str:
        """The first reply that is scripted for one of the steps."""
        with self._changed:
            for step in steps:
                if self._script[step]:
                    return self._script[step].popleft()
        return default

    def _keep_line(self, line: bytes) -> None:
        with self._changed:
            self._lines.append(line)

    def _keep(self, letter: Letter) -> None:
        with self._changed:
            self._letters.append(letter)
            self._changed.notify_all()


class _Over(Exception):
    """The connection has ended."""


class _Session:
    """One connection."""

    def __init__(self, server: ScriptedSMTP, connection: socket.socket, number: int) -> None:
        self._server = server
        self._socket = connection
        self._number = number
        self._encrypted = False
        self._incoming: Any = None
        self._username: str | None = None
        self._sender = ""
        self._recipients: list[str] = []

    def run(self) -> None:
        if self._server._implicit:
            self._encrypt()
        else:
            self._incoming = self._socket.makefile("rb")
        self._answer(["greeting"], "220 mail.example.com ESMTP")
        while line := self._incoming.readline():
            self._server._keep_line(line)
            self._obey(line.decode("utf-8", "replace").rstrip("\r\n"))

    def _encrypt(self) -> None:
        assert self._server._certificate is not None, "no certificate to encrypt with"
        self._socket = self._server._certificate.context.wrap_socket(self._socket, server_side=True)
        self._incoming = self._socket.makefile("rb")
        self._encrypted = True

    def _send(self, text: str) -> None:
        self._socket.sendall(text.encode() + b"\r\n")

    def _answer(self, steps: list[str], default: str) -> bool:
        """Sends what is scripted, or the default; whether that was a yes."""
        reply = self._server._reply(steps, default)
        if reply == DROP:
            self._drop()
        self._send(reply)
        if reply.startswith("421"):
            raise _Over
        return reply[0] in "23"

    def _drop(self) -> None:
        # Lingering for no time makes the close a reset; detached, since the reader would keep the socket open.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.socket(fileno=self._socket.detach()).close()
        raise _Over

    def _obey(self, line: str) -> None:
        verb, _, rest = line.partition(" ")
        match verb.upper():
            case "EHLO" | "HELO": self._greet()
            case "STARTTLS":
                if self._answer(["starttls"], "220 go ahead"):
                    self._encrypt()
            case "AUTH": self._sign_in(rest)
            case "MAIL":
                self._recipients = []
                if self._answer(["mail"], "250 2.1.0 ok"):
                    self._sender = _address(rest)
            case "RCPT":
                address = _address(rest)
                if self._answer([f"rcpt {address}", "rcpt"], "250 2.1.5 ok"):
                    self._recipients.append(address)
            case "DATA": self._take()
            case "RSET" | "NOOP": self._send("250 2.0.0 ok")
            case "QUIT":
                self._send("221 2.0.0 bye")
                raise _Over
            case _: self._send("500 5.5.1 what?")

    def _greet(self) -> None:
        offers = ["mail.example.com", "8BITMIME", "SIZE 10000000"]
        if self._server.offers_starttls and not self._encrypted:
            offers.append("STARTTLS")
        if self._server._accounts is not None:
            offers.append("AUTH PLAIN LOGIN")
        lines = [f"250{'-' if more else ' '}{offer}" for offer, more in zip(offers, [*offers[1:], ""])]
        self._answer(["ehlo"], "\r\n".join(lines))

    def _sign_in(self, rest: str) -> None:
        """PLAIN with or without an initial answer, or LOGIN."""
        kind, _, initial = rest.partition(" ")
        if kind.upper() == "PLAIN":
            answer = initial or self._challenge("")
            _, name, password = base64.b64decode(answer).decode().split("\0")
        else:
            name = base64.b64decode(initial or self._challenge("VXNlcm5hbWU6")).decode()
            password = base64.b64decode(self._challenge("UGFzc3dvcmQ6")).decode()
        is_right = (self._server._accounts or {}).get(name) == password
        if self._answer(["auth"], "235 2.7.0 welcome" if is_right else "535 5.7.8 wrong"):
            self._username = name

    def _challenge(self, text: str) -> str:
        self._send(f"334 {text}")
        line: bytes = self._incoming.readline()
        self._server._keep_line(line)
        return line.decode().strip()

    def _take(self) -> None:
        if not self._recipients:
            self._send("503 5.5.1 to whom?")
            return
        if not self._answer(["data"], "354 go ahead"):
            return
        raw = b""
        while (line := self._incoming.readline()) != b".\r\n":
            if not line:
                raise _Over
            raw += line[1:] if line.startswith(b".") else line
        reply = self._server._reply(["end"], "250 2.0.0 taken")
        self._server._keep(Letter(
            self._sender, tuple(self._recipients), raw, time.monotonic(), self._number, self._encrypted,
            self._username, reply))
        if reply == DROP:
            self._drop()
        self._send(reply)


def _address(rest: str) -> str:
    found = re.search(r"<(.*?)>", rest)
    return found[1] if found else ""
