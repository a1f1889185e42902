"""No secret of the policy is in anything that Governor writes: ledger, log, answers, metrics, output of the command
line, the arguments of processes, a core dump. The receivers do their worst: they fail, and say the secrets back."""

from __future__ import annotations

import base64
import binascii
import json
import os
import resource
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from certificates import Authority
from daemon import Daemon
from place import Place
from scripted_http import Act, Answer, Request, ScriptedHTTP
from scripted_smtp import ScriptedSMTP
from waiting import until

RECEIVERS = """
  slack: { slack: { webhook_url: "${SLACK_URL}" }, allow_private: true }
  hook:
    webhook: { url: "HTTP/hook/HOOK_PATH?key=HOOK_QUERY", secret: ["${file:KEY_FILE}", "HOOK_OLD_KEY"] }
    allow_private: true
  discord: { discord: { webhook_url: "HTTP/api/webhooks/1/DISCORD_PATH" }, allow_private: true }
  teams: { teams: { webhook_url: "HTTP/workflows/1?sig=TEAMS_QUERY" }, allow_private: true }
  ntfy: { ntfy: { url: "HTTP/NTFY_TOPIC", token: "NTFY_TOKEN" }, allow_private: true }
  pagerduty: { pagerduty: { routing_key: "PAGERDUTY_KEY", url: "HTTP/v2/enqueue" }, allow_private: true }
  mail:
    email:
      to: ada@example.com
      from: governor@example.com
      smtp: "MAIL"
      username: governor
      password: "MAIL_PASSWORD"
    allow_private: true
    ca_file: "CA_FILE"
  log: { log: {} }
"""

NAMES = ["slack", "hook", "discord", "teams", "ntfy", "pagerduty", "mail", "log"]

BUDGETS = f"""
budgets:
  - name: worker-life
    limit_usd: 1
    per: worker
    window: lifetime
    at: {{ 100%: {{ notify: [{', '.join(NAMES)}], stop: true }} }}
"""

#: What is said of a secret in an error is that there is one.
SECRETS = {
    name: f"{name.lower().replace('_', '')}x{binascii.hexlify(os.urandom(8)).decode()}"
    for name in ("SLACK_PATH", "HOOK_PATH", "HOOK_QUERY", "HOOK_OLD_KEY", "DISCORD_PATH", "TEAMS_QUERY",
                 "NTFY_TOPIC", "NTFY_TOKEN", "MAIL_PASSWORD")
} | {"PAGERDUTY_KEY": binascii.hexlify(os.urandom(16)).decode()}
KEY = os.urandom(32)

#: Which of them a receiver knows, by the path that it is asked under.
KNOWN = {
    "/services": ["SLACK_PATH"], "/hook": ["HOOK_PATH", "HOOK_QUERY", "HOOK_OLD_KEY"], "/api": ["DISCORD_PATH"],
    "/workflows": ["TEAMS_QUERY"], "/v2": ["PAGERDUTY_KEY"], "/": ["NTFY_TOPIC", "NTFY_TOKEN"]}


class SaysBack(Act):
    """Answers with what it was told in confidence: in a header, as text, and as the JSON of the services there are."""

    def __init__(self, status: int) -> None:
        self.status = status

    def play(self, server: ScriptedHTTP, request: Request, connection: socket.socket) -> int | None:
        names = next((names for path, names in KNOWN.items() if request.path.startswith(path)), ())
        secrets = [SECRETS[name] for name in names] + [request.path, request.headers.get("authorization", "")]
        if "HOOK_PATH" in names:
            secrets.append("whsec_" + base64.b64encode(KEY).decode())
        text = " ".join(secrets)
        body = json.dumps({"message": text, "error": text, "errors": secrets, "status": text}).encode()
        return Answer(self.status, body, (("Location", server.url(request.path)),)).play(server, request, connection)


