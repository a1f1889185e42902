"""A disk that is full for the daemon's ledger when a test says so: `full_disk.c` refuses its writes."""

from __future__ import annotations

from pathlib import Path

from settable_clock import preload


class SettableDisk:
    """Has room until `fill`; `environment` puts it under a process, beside what that one preloads already."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        library = preload("full_disk", folder)
        self._path = folder / "disk"
        self._path.write_bytes(b"\0")
        others = environment.get("LD_PRELOAD")
        self.environment = {
            "LD_PRELOAD": f"{others}:{library}" if others else str(library), "FULL_DISK": str(self._path)}

    def fill(self) -> None:
        self._set(b"\1")

    def clear(self) -> None:
        self._set(b"\0")

    def _set(self, value: bytes) -> None:
        # In place: the daemon has the file mapped.
        with open(self._path, "r+b", buffering=0) as file:
            file.write(value)
