"""`governor check` as a process, as a hook starts it each time, beside `/bin/true` in turn.

    python3 Tests/Benchmarks/process_start.py [--long]

`governor --version` stands between the two: what the binary takes to start and read its arguments, asking nobody.
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict

import fleet
from rig import BINARY, Figure, compiled, machine_load, quantile, run, scratch, show


def figures(long: bool = False) -> list[Figure]:
    rounds = 1000 if long else 200
    with scratch(fleet.fleet_policy()) as place:
        spawn = compiled("spawn", place.folder)
        daemon = place.start()
        fleet.load(daemon)
        os.environ["GOVERNOR_SOCKET"] = daemon.socket_path
        commands = ["/bin/true", ",", BINARY, "--version", ",", BINARY, "check"]
        for label, value in fleet.labels(7).items():
            if label != "source":
                commands += [f"--{label}", value]
        times: dict[int, list[float]] = defaultdict(list)
        for line in run(spawn, rounds, *commands).splitlines():
            which, took, code = map(int, line.split())
            if code != 0:
                sys.exit(f"command {which} of {commands} ended with {code}")
            times[which].append(took)
    rows = []
    for name, which in [("governor --version", 1), ("governor check", 2)]:
        for what, share in [("p50", 0.5), ("p99", 0.99)]:
            got, floor = quantile(times[which], share) / 1e6, quantile(times[0], share) / 1e6
            wanted = which == 2 and what == "p50"
            rows.append(Figure(
                f"{name}, {what} of {rounds}", f"{got:.2f} ms", f"{floor:.2f} ms /bin/true", got / floor,
                "≤ 5 ms" if wanted else "", got <= 5 if wanted else None))
    return rows


if __name__ == "__main__":
    print(machine_load())
    show(figures("--long" in sys.argv))
