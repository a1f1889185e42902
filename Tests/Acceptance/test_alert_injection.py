"""Labels come from data, and data is hostile: in every receiver's form a name stays a name, never a header, a command,
a mention, a tag or something a terminal obeys."""

from __future__ import annotations

import json
import re
import shlex
import unicodedata
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest

from certificates import Authority
from daemon import Daemon
from place import Place
from scripted_http import Answer, Request, ScriptedHTTP
from scripted_smtp import Letter, ScriptedSMTP
from waiting import until

#: Every label that a budget can be split by.
LABELS = ["worker", "session", "task", "project", "user", "team", "model", "tags.note"]

ATTACKS = {
    "CR LF": "a\r\nInjected: yes\r\nBcc: eve@evil.example\r\n\r\n.\r\nRCPT TO:<eve@evil.example>\r\n",
    "a mention": "a <!channel> <@U012> <at>all</at> @everyone <@&1> &lt;!here&gt;",
    "a link": "a <http://evil.example|click> [click](http://evil.example) <a href='http://evil.example'>click</a>",
    "HTML": "a</td><script>alert(1)</script><img src=x onerror=alert(1)>\"'&",
    "terminal escapes": "a\x1b[31mred\x1b]0;title\x07\x9b31m\x08\x7f\r",
    "invisible marks": "a\u202egnp.exe\u2066\u200b\u2028Injected: yes\u2029\u0085Injected: yes",
    "a shell's words": "a$(touch owned)`touch owned`;touch owned|sh #\"'\\",
}

RECEIVERS = """
  slack: { slack: { webhook_url: "SLACK" }, allow_private: true }
  hook: { webhook: { url: "HOOK", secret: "a key of some length" }, allow_private: true }
  discord: { discord: { webhook_url: "DISCORD" }, allow_private: true }
  teams: { teams: { webhook_url: "TEAMS" }, allow_private: true }
  ntfy: { ntfy: { url: "NTFY" }, allow_private: true }
  pagerduty: { pagerduty: { routing_key: "0123456789abcdef0123456789abcdef", url: "PAGERDUTY" }, allow_private: true }
  mail: { email: { to: ada@example.com, from: governor@example.com, smtp: "MAIL" }, allow_private: true, ca_file: "CA" }
  log: { log: {} }
"""


class Everywhere:
    """A daemon that tells everybody whatever happens, and all that they were told."""

    def __init__(self, place: Place, authority: Authority) -> None:
        self.place = place
        answers = {"pagerduty": Answer(202, b'{"status":"success"}'), "discord": Answer(204, b"")}
        self.servers = {name: ScriptedHTTP() for name in ("slack", "hook", "discord", "teams", "ntfy", "pagerduty")}
        for name, server in self.servers.items():
            server.always = answers.get(name, Answer(200, b"ok"))
        self.mail = ScriptedSMTP(authority.good)
        receivers = RECEIVERS.replace("MAIL", self.mail.url).replace("CA\"", f"{authority.file}\"")
        for name, server in self.servers.items():
            receivers = receivers.replace(f'"{name.upper()}"', f'"{server.url("/" + name)}"')
        names = ", ".join(re.findall(r"^  (\w+):", RECEIVERS, re.MULTILINE))
        budgets = "".join(
            f"  - {{ name: by-{label.replace('.', '-')}, limit_usd: 1, per: {label}, window: day, at: "
            f"{{ 100%: {{ notify: [{names}], pause: until_resumed }} }} }}\n" for label in LABELS)
        place.policy(
            "version: 1\nnotifications: { group_wait: 1s }\nreceivers:" + receivers + "budgets:\n" + budgets
            + f"rules:\n  - {{ name: unknown, when: unpriced_model, then: {{ notify: [{names}] }} }}\n")
        self.items = [f"by-{label.replace('.', '-')}" for label in LABELS] + ["unknown"]
        self.daemon = place.start()

    def close(self) -> None:
        for server in self.servers.values():
            server.close()
        self.mail.close()

    def attack(self, text: str) -> None:
        """One call with the text in every label, that crosses every budget; returns when everybody was told of all."""
        fields = {label: text for label in LABELS if "." not in label}
        reply = self.daemon.record({"id": "call", "cost_usd": 1, "tags": {"note": text}} | fields)
        assert reply["accepted"] == 1, reply
        # Its model has no price.
        self.daemon.record({"id": "another", "output_tokens": 1, "tags": {"note": text}} | fields)
        for name, server in self.servers.items():
            # What is short leaves some out, and counts them.
            enough = len(self.items) - 3 if name in ("discord", "ntfy") else 0
            until(
                lambda: len(self._missing(b"".join(each.body for each in server.requests))) <= enough,
                f"{name} is told of it")
        until(lambda: not self._missing(b"".join(each.raw for each in self.mail.letters)), "mail is told of all")
        until(lambda: not self._missing(self.log.encode()), "the log is told of all")

    def _missing(self, told: bytes) -> list[str]:
        return [item for item in self.items if item.encode() not in told]

    @property
    def log(self) -> str:
        """As bytes, so that nothing is made a line end that isn't one."""
        return (self.daemon.folder / "daemon.err").read_bytes().decode()


