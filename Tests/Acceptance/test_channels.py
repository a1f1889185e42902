"""What each kind of receiver is sent when nothing is wrong, as its own side checks it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import time
from email.utils import parseaddr, parsedate_to_datetime

import pytest

from certificates import Authority
from place import Place
from scripted_http import ScriptedHTTP
from scripted_smtp import ScriptedSMTP
from trial import flow
from waiting import now

POLICY = """
version: 1
timezone: Europe/Warsaw
notifications: { group_wait: 0s, dashboard_url: "https://governor.example.com/" }
receivers:
  ops: OPS
budgets:
  - { name: worker-life, limit_usd: 1, per: worker, window: lifetime, at: { 100%: { notify: [ops], stop: true } } }
"""


def cross(place: Place, ops: str) -> None:
    """A worker reaches its limit, under a policy with this receiver."""
    place.policy(POLICY.replace("OPS", ops))
    reply = place.start().record({"id": "call", "worker": "w-1", "model": "claude-opus-5", "cost_usd": 1})
    assert reply["accepted"] == 1, reply


def test_a_webhook_is_signed_with_each_key(place: Place) -> None:
    """Contract: Standard Webhooks: HMAC-SHA256 of `id.timestamp.body`, a signature for each key while they change."""
    keys = [os.urandom(32), b"an older key, in plain letters"]
    server = ScriptedHTTP()
    try:
        secrets = ["whsec_" + base64.b64encode(keys[0]).decode(), keys[1].decode()]
        cross(place, flow({"webhook": {"url": server.url(), "secret": secrets}, "allow_private": True}))
        [request] = server.wait_for(1)
    finally:
        server.close()
    stamp = request.headers["webhook-timestamp"]
    signed = f"{request.id}.{stamp}.".encode() + request.body
    wanted = ["v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in keys]
    assert request.headers["webhook-signature"].split(" ") == wanted
    assert abs(int(stamp) - time.time()) < 60
    assert request.headers["content-type"].startswith("application/json")
    body = request.json
    assert (body["version"], body["event"], body["id"]) == (1, "budget.threshold", request.id)
    [alert] = body["alerts"]
    assert (alert["budget"], alert["split"], alert["event"]) == ("worker-life", {"worker": "w-1"}, "budget.threshold")
    assert "w-1 reached 100% of worker-life" in body["text"]


@pytest.mark.parametrize("connection", ["smtp with STARTTLS", "smtps", "smtp in the clear"])
def test_a_mail_arrives_over_each_kind_of_connection(connection: str, place: Place, authority: Authority) -> None:
    """Contract: `smtp://` with STARTTLS unless told otherwise, `smtps://`, AUTH; multipart text and HTML."""
    is_clear = connection == "smtp in the clear"
    server = ScriptedSMTP(
        None if is_clear else authority.good, implicit=connection == "smtps",
        accounts=None if is_clear else {"governor": "pass word"})
    email = {"to": ["ada@example.com", "bob@example.com"], "from": "governor@example.com", "smtp": server.url}
    email |= {"starttls": "off"} if is_clear else {"username": "governor", "password": "pass word"}
    try:
        cross(place, flow({"email": email, "allow_private": True, "ca_file": authority.file}))
        # One to each, or one to both.
        server.wait_taken(1)
        letters = server.wait_taken(2 if len(server.taken()[0].recipients) == 1 else 1)
    finally:
        server.close()
    assert sorted(address for letter in letters for address in letter.recipients) == email["to"]
    assert len({letter.id for letter in letters}) == 1
    for letter in letters:
        assert letter.encrypted is not is_clear and letter.username == (None if is_clear else "governor")
        message = letter.message
        assert parseaddr(message["From"])[1] == letter.sender == "governor@example.com"
        assert "w-1 reached 100% of worker-life" in str(message["Subject"])
        assert abs(parsedate_to_datetime(message["Date"]) - now()).total_seconds() < 60
        assert message.get_content_type() == "multipart/alternative"
        for kind in ("plain", "html"):
            text = letter.part(kind)
            # What happened, spent of limit, what was done, until when, how to see more, in this order.
            places = [text.index(each) for each in (
                "w-1 reached 100%", "$1.00 of $1.00", "stopped it", "governor alerts explain")]
            assert places == sorted(places)
            assert "https://governor.example.com/" in text and "Europe/Warsaw" in text
