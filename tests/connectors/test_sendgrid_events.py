"""The event webhook: believed only with SendGrid's signature over what was said and when."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sendgrid.helpers.eventwebhook.eventwebhook_header import EventWebhookHeader

from connectors.sendgrid_events import Delivered, read_events
from connectors.sendgrid_mail import MARK
from domain.errors import BadInput, NotAllowed

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
OURS = {"email": "wipa@example.net", "event": "delivered", "timestamp": int(NOW.timestamp()), MARK: "a1b2"}
NEWS = {"email": "wipa@example.net", "event": "open", "timestamp": int(NOW.timestamp())}


class Sender:
    """SendGrid's side: a key pair and what it signs."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())

    @property
    def public(self) -> str:
        shown = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(shown).decode()

    def call(self, said: object, at: datetime = NOW) -> tuple[bytes, dict[str, str]]:
        body, stamp = json.dumps(said).encode(), str(int(at.timestamp()))
        signed = self._key.sign(stamp.encode() + body, ec.ECDSA(hashes.SHA256()))
        signature = base64.b64encode(signed).decode()
        return body, {EventWebhookHeader.TIMESTAMP: stamp, EventWebhookHeader.SIGNATURE: signature}


def test_only_what_concerns_our_letters_is_told_and_no_address() -> None:
    sender = Sender()
    events = read_events(*sender.call([OURS, NEWS]), sender.public, NOW)
    assert events == (Delivered(message="a1b2", event="delivered", at=NOW),)
    assert "wipa" not in repr(events)


def test_nothing_of_a_call_that_somebody_else_signed_or_changed_is_believed() -> None:
    sender, other = Sender(), Sender()
    body, headers = sender.call([OURS])
    later = {**headers, EventWebhookHeader.TIMESTAMP: str(int(NOW.timestamp()) + 1)}
    for said, named, key in (
        (body, headers, other.public),
        (body.replace(b"delivered", b"bounce"), headers, sender.public),
        (body, later, sender.public),
        (body, {}, sender.public),
        (body, headers | {EventWebhookHeader.SIGNATURE: "no base64"}, sender.public),
        (body, headers | {EventWebhookHeader.TIMESTAMP: "yesterday"}, sender.public),
        (body, headers, "no key"),
    ):
        with pytest.raises(NotAllowed, match="event not signed"):
            read_events(said, named, key, NOW)


def test_an_old_call_played_again_is_refused() -> None:
    sender = Sender()
    with pytest.raises(NotAllowed, match="event too old"):
        read_events(*sender.call([OURS]), sender.public, NOW + timedelta(hours=1))


def test_what_is_signed_and_unreadable_is_told() -> None:
    sender = Sender()
    for said in ({"not": "a list"}, [{MARK: "a1b2"}], ["text"]):
        with pytest.raises(BadInput, match="event unreadable"):
            read_events(*sender.call(said), sender.public, NOW)