class Leaky:
    """A daemon with every kind of receiver, and a record of all it has written."""

    def __init__(self, place: Place, authority: Authority) -> None:
        self.place = place
        self.http = ScriptedHTTP()
        self.mail = ScriptedSMTP(authority.good, accounts={"governor": SECRETS["MAIL_PASSWORD"]})
        key_file = place.folder / "key.secret"
        key_file.write_text("whsec_" + base64.b64encode(KEY).decode())
        place.environment["SLACK_URL"] = self.http.url(f"/services/T0/B0/{SECRETS['SLACK_PATH']}")
        named = {
            "HTTP": self.http.url(""), "KEY_FILE": str(key_file), "MAIL\"": f"{self.mail.url}\"",
            "CA_FILE": str(authority.file)}
        self.receivers = RECEIVERS
        for name, value in (SECRETS | named).items():
            self.receivers = self.receivers.replace(name, value)
        self.written: dict[str, bytes] = {}
        self.write(self.receivers)
        self.daemon = place.start()

    def close(self) -> None:
        self.http.close()
        self.mail.close()

    def write(self, receivers: str) -> None:
        self.place.policy(
            "version: 1\ntimezone: UTC\nnotifications: { group_wait: 1s }\nreceivers:" + receivers + BUDGETS)

    def run(self, *arguments: str) -> str:
        """A verb of the command line, whatever it answers."""
        run = self.place.governor(*arguments)
        self.written[" ".join(["governor", *arguments])] = (run.stdout + run.stderr).encode()
        return run.stdout

    def get(self, path: str) -> None:
        answer = self.daemon.http(path)
        self.written[f"GET {path}"] = answer.body + repr(answer.headers).encode()

    def ask(self, **request: object) -> None:
        with self.daemon.control() as socket:
            socket.send(**request)
            self.written[str(request)] = socket.bytes_line() or b""

    def look_at_processes(self) -> None:
        pids = {self.daemon.pid} | children(self.daemon.pid)
        for pid in pids:
            self.written[f"arguments of {pid}"] = Path(f"/proc/{pid}/cmdline").read_bytes()

    def look_at_files(self) -> None:
        mine = {self.place.policies, self.place.folder / "key.secret"}
        for path in self.place.folder.rglob("*"):
            if path.is_file() and not mine & {path, *path.parents}:
                self.written[str(path.relative_to(self.place.folder))] = path.read_bytes()
        self.written["stdout"] = "\n".join(self.daemon.output).encode()


def children(pid: int) -> set[int]:
    found = set()
    for task in Path(f"/proc/{pid}/task").iterdir():
        found |= {int(child) for child in (task / "children").read_text().split()}
    return found


def forms() -> dict[str, bytes]:
    """Each secret as it is, and as it may be written elsewhere."""
    found = {}
    for name, secret in SECRETS.items():
        found[name] = secret.encode()
        found[f"{name} in base64"] = base64.b64encode(secret.encode())
        found[f"{name} in hex"] = binascii.hexlify(secret.encode())
        found[f"{name} in a URL"] = quote(secret, safe="").encode()
    credentials = f"\0governor\0{SECRETS['MAIL_PASSWORD']}".encode()
    found["the credentials of AUTH PLAIN"] = base64.b64encode(credentials)
    found["the signing key"] = KEY
    found["the signing key in base64"] = base64.b64encode(KEY)
    found["the signing key in hex"] = binascii.hexlify(KEY)
    return found


@pytest.fixture
def leaky(place: Place, authority: Authority) -> Iterator[Leaky]:
    # Where cores may be dumped, the daemon has to see to it that it isn't.
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    leaky = Leaky(place, authority)
    yield leaky
    leaky.close()
    resource.setrlimit(resource.RLIMIT_CORE, before)


def cross(leaky: Leaky, worker: str) -> None:
    leaky.daemon.record({"id": worker, "worker": worker, "model": "claude-opus-5", "cost_usd": 1})


