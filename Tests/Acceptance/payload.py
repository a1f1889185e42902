"""What a webhook is sent, as a test reads it."""

from __future__ import annotations

from typing import Any

from scripted_http import Request


def alerts(request: Request) -> list[dict[str, Any]]:
    """The alerts that a message tells of; the first hundred of them."""
    return list(request.json["alerts"])


def transitions(request: Request) -> list[tuple[str, str]]:
    """Ids of alerts, and what they are told to be: `firing` or `resolved`."""
    return [
        (each["id"], "resolved" if each["event"] == "alert.resolved" else "firing") for each in alerts(request)]
