"""Fixtures of the black-box tests: the built binary, a scratch place to run it in, a receiver of its alerts.

    swift build -c release && python3 -m pytest Tests/Acceptance

`GOVERNOR_BIN` names another binary, `GOVERNOR_SHARED` another folder of recorded samples.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_slack import FakeSlack
from place import REPOSITORY, Place
from settable_clock import SettableClock


@pytest.fixture(scope="session")
def governor() -> Path:
    """The binary: `GOVERNOR_BIN`, else the release build of this repository."""
    path = Path(os.environ.get("GOVERNOR_BIN") or REPOSITORY / ".build" / "release" / "governor").absolute()
    if not os.access(path, os.X_OK):
        pytest.fail(f"no binary at {path}: run `swift build -c release`, or set GOVERNOR_BIN", pytrace=False)
    return path


@pytest.fixture
def folder() -> Iterator[Path]:
    """A scratch folder with a short name: a unix socket's path has at most 107 bytes."""
    path = Path(tempfile.mkdtemp(prefix="gov-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def place(governor: Path, folder: Path) -> Iterator[Place]:
    place = Place(governor, folder)
    yield place
    place.clean_up()


@pytest.fixture
def clock(place: Place) -> SettableClock:
    """The wall clock of every daemon that is started from here on."""
    clock = SettableClock(place.folder)
    place.environment |= clock.environment
    return clock


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    slack = FakeSlack()
    yield slack
    slack.close()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The recorded samples, which are no part of the repository."""
    path = Path(os.environ.get("GOVERNOR_SHARED") or REPOSITORY.parent / "shared")
    if not (path / "samples").is_dir():
        pytest.skip(f"no recorded samples at {path / 'samples'} (set GOVERNOR_SHARED)")
    return path
