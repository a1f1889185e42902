"""Where usage comes from: transcripts and a coordinator's log, read as they grow, each call counted once."""

from __future__ import annotations

import shutil
from decimal import Decimal

from daemon import Daemon
from place import Place
from usage_files import Message, append
from waiting import until, wait_spent

# Windows without an end: these tests are about records, not about days.
POLICY = """
version: 1
timezone: UTC
labels:
  - { source: transcript, cwd: ".*/worktrees/(?<worker>[^/]+)" }
budgets:
  - { name: all, limit_usd: 1000, per: fleet, window: lifetime, at: { 100%: { stop: true } } }
  - { name: by-worker, limit_usd: 1000, per: worker, window: lifetime, at: { 100%: { stop: true } } }
"""


def test_a_transcript_is_followed_line_by_line(place: Place, ready: Daemon) -> None:
    """Issue: usage is read from transcripts as they grow; a labels rule names the worker by its working folder."""
    session = place.transcripts.session("/home/dev/worktrees/w-7")
    session.spend("0.25")
    wait_spent(ready, "by-worker", "0.25", worker="w-7")
    session.spend("0.50")
    wait_spent(ready, "by-worker", "0.75", worker="w-7")
    wait_spent(ready, "all", "0.75")


def test_a_streamed_message_counts_by_its_last_copy(place: Place, ready: Daemon) -> None:
    """Issue: the first line of a message has a placeholder for its output; the largest copy counts, and only it."""
    session = place.transcripts.session("/home/dev/worktrees/w-7")
    message = Message(output=40_000, input=20_000)
    session.copy(message, output=8)
    wait_spent(ready, "by-worker", "0.1002", worker="w-7")
    session.copy(message, output=20_000)
    wait_spent(ready, "by-worker", "0.6", worker="w-7")
    session.copy(message, output=40_000)
    wait_spent(ready, "by-worker", "1.1", worker="w-7")
    session.copy(message, output=8)  # an old copy, late
    session.spend("0.10")
    wait_spent(ready, "by-worker", "1.2", worker="w-7")


def test_half_a_line_waits_for_its_other_half(place: Place, ready: Daemon) -> None:
    """Issue: a line that is still being written is neither lost nor read twice."""
    line = place.coordinator.line("w-3", "0.40")
    append(place.coordinator.path, place.coordinator.line("w-3", "0.10") + line[:70])
    wait_spent(ready, "by-worker", "0.1", worker="w-3")
    append(place.coordinator.path, line[70:])
    wait_spent(ready, "by-worker", "0.5", worker="w-3")


def test_a_second_copy_of_a_file_adds_nothing(place: Place, ready: Daemon) -> None:
    """Issue: a call counts once over all files."""
    session = place.transcripts.session("/home/dev/worktrees/w-7")
    session.spend("0.25")
    session.spend("0.25")
    wait_spent(ready, "all", "0.5")
    copy = place.transcripts.session("/home/dev/checkpoints", session.session)
    copy.path.parent.mkdir()
    shutil.copy(session.path, copy.path)
    copy.spend("0.10")  # behind the copied lines, so that they have been read once this counts
    wait_spent(ready, "all", "0.6")


def test_subagents_count_and_their_replays_do_not(place: Place, ready: Daemon) -> None:
    """Issue: a subagent's own file counts; a message replayed in it, under another request, does not."""
    session = place.transcripts.session("/home/dev/worktrees/w-7")
    told = session.spend("0.25")
    agent = session.subagent("a1b2c3")
    agent.call(Message(output=told.output, id=told.id, request="req_011Replayed"))
    agent.spend("0.50")
    wait_spent(ready, "by-worker", "0.75", worker="w-7")
    wait_spent(ready, "all", "0.75")


def test_a_session_stands_in_for_a_worker_until_it_is_named(place: Place, ready: Daemon) -> None:
    """Issue: a session without a worker is its own; `label` names it, its earlier records included."""
    session = place.transcripts.session("/home/dev/project")
    session.spend("0.25")
    wait_spent(ready, "by-worker", "0.25", worker=session.session)
    ready.ask(op="label", session=session.session, worker="w-9")
    wait_spent(ready, "by-worker", "0.25", worker="w-9")
    assert ready.spent("by-worker", worker=session.session) == 0
    session.spend("0.25")
    wait_spent(ready, "by-worker", "0.5", worker="w-9")
    wait_spent(ready, "all", "0.5")


def test_a_name_outlives_a_crash(place: Place, ready: Daemon) -> None:
    """Issue: what was registered for a session is kept, as its spend is."""
    session = place.transcripts.session("/home/dev/project")
    ready.ask(op="label", session=session.session, worker="w-9")
    ready.kill9()
    ready.start()
    session.spend("0.25")
    wait_spent(ready, "by-worker", "0.25", worker="w-9")


def test_a_coordinators_log_is_followed(place: Place, ready: Daemon) -> None:
    """Issue: the coordinator's call log is read as it grows; a line with no price is priced by its tokens."""
    place.coordinator.call("w-3", "0.10")
    wait_spent(ready, "by-worker", "0.1", worker="w-3")
    place.coordinator.call("w-3", None, tokens_input=20_000, tokens_output=4_000, tokens_total=24_000)
    wait_spent(ready, "by-worker", "0.3", worker="w-3")
    place.coordinator.call("w-4", "0.05", exit_code=1, success=False, error_message="boom")
    wait_spent(ready, "by-worker", "0.05", worker="w-4")
    wait_spent(ready, "all", "0.35")
    assert ready.status()["unbound_usd"] == Decimal("0.35")


def test_bad_lines_lose_nothing_around_them(place: Place, ready: Daemon) -> None:
    """Issue: a line that can't be read is counted as rejected, and the rest of the file stays."""
    session = place.transcripts.session("/home/dev/worktrees/w-7")
    session.spend("0.25")
    append(session.path, '{"type":"assistant","message":{"usage":{"output_tokens":-5\n')
    append(session.path, "\x00\x00\x00\n\n")
    session.spend("0.25")
    wait_spent(ready, "by-worker", "0.5", worker="w-7")
    assert sum(each["rejected"] for each in ready.status()["sources"]) >= 1


def test_an_unknown_model_is_never_free(place: Place, ready: Daemon) -> None:
    """Issue: unknown is never zero."""
    place.transcripts.session("/home/dev/worktrees/w-7").call(Message(output=40_000, model="claude-unheard-of-9"))
    until(lambda: ready.spent("by-worker", worker="w-7") > 0, "the unknown model has a price")
    assert ready.status()["unpriced_calls"] == 1
