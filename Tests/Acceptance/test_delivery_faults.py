"""The 32 faults of delivery in `faults.md`, against the built binary: none lost, repeats only where nobody can know and
with the same id, and the other receiver told as if nothing were wrong.

Each fault is one receiver's while a second one works. The waits between attempts are jumped over by the daemon's clock.
"""

from __future__ import annotations

import threading
import time
from email.utils import formatdate
from typing import Any

import pytest

from certificates import Authority
from scripted_http import RESET_IN_BODY, TEN_MEGABYTES, Act, Answer, Held, Request, Reset, ScriptedHTTP
from scripted_smtp import DROP, ScriptedSMTP
from settable_clock import DAY
from settable_disk import SettableDisk
from trial import FIRST_WAIT, Trial, assert_none_lost, flow
from waiting import until

MAILBOXES = ["ada@example.com", "bob@example.com", "eve@example.com"]


def webhook(server: ScriptedHTTP, **fields: Any) -> str:
    """A receiver behind `bad:`."""
    return flow({"webhook": {"url": server.url()}, "allow_private": True} | fields)


def mailbox(server: ScriptedSMTP, authority: Authority, to: list[str] = MAILBOXES[:1], **fields: Any) -> str:
    email = {"to": to, "from": "governor@example.com", "smtp": server.url} | fields
    return flow({"email": email, "allow_private": True, "ca_file": authority.file})


def attempts(server: ScriptedHTTP) -> list[Request]:
    """The attempts at the message that came first."""
    requests = server.requests
    return [each for each in requests if each.id == requests[0].id]


# --- HTTP: what passes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("failure", [
    pytest.param(Reset(), id="reset before headers"),
    pytest.param(RESET_IN_BODY, id="reset in the body"),
    pytest.param(Answer(500, b"oops"), id="500 then 200"),
])
def test_a_failure_that_passes_is_tried_again(failure: Act, trial: Trial) -> None:
    server = trial.with_server(ScriptedHTTP())
    server.script(failure)
    trial.start(webhook(server))
    trial.cross_undelayed()
    trial.wait_attempts(1)
    assert len(attempts(server)) == 1 and trial.deliveries()[0]["state"] == "pending"
    trial.pass_time(FIRST_WAIT)
    trial.wait_deliveries("sent")
    first, second = attempts(server)
    assert second.json["alerts"] == first.json["alerts"]
    assert_none_lost(trial, server.wait_taken(len(trial.crossed)))
    trial.assert_each_good_once()


@pytest.mark.parametrize("form", ["seconds", "a date"])
def test_a_429_is_tried_again_when_it_says(form: str, trial: Trial) -> None:
    """Sooner than the wait of Governor's own would be, and not before."""
    server = trial.with_server(ScriptedHTTP())
    # A date is taken against the server's own clock, which is an hour ahead here.
    dates = (("Date", formatdate(time.time() + 3600, usegmt=True)),
             ("Retry-After", formatdate(time.time() + 3602, usegmt=True)))
    server.script(Answer(429, headers=(("Retry-After", "2"),) if form == "seconds" else dates))
    trial.start(webhook(server))
    trial.cross_undelayed()
    first, second = until(lambda: attempts(server) if len(attempts(server)) == 2 else [], "it is tried again")
    assert 1.95 <= second.at - first.at < 3.8
    trial.wait_deliveries("sent")
    assert_none_lost(trial, server.wait_taken(len(trial.crossed)))
    trial.assert_each_good_once()


@pytest.mark.parametrize("fault", ["wrong TLS name", "expired", "self-signed"])
def test_a_certificate_that_is_wrong_is_told_nothing(fault: str, trial: Trial, authority: Authority) -> None:
    wrong = {
        "wrong TLS name": authority.wrong_name, "expired": authority.expired, "self-signed": authority.self_signed}
    server = trial.with_server(ScriptedHTTP(wrong[fault]))
    trial.start(webhook(server, ca_file=authority.file))
    trial.cross_undelayed()
    trial.wait_attempts(1)
    assert server.requests == [] and server.connections > 0
    server.certificate = authority.good
    trial.pass_time(FIRST_WAIT)
    trial.wait_deliveries("sent")
    assert_none_lost(trial, server.requests)
    trial.assert_each_good_once()


def test_a_refused_connection_is_tried_again(trial: Trial) -> None:
    server = trial.with_server(ScriptedHTTP(listening=False))
    trial.start(webhook(server))
    trial.cross_undelayed()
    trial.wait_attempts(1)
    server.listen()
    trial.pass_time(FIRST_WAIT)
    trial.wait_deliveries("sent")
    assert_none_lost(trial, server.requests)
    trial.assert_each_good_once()


