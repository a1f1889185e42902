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

from certificates import Authority
from daemon import Daemon
from fake_slack import FakeSlack
from place import REPOSITORY, Place
from scripted_daemon import ScriptedDaemon
from settable_clock import SettableClock
from settable_disk import SettableDisk
from trial import Trial
from waiting import noon_zone
from wires import TOKEN, WIRES, Wire
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
def ready(request: pytest.FixtureRequest, place: Place) -> Daemon:
    """A daemon under the `POLICY` of the test's own module, in whose `ZONE` it is about noon."""
    place.policy(request.module.POLICY.replace("ZONE", noon_zone()))
    return place.start()


@pytest.fixture(params=WIRES)
def wire_kind(request: pytest.FixtureRequest, place: Place) -> str:
    """Each of the ways to ask; a daemon that is started from here on wants the token where one is used."""
    if request.param == "http over tcp":
        place.open_to_others(TOKEN)
    return str(request.param)


@pytest.fixture
def wire(wire_kind: str, ready: Daemon) -> Iterator[Wire]:
    """A connection to the daemon of `ready`."""
    if wire_kind == "http over tcp":
        assert ready.http("/v1/status").status == 401, "it was started before it was given its token"
    wire = Wire(ready, wire_kind)
    yield wire
    wire.close()


@pytest.fixture
def clock(place: Place) -> SettableClock:
    """The wall clock of every daemon that is started from here on."""
    clock = SettableClock(place.folder)
    place.environment |= clock.environment
    return clock


@pytest.fixture
def disk(place: Place) -> SettableDisk:
    """The disk under the ledger of every daemon that is started from here on."""
    disk = SettableDisk(place.folder, place.environment)
    place.environment |= disk.environment
    return disk


@pytest.fixture(scope="session")
def authority() -> Iterator[Authority]:
    folder = Path(tempfile.mkdtemp(prefix="gov-ca-"))
    yield Authority(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def trial(place: Place, clock: SettableClock) -> Iterator[Trial]:
    """A receiver that fails beside one that works, and a clock that makes the waits between attempts short."""
    trial = Trial(place, clock)
    yield trial
    trial.close()


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    slack = FakeSlack()
    yield slack
    slack.close()


@pytest.fixture
def fake(place: Place) -> Iterator[ScriptedDaemon]:
    """A daemon at the place's socket that says what the test wants."""
    fake = ScriptedDaemon(Path(place.socket_path))
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
