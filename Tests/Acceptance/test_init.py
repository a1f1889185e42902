"""`governor init claude-code`: what it adds, what it leaves alone, and that it can be taken away again."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path
from typing import Any

import pytest

from place import Place

#: Odd on purpose: nothing of it may be touched.
SETTINGS = """{
    "model" :  "opus",
    "permissions": { "allow": ["Bash(ls:*)",  "Read"], "limit": 1.50e1 },

    "hooks": {
        "Stop": [ { "hooks": [ { "type": "command", "command": "beep" } ] } ]
    },
    "z": null
}
"""

EVENTS = ["SessionStart", "UserPromptSubmit", "PreToolUse", "PostToolBatch", "Stop", "StopFailure", "SessionEnd"]


@pytest.fixture
def settings(place: Place) -> Path:
    """Where Claude Code's own settings lie in the scratch home."""
    path = place.folder / "home" / ".claude" / "settings.json"
    path.parent.mkdir()
    return path


def init(place: Place, *arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    run = place.governor("init", "claude-code", *arguments)
    assert run.returncode == code, run.stderr
    return run


def commands(settings: dict[str, Any], event: str) -> list[str]:
    return [hook["command"] for group in settings["hooks"][event] for hook in group["hooks"]]


def test_it_writes_hooks_and_a_status_line(place: Place, settings: Path) -> None:
    run = init(place, "--yes")
    written = json.loads(settings.read_text())
    for event in EVENTS:
        [command] = commands(written, event)
        assert command.endswith(f"governor hook {event}")
    assert written["statusLine"]["type"] == "command"
    assert written["statusLine"]["command"].endswith("governor statusline")
    assert "env" not in written
    assert run.stdout.startswith("--- /dev/null\n+++ ")
    assert settings.stat().st_mode & 0o777 == 0o600
    assert "no daemon runs yet, and until one does Claude Code is paused" in run.stderr


def test_the_command_is_one_that_the_agents_shell_finds(place: Place, settings: Path) -> None:
    """By its name where that is on the path, else by its place."""
    init(place, "--yes")
    command = commands(json.loads(settings.read_text()), "Stop")[0]
    assert command == f"{place.binary.resolve()} hook Stop"
    assert subprocess.run(["sh", "-c", command], input=b"{}", env=place.environment, timeout=30).returncode == 0
    (place.folder / "bin").mkdir()
    (place.folder / "bin" / "governor").symlink_to(place.binary)
    place.environment["PATH"] = f"{place.folder / 'bin'}:{place.environment['PATH']}"
    init(place, "--yes")
    assert commands(json.loads(settings.read_text()), "Stop") == ["governor hook Stop"]


def test_everything_else_stays_to_the_byte(place: Place, settings: Path) -> None:
    settings.write_text(SETTINGS)
    settings.chmod(0o640)
    init(place, "--yes")
    text = settings.read_text()
    for line in SETTINGS.splitlines()[1:4]:
        assert line in text.splitlines()
    assert '{ "hooks": [ { "type": "command", "command": "beep" } ] }' in text
    assert settings.stat().st_mode & 0o777 == 0o640
    assert commands(json.loads(text), "Stop")[0] == "beep"
    init(place, "--undo", "--yes")
    assert settings.read_text() == SETTINGS


def test_it_can_be_done_again_and_undone_after_an_edit(place: Place, settings: Path) -> None:
    settings.write_text(SETTINGS)
    init(place, "--yes")
    once = settings.read_text()
    assert "nothing to change" in init(place, "--yes").stdout
    assert settings.read_text() == once
    edited = json.loads(once)
    edited["model"] = "sonnet"
    edited["hooks"]["Stop"].append({"hooks": [{"type": "command", "command": "boop"}]})
    settings.write_text(json.dumps(edited, indent=4))
    init(place, "--undo", "--yes")
    expected = json.loads(SETTINGS)
    expected["model"] = "sonnet"
    expected["hooks"]["Stop"].append({"hooks": [{"type": "command", "command": "boop"}]})
    assert json.loads(settings.read_text()) == expected
    assert "nothing to change" in init(place, "--undo", "--yes").stdout


def test_it_shows_the_difference_and_asks(place: Place, settings: Path) -> None:
    settings.write_text(SETTINGS)
    run = init(place, "--dry-run")
    assert settings.read_text() == SETTINGS
    shown = run.stdout.splitlines()
    assert shown[0] == f"--- {settings}" and shown[1] == f"+++ {settings}"
    assert any(line.startswith("@@ -") for line in shown)
    removed = [line for line in shown[2:] if line.startswith("-")]
    assert removed == [
        '-        "Stop": [ { "hooks": [ { "type": "command", "command": "beep" } ] } ]', '-    "z": null']
    run = init(place, code=1)
    assert "there is no terminal to ask on; add --yes" in run.stderr and "nothing was changed" in run.stdout
    assert settings.read_text() == SETTINGS


@pytest.mark.parametrize(("typed", "changes"), [(b"y\n", True), (b"n\n", False), (b"\n", False)])
def test_on_a_terminal_it_asks(place: Place, settings: Path, typed: bytes, changes: bool) -> None:
    child, terminal = pty.fork()
    if child == 0:
        os.execve(place.binary, ["governor", "init", "claude-code"], place.environment)
    seen = b""
    while b"[y/N]" not in seen:
        seen += os.read(terminal, 4096)
    os.write(terminal, typed)
    try:
        while os.read(terminal, 4096):
            pass
    except OSError:
        pass  # the child is gone, and the terminal with it
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == (0 if changes else 1)
    assert settings.exists() == changes


def test_a_status_line_of_somebody_else_stays(place: Place, settings: Path) -> None:
    settings.write_text('{"statusLine": {"type": "command", "command": "mine"}}')
    run = init(place, "--yes")
    assert json.loads(settings.read_text())["statusLine"]["command"] == "mine"
    assert "--replace-status-line" in run.stderr
    init(place, "--yes", "--replace-status-line")
    assert json.loads(settings.read_text())["statusLine"]["command"].endswith("governor statusline")


def test_telemetry_is_asked_for(place: Place, settings: Path) -> None:
    settings.write_text('{"env": {"CLAUDE_CODE_ENABLE_TELEMETRY": "1"}}')
    init(place, "--yes", "--telemetry", "--endpoint", "http://127.0.0.1:9999")
    environment = json.loads(settings.read_text())["env"]
    assert environment["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://127.0.0.1:9999"
    assert environment["OTEL_EXPORTER_OTLP_PROTOCOL"] == "http/json"
    assert (environment["OTEL_METRICS_EXPORTER"], environment["OTEL_LOGS_EXPORTER"]) == ("otlp", "otlp")
    init(place, "--yes", "--undo")
    assert json.loads(settings.read_text()) == {"env": {"CLAUDE_CODE_ENABLE_TELEMETRY": "1"}}


def test_the_hooks_can_be_told_to_let_work_go_on(place: Place, settings: Path) -> None:
    init(place, "--yes", "--on-unavailable", "allow")
    assert commands(json.loads(settings.read_text()), "Stop")[0].endswith("hook Stop --on-unavailable allow")


def test_bad_json_is_said_with_its_place_and_left_alone(place: Place, settings: Path) -> None:
    settings.write_text('{\n  "a": 1,\n  "b": tru\n}\n')
    run = init(place, "--yes", code=65)
    assert run.stderr == f"governor: {settings}:3:8: expected true; nothing was changed\n"
    assert settings.read_text() == '{\n  "a": 1,\n  "b": tru\n}\n'
    settings.write_text('{"hooks": []}')
    assert "hooks must be an object, and is a list" in init(place, "--yes", code=65).stderr


def test_another_place_for_the_settings(place: Place) -> None:
    init(place, "--project", "--yes")
    assert (place.folder / ".claude" / "settings.json").exists()
    init(place, "--settings", place.folder / "x" / "y.json", "--yes")
    assert (place.folder / "x" / "y.json").exists()
    assert init(place, "--settings", place.folder / "z", "--project", code=64).stderr
    place.environment["CLAUDE_CONFIG_DIR"] = str(place.folder / "config")
    init(place, "--yes")
    assert (place.folder / "config" / "settings.json").exists()


def test_a_link_stays_a_link(place: Place, settings: Path) -> None:
    """As those have it who keep their settings in a repository."""
    real = place.folder / "dotfiles.json"
    real.write_text(SETTINGS)
    settings.symlink_to(real)
    init(place, "--yes")
    assert settings.is_symlink() and "governor" in real.read_text()
    assert sorted(path.name for path in settings.parent.iterdir()) == ["settings.json"], "nothing is left beside it"
