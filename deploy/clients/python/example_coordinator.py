#!/usr/bin/env python3
"""A small coordinator that asks Governor before every spawn. Run it beside a daemon that watches `logs/api`:

    governor run --policies ./policies --watch ./logs/api &
    python3 example_coordinator.py 4 --tasks 40 --cost 0.20

Its workers only pretend: each is a process that prints what a coding agent would print and costs nothing. What it shows
is the loop: ask, wait when throttled, leave a paused worker alone until it may go on, log what a call cost.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List

from governor import ApiCallLog, Call, Governor

#: What a worker runs: it says who it is, takes a moment, and sums up as `--output-format stream-json` does.
WORKER = """
import json, sys, time
session, model, cost, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4])
print(json.dumps({"type": "system", "subtype": "init", "session_id": session, "model": model}), flush=True)
time.sleep(seconds)
used = {"inputTokens": 1200, "outputTokens": 800, "cacheReadInputTokens": 0, "cacheCreationInputTokens": 0}
print(json.dumps({"type": "result", "subtype": "success", "is_error": False, "session_id": session, "result": "done",
                  "total_cost_usd": cost, "modelUsage": {model: {**used, "costUSD": cost}}}))
"""


@dataclass
class Running:
    """A worker at work."""

    session: str
    process: "subprocess.Popen[bytes]"
    output: Path
    call: Call


class Coordinator:
    """Spawns workers for tasks as long as Governor lets it."""

    def __init__(self, options: argparse.Namespace, outputs: Path) -> None:
        self.options = options
        self.outputs = outputs
        self.governor = Governor(options.socket, on_unavailable=options.on_unavailable)
        self.log = ApiCallLog(options.logs)
        self.workers = [f"w-{number}" for number in range(1, options.workers + 1)]
        self.running: Dict[str, Running] = {}
        self.ask_again: Dict[str, float] = {}  # when a worker is asked for again
        self.held: Dict[str, str] = {}  # why a worker is held back, as it was printed
        self.spawned = 0

    def run(self) -> int:
        """Returns how many tasks were left undone."""
        busy = time.monotonic()
        while self.spawned < self.options.tasks or self.running:
            self._collect()
            for worker in self.workers:
                if time.monotonic() >= self.ask_again.get(worker, 0.0):
                    if worker in self.running:
                        self._stop_if_told(worker)
                    elif self.spawned < self.options.tasks:
                        self._ask_and_spawn(worker)
            if self.running:
                busy = time.monotonic()
            elif time.monotonic() - busy > self.options.patience:
                print(f"giving up: no worker was let through for {self.options.patience:g} s")
                break
            time.sleep(0.02)
        return int(self.options.tasks) - self.spawned

    def _ask_and_spawn(self, worker: str) -> None:
        task = f"task-{self.spawned + 1}"
        decision = self.governor.check(
            worker=worker, task=task, model=self.options.model, estimate_usd=self.options.cost)
        was_delayed = self.held.get(worker) == "delay"
        if decision.paused:
            # Not later than every few seconds even when the end is known: somebody may raise the limit.
            wait = min(decision.retry_after_s or self.options.ask_every, self.options.ask_every)
            until = f" until {decision.resume_at.isoformat()}" if decision.resume_at else ""
            self._hold(worker, wait, "pause", f"pause {worker}{until}: {decision.text}")
        elif decision.max_workers is not None and len(self.running) >= decision.max_workers:
            text = f"throttle {worker}: no more than {decision.max_workers} workers at once"
            self._hold(worker, self.options.seconds, "max_workers", text)
        elif decision.delay_s and not was_delayed:
            self._hold(worker, decision.delay_s, "delay", f"throttle {worker}: wait {decision.delay_s:g} s")
        else:
            if self.held.pop(worker, None):
                print(f"resume {worker}")
            self._spawn(worker, task, decision.model or self.options.model)

    def _hold(self, worker: str, wait: float, kind: str, text: str) -> None:
        if self.held.get(worker) != kind:
            print(text)
        self.held[worker] = kind
        self.ask_again[worker] = time.monotonic() + wait

    def _stop_if_told(self, worker: str) -> None:
        self.ask_again[worker] = time.monotonic() + self.options.ask_every
        if self.governor.check(worker=worker, session=self.running[worker].session).stop:
            print(f"stop {worker}")
            self.running[worker].process.terminate()

    def _spawn(self, worker: str, task: str, model: str) -> None:
        self.spawned += 1
        session = f"{worker}-{task}"
        output = self.outputs / f"{session}.stream.jsonl"
        command: List[str] = [
            sys.executable, "-c", WORKER, session, model, str(self.options.cost), str(self.options.seconds)]
        call = self.log.start_call(task_id=task, worker_id=worker, model=model)
        with open(output, "wb") as file:
            self.running[worker] = Running(session, subprocess.Popen(command, stdout=file), output, call)
        self.ask_again[worker] = time.monotonic() + self.options.ask_every
        print(f"spawn {worker} {task} {model}")

    def _collect(self) -> None:
        """Logs the call of every worker that has ended."""
        for worker, run in list(self.running.items()):
            code = run.process.poll()
            if code is not None:
                usage = self.log.read_usage(run.output)
                self.log.end_call(run.call, exit_code=code, usage=usage)
                print(f"done {worker} {run.call.task_id} ${usage.cost_usd or 0:.2f}")
                del self.running[worker]
                self.ask_again.pop(worker, None)


def main() -> int:
    parser = argparse.ArgumentParser(description="Runs pretend workers as long as Governor allows.")
    parser.add_argument("workers", type=int, help="workers at once")
    parser.add_argument("--tasks", type=int, default=20, help="stop after so many spawns")
    parser.add_argument("--cost", type=float, default=0.10, help="dollars each task pretends to cost")
    parser.add_argument("--seconds", type=float, default=0.1, help="how long each task takes")
    parser.add_argument("--model", default="claude-sonnet-5")
    parser.add_argument("--socket", default=None, help="Governor's control socket")
    parser.add_argument("--logs", default="logs/api", help="folder of the call log that Governor watches")
    parser.add_argument("--on-unavailable", choices=["pause", "allow"], default="pause")
    parser.add_argument("--ask-every", type=float, default=5.0, help="seconds between questions while paused")
    parser.add_argument("--patience", type=float, default=60.0, help="seconds to wait while every worker is paused")
    options = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    with tempfile.TemporaryDirectory() as outputs:
        coordinator = Coordinator(options, Path(outputs))
        left = coordinator.run()
    print(f"{coordinator.spawned} spawned, {left} left")
    return 0


if __name__ == "__main__":
    sys.exit(main())
