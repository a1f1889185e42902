"""`governor import`, `governor export` and `POST /upload`: files go in once, and come out whole."""

from __future__ import annotations

import csv
import gzip
import io
import json
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from daemon import Daemon
from place import Place
from waiting import until

POLICY = """
version: 1
timezone: UTC
budgets:
  - { name: all, limit_usd: 100000, per: fleet, window: lifetime, at: { 100%: { stop: true } } }
"""
ANTHROPIC = """request_id,created_at,model,input_tokens,output_tokens,cost_usd,stop_reason,note
req-a,2026-11-20T12:00:00Z,claude-opus-5,1000,2000,0.25,end_turn,first
req-b,2026-11-20T12:01:00Z,claude-opus-5,100000,20000,,end_turn,"second, with a comma"
req-c,yesterday,claude-opus-5,1,1,,end_turn,third
req-d,2026-11-20T12:02:00Z,claude-opus-5,-1,1,,error,fourth
"""


def imported(place: Place, *arguments: str | Path, code: int = 0) -> list[Any]:
    run = place.governor("import", "--json", *arguments)
    assert run.returncode == code, (run.returncode, run.stdout, run.stderr)
    return json.loads(run.stdout, parse_float=Decimal)["files"]


def test_an_export_of_a_provider_is_taken_in_once(place: Place, ready: Daemon) -> None:
    """Issue: detects, reports per line; importing a file twice adds nothing."""
    path = place.folder / "usage.csv"
    path.write_text(ANTHROPIC)
    [report] = imported(place, path, code=65)
    assert (report["format"], report["read"], report["new"], report["rejected"]) == ("anthropic", 2, 2, 2)
    assert [(each["line"], "time" in each["reason"] or "yesterday" in each["reason"]) for each in report["rejections"]][
        0] == (4, True)
    assert report["rejections"][1]["line"] == 5
    assert ready.spent("all") == Decimal("0.25") + Decimal("1.0")
    [again] = imported(place, path, code=65)
    assert (again["new"], again["duplicate"]) == (0, 2)
    assert ready.spent("all") == Decimal("1.25")
    # Compressed, under another name, it is the same file.
    packed = place.folder / "usage.csv.gz"
    packed.write_bytes(gzip.compress(ANTHROPIC.encode()))
    [packed_report] = imported(place, packed, code=65)
    assert (packed_report["compressed"], packed_report["new"]) == (True, 0)
    run = place.governor("import", path)
    assert "usage.csv: anthropic, 2 read, 0 new, 2 known, 0 revised, 2 rejected" in run.stdout
    assert "line 4: " in run.stderr


def test_what_is_nobodys_says_which_columns_it_has(place: Place, ready: Daemon) -> None:
    """Usage: undecidable is an error that says which columns were seen; --provider overrides."""
    path = place.folder / "odd.csv"
    path.write_text("when,what,how_much\n2026-11-20,x,1\n")
    run = place.governor("import", path)
    assert run.returncode == 65 and "when" in run.stderr and "how_much" in run.stderr
    path.write_text("id,timestamp,model,prompt_tokens,completion_tokens\n1,2026-11-20,gpt-5,1000000,0\n")
    [report] = imported(place, "--provider", "openai", path)
    assert (report["format"], report["new"]) == ("openai", 1)
    assert ready.spent("all") == Decimal("1.25")
    assert place.governor("import", place.folder / "none.csv").returncode == 74
    assert place.governor("import", "--format", "yaml", path).returncode == 64


def test_agents_own_files_and_standard_input(place: Place, ready: Daemon) -> None:
    """What is watched can be imported too; the same lines are the same calls."""
    session = place.transcripts.session("/home/dev/web")
    session.path = place.folder / "elsewhere.jsonl"
    session.spend("0.75")
    run = subprocess.run(
        [place.binary, "import", "-"], env=place.environment, cwd=place.folder, input=session.path.read_bytes(),
        capture_output=True, timeout=30)
    assert run.returncode == 0 and b"transcript, 3 read, 1 new" in run.stdout, run
    assert ready.spent("all") == Decimal("0.75")
    coordinator = place.folder / "calls.jsonl"
    coordinator.write_text(place.coordinator.line("w-1", "0.5"))
    [report] = imported(place, coordinator)
    assert (report["format"], report["new"]) == ("coordinator", 1)
    assert ready.spent("all") == Decimal("1.25")


