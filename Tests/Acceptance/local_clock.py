"""Windows and shifts a second time, by Python's `zoneinfo`: no code and no way of reckoning shared with Governor.

A bound is found by walking: from two days before its date on, until the local clock shows the reading it is named after.
Instants are whole seconds since 1970, readings are naive datetimes.
"""

from __future__ import annotations

import calendar
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
DAY = timedelta(days=1)
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def local(zone: ZoneInfo, instant: int) -> datetime:
    return (EPOCH + timedelta(seconds=instant)).astimezone(zone)


def search(zone: ZoneInfo, target: datetime, low: int, high: int, steps: tuple[int, ...]) -> int | None:
    """The first second of [low, high) at which the local clock shows `target` or later."""
    for start in range(low, high, steps[0]):
        first, last = local(zone, start), local(zone, start + steps[0] - 1)
        if first.utcoffset() == last.utcoffset() and last.replace(tzinfo=None) < target:
            continue
        if steps[0] == 1:
            return start
        found = search(zone, target, start, start + steps[0], steps[1:])
        if found is not None:
            return found
    return None


@lru_cache(maxsize=None)
def first_instant(zone: ZoneInfo, target: datetime) -> int:
    """The first second at which the local clock shows `target` or, where it jumps over that, whatever it shows then."""
    early = int((target.replace(tzinfo=timezone.utc) - EPOCH - 2 * DAY).total_seconds())
    found = search(zone, target, early, early + 4 * 86_400, (21_600, 900, 60, 1))
    assert found is not None, f"{zone} never shows {target}"
    return found


def at_clock(day: date, minutes: int) -> datetime:
    """So many minutes after midnight of that date, as a reading: 1,440 is the next midnight."""
    return datetime.combine(day, time()) + timedelta(minutes=minutes)


def clock_text(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


@dataclass(frozen=True)
class Period:
    """A calendar window; `starts_on` counts from 1, `starts_at` is in minutes."""

    unit: str
    starts_on: int = 1
    starts_at: int = 0

    def yaml(self) -> str:
        """As a policy writes it."""
        if self.unit == "day" and self.starts_at:
            return f'{{ day: {{ starts_at: "{clock_text(self.starts_at)}" }} }}'
        if self.unit == "week" and self.starts_on > 1:
            return f"{{ week: {{ starts_on: {WEEKDAYS[self.starts_on - 1]} }} }}"
        return self.unit if self.starts_on == 1 else f"{{ {self.unit}: {{ starts_on: {self.starts_on} }} }}"

    def bounds(self, zone: ZoneInfo, instant: int) -> tuple[int, int]:
        """The window that holds the instant, as [start, end)."""
        if self.unit == "hour":
            return _hour(zone, instant)
        day = local(zone, instant).date()
        starts = [at_clock(each, self.starts_at) for each in self._dates(day)]
        index = max(place for place, start in enumerate(starts) if start.date() < day - DAY)
        while first_instant(zone, starts[index + 1]) <= instant:
            index += 1
        return first_instant(zone, starts[index]), first_instant(zone, starts[index + 1])

    def _dates(self, day: date) -> list[date]:
        """The dates such windows begin on, in order, from well before that day to well after it."""
        if self.unit == "day":
            return [day + days * DAY for days in range(-3, 5)]
        if self.unit == "week":
            around = (day + days * DAY for days in range(-17, 18))
            return [each for each in around if each.isoweekday() == self.starts_on]
        months = range(1, 13, {"month": 1, "quarter": 3, "year": 12}[self.unit])
        return [
            date(year, month, min(self.starts_on, calendar.monthrange(year, month)[1]))
            for year in range(day.year - 2, day.year + 3) for month in months]


def _hour(zone: ZoneInfo, instant: int) -> tuple[int, int]:
    """The stretch around the instant in which the clock shows this hour without a change of its offset."""

    def shown(second: int) -> tuple[datetime, timedelta | None]:
        clock = local(zone, second)
        return clock.replace(minute=0, second=0, tzinfo=None), clock.utcoffset()

    here, low, high = shown(instant), instant, instant
    for step in (60, 1):
        while shown(low - step) == here:
            low -= step
        while shown(high + step - 1) == here:
            high += step
    return low, high


@dataclass(frozen=True)
class Shifts:
    """A schedule: the weekdays (1 Monday) shifts begin on, and their ends in minutes since midnight."""

    days: frozenset[int]
    begin: int
    end: int

    def yaml(self) -> str:
        days = ", ".join(WEEKDAYS[day - 1][:3] for day in sorted(self.days))
        return f'{{ days: [{days}], from: "{clock_text(self.begin)}", to: "{clock_text(self.end)}" }}'

    def near(self, zone: ZoneInfo, instant: int, days: int) -> Iterator[tuple[int, int]]:
        """Shifts that begin from three days before the instant's date until so many days after, empty ones too."""
        today = local(zone, instant).date()
        for day in (today + count * DAY for count in range(-3, days)):
            if day.isoweekday() in self.days:
                last = day if self.end > self.begin else day + DAY
                yield first_instant(zone, at_clock(day, self.begin)), first_instant(zone, at_clock(last, self.end))

    def at(self, zone: ZoneInfo, instant: int) -> tuple[int, int] | None:
        """The shift that is on."""
        return next((each for each in self.near(zone, instant, 3) if each[0] <= instant < each[1]), None)

    def after(self, zone: ZoneInfo, instant: int) -> tuple[int, int]:
        """The next that begins later and isn't lost in a jump of the clock."""
        return next(each for each in self.near(zone, instant, 30) if instant < each[0] < each[1])


def near_a_change(zone: ZoneInfo, instant: int, draw: random.Random) -> int:
    """The zone's next change of its offset, give or take a day; the instant itself when none comes within a year."""
    offset = local(zone, instant).utcoffset()
    for low in range(instant, instant + 366 * 86_400, 6 * 86_400):
        high = low + 6 * 86_400
        if local(zone, high).utcoffset() == offset:
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if local(zone, middle).utcoffset() == offset else (low, middle)
        return high + draw.randrange(-90_000, 90_000)
    return instant
