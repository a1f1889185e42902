"""Work under `governor exec`, seen from outside: its processes, their states, and what the wrapper says."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import time
from pathlib import Path

from place import Place
from waiting import until

#: A worker with a child: both write their ids and wait to be told to end.
FAMILY = 'sh -c "echo \\$\\$ >> pids; exec sleep 300" & echo $$ >> pids; wait'

#: Seconds a wrapper may take to end once its work has.
END_WITHIN = 15.0


class Work:
    """`governor exec … -- CMD`, running."""

    def __init__(self, place: Place, *arguments: str, environment: dict[str, str] | None = None) -> None:
        self._errors = place.folder / "exec.err"
        self._output = place.folder / "exec.out"
        with open(self._errors, "wb") as errors, open(self._output, "wb") as output:
            self.wrapper = subprocess.Popen(
                [place.binary, "exec", *arguments], env=place.environment | (environment or {}), cwd=place.folder,
                stdin=subprocess.DEVNULL, stdout=output, stderr=errors)

    @property
    def said(self) -> str:
        return self._errors.read_text()

    @property
    def output(self) -> str:
        return self._output.read_text()

    def wait_said(self, text: str) -> None:
        until(lambda: text in self.said, f"it says {text!r}; it said {self.said!r}")

    def send(self, number: int) -> None:
        self.wrapper.send_signal(number)

    def end(self) -> int:
        """Its exit code, once it has ended by itself."""
        return self.wrapper.wait(END_WITHIN)

    def clean_up(self, *children: int) -> None:
        for process in (self.wrapper.pid, *children):
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.wrapper.wait(END_WITHIN)


def pids_in(path: Path, count: int) -> list[int]:
    """The process ids that work has written to a file, once there are so many."""
    def read() -> list[int]:
        return [int(word) for word in path.read_text().split()] if path.exists() else []

    until(lambda: len(read()) >= count, f"{count} processes have written their id to {path.name}")
    return read()


def state(process: int, thread: str = "") -> str:
    """`R`, `S`, `T` for stopped, `Z`; empty when there is none."""
    try:
        text = Path(f"/proc/{process}/{thread}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return text[text.rindex(")") + 2]


def thread_states(process: int) -> list[str]:
    return [state(process, f"task/{each}") for each in os.listdir(f"/proc/{process}/task")]


def is_gone(process: int) -> bool:
    return state(process) in ("", "Z", "X")


def wait_stopped(*processes: int) -> None:
    """`D` is a shell whose child was stopped between vfork and exec: it stands still with it."""
    until(lambda: all(state(each) in ("T", "D") for each in processes), f"{processes} are stopped")


def wait_running(*processes: int) -> None:
    until(lambda: all(state(each) in ("R", "S") for each in processes), f"{processes} run")


def wait_gone(*processes: int) -> None:
    until(lambda: all(map(is_gone, processes)), f"{processes} are gone")


class TerminalSession:
    """A program on a terminal of its own, typed to and read from."""

    def __init__(self, place: Place, *command: str, **environment: str) -> None:
        self._seen = b""
        self._child, self._terminal = pty.fork()
        if self._child == 0:
            os.chdir(place.folder)
            os.execvpe(command[0], command, place.environment | environment)

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def wait_shown(self, text: str, within: float = 15.0) -> str:
        """Reads up to the text, and gives what came before it; what came after it is read by the next call."""
        deadline = time.monotonic() + within
        while text.encode() not in self._seen:
            ready, _, _ = select.select([self._terminal], [], [], max(0, deadline - time.monotonic()))
            assert ready, f"not within {within:g} s: the terminal shows {text!r}; it shows {self._seen!r}"
            self._seen += os.read(self._terminal, 4096)
        before, self._seen = self._seen.split(text.encode(), 1)
        return before.decode(errors="replace")

    def end(self) -> int:
        """Its exit code, once it has ended by itself."""
        return os.waitstatus_to_exitcode(os.waitpid(self._child, 0)[1])

    def clean_up(self) -> None:
        try:
            os.kill(self._child, signal.SIGKILL)
            os.waitpid(self._child, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
        os.close(self._terminal)
