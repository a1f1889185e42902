"""claude-monitor's read of a tree of transcripts, the floor beside ours.

4.0.0 is installed from PyPI into a folder of its own; without a network there is no such floor, and a line says so.
`GOVERNOR_CLAUDE_MONITOR` names a Python that has it already.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

VERSION = "4.0.0"

#: Its own reader over all history: parsed, deduplicated by message and request, priced; Python's start is not counted.
_READ = """
import sys, time
from claude_monitor.data.reader import load_usage_entries
start = time.monotonic()
entries, _ = load_usage_entries(data_path=sys.argv[1])
print(len(entries), time.monotonic() - start)
"""


@cache
def python(folder: Path) -> Path | None:
    """A Python with claude-monitor in it; None where it can't be installed."""
    given = os.environ.get("GOVERNOR_CLAUDE_MONITOR")
    if given:
        return Path(given)
    try:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True, capture_output=True, timeout=120)
        program = folder / "bin" / "python"
        subprocess.run(
            [program, "-m", "pip", "install", "--quiet", f"claude-monitor=={VERSION}"], check=True,
            capture_output=True, timeout=300)
    except (subprocess.SubprocessError, OSError) as error:
        print(f"claude-monitor {VERSION} can't be installed, so it is no floor here: {error}", file=sys.stderr)
        return None
    return program


def read(program: Path, tree: Path) -> tuple[int, float]:
    """How many calls it found, and the seconds it took."""
    done = subprocess.run([program, "-c", _READ, tree], capture_output=True, text=True, check=True)
    calls, seconds = done.stdout.split()
    return int(calls), float(seconds)
