"""SendGrid's event webhook: what became of a letter, believed only with SendGrid's own signature (ECDSA, P-256)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sendgrid.helpers.eventwebhook import EventWebhook
from sendgrid.helpers.eventwebhook.eventwebhook_header import EventWebhookHeader

from connectors.sendgrid_mail import MARK
from domain.errors import BadInput, NotAllowed

_FRESH = timedelta(minutes=10)
"""How old a signed call may be: SendGrid repeats for a day, but signs every call anew."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What happened to one of the engine's letters; `message` is the outbox's name of it. No address is kept."""

    message: str
    event: str
    at: datetime


def read_events(
    body: bytes, headers: Mapping[str, str], public_key: str, now: datetime
) -> tuple[Delivered, ...]:
    """The events of a call that concern letters of ours.

    Raises:
        NotAllowed: no signature, a wrong or an old one: nothing of the call is believed.
        BadInput: signed, and not what SendGrid writes.
    """
    timestamp = headers.get(EventWebhookHeader.TIMESTAMP, "")
    if not _signed(body, headers.get(EventWebhookHeader.SIGNATURE, ""), timestamp, public_key):
        raise NotAllowed("event-not-signed", "check the webhook's verification key")
    if abs(now - datetime.fromtimestamp(int(timestamp), UTC)) > _FRESH:
        raise NotAllowed("event-too-old", "check this machine's clock")
    try:
        return tuple(_ours(json.loads(body)))
    except (ValueError, TypeError, AttributeError, KeyError):
        raise BadInput("event-unreadable", "it is signed and no list of events") from None


def _signed(body: bytes, signature: str, timestamp: str, public_key: str) -> bool:
    if not signature or not timestamp.isdigit():
        return False
    try:
        webhook = EventWebhook(public_key)
        return bool(webhook.verify_signature(body.decode("utf-8"), signature, timestamp))
    except ValueError:  # what is no base64, no key, no text
        return False


def _ours(events: list[dict[str, Any]]) -> Iterator[Delivered]:
    for one in events:
        if one.get(MARK):
            at = datetime.fromtimestamp(int(one["timestamp"]), UTC)
            yield Delivered(message=str(one[MARK]), event=str(one["event"]), at=at)
