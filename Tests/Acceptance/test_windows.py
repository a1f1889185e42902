"""Invariant 6: a window is a pure function of its definition, the zone and the instant, on every clock there is.

Through `governor policy test`, against bounds that `local_clock` finds by walking Python's own clock. The seed is printed;
`GOVERNOR_SEED` plays it again.
"""

from __future__ import annotations

import os
import random
import subprocess
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from local_clock import EPOCH, Period, Shifts, near_a_change
from place import Place

#: So many policies, each of another zone; about 34 checks come of each.
ZONES = int(os.environ.get("GOVERNOR_WINDOW_ZONES", "120"))
#: A process is given so many test files.
FILES_A_RUN = 250
#: 1990 to 2037, in seconds: the years for which every copy of the tz data has rules.
YEARS = range(631_152_000, 2_145_916_800)

#: Clocks that did something awkward in these years; every run has them all.
AWKWARD = [
    "Africa/Cairo", "Africa/Casablanca", "America/Asuncion", "America/Havana", "America/Sao_Paulo", "America/St_Johns",
    "Antarctica/Casey", "Antarctica/Troll", "Asia/Beirut", "Asia/Gaza", "Asia/Kathmandu", "Asia/Pyongyang",
    "Asia/Tehran", "Atlantic/Azores", "Australia/Lord_Howe", "Europe/Dublin", "Europe/Lisbon", "Europe/Warsaw",
    "Pacific/Apia", "Pacific/Chatham", "Pacific/Kiritimati", "Pacific/Kwajalein",
]


@pytest.fixture(scope="module")
def zone_names() -> list[str]:
    """Every zone with a place in its name."""
    areas = ("Africa/", "America/", "Antarctica/", "Arctic/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/",
             "Pacific/")
    names = sorted(name for name in zoneinfo.available_timezones() if name.startswith(areas))
    if len(names) < 300:
        pytest.skip("Python finds no tz data to compare with (Debian: tzdata)")
    return names


def chance() -> random.Random:
    seed = int(os.environ.get("GOVERNOR_SEED", random.randrange(1 << 32)))
    print(f"GOVERNOR_SEED={seed}")
    return random.Random(seed)


def utc(milliseconds: int) -> str:
    time = EPOCH + timedelta(milliseconds=milliseconds)
    return time.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


@dataclass
class Script:
    """One test file: what is spent and asked when, in milliseconds since 1970."""

    policy: str
    events: list[tuple[int, str]] = field(default_factory=list)
    questions: list[tuple[int, str]] = field(default_factory=list)

    def spend(self, at: int, worker: str) -> None:
        """A dollar, which is the whole of every limit here."""
        self.events.append((at, f"worker: {worker}, model: claude-opus-5, cost_usd: 1"))

    def expect(self, at: int, worker: str, decision: str, resume_at: int | None = None) -> None:
        resumed = "" if resume_at is None else f", resume_at: {utc(resume_at)}"
        self.questions.append((at, f"check: {{ worker: {worker} }}, decision: {decision}{resumed}"))

    def text(self) -> str:
        start = min(at for at, _ in self.events + self.questions)

        def lines(entries: list[tuple[int, str]]) -> Iterator[str]:
            for at, text in sorted(entries, key=lambda each: each[0]):
                yield f"  - {{ at: {at - start}ms, {text} }}\n"

        return (
            f"policy: {self.policy}\nstart: {utc(start)}\n"
            f"records:\n{''.join(lines(self.events))}expect:\n{''.join(lines(self.questions))}")


