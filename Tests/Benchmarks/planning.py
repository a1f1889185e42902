"""What planning costs a record, with 10, 100 and 1,000 budgets of which the same few are about it.

    python3 Tests/Benchmarks/planning.py [--long]

`governor policy test` plans every record by itself, in memory, as the daemon does before it commits. Each run is one
process over many records less one over few, so that reading the policy and starting up are no part of the figure; the
runs of one round are made in turn. The floor is the policy with 10 budgets: what doesn't match must cost nothing.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from rig import BINARY, Figure, machine_load, middle, run, scratch, show

SIZES = (10, 100, 1000)
MATCHING = 4
#: How a budget that is not about the records says so: by a literal, a list, a beginning, a pattern of its own, a tag.
OTHERS = [
    'project: "other-{n}"', 'project: ["other-{n}", "else-{n}"]', 'model: "gemini-{n}-*"', 'user: "u{n}?-x*"',
    'tags.lane: "lane-{n}"',
]


def policy(size: int) -> str:
    at = "{ 80%: { notify: ops }, 100%: { pause: until_reset } }"
    lines = ["version: 1", "receivers: { ops: { log: {} } }", "budgets:"]
    matching = ["fleet", "worker", "session", "[project, worker]"]
    for n in range(MATCHING):
        lines.append(f"  - {{ name: mine-{n}, limit_usd: 900000, per: {matching[n]}, window: day, at: {at} }}")
    for n in range(size - MATCHING):
        match = OTHERS[n % len(OTHERS)].format(n=n)
        lines.append(
            f"  - {{ name: other-{n}, limit_usd: 9, per: worker, window: day, match: {{ {match} }}, at: {at} }}")
    return "\n".join(lines) + "\n"


def test(records: int) -> str:
    """Records of a hundred workers in two sessions each, a millisecond apart."""
    workers = 100
    lines = ["policy: policy.yaml", "start: 2026-11-20T09:00:00Z", "records:"]
    for worker in range(workers):
        labels = f"worker: w-{worker}, session: s-{worker % 200}, project: web, user: ada, model: claude-opus-5"
        lines.append(
            f"  - {{ at: {worker}ms, every: {workers}ms, times: {records // workers}, {labels}, cost_usd: 0.000001 }}")
    lines += ["expect:", "  - { at: 1h, check: { worker: w-1, session: s-1, project: web }, decision: allow }"]
    return "\n".join(lines) + "\n"


def took(folder: Path, size: int, records: int) -> float:
    place = folder / f"planning-{size}"
    place.mkdir(exist_ok=True)
    (place / "policy.yaml").write_text(policy(size))
    file = place / f"records_{records}_test.yaml"
    file.write_text(test(records))
    started = time.perf_counter()
    run(BINARY, "policy", "test", file)
    return time.perf_counter() - started


def figures(long: bool = False) -> list[Figure]:
    few, many = 1000, 60_000
    costs: dict[int, list[float]] = {size: [] for size in SIZES}
    with scratch() as place:
        for _ in range(7 if long else 3):
            for size in SIZES:
                spent = took(place.folder, size, many) - took(place.folder, size, few)
                costs[size].append(spent / (many - few) * 1e6)
    floor = middle(costs[SIZES[0]])
    return [
        Figure(
            f"planning a record, {size} budgets of which {MATCHING} match", f"{middle(costs[size]):.1f} µs",
            f"{floor:.1f} µs with {SIZES[0]}", middle(costs[size]) / floor, "≤ 1.2" if size > SIZES[0] else "",
            middle(costs[size]) <= 1.2 * floor if size > SIZES[0] else None)
        for size in SIZES
    ]


if __name__ == "__main__":
    print(machine_load())
    show(figures("--long" in sys.argv))
