"""`governor exec` on a terminal: the work has the keyboard, and a shell's job control works on it."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator

import pytest

from place import Place
from scripted_daemon import ALLOW, ScriptedDaemon, paused
from work import TerminalSession

ECHO = "sh -c 'echo beg\"an\"; while read x; do echo got-$x; done'"


@pytest.fixture
def terminals() -> Iterator[list[TerminalSession]]:
    running: list[TerminalSession] = []
    yield running
    for each in running:
        each.clean_up()


def test_the_work_has_the_keyboard(place: Place, fake: ScriptedDaemon, terminals: list[TerminalSession]) -> None:
    """It reads the terminal, and an interrupt typed there ends it."""
    script = "read line; echo got-$line; exec sleep 300"
    terminal = TerminalSession(place, str(place.binary), "exec", "--", "sh", "-c", script)
    terminals.append(terminal)
    terminal.type("hello\n")
    terminal.wait_shown("got-hello")
    terminal.type("\x03")
    assert terminal.end() == 128 + signal.SIGINT


def test_stopped_work_can_be_interrupted(place: Place, fake: ScriptedDaemon, terminals: list[TerminalSession]) -> None:
    terminal = TerminalSession(place, str(place.binary), "exec", "--", "sh", "-c", "echo ready; exec sleep 300")
    terminals.append(terminal)
    terminal.wait_shown("ready")
    fake.answers["check"] = paused("all is spent")
    terminal.wait_shown("pausing the work: all is spent")
    terminal.type("\x03")
    assert terminal.end() == 128 + signal.SIGINT


@pytest.fixture
def shell(place: Place, fake: ScriptedDaemon, terminals: list[TerminalSession]) -> TerminalSession:
    """An interactive shell that knows `governor`."""
    if shutil.which("bash") is None:
        pytest.skip("no bash to control jobs with")
    (place.folder / "bin").mkdir()
    (place.folder / "bin" / "governor").symlink_to(place.binary)
    path = f"{place.folder / 'bin'}:{place.environment['PATH']}"
    terminal = TerminalSession(place, "bash", "--norc", "--noprofile", "-i", PATH=path, PS1="PROMPT> ", TERM="dumb")
    terminals.append(terminal)
    terminal.wait_shown("PROMPT> ")
    return terminal


def test_a_shell_stops_and_continues_it(shell: TerminalSession) -> None:
    shell.type(f"governor exec -- {ECHO}\n")
    shell.wait_shown("began")
    shell.type("one\n")
    shell.wait_shown("got-one")
    shell.type("\x1a")
    shell.wait_shown("Stopped")
    shell.type("fg\n")
    shell.wait_shown("governor exec")
    shell.type("two\n")
    shell.wait_shown("got-two")
    shell.type("\x1a")
    shell.wait_shown("Stopped")
    # In the background it reaches for the keyboard and is stopped, and the shell keeps the terminal.
    shell.type("bg\n")
    shell.wait_shown("&")
    shell.type("echo sh''ell-alive\n")
    shell.wait_shown("shell-alive")
    shell.type("fg\n")
    shell.wait_shown("governor exec")
    shell.type("three\n")
    shell.wait_shown("got-three")
    shell.type("\x03")
    shell.wait_shown("PROMPT> ")
    shell.type("echo code-$?\n")
    shell.wait_shown("code-130")


def test_a_shell_stops_work_that_is_paused(shell: TerminalSession, fake: ScriptedDaemon) -> None:
    shell.type(f"governor exec -- {ECHO}\n")
    shell.wait_shown("began")
    fake.answers["check"] = paused("all is spent")
    shell.wait_shown("pausing the work: all is spent")
    shell.type("\x1a")
    shell.wait_shown("Stopped")
    fake.answers["check"] = ALLOW
    shell.type("fg\n")
    shell.wait_shown("the work goes on")
    shell.type("one\n")
    shell.wait_shown("got-one")


def test_work_in_the_background_that_reads_is_stopped_as_any(shell: TerminalSession) -> None:
    shell.type("governor exec -- sh -c 'read x; echo got-$x' &\n")
    shell.wait_shown("PROMPT> ")
    shell.type("wait; echo wait-''ended\n")
    shell.wait_shown("wait-ended")
    shell.type("fg\n")
    shell.wait_shown("governor exec")
    shell.type("one\n")
    shell.wait_shown("got-one")
