"""The daemon under test: started in a scratch folder, asked from outside, stopped and killed."""

from __future__ import annotations

import http.client
import json
import os
import queue
import re
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from control_socket import PATIENCE, ControlSocket

#: Seconds until `ready`, and from SIGTERM to the end.
START_WITHIN = 30.0
STOP_WITHIN = 10.0

_ADDRESS = re.compile(r"^  (\w+)\s+(\S.*)$")


@dataclass(frozen=True)
class Response:
    """An HTTP answer; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body, parse_float=Decimal)


@dataclass
class Daemon:
    """`governor run` over one data folder; `restart` and `start` after `kill9` go on with the same data."""

    binary: Path
    folder: Path
    policies: Path
    watch: list[Path]
    environment: dict[str, str]
    socket_path: str
    addresses: dict[str, str] = field(default_factory=dict)
    umask: int = 0o022
    listen: str = "127.0.0.1:0"
    #: Every line it has written to its standard output.
    output: list[str] = field(default_factory=list)
    _process: subprocess.Popen[bytes] | None = None
    _control: ControlSocket | None = None

    def start(self) -> Daemon:
        """Starts and waits until it says `ready`; fails with its own words when it doesn't."""
        process = self.launch()
        lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=_pass_on, args=(process, lines, self.output), daemon=True).start()
        self.addresses = {}
        deadline = time.monotonic() + START_WITHIN
        while True:
            try:
                line = lines.get(timeout=max(deadline - time.monotonic(), 0.001))
            except queue.Empty:
                self.kill9()
                raise AssertionError(f"not ready within {START_WITHIN:g} s; {self.complaints()}") from None
            if line is None:
                code = process.wait(STOP_WITHIN)
                raise AssertionError(f"governor run ended with {code} before it was ready; {self.complaints()}")
            if line == "ready":
                return self
            if named := _ADDRESS.match(line):
                self.addresses[named[1]] = named[2]

    def launch(self) -> subprocess.Popen[bytes]:
        """Starts the process and waits for nothing."""
        command = [
            str(self.binary), "run", "--policies", str(self.policies), "--data", str(self.folder / "data"),
            "--listen", self.listen, "--socket", self.socket_path]
        for path in self.watch:
            command += ["--watch", str(path)]
        with open(self.folder / "daemon.err", "ab") as errors:
            self._process = subprocess.Popen(
                command, env=self.environment, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=errors, umask=self.umask)
        return self._process

    def complaints(self) -> str:
        text = (self.folder / "daemon.err").read_text(errors="replace")
        return f"stderr:\n{text[-4000:]}"

    # --- Its end -----------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """SIGTERM; it must end by itself, in time, with exit 0."""
        process = self._running()
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self.kill9()
            raise AssertionError(f"still running {STOP_WITHIN:g} s after SIGTERM; {self.complaints()}") from None
        self._forget()
        assert code == 0, f"ended with {code} after SIGTERM; {self.complaints()}"

    def kill9(self) -> None:
        process = self._running()
        process.kill()
        process.wait(STOP_WITHIN)
        self._forget()

    @property
    def pid(self) -> int:
        return self._running().pid

    def restart(self) -> Daemon:
        self.stop()
        return self.start()

    def hang_up(self) -> None:
        self._running().send_signal(signal.SIGHUP)

    def clean_up(self) -> None:
        if self._process is not None:
            self.kill9()

    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "the daemon was not started"
        return self._process

    def _forget(self) -> None:
        if self._control is not None:
            self._control.close()
        self._process = self._control = None

    # --- Questions ---------------------------------------------------------------------------------------------------

    def control(self) -> ControlSocket:
        """A connection of the test's own."""
        return ControlSocket(self.socket_path)

    def ask(self, **request: Any) -> dict[str, Any]:
        """One request over a connection that is kept; an error answer fails the test."""
        if self._control is None:
            self._control = self.control()
        reply = self._control.ask(**request)
        assert "error" not in reply, f"{request['op']} was refused: {reply['error']}"
        return reply

    def check(self, **labels: Any) -> dict[str, Any]:
        return self.ask(op="check", **labels)

    def record(self, *records: dict[str, Any]) -> dict[str, Any]:
        return self.ask(op="record", records=list(records))

    def status(self) -> dict[str, Any]:
        return self.ask(op="status")

    def account(self, budget: str, **split: str) -> dict[str, Any] | None:
        """The account of a budget with exactly this split; None while nothing was spent on it."""
        accounts = self.status()["accounts"]
        found = [each for each in accounts if each["budget"] == budget and (each.get("split") or {}) == split]
        assert len(found) <= 1, f"two accounts of {budget} {split}: {found}"
        return found[0] if found else None

    def spent(self, budget: str, **split: str) -> Decimal:
        account = self.account(budget, **split)
        return Decimal(account["spent_usd"]) if account else Decimal(0)

    def held(self, budget: str, **split: str) -> Decimal:
        account = self.account(budget, **split)
        return Decimal(account["held_usd"]) if account else Decimal(0)

    def http(
        self, path: str, method: str = "GET", body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Response:
        address = urlsplit(self.addresses["http"])
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Response(answer.status, named, answer.read())
        finally:
            connection.close()


def scrubbed_environment(folder: Path) -> dict[str, str]:
    """What a process gets of ours: a path, and a home in the scratch folder."""
    (folder / "home").mkdir(exist_ok=True)
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(folder / "home"), "LANG": "C.UTF-8", "TZ": "UTC",
        "NO_COLOR": "1"}


def _pass_on(process: subprocess.Popen[bytes], lines: queue.Queue[str | None], kept: list[str]) -> None:
    assert process.stdout is not None
    with process.stdout as output:
        for raw in output:
            line = raw.decode(errors="replace").rstrip("\n")
            kept.append(line)
            lines.put(line)
    lines.put(None)
