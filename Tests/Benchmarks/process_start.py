"""`governor check` and `governor hook` as processes, as an agent starts them each time, beside `/bin/true` in turn.

    python3 Tests/Benchmarks/process_start.py [--long]

`governor --version` stands between the two: what the binary takes to start and read its arguments, asking nobody.
"""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict

import fleet
from rig import BINARY, Figure, compiled, machine_load, quantile, run, scratch, show

#: What Claude Code writes to a hook between two calls.
EVENT = {
    "session_id": "s-007-0", "transcript_path": "/home/dev/.claude/projects/web/s-007-0.jsonl", "cwd": "/home/dev/web",
    "prompt_id": "p-1", "permission_mode": "default", "hook_event_name": "PostToolBatch",
    "tool_calls": [{"tool_name": "Bash", "tool_input": {"command": "ls"}, "tool_response": "a\nb\n" * 200}]}


def figures(long: bool = False) -> list[Figure]:
    rounds = 1000 if long else 200
    with scratch(fleet.fleet_policy()) as place:
        spawn = compiled("spawn", place.folder)
        daemon = place.start()
        fleet.load(daemon)
        os.environ["GOVERNOR_SOCKET"] = daemon.socket_path
        hold = daemon.ask(op="reserve", key="bench", estimate_usd=1, **fleet.labels(7))
        os.environ["GOVERNOR_RESERVATION"] = hold["reservation"]
        event = place.folder / "event"
        event.write_text(json.dumps(EVENT))
        os.environ["SPAWN_INPUT"] = str(event)
        commands = ["/bin/true", ",", BINARY, "--version", ",", BINARY, "check"]
        for label, value in fleet.labels(7).items():
            if label != "source":
                commands += [f"--{label}", value]
        commands += [",", BINARY, "hook", "PostToolBatch"]
        times: dict[int, list[float]] = defaultdict(list)
        for line in run(spawn, rounds, *commands).splitlines():
            which, took, code = map(int, line.split())
            if code != 0:
                sys.exit(f"command {which} of {commands} ended with {code}")
            times[which].append(took)
    rows = []
    for name, which in [("governor --version", 1), ("governor check", 2), ("governor hook", 3)]:
        for what, share in [("p50", 0.5), ("p99", 0.99)]:
            got, floor = quantile(times[which], share) / 1e6, quantile(times[0], share) / 1e6
            wanted = which >= 2 and what == "p50"
            rows.append(Figure(
                f"{name}, {what} of {rounds}", f"{got:.2f} ms", f"{floor:.2f} ms /bin/true", got / floor,
                "≤ 5 ms" if wanted else "", got <= 5 if wanted else None))
    return rows


if __name__ == "__main__":
    print(machine_load())
    show(figures("--long" in sys.argv))
