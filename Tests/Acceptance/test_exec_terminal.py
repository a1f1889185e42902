"""`governor exec` on a terminal: the work has the keyboard, and a shell's job control works on it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from place import Place
from scripted_daemon import ALLOW, ScriptedDaemon, paused
from waiting import until
from work import TerminalSession, thread_states

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


#: Work whose second thread reads, and which is the last to get the one processor it may have.
LAST_IN_LINE = """
import os, signal, threading
os.sched_setaffinity(0, {PROCESSOR})
os.nice(19)
threading.Thread(target=lambda: os.read(0, 1), daemon=True).start()
print(f"id-{os.getpid()}-", flush=True)
signal.pause()
"""


def test_paused_work_stands_still_when_that_is_said(
    place: Place, fake: ScriptedDaemon, terminals: list[TerminalSession]
) -> None:
    """Stopped in a read and not heard of it yet, it would take the key that is typed for the shell next."""
    processor = min(os.sched_getaffinity(0))
    script = LAST_IN_LINE.replace("PROCESSOR", str(processor))
    terminal = TerminalSession(place, str(place.binary), "exec", "--", sys.executable, "-c", script)
    terminals.append(terminal)
    terminal.wait_shown("id-")
    work = int(terminal.wait_shown("-"))
    until(lambda: thread_states(work) == ["S", "S"], "both threads wait")
    with busy(processor):
        for _ in range(4):
            fake.answers["check"] = paused("all is spent")
            terminal.wait_shown("pausing the work: all is spent")
            assert thread_states(work) == ["T", "T"]
            fake.answers["check"] = ALLOW
            terminal.wait_shown("the work goes on")


@contextmanager
def busy(processor: int) -> Iterator[None]:
    """While one processor has always something to do."""
    script = f"import os; os.sched_setaffinity(0, {{{processor}}}); print(flush=True)\nwhile True: pass"
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline()
        try:
            yield
        finally:
            process.kill()


def test_work_in_the_background_that_reads_is_stopped_as_any(shell: TerminalSession) -> None:
    shell.type("governor exec -- sh -c 'read x; echo got-$x' &\n")
    shell.wait_shown("PROMPT> ")
    shell.type("wait; echo wait-''ended\n")
    shell.wait_shown("wait-ended")
    shell.type("fg\n")
    shell.wait_shown("governor exec")
    shell.type("one\n")
    shell.wait_shown("got-one")