def exported(place: Place, *arguments: str) -> str:
    run = place.governor("export", *arguments)
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.mark.parametrize("form", ["csv", "json", "jsonl"])
def test_an_export_imported_adds_nothing_and_restores_everything(place: Place, ready: Daemon, form: str) -> None:
    """Issue: importing an export adds nothing; into an empty ledger it gives the same sums."""
    session = place.transcripts.session("/home/dev/web")
    for cost in ("0.25", "0.125", "1.5"):
        session.spend(cost)
    ready.record(
        {"id": "a", "worker": "=1+1", "model": "claude-opus-5", "input_tokens": 7, "tags": {"env": "a,\"b\"\n"}},
        {"id": "b", "worker": "w-2", "model": "no-such-model", "output_tokens": 1000},
        {"id": "c", "worker": "w-3", "cost_usd": 0.123456789})
    until(lambda: len(rows(exported(place, "--format", "jsonl"))) == 6, "all calls are in the ledger")
    spent = ready.spent("all")
    text = exported(place, "--format", form)
    path = place.folder / f"export.{form}"
    path.write_text(text)
    [report] = imported(place, path)
    assert (report["read"], report["new"], report["revised"], report["duplicate"]) == (6, 0, 0, 6)
    assert ready.spent("all") == spent
    other = place.daemon("other", socket_path=str(place.folder / "other.sock"))
    other.watch = [place.folder / "nothing"]  # its ledger is empty, and it reads nothing else
    other.start()
    [report] = imported(place, "--socket", other.socket_path, path)
    assert other.spent("all") == spent
    # Each call is its own source's, also where one file holds those of several.
    told = {each["kind"]: each["records"] for each in other.status()["sources"] if each["records"]}
    assert told == {"transcript": 3, "push": 3}
    assert exported(place, "--format", form, "--socket", other.socket_path) == text
    # Without a daemon the ledger itself is read.
    ready.stop()
    assert exported(place, "--format", form, "--data", str(place.folder / "data")) == text


def test_an_old_export_puts_nothing_back_that_was_restated_since(place: Place, ready: Daemon) -> None:
    """Issue: importing an export adds nothing. What a source has restated stays as the source told it last; a call that
    is not there is added."""
    ready.record({"id": "a", "worker": "w-1", "cost_usd": 1}, {"id": "b", "worker": "w-1", "cost_usd": 0.25})
    text = exported(place, "--format", "jsonl")
    ready.record({"id": "a", "worker": "w-1", "cost_usd": 3})
    until(lambda: ready.spent("all") == Decimal("3.25"), "a is restated")
    other = text.splitlines()[0].replace('"id":"a"', '"id":"c"').replace('"push/a"', '"push/c"')
    path = place.folder / "export.jsonl"
    path.write_text(text + other + "\n")
    [report] = imported(place, path)
    assert (report["new"], report["revised"], report["duplicate"]) == (1, 0, 2)
    assert ready.spent("all") == Decimal("4.25")
    # The source itself goes on restating, down as well as up, also what came with the export.
    ready.record({"id": "a", "worker": "w-1", "cost_usd": 2}, {"id": "c", "worker": "w-1", "cost_usd": 0.5})
    until(lambda: ready.spent("all") == Decimal("2.75"), "both are restated")