def test_a_name_that_does_not_resolve_is_repaired_in_the_policy(trial: Trial) -> None:
    server = trial.with_server(ScriptedHTTP())
    trial.start(flow({"webhook": {"url": "http://receiver.invalid/hook"}}))
    trial.cross_undelayed()
    trial.wait_attempts(1)
    trial.reload(webhook(server))
    trial.pass_time(FIRST_WAIT)
    trial.wait_deliveries("sent")
    assert_none_lost(trial, server.requests)
    trial.assert_each_good_once()


def test_a_connect_that_hangs_holds_up_nobody_else(trial: Trial) -> None:
    server = trial.with_server(ScriptedHTTP(deaf=True))
    trial.start(webhook(server))
    trial.cross_undelayed()
    assert trial.wait_deliveries("pending")
    server.listen()
    trial.wait_deliveries("sent")
    assert_none_lost(trial, server.requests)
    trial.assert_each_good_once()


def test_an_answer_that_drips_holds_up_nobody_else(trial: Trial) -> None:
    server = trial.with_server(ScriptedHTTP())
    server.script(Held(drips=True))
    trial.start(webhook(server))
    trial.cross_undelayed()
    assert trial.wait_deliveries("pending") and len(attempts(server)) == 1
    server.release()
    trial.wait_deliveries("sent")
    assert_none_lost(trial, server.requests)
    trial.assert_each_good_once()


def test_an_answer_of_ten_megabytes_is_not_read_to_its_end(trial: Trial) -> None:
    server = trial.with_server(ScriptedHTTP())
    server.script(TEN_MEGABYTES)
    trial.start(webhook(server))
    trial.cross_undelayed()
    trial.wait_deliveries("sent")
    assert_none_lost(trial, server.requests)
    trial.assert_each_good_once()


# --- HTTP: what is final ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("refusal", [
    pytest.param(Answer(302, headers=(("Location", "/elsewhere"),)), id="redirect"),
    pytest.param(Answer(400), id="400"),
    pytest.param(Answer(401), id="401"),
    pytest.param(Answer(404), id="404"),
])
def test_a_refusal_is_final_and_told_to_the_others(refusal: Answer, trial: Trial) -> None:
    server = trial.with_server(ScriptedHTTP())
    server.script(refusal)
    trial.start(webhook(server))
    trial.cross_undelayed()
    trial.wait_told_dead()
    [dead] = [each for each in trial.deliveries() if each["state"] == "dead"]
    assert dead["attempts"] == 1 and str(refusal.status) in dead["last_error"]
    trial.pass_time(FIRST_WAIT)
    trial.cross()
    until(lambda: trial.deliveries()[-1]["state"] == "sent", "the next message arrives")
    assert len(attempts(server)) == 1, "the refused message was sent again"
    assert {each.path for each in server.requests} == {"/hook"}
    assert not [each for each in server.requests if b"delivery.dead" in each.body], "told of its own failure"
    trial.assert_each_good_once()


def test_a_410_turns_the_receiver_off_until_the_policy_changes(trial: Trial) -> None:
    server = trial.with_server(ScriptedHTTP())
    server.script(Answer(410))
    trial.start(webhook(server))
    trial.cross_undelayed()
    trial.wait_told_dead()
    before = len(server.requests)
    trial.cross()
    trial.wait_deliveries("dead")
    trial.pass_time(FIRST_WAIT)
    assert len(server.requests) == before == 1, "it wants no further messages"
    assert len(trial.told_good("delivery.dead")) == 1, "one word on it is enough"
    trial.reload(webhook(server, repeat_every="1h"))
    run = trial.place.governor("alerts", "retry", "--receiver", "bad")
    assert run.returncode == 0, run.stderr
    trial.wait_deliveries("sent")
    assert_none_lost(trial, server.wait_taken(len(trial.crossed)))
    trial.assert_each_good_once()


