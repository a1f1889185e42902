"""A tree of transcripts in the shapes agents write: most bytes stand in long lines of tool output that tell no usage.

Drawn from a seed, so that two runs read the same bytes. A call is a line of what was asked (a tool's result of up to
100 KB), then two to four copies of the answer whose output count grows; one call in twenty stands in a
subagent's file.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

_MODELS = ["claude-opus-5", "claude-sonnet-5", "claude-haiku-4-5"]
_WORDS = (
    "func return let guard self error await result import usage tokens budget limit 0x1f 1234 \\\"key\\\": → ünïcode "
    "/home/dev/worktrees src test passed FAILED warning: line\\n    at index.js:42 {} [] () == != && ||").split(" ")


@dataclass
class Tree:
    """What was written."""

    root: Path
    files: int = 0
    bytes: int = 0
    #: Lines that tell of usage, and the calls they are copies of.
    lines: int = 0
    calls: int = 0
    #: Output tokens of the calls, each counted once.
    output: int = 0


def write_tree(root: Path, megabytes: float, seed: int, noise: bool = True) -> Tree:
    """At least so many megabytes below `root`. Without `noise` there is one line per call and nothing else: as many
    records as fit, a hundred a session."""
    chance = random.Random(seed)
    pool = _tool_output(chance)
    tree = Tree(root)
    # Within the current month and past days, so that some of it is in live windows and most is not.
    start = datetime.now(timezone.utc) - timedelta(days=30)
    while tree.bytes < megabytes * 1e6:
        session = f"{chance.getrandbits(128):032x}"
        worker = f"w-{chance.randrange(100):03}"
        cwd = f"/home/dev/worktrees/{worker}"
        folder = root / cwd.replace("/", "-")
        time = start + timedelta(seconds=chance.randrange(30 * 86_400))
        files: dict[str | None, list[str]] = {None: []}
        for _ in range(chance.randrange(20, 200) if noise else 100):
            agent = f"{chance.getrandbits(32):08x}" if noise and chance.random() < 0.05 else None
            time += timedelta(seconds=chance.randrange(2, 90))
            files.setdefault(agent, []).extend(_call(chance, tree, pool, session, cwd, agent, time, noise))
        for agent, lines in files.items():
            path = folder / f"{session}.jsonl"
            if agent:
                path = path.with_suffix("") / "subagents" / f"agent-{agent}.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            data = "".join(lines).encode()
            path.write_bytes(data)
            tree.files += 1
            tree.bytes += len(data)
    return tree


def in_one_file(tree: Tree, path: Path) -> Tree:
    """All of a tree's lines behind one another in one file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as out:
        for each in sorted(tree.root.rglob("*.jsonl")):
            out.write(each.read_bytes())
    return replace(tree, root=path.parent, files=1)


def _tool_output(chance: random.Random) -> str:
    """A megabyte of JSON-escaped text to cut tool results from."""
    words = []
    size = 0
    while size < 1_000_000:
        words.append(chance.choice(_WORDS))
        size += len(words[-1]) + 1
    return " ".join(words)


def _cut(chance: random.Random, pool: str, size: int) -> str:
    """A piece of the pool that begins and ends between words, so that no escape is torn."""
    at = pool.index(" ", chance.randrange(len(pool) - size - 1000)) + 1
    return pool[at:pool.rindex(" ", at, at + max(200, size))]


def _call(
    chance: random.Random, tree: Tree, pool: str, session: str, cwd: str, agent: str | None, time: datetime, noise: bool
) -> list[str]:
    head = (
        f'{{"parentUuid":"{_uuid(chance)}","isSidechain":{"true" if agent else "false"},"userType":"external",'
        f'"cwd":"{cwd}","sessionId":"{session}","version":"2.1.329","gitBranch":"main",'
        + (f'"agentId":"{agent}",' if agent else ""))
    stamp = time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    lines = []
    if noise:
        size = min(100_000, int(chance.lognormvariate(9.2, 1.2)))
        result = _cut(chance, pool, size)
        lines.append(
            f'{head}"type":"user","message":{{"role":"user","content":[{{"tool_use_id":"toolu_{_uuid(chance)}",'
            f'"type":"tool_result","content":"{result}"}}]}},"uuid":"{_uuid(chance)}","timestamp":"{stamp}"}}\n')
    message, request = f"msg_01{_uuid(chance)}", f"req_011{_uuid(chance)}"
    model = chance.choice(_MODELS)
    output, read, written = chance.randrange(50, 3000), chance.randrange(10_000, 150_000), chance.randrange(100, 8000)
    copies = chance.randrange(2, 5) if noise else 1
    for copy in range(1, copies + 1):
        text = _cut(chance, pool, chance.randrange(100, 1500)) if noise else "…"
        usage = {
            "input_tokens": 4, "cache_creation_input_tokens": written, "cache_read_input_tokens": read,
            "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
            "output_tokens": output if copy == copies else min(output, copy), "service_tier": "standard"}
        lines.append(
            f'{head}"message":{{"model":"{model}","id":"{message}","type":"message","role":"assistant","content":'
            f'[{{"type":"text","text":"{text}"}}],"stop_reason":null,"stop_sequence":null,"usage":'
            f'{json.dumps(usage, separators=(",", ":"))}}},"requestId":"{request}","type":"assistant",'
            f'"uuid":"{_uuid(chance)}","timestamp":"{stamp}"}}\n')
    tree.lines += copies
    tree.calls += 1
    tree.output += output
    return lines


def _uuid(chance: random.Random) -> str:
    return f"{chance.getrandbits(96):024x}"