def test_no_secret_is_in_anything_that_is_written(leaky: Leaky) -> None:
    """Shown by: every secret in the test's policy is searched for in every byte the daemon wrote."""
    credentials = base64.b64encode(f"\0governor\0{SECRETS['MAIL_PASSWORD']}".encode()).decode()
    line = f"4.7.0 {SECRETS['MAIL_PASSWORD']} {credentials} is wrong"
    # Every receiver first fails for now, then for good; then all is well.
    leaky.http.always = SaysBack(500)
    leaky.mail.script("auth", f"454 {line}", f"454 {line}")
    cross(leaky, "w-1")
    until(lambda: failures(leaky.daemon) == {*NAMES} - {"log"}, "all have failed")
    leaky.look_at_processes()
    everything(leaky)
    leaky.http.always = SaysBack(302)
    leaky.mail.script("auth", f"535 {line}", f"535 {line}")
    leaky.run("alerts", "retry", "--receiver", "hook")
    until(lambda: failures(leaky.daemon, "dead") == {"hook"}, "one has refused it")
    leaky.http.always = SaysBack(404)
    for name in NAMES:
        leaky.run("alerts", "retry", "--receiver", name)
    until(lambda: failures(leaky.daemon, "dead") == {*NAMES} - {"log"}, "all have refused it")
    leaky.mail.script("auth", f"535 {line}", f"535 {line}")
    everything(leaky)
    leaky.http.always = Answer(200, b"ok")
    for name in NAMES:
        leaky.run("alerts", "test", name)
    leaky.run("alerts", "retry")
    until(lambda: not failures(leaky.daemon, "dead"), "what was dead is sent")

    # Policies that are wrong in the places where secrets are.
    for right, wrong in [
        ("webhook_url: \"http://127", "webhook_url: \"ftp://127"), ("url: \"http://", "url: \"gopher://"),
        ("url: \"http://127", "url: \"http:// 127"), ("routing_key: \"", "routing_kye: \""),
        ("token: \"", "token: \"\\u0007"),
        ("password: \"", "password: [\""), ("smtp: \"", "smtp: \"http://"),
        ("secret: [", "secret: [\"whsec_####\", "),
    ]:
        leaky.write(leaky.receivers.replace(right, wrong))
        leaky.run("policy", "check", str(leaky.place.policies))
        leaky.run("policy", "reload")
        leaky.get("/v1/status")
    leaky.write(leaky.receivers)
    everything(leaky)

    leaky.daemon.restart()
    cross(leaky, "w-2")
    until(lambda: [each for each in leaky.mail.taken() if b"w-2" in each.content], "what comes after a restart is sent")
    everything(leaky)
    leaky.daemon.stop()
    leaky.look_at_files()
    leaked = [
        f"{name} is in {where}" for where, content in leaky.written.items() for name, form in forms().items()
        if form in content]
    assert not leaked, "\n".join(leaked)


def test_a_crash_dumps_no_memory(leaky: Leaky) -> None:
    """A core would hold every secret."""
    os.kill(leaky.daemon.pid, signal.SIGABRT)
    ended = os.waitid(os.P_PID, leaky.daemon.pid, os.WEXITED | os.WNOWAIT)
    assert ended is not None and ended.si_code == os.CLD_KILLED, "it dumped its core"


def everything(leaky: Leaky) -> None:
    """All that may be asked."""
    alerts = leaky.daemon.http("/v1/alerts").json["alerts"]
    for path in ("status", "alerts", "forecast", "report", "workers", "sources", "budgets", "openapi.json", "nothing"):
        leaky.get(f"/v1/{path}")
    for path in ("/metrics", "/feed", "/health", "/readyz", "/"):
        leaky.get(path)
    for request in (
        {"op": "status"}, {"op": "alerts"}, {"op": "silences"}, {"op": "explain_alert", "alert": alerts[-1]["id"]},
        {"op": "explain_alert", "alert": "nobody"}, {"op": "test", "receiver": "nobody"},
        *({"op": "test", "receiver": name} for name in NAMES), {"op": "nonsense"},
        {"op": "retry", "receiver": "nobody"},
    ):
        leaky.ask(**request)
    for verb in (
        ["status"], ["status", "--json"], ["alerts"], ["alerts", "--json"], ["alerts", "explain", alerts[-1]["id"]],
        ["policy", "check", str(leaky.place.policies)], ["policy", "explain", "--worker", "w-1"],
    ):
        leaky.run(*verb)
    leaky.look_at_files()


def deliveries(daemon: Daemon) -> list[dict[str, object]]:
    alerts = daemon.http("/v1/alerts").json["alerts"]
    return [delivery for alert in alerts if alert["kind"] == "threshold" for delivery in alert["deliveries"]]


def failures(daemon: Daemon, state: str = "pending") -> set[object]:
    """The receivers that have failed, with a message in this state."""
    return {each["receiver"] for each in deliveries(daemon) if each.get("last_error") and each["state"] == state}

