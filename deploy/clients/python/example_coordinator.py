#!/usr/bin/env python3
"""A small coordinator that sets money aside before every spawn. Run it beside a daemon that watches `logs/api`:

    governor run --policies ./policies --watch ./logs/api &
    python3 example_coordinator.py --tasks 40 --cost 0.20

Its eight workers only pretend: each is a process that prints what a coding agent would print and costs nothing. What it
shows is the loop: reserve, wait when throttled, leave a paused worker alone until it may go on, end one that is told to
stop, log what a call cost, settle. Because each holds its money before it starts, eight that ask at once spend no more
than one after the other.
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import deque
from decimal import Decimal
from pathlib import Path
from typing import Callable, Deque, Dict, List, Optional

from governor import ApiCallLog, Governor, GovernorError, Hold

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


class Coordinator:
    """Works through a list of tasks as long as Governor lets it, with a thread for each worker."""

    def __init__(self, options: argparse.Namespace, outputs: Path) -> None:
        self.options = options
        self.outputs = outputs
        self.governor = Governor(options.socket, on_unavailable=options.on_unavailable)
        self.log = ApiCallLog(options.logs)
        self.spawned = 0
        # A key names one attempt of one run: asked again with an old one, Governor would give its old answer.
        self._run = uuid.uuid4().hex[:8]
        self._attempts = itertools.count(1)
        self._changed = threading.Condition()  # guards what follows
        self._todo: Deque[str] = deque(f"task-{number}" for number in range(1, options.tasks + 1))
        self._asking = 0  # workers that have a task in hand and may give it back
        self._running = 0
        self._busy_at = time.monotonic()
        self._gave_up = False
        self._held_back: Dict[str, str] = {}  # why a worker is, as it was printed

    def run(self) -> int:
        """Returns how many tasks were left undone."""
        names = [f"w-{number}" for number in range(1, self.options.workers + 1)]
        threads = [threading.Thread(target=self._work, args=(name,), name=name) for name in names]
        for thread in threads:
            thread.start()
        try:
            self._wait_for_the_last_spawn()
        finally:
            with self._changed:
                self._gave_up = True
                self._changed.notify_all()
            for thread in threads:
                thread.join()
        return int(self.options.tasks) - self.spawned

    def _wait_for_the_last_spawn(self) -> None:
        with self._changed:
            while not self._is_over():
                idle = 0.0 if self._running else time.monotonic() - self._busy_at
                if idle >= self.options.patience:
                    print(f"giving up: no worker was let through for {self.options.patience:g} s")
                    return
                self._changed.wait(self.options.patience - idle)

    def _is_over(self) -> bool:
        return self._gave_up or not (self._todo or self._asking)

    # --- A worker's thread --------------------------------------------------------------------------------------------

    def _work(self, worker: str) -> None:
        try:
            while (task := self._take_task()) is not None:
                self._try(worker, task)
        except GovernorError as refusal:
            with self._changed:
                print(f"giving up: {refusal}")
                self._gave_up = True
                self._changed.notify_all()

    def _try(self, worker: str, task: str) -> None:
        session = f"{self._run}-{worker}-{task}-{next(self._attempts)}"
        # Named by the session too, so that the call's line in the log is known to be this hold's cost.
        with self.governor.hold(
            key=session, worker=worker, session=session, task=task, model=self.options.model,
            estimate_usd=self.options.cost, ttl_s=self.options.ttl,
        ) as hold:
            spawned = self._is_let_through(hold, worker, task)
            if spawned:
                hold.cost_usd = self._run_worker(hold, worker, task, session)
        if spawned:
            self._ended(worker, task, hold)

    def _take_task(self) -> Optional[str]:
        with self._changed:
            self._changed.wait_for(lambda: self._todo or self._is_over())
            if self._is_over():
                return None
            self._asking += 1
            return self._todo.popleft()

    def _is_let_through(self, hold: Hold, worker: str, task: str) -> bool:
        """Whether a slot was taken for the task; otherwise it is given back, after a while."""
        decision = hold.decision
        most = decision.max_workers
        if decision.paused:
            until = f" until {decision.resume_at.isoformat()}" if decision.resume_at else ""
            self._hold_back(worker, "pause", f"pause {worker}{until}: {decision.text}")
            # Not later than every few seconds even when the end is known: somebody may raise the limit.
            wait = min(decision.retry_after_s or self.options.ask_every, self.options.ask_every)
            self._give_back(task)
            self._wait(wait)
            return False
        if decision.delay_s and self._has_slot(most):
            self._hold_back(worker, "delay", f"throttle {worker}: wait {decision.delay_s:g} s")
            self._wait(decision.delay_s)
        model = decision.model or self.options.model
        if self._takes_slot(worker, most, f"spawn {worker} {task} {model}, ${decision.held_usd or 0:.2f} held"):
            return True
        hold.release()  # nothing was started: others may have the money
        if most is not None:
            self._hold_back(worker, "max_workers", f"throttle {worker}: no more than {most} workers at once")
        self._give_back(task)
        self._wait(self.options.ask_every, lambda: self._has_slot(most))
        return False

    def _run_worker(self, hold: Hold, worker: str, task: str, session: str) -> Optional[Decimal]:
        """Runs a worker to its end, which Governor may order, and logs the call; None when its cost isn't known."""
        model = hold.decision.model or self.options.model
        output = self.outputs / f"{session}.stream.jsonl"
        command: List[str] = [
            sys.executable, "-c", WORKER, session, model, str(self.options.cost), str(self.options.seconds)]
        call = self.log.start_call(task_id=task, worker_id=worker, model=model)
        with open(output, "wb") as file, subprocess.Popen(command, stdout=file) as process:
            while True:
                try:
                    code = process.wait(self.options.ask_every)
                    break
                except subprocess.TimeoutExpired:
                    if hold.check().stop:
                        self._say(f"stop {worker}")
                        process.terminate()
        usage = self.log.read_usage(output)
        self.log.end_call(call, exit_code=code, usage=usage)
        return usage.cost_usd

    # --- What the threads share ---------------------------------------------------------------------------------------

    def _say(self, text: str) -> None:
        with self._changed:
            print(text)

    def _hold_back(self, worker: str, kind: str, text: str) -> None:
        with self._changed:
            if self._held_back.get(worker) != kind:
                print(text)
            self._held_back[worker] = kind

    def _give_back(self, task: str) -> None:
        with self._changed:
            self._asking -= 1
            self._todo.appendleft(task)
            self._changed.notify_all()

    def _wait(self, seconds: float, over: Callable[[], bool] = lambda: False) -> None:
        with self._changed:
            self._changed.wait_for(lambda: over() or self._is_over(), seconds)

    def _has_slot(self, most: Optional[int]) -> bool:
        with self._changed:
            return most is None or self._running < most

    def _takes_slot(self, worker: str, most: Optional[int], text: str) -> bool:
        with self._changed:
            if self._gave_up or not self._has_slot(most):
                return False
            if self._held_back.pop(worker, None):
                print(f"resume {worker}")
            print(text)
            self._asking -= 1
            self._running += 1
            self.spawned += 1
            self._busy_at = time.monotonic()
            self._changed.notify_all()
            return True

    def _ended(self, worker: str, task: str, hold: Hold) -> None:
        with self._changed:
            print(f"done {worker} {task} {_outcome(hold)}")
            self._running -= 1
            self._busy_at = time.monotonic()
            self._changed.notify_all()


def _outcome(hold: Hold) -> str:
    settled = hold.settlement
    if settled is None:
        return f"not settled: {hold.error or 'nothing was held'}"
    over = f", ${settled.overrun_usd:.2f} more than was held" if settled.overrun_usd else ""
    return f"${settled.spent_usd:.2f}{over}"


def main() -> int:
    parser = argparse.ArgumentParser(description="Runs pretend workers as long as Governor allows.")
    parser.add_argument("workers", type=int, nargs="?", default=8, help="workers at once")
    parser.add_argument("--tasks", type=int, default=20, help="stop after so many spawns")
    parser.add_argument("--cost", type=float, default=0.10, help="dollars each task pretends to cost")
    parser.add_argument("--seconds", type=float, default=0.1, help="how long each task takes")
    parser.add_argument("--ttl", type=int, default=60, help="seconds until a hold that nobody extends ends by itself")
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