# --- SMTP -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step, reply", [
    pytest.param("greeting", "421 4.3.2 closing", id="greeting 421"),
    pytest.param("mail", "451 4.3.0 later", id="MAIL 451"),
    pytest.param("rcpt", "450 4.2.1 busy", id="RCPT 450"),
    pytest.param("end", "452 4.3.1 full", id="end of data 452"),
    pytest.param("auth", "454 4.7.0 later", id="AUTH 454"),
    pytest.param("end", DROP, id="dropped after the body"),
])
def test_a_mail_server_that_is_in_trouble_is_tried_again(
    step: str, reply: str, trial: Trial, authority: Authority
) -> None:
    server = trial.with_server(ScriptedSMTP(authority.good, accounts={"governor": "pass word"}))
    server.script(step, reply)
    trial.start(mailbox(server, authority, username="governor", password="pass word"))
    trial.cross_undelayed()
    trial.wait_attempts(1)
    assert trial.deliveries()[0]["state"] == "pending"
    trial.pass_time(FIRST_WAIT)
    trial.wait_deliveries("sent")
    assert_none_lost(trial, server.wait_taken(len(trial.crossed)))
    assert all(letter.encrypted and letter.username == "governor" for letter in server.letters)
    if step == "end":
        first = server.letters[0]
        assert not first.was_taken
        assert [letter.id for letter in server.letters].count(first.id) == 2, "the same Message-ID on both"
    trial.assert_each_good_once()


def test_a_mailbox_that_is_refused_keeps_no_letter_from_the_others(trial: Trial, authority: Authority) -> None:
    """One of three RCPT 550."""
    server = trial.with_server(ScriptedSMTP(authority.good))
    server.script(f"rcpt {MAILBOXES[1]}", *["550 5.1.1 nobody of that name"] * 8)
    trial.start(mailbox(server, authority, to=MAILBOXES))
    trial.cross_undelayed()
    trial.wait_deliveries("sent")
    assert MAILBOXES[1].encode() in trial.wait_told_dead().body, "the others are told who was not"
    trial.pass_time(FIRST_WAIT)
    before = len(server.lines)
    trial.cross()
    trial.wait_deliveries("sent")
    assert len(server.lines) > before
    for address in (MAILBOXES[0], MAILBOXES[2]):
        letters = [letter for letter in server.taken() if address in letter.recipients]
        assert_none_lost(trial, letters)
    assert not [letter for letter in server.taken() if MAILBOXES[1] in letter.recipients]
    trial.assert_each_good_once()


def test_a_mailbox_that_has_to_wait_is_alone_in_that(trial: Trial, authority: Authority) -> None:
    """One of three RCPT 450: the others' letters are not sent a second time."""
    server = trial.with_server(ScriptedSMTP(authority.good))
    server.script(f"rcpt {MAILBOXES[1]}", "450 4.2.1 busy")
    trial.start(mailbox(server, authority, to=MAILBOXES))
    trial.cross_undelayed()
    trial.wait_attempts(1)
    assert not [letter for letter in server.taken() if MAILBOXES[1] in letter.recipients]
    trial.pass_time(FIRST_WAIT)
    trial.wait_deliveries("sent")
    for address in MAILBOXES:
        assert_none_lost(trial, [letter for letter in server.taken() if address in letter.recipients])


@pytest.mark.parametrize("step, reply", [
    pytest.param("end", "554 5.7.1 spam", id="554"),
    pytest.param("auth", "535 5.7.8 wrong", id="AUTH 535"),
])
def test_a_mail_server_that_says_no_is_not_asked_again(
    step: str, reply: str, trial: Trial, authority: Authority
) -> None:
    server = trial.with_server(ScriptedSMTP(authority.good, accounts={"governor": "pass word"}))
    # A client may try another way to sign in at once.
    server.script(step, *[reply] * (4 if step == "auth" else 1))
    trial.start(mailbox(server, authority, username="governor", password="pass word"))
    trial.cross_undelayed()
    trial.wait_told_dead()
    [dead] = [each for each in trial.deliveries() if each["state"] == "dead"]
    assert dead["attempts"] == 1 and reply[:3] in dead["last_error"]
    connections = server.connections
    trial.pass_time(FIRST_WAIT)
    assert server.connections == connections
    trial.assert_each_good_once()


def test_a_mail_server_without_starttls_is_told_nothing(trial: Trial, authority: Authority) -> None:
    """No STARTTLS: nothing in the clear, neither a password nor a letter."""
    server = trial.with_server(ScriptedSMTP(authority.good, accounts={"governor": "pass word"}))
    server.offers_starttls = False
    trial.start(mailbox(server, authority, username="governor", password="pass word"))
    trial.cross_undelayed()
    trial.wait_attempts(1)
    verbs = {line.split()[0].upper() for line in server.lines}
    assert verbs <= {b"EHLO", b"HELO", b"QUIT", b"STARTTLS"} and not server.letters
    server.offers_starttls = True
    trial.pass_time(FIRST_WAIT)
    trial.place.governor("alerts", "retry", "--receiver", "bad")
    trial.wait_deliveries("sent")
    assert_none_lost(trial, server.wait_taken(len(trial.crossed)))
    assert all(letter.encrypted for letter in server.letters)
    trial.assert_each_good_once()


