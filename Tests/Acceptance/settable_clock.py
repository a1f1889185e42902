"""The daemon's wall clock, set from a test: `shifted_clock.c` adds to it what a file says."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import pytest

HOUR = 3600
DAY = 24 * HOUR


class SettableClock:
    """A wall clock, by how far it is off; `environment` puts it under a process."""

    def __init__(self, folder: Path) -> None:
        library = preload("shifted_clock", folder)
        self._path = folder / "clock"
        self._path.write_bytes(bytes(8))
        self.environment = {"LD_PRELOAD": str(library), "SHIFTED_CLOCK": str(self._path)}

    def set(self, seconds: int) -> None:
        # In place: the daemon has the file mapped, and a moment without its eight bytes would be its end.
        with open(self._path, "r+b", buffering=0) as file:
            file.write(struct.pack("q", seconds))


def preload(name: str, folder: Path) -> Path:
    """Builds one of the C files beside this one, to be put under a process by LD_PRELOAD."""
    compiler = next((found for name in ("cc", "clang", "gcc") if (found := shutil.which(name))), None)
    if compiler is None:
        pytest.skip(f"no C compiler for {name}.c (clang comes with Swift)")
    library = folder / f"{name}.so"
    source = Path(__file__).with_name(f"{name}.c")
    subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", library, source], check=True)
    return library
