"""The three ways the control operations can be asked: lines, HTTP on the same socket, HTTP over TCP with a token."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from control_socket import PATIENCE, ControlSocket, HTTPOverSocket
from daemon import Daemon

WIRES = ["lines", "http on the socket", "http over tcp"]
TOKEN = "acceptance-token-7f3a"

#: The status every error has over HTTP.
STATUS = {
    "bad_request": 400, "not_found": 404, "unknown_op": 404, "key_reused": 409, "already_settled": 409,
    "already_released": 409, "expired": 410}


@dataclass(frozen=True)
class Answer:
    """What was answered: its bytes, and the status they came with over HTTP."""

    body: bytes
    status: int | None = None

    @property
    def json(self) -> dict[str, Any]:
        reply = json.loads(self.body, parse_float=Decimal)
        assert isinstance(reply, dict), f"no object: {self.body!r}"
        return reply


class Wire:
    """One connection to a daemon, over one of `WIRES`; the daemon of the last one was started with `TOKEN`."""

    def __init__(self, daemon: Daemon, kind: str) -> None:
        self.kind = kind
        self._lines: ControlSocket | None = None
        self._http: http.client.HTTPConnection | None = None
        self._headers = {"Content-Type": "application/json"}
        if kind == "lines":
            self._lines = ControlSocket(daemon.socket_path)
        elif kind == "http on the socket":
            self._http = HTTPOverSocket(daemon.socket_path)
        else:
            address = urlsplit(daemon.addresses["http"])
            self._http = http.client.HTTPConnection(address.hostname or "", address.port, timeout=PATIENCE)
            self._headers["Authorization"] = f"Bearer {TOKEN}"

    def send(self, op: str, **fields: Any) -> Answer:
        if self._lines is not None:
            self._lines.send(op=op, **fields)
            body = self._lines.bytes_line()
            assert body is not None, "the daemon closed the connection instead of answering"
            return Answer(body)
        assert self._http is not None
        self._http.request("POST", f"/v1/{op}", json.dumps(fields), self._headers)
        response = self._http.getresponse()
        return Answer(response.read(), response.status)

    def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        """The reply; an error answer fails the test."""
        answer = self.send(op, **fields)
        assert "error" not in answer.json, f"{op} was refused: {answer.json['error']}"
        assert answer.status in (None, 200)
        return answer.json

    def refusal(self, op: str, **fields: Any) -> tuple[str, str | None]:
        """The code and the field of the error that is answered, which has to come with its status."""
        answer = self.send(op, **fields)
        assert "error" in answer.json, f"{op} was not refused: {answer.json}"
        error = answer.json["error"]
        assert error["message"], "an error says what is wrong"
        assert answer.status in (None, STATUS[error["code"]])
        return error["code"], error.get("field")

    def code(self, op: str, **fields: Any) -> str:
        return self.refusal(op, **fields)[0]

    def close(self) -> None:
        for each in (self._lines, self._http):
            if each is not None:
                each.close()