# --- Governor itself --------------------------------------------------------------------------------------------------


def test_killed_before_it_was_sent(trial: Trial) -> None:
    server = trial.with_server(ScriptedHTTP(deaf=True))
    daemon = trial.start(webhook(server))
    trial.cross()
    daemon.kill9()
    server.listen()
    daemon.start()
    trial.wait_deliveries("sent")
    assert_none_lost(trial, server.requests)


def test_killed_after_it_was_sent_and_before_that_was_written_down(trial: Trial) -> None:
    server = trial.with_server(ScriptedHTTP())
    server.script(Held())
    daemon = trial.start(webhook(server))
    trial.cross_undelayed()
    server.arrives(1)
    daemon.kill9()
    server.release()
    daemon.start()
    trial.wait_deliveries("sent")
    assert_none_lost(trial, server.requests, repeats=1)
    assert len(attempts(server)) == 2
    trial.assert_each_good_once()


def test_an_orderly_stop_waits_a_moment_for_an_answer(trial: Trial) -> None:
    """What is taken meanwhile is not sent again after the next start, as it would be after a kill."""
    server = trial.with_server(ScriptedHTTP())
    server.script(Held())
    daemon = trial.start(webhook(server))
    trial.cross_undelayed()
    server.arrives(1)
    answering = threading.Timer(0.3, server.release)
    answering.start()
    daemon.stop()
    answering.join()
    daemon.start()
    trial.wait_deliveries("sent")
    assert_none_lost(trial, server.requests)
    assert len(attempts(server)) == 1
    trial.assert_each_good_once()


@pytest.mark.parametrize("answer", [Answer(200), Answer(503)], ids=["taken", "not taken"])
def test_a_reload_in_the_middle_of_a_delivery(answer: Answer, trial: Trial) -> None:
    """The address changes while the old one is thinking: what it takes is not sent again, what it doesn't goes on."""
    old = trial.with_server(ScriptedHTTP())
    new = trial.with_server(ScriptedHTTP())
    old.script(Held(answer))
    trial.start(webhook(old))
    trial.cross_undelayed()
    old.arrives(1)
    trial.reload(webhook(new))
    old.release()
    trial.wait_attempts(1)
    trial.pass_time(FIRST_WAIT)
    trial.wait_deliveries("sent")
    assert_none_lost(trial, old.taken() + new.taken())
    id = old.requests[0].id
    assert [each.id for each in new.requests].count(id) == (0 if answer.status == 200 else 1)
    trial.assert_each_good_once()


def test_a_full_disk_while_a_delivery_is_written_down(trial: Trial, disk: SettableDisk) -> None:
    """What arrived is not sent over and over because that can't be written down; it is written down once it can."""
    server = trial.with_server(ScriptedHTTP())
    server.script(Held())
    daemon = trial.start(webhook(server))
    trial.cross_undelayed()
    server.arrives(1)
    disk.fill()
    server.release()
    until(lambda: server.taken(), "it is taken")
    until(lambda: daemon.http("/readyz").status == 503, "the ledger can't be written")
    for _ in range(3):
        trial.pass_time(FIRST_WAIT * 10)
        assert not server.arrives(len(trial.crossed) + 1, within=0.4), "sent again while it can't be written down"
    disk.clear()
    trial.wait_deliveries("sent")
    assert_none_lost(trial, server.requests)
    daemon.restart()
    trial.pass_time(FIRST_WAIT * 10)
    trial.cross()
    trial.wait_deliveries("sent")
    assert_none_lost(trial, server.requests)
    trial.assert_each_good_once()


def test_a_clock_that_is_a_day_ahead_for_a_while_kills_no_message(trial: Trial) -> None:
    """Neither dead for having waited a day, nor stuck with its next attempt in a tomorrow that is taken back."""
    server = trial.with_server(ScriptedHTTP())
    server.always = Answer(503)
    trial.start(webhook(server))
    trial.cross_undelayed()
    trial.wait_attempts(1)
    trial.pass_time(DAY + FIRST_WAIT)
    trial.wait_attempts(2)
    assert trial.deliveries()[0]["state"] == "pending", "dead too early"
    trial.pass_time(-DAY - FIRST_WAIT)
    server.always = Answer(200)
    trial.wait_deliveries("sent", within=12)
    assert_none_lost(trial, server.wait_taken(len(trial.crossed)))
    trial.assert_each_good_once()