@pytest.fixture
def everywhere(place: Place, authority: Authority) -> Iterator[Everywhere]:
    everywhere = Everywhere(place, authority)
    yield everywhere
    everywhere.close()


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_hostile_label_stays_a_name_everywhere(attack: str, everywhere: Everywhere) -> None:
    everywhere.attack(ATTACKS[attack])
    for server in everywhere.servers.values():
        for request in server.requests:
            assert_plain_head(request)
    for name in ("slack", "discord", "teams", "ntfy", "pagerduty"):
        for request in everywhere.servers[name].requests:
            for text in strings(request):
                assert_plain(text)
    for request in everywhere.servers["slack"].requests:
        assert not re.search(r"<[!@#]|<http://evil", request.body.decode())
    for request in everywhere.servers["discord"].requests:
        assert request.json["allowed_mentions"] == {"parse": []}
        for embed in request.json["embeds"]:
            for text in [embed["title"], embed.get("description", "")] + [
                    part for field in embed["fields"] for part in (field["name"], field["value"])]:
                assert not re.search(r"(?<!\\)(?:\\\\)*[\[\]<>@*`|]", text), text
    for request in everywhere.servers["teams"].requests:
        # In text runs nothing is markup; anywhere else it would be.
        for part in objects(request.json):
            assert part.get("type") == "TextRun" or "evil" not in str(part.get("text", "")), part
            assert part.get("type") != "FactSet" and "entities" not in part
    for letter in everywhere.mail.letters:
        assert_plain_letter(letter)
    assert_plain_commands(everywhere.mail)
    assert_plain_lines(everywhere.log)
    assert_plain_command_line(everywhere.place, everywhere.daemon)
    assert_commands_are_one(everywhere)


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in it, wherever it stands."""
    if isinstance(value, dict):
        yield value
    if isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from objects(each)


def strings(request: Request) -> list[str]:
    """Every string of a JSON body, wherever it stands; of another body its text."""
    if not request.body.startswith(b"{"):
        return [request.body.decode()]
    found: list[str] = []

    def walk(value: Any) -> None:
        match value:
            case str(): found.append(value)
            case dict(): list(map(walk, value.values()))
            case list(): list(map(walk, value))

    walk(request.json)
    return found


def assert_plain(text: str) -> None:
    """No control character but the line ends of Governor's own, none that turns or hides text, and no line that data
    has begun."""
    bad = [character for character in text if unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp")]
    assert set(bad) <= {"\n"}, f"{bad} in {text!r}"
    assert not re.search(r"^\s*Injected", text, re.MULTILINE), text


def assert_plain_head(request: Request) -> None:
    """Headers are those of Governor, each on one line of ASCII."""
    allowed = {
        "host", "user-agent", "accept", "content-type", "content-length", "webhook-id", "webhook-timestamp",
        "webhook-signature", "title", "priority", "tags", "click", "markdown", "authorization"}
    assert set(request.headers) <= allowed, request.headers
    assert request.head.isascii() and b"\x1b" not in request.head
    assert b"\r" not in request.head.replace(b"\r\n", b"") and b"\n" not in request.head.replace(b"\r\n", b"")


class Tags(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: dict[str, list[str]] = {}
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attributes:
            self.attributes.setdefault(name, []).append(value or "")


def assert_plain_letter(letter: Letter) -> None:
    without = letter.raw.replace(b"\r\n", b"")
    assert b"\r" not in without and b"\n" not in without, "line ends that are not CR LF"
    assert letter.headers.isascii() and max(map(len, letter.raw.split(b"\r\n"))) <= 998
    names = [name.lower() for name in letter.message.keys()]
    assert len(names) == len(set(names)), names
    assert not {"bcc", "cc", "injected"} & set(names)
    assert letter.message["To"] == "ada@example.com" and letter.recipients == ("ada@example.com",)
    assert_plain(str(letter.message["Subject"]))
    assert_plain(letter.part("plain").replace("\r\n", "\n"))
    page = Tags(letter.part("html"))
    assert not page.tags & {"script", "img", "iframe", "object", "svg", "form", "link", "base"}, page.tags
    assert not [name for name in page.attributes if name.startswith("on")], page.attributes
    assert not [address for address in page.attributes.get("href", []) if "evil" in address]


def assert_plain_commands(mail: ScriptedSMTP) -> None:
    verbs = {line.split()[0].upper() for line in mail.lines}
    assert verbs <= {b"EHLO", b"STARTTLS", b"MAIL", b"RCPT", b"DATA", b"QUIT"}, verbs
    assert not [line for line in mail.lines if b"evil" in line]


def assert_plain_lines(log: str) -> None:
    assert not set(log) & {"\x1b", "\x07", "\x9b", "\r", "\x08", "\u202e", "\u2028", "\u0085"}
    assert not [line for line in log.split("\n") if line.startswith("Injected")]


def assert_plain_command_line(place: Place, daemon: Daemon) -> None:
    listed = place.governor("alerts")
    assert listed.returncode == 0, listed.stderr
    assert_plain(listed.stdout)
    alerts = daemon.http("/v1/alerts").json["alerts"]
    explained = place.governor("alerts", "explain", alerts[0]["id"])
    assert explained.returncode == 0, explained.stderr
    assert_plain(explained.stdout)
    machine = place.governor("alerts", "--json")
    assert machine.returncode == 0 and json.loads(machine.stdout), machine.stderr
    # Data for machines stays as it is, but nothing that a terminal would obey.
    assert {each for each in machine.stdout if unicodedata.category(each) == "Cc"} <= {"\n"}


def assert_commands_are_one(everywhere: Everywhere) -> None:
    """A command that a message shows, to be pasted into a shell, runs `governor` and nothing else."""
    [text] = {letter.part("plain") for letter in everywhere.mail.letters if "governor resume" in letter.part("plain")}
    shown = re.findall(r"somebody runs: (governor resume.*)", text.replace("\r\n", "\n"))
    assert shown
    for command in shown:
        words = shlex.split(command)
        assert words[:2] == ["governor", "resume"] and len(words) == 4 and words[2].startswith("--"), command
        # Within double quotes a shell would still obey some of these.
        outside = re.sub(r"'[^']*'", "", command.replace("'\\''", ""))
        assert not re.search(r"[$`;|#&<>\"]", outside), command