def rows(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


def test_an_export_has_the_columns_of_the_contract(place: Place, ready: Daemon) -> None:
    """JSON contract: export columns, in order; no cell is a formula."""
    ready.record({"id": "a", "worker": "=cmd", "model": "claude-opus-5", "output_tokens": 40000})
    reader = csv.DictReader(io.StringIO(exported(place)))
    [row] = list(reader)
    columns = (
        "id time source provider model worker session task project user team input_tokens output_tokens "
        "cache_read_tokens cache_write_5m_tokens cache_write_1h_tokens reasoning_tokens cost_usd cost_origin "
        "duration_ms ttft_ms outcome error_kind tags").split()
    assert list(reader.fieldnames or [])[:len(columns)] == columns
    assert row["worker"] == "'=cmd" and Decimal(row["cost_usd"]) == 1 and row["cost_origin"] == "priced"
    assert exported(place, "--since", "2000-01-01", "--until", "2000-01-02").count("\n") == 1


def test_uploads_over_tcp_have_a_limit_and_those_of_the_socket_none(place: Place, ready: Daemon) -> None:
    """HTTP contract: bodies over 8 MiB are 413; an import streams any size."""
    line = json.dumps({
        "id": "x", "created": 1795215700, "model": "gpt-5", "usage": {"prompt_tokens": 1, "completion_tokens": 1},
        "finish_reason": "stop", "note": "n" * 2000}) + "\n"
    small = ready.http("/upload?name=small.jsonl", "POST", line.encode(), {"Content-Type": "application/x-ndjson"})
    assert (small.status, small.json["new"]) == (200, 1)
    large = line.encode() * (10 << 20 >> 11)
    assert len(large) > 9 << 20
    assert ready.http("/upload", "POST", large).status == 413
    path = place.folder / "large.jsonl"
    path.write_bytes(large)
    [report] = imported(place, path)
    assert (report["read"], report["new"]) == (large.count(b"\n"), 0)
    assert ready.ask(op="ping")


def test_without_a_daemon_an_import_says_so(place: Place) -> None:
    path = place.folder / "usage.csv"
    path.write_text(ANTHROPIC)
    run = place.governor("import", path)
    assert run.returncode == 69 and "governor run" in run.stderr


def peak(daemon: Daemon) -> int:
    """The most memory it was resident with, in bytes."""
    status = Path(f"/proc/{daemon.pid}/status").read_text()
    [line] = [each for each in status.splitlines() if each.startswith("VmHWM:")]
    return int(line.split()[1]) << 10


def long_file(path: Path, megabytes: int) -> int:
    """Rows of one and the same call, mostly a text of which nothing is kept."""
    row = json.dumps({
        "id": "x", "created": 1795215700, "model": "gpt-5", "usage": {"prompt_tokens": 1, "completion_tokens": 1},
        "finish_reason": "stop", "note": "n" * 4000}).encode() + b"\n"
    rows = (megabytes << 20) // len(row)
    with path.open("wb") as file:
        for _ in range(rows):
            file.write(row)
    return rows


def test_a_file_is_read_no_faster_than_it_is_booked(place: Place, ready: Daemon) -> None:
    """Issue: streams any size in bounded memory. What is sent faster than it is booked waits with the sender."""
    path = place.folder / "long.jsonl"
    rows = long_file(path, 96)
    before = peak(ready)
    [report] = imported(place, path)
    assert (report["read"], report["new"]) == (rows, 1)
    assert peak(ready) - before < 32 << 20


def test_a_file_that_breaks_off_keeps_what_came_and_holds_up_nobody(place: Place, ready: Daemon) -> None:
    """Usage: what was read is durable; a sender that goes away in the middle leaves nothing behind that waits."""
    path = place.folder / "long.jsonl"
    long_file(path, 96)
    sender = subprocess.Popen(
        [place.binary, "import", path], env=place.environment, cwd=place.folder, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    until(lambda: ready.spent("all") > 0, "the first rows are booked")
    sender.kill()
    sender.wait()
    assert ready.ask(op="ping")
    path.write_text(ANTHROPIC)
    [report] = imported(place, path, code=65)
    assert report["new"] == 2
    ready.restart()
    assert ready.spent("all") > Decimal("1.25")
