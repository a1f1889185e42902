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

from fake_daemon import FakeDaemon
from fake_slack import FakeSlack
from place import REPOSITORY, Place
from work import Work


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
def slack() -> Iterator[FakeSlack]:
    slack = FakeSlack()
    yield slack
    slack.close()


@pytest.fixture
def fake(place: Place) -> Iterator[FakeDaemon]:
    """A daemon at the place's socket that says what the test wants."""
    fake = FakeDaemon(place.socket_path)
    yield fake
    fake.stop()


@pytest.fixture
def work(place: Place) -> Iterator[list[Work]]:
    """Whatever is put here is killed in the end, with the processes that wrote to `pids`."""
    running: list[Work] = []
    yield running
    pids = place.folder / "pids"
    for each in running:
        each.clean_up(*([int(pid) for pid in pids.read_text().split()] if pids.exists() else []))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The recorded samples, which are no part of the repository."""
    path = Path(os.environ.get("GOVERNOR_SHARED") or REPOSITORY.parent / "shared")
    if not (path / "samples").is_dir():
        pytest.skip(f"no recorded samples at {path / 'samples'} (set GOVERNOR_SHARED)")
    return path
