"""A scratch place to run Governor in."""

from __future__ import annotations

import subprocess
from pathlib import Path

from daemon import Daemon, scrubbed_environment
from usage_files import CoordinatorLog, TranscriptTree

REPOSITORY = Path(__file__).resolve().parents[2]


class Place:
    """A scratch folder with policies, transcripts and logs in it, and the means to run Governor over them."""

    def __init__(self, binary: Path, folder: Path) -> None:
        self.binary = binary
        self.folder = folder
        self.policies = folder / "policies"
        self.transcripts = TranscriptTree(folder / "projects")
        self.coordinator = CoordinatorLog(folder / "logs" / "api")
        self.socket_path = str(folder / "run" / "governor.sock")
        for each in (self.policies, self.transcripts.root, self.coordinator.root):
            each.mkdir(parents=True)
        self.environment = scrubbed_environment(folder) | {"GOVERNOR_SOCKET": self.socket_path}
        self.listen = "127.0.0.1:0"
        self._daemons: list[Daemon] = []

    def policy(self, text: str, name: str = "policy.yaml") -> Path:
        """Writes a policy file beside and moves it into place, so that no reload sees half of it."""
        path = self.policies / name
        beside = self.folder / (name + ".new")
        beside.write_text(text)
        return beside.replace(path)

    def daemon(self, name: str = ".", socket_path: str | None = None, umask: int = 0o022) -> Daemon:
        """A daemon that is not started yet; another `name` has data of its own."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        daemon = Daemon(
            self.binary, folder, self.policies, [self.transcripts.root, self.coordinator.root], self.environment,
            socket_path or self.socket_path, umask=umask, listen=self.listen)
        self._daemons.append(daemon)
        return daemon

    def open_to_others(self, token: str) -> None:
        """Every daemon from here on listens on all addresses, where it lets in only those who hold the token."""
        self.listen = "0.0.0.0:0"
        self.environment["GOVERNOR_TOKEN"] = token

    def start(self) -> Daemon:
        return self.daemon().start()

    def governor(self, *arguments: str | Path, timeout: float = 30.0) -> subprocess.CompletedProcess[str]:
        """Runs one verb of the command line; it finds the daemon by `GOVERNOR_SOCKET`."""
        return subprocess.run(
            [self.binary, *arguments], env=self.environment, cwd=self.folder, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=timeout)

    def clean_up(self) -> None:
        for daemon in self._daemons:
            daemon.clean_up()