class Case:
    """A zone, a policy with a budget for every kind of window in it, and the scripts that ask about it.

    Workers are named after the budget they draw on, `day-a` on `day`: each budget is tried by itself.
    """

    def __init__(self, name: str, zone_name: str, draw: random.Random) -> None:
        self.name = name
        self.zone = zoneinfo.ZoneInfo(zone_name)
        self.draw = draw
        self.periods = {unit: Period(unit) for unit in ("hour", "day", "week", "month", "quarter", "year")}
        self.periods["night"] = Period("day", starts_at=self._minutes())
        self.periods["late-week"] = Period("week", starts_on=draw.randrange(2, 8))
        for unit in ("month", "quarter", "year"):
            starts_on = draw.choice([29, 30, 31, draw.randrange(2, 29)])
            self.periods[f"late-{unit}"] = Period(unit, starts_on=starts_on)
        days = frozenset(day for day in range(1, 8) if draw.random() < 0.5) or frozenset(range(1, 8))
        self.shifts = Shifts(days, self._minutes(), 1440 if draw.random() < 0.15 else self._minutes())

    def _minutes(self) -> int:
        """A reading, often at the hours when clocks are changed; not midnight, which would be no choice."""
        return self.draw.randrange(1, 200) if self.draw.random() < 0.5 else self.draw.randrange(1, 1440)

    def instant(self) -> int:
        """Anywhere, more often near a change of the clock; in seconds."""
        at = self.draw.choice(YEARS)
        return near_a_change(self.zone, at, self.draw) if self.draw.random() < 0.6 else at

    def policy(self) -> str:
        at = "at: { 100%: { pause: until_reset } }"
        budgets = [
            f'  - {{ name: {name}, limit_usd: 1, per: worker, window: {period.yaml()}, match: {{ worker: "{name}-?" }}, '
            f"{at} }}\n" for name, period in self.periods.items()]
        # A window as long as there is, so that it is the schedule alone that lets a worker go on.
        budgets.append(
            '  - { name: shift, limit_usd: 1, per: worker, window: year, during: hours, match: { worker: "shift-?" }, '
            f"{at} }}\n")
        return (
            f"version: 1\ntimezone: {self.zone.key}\nschedules:\n  hours: {self.shifts.yaml()}\n"
            f"budgets:\n{''.join(budgets)}")

    def scripts(self) -> Iterator[Script]:
        for _ in range(2):
            yield self._any_instant()
        for name in self.draw.sample(sorted(self.periods), 3):
            yield self._first_millisecond(name)
        yield self._shift()

    def _any_instant(self) -> Script:
        """What is spent at an instant holds its worker back until the window's end; out of hours it doesn't."""
        script = Script(self.name)
        second = self.instant()
        at = second * 1000 + self.draw.randrange(1000)
        for name, period in self.periods.items():
            _, end = period.bounds(self.zone, second)
            script.spend(at, f"{name}-a")
            script.expect(at, f"{name}-a", "pause", end * 1000)
        script.spend(at, "shift-a")
        script.expect(at, "shift-a", "allow" if self.shifts.at(self.zone, second) is None else "pause")
        return script

    def _first_millisecond(self, name: str) -> Script:
        """A window holds its first millisecond and not the one before."""
        script = Script(self.name)
        start, end = self.periods[name].bounds(self.zone, self.instant())
        script.spend(start * 1000 - 1, f"{name}-b")
        script.spend(start * 1000, f"{name}-a")
        script.expect(start * 1000, f"{name}-b", "allow")
        script.expect(start * 1000, f"{name}-a", "pause", end * 1000)
        return script

    def _shift(self) -> Script:
        """A shift holds its first and last milliseconds and neither the one before nor the one after."""
        script = Script(self.name)
        start, end = self.shifts.after(self.zone, self.instant())
        script.spend(start * 1000, "shift-a")
        script.expect(start * 1000, "shift-a", "pause")
        script.expect(end * 1000 - 1, "shift-a", "pause" if self._one_year(start, end) else "allow")
        if self.shifts.at(self.zone, start - 1) is None:
            script.spend(start * 1000 - 1, "shift-b")
            script.expect(start * 1000, "shift-b", "allow")
        if self.shifts.at(self.zone, end) is None:
            script.expect(end * 1000, "shift-a", "allow")
        return script

    def _one_year(self, start: int, end: int) -> bool:
        """Whether a shift lies within one window of its budget: at New Year spend starts anew in the middle of it."""
        year = Period("year")
        return year.bounds(self.zone, start) == year.bounds(self.zone, end - 1)


def written(folder: Path, cases: list[Case]) -> tuple[list[Path], int]:
    """The test files of the cases, beside their policies, and how many questions they ask."""
    files, questions = [], 0
    for case in cases:
        (folder / case.name).write_text(case.policy())
        for number, script in enumerate(case.scripts()):
            path = folder / f"{Path(case.name).stem}-{number}_test.yaml"
            path.write_text(script.text())
            files.append(path)
            questions += len(script.questions)
    return files, questions


def run_tests(place: Place, files: list[Path]) -> subprocess.CompletedProcess[str]:
    return place.governor("policy", "test", *files, timeout=120)


def test_windows_and_shifts_are_those_of_another_clock(place: Place, zone_names: list[str]) -> None:
    """Shown by: several thousand decisions at seeded zones and instants, each with the end that zoneinfo gives."""
    draw = chance()
    names = [name for name in AWKWARD if name in zone_names][:ZONES]
    names += draw.choices(zone_names, k=max(0, ZONES - len(names)))
    cases = [Case(f"zone-{number:03}.yaml", name, draw) for number, name in enumerate(names)]
    files, questions = written(place.folder, cases)
    assert questions > 30 * ZONES
    for first in range(0, len(files), FILES_A_RUN):
        run = run_tests(place, files[first:first + FILES_A_RUN])
        assert run.returncode == 0, (run.stdout + run.stderr)[:4000]


@pytest.mark.parametrize("off_by", [-1000, 1000])
def test_a_wrong_end_is_noticed(place: Place, off_by: int) -> None:
    """The test above can fail: an end that is a second off is told of, with exit 1."""
    (place.folder / "one.yaml").write_text(
        "version: 1\ntimezone: Europe/Warsaw\nbudgets:\n"
        "  - { name: day, limit_usd: 1, per: worker, window: day, at: { 100%: { pause: until_reset } } }\n")
    noon = int((datetime.fromisoformat("2026-10-25T12:00:00+01:00") - EPOCH).total_seconds())
    _, end = Period("day").bounds(zoneinfo.ZoneInfo("Europe/Warsaw"), noon)
    right, wrong = Script("one.yaml"), Script("one.yaml")
    for script, resume_at in ((right, end * 1000), (wrong, end * 1000 + off_by)):
        script.spend(noon * 1000, "w-1")
        script.expect(noon * 1000, "w-1", "pause", resume_at)
    files = [place.folder / "right_test.yaml", place.folder / "wrong_test.yaml"]
    files[0].write_text(right.text())
    files[1].write_text(wrong.text())
    assert run_tests(place, files[:1]).returncode == 0
    run = run_tests(place, files)
    assert run.returncode == 1
    assert "wrong_test.yaml" in run.stdout + run.stderr and "right_test.yaml:" not in run.stdout + run.stderr
