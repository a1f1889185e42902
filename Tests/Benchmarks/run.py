"""All benchmarks, one table: each figure beside its floor from the same run, and what design.md wants of it.

    swift build -c release && python3 Tests/Benchmarks/run.py [--long] [NAME…]

The short form takes about three minutes. `GOVERNOR_BIN` names another binary. Nothing here fails a build: speed is
looked at, not asserted, since other work on the machine moves every figure; run it twice before believing one.
"""

from __future__ import annotations

import argparse
import sys
import time

import alert_to_webhook
import check
import ingest
import line_to_pause
import planning
import process_start
import redis_floor
import reload
import reserve
from rig import BINARY, Figure, machine_load, show

ALL = {
    "check": check.figures,
    "redis_floor": redis_floor.figures,
    "reserve": reserve.figures,
    "line_to_pause": line_to_pause.figures,
    "alert_to_webhook": alert_to_webhook.figures,
    "process_start": process_start.figures,
    "ingest": ingest.figures,
    "planning": planning.figures,
    "reload": reload.figures,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(ALL)}; default all")
    parser.add_argument("--long", action="store_true", help="more rounds, larger inputs")
    options = parser.parse_args()
    for name in options.names:
        if name not in ALL:
            parser.error(f"there is no benchmark {name}; there are {', '.join(ALL)}")
    print(f"{BINARY.name}, {machine_load()} at the start")
    rows: list[Figure] = []
    for name in options.names or ALL:
        started = time.monotonic()
        rows += ALL[name](options.long)
        print(f"{name}: {time.monotonic() - started:.0f} s, {machine_load()}", file=sys.stderr)
    show(rows)


if __name__ == "__main__":
    main()
