"""SendGrid's signed event webhook: whose word it is, and what of it is about delivery.

SendGrid signs the header's timestamp and the body as they stand (ECDSA over P-256 with SHA-256; the public key is
given as base64 of its DER). It repeats what was not answered with a 2xx for a day, and repeats much that was: events
carry an id, and each counts once. See "Getting Started with the Event Webhook Security Features" and "Event Webhook
Reference" of its documentation.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from domain.delivery import Fate, Notice
from domain.errors import BadInput, NotAllowed
from domain.ports import Clock

MARK = "sitthi_message"
"""The custom argument that a message bears: a hash, which comes back in the account's activity and events."""

_FATES: Mapping[object, Fate] = {
    "delivered": Fate.DELIVERED,
    "bounce": Fate.BOUNCED,
    "dropped": Fate.DROPPED,
}
"""A bounce of type `blocked` says nothing of the address, but SendGrid tries it no more: the letter is not there."""

_AHEAD, _BEHIND = timedelta(minutes=5), timedelta(hours=26)
"""How far a batch's time may be off: clocks differ, and SendGrid goes on trying for a day."""


class SendgridEvents:
    """Reads batches that SendGrid posts. `key` is the webhook's verification key, as its settings show it."""

    def __init__(self, key: str, clock: Clock) -> None:
        try:
            found = load_der_public_key(base64.b64decode(key, validate=True))
        except (ValueError, binascii.Error, UnsupportedAlgorithm):
            found = None
        if not isinstance(found, EllipticCurvePublicKey):
            mend = "copy the webhook's verification key from SendGrid's settings"
            raise BadInput("setting-invalid", mend, variable="SITTHI_SENDGRID_EVENTS_KEY")
        self._key = found
        self._clock = clock

    def read(self, body: bytes, signature: str, timestamp: str) -> tuple[Notice, ...]:
        """What a batch tells of deliveries; all else in it, addresses above all, is passed over.

        Raises:
            NotAllowed: it is not signed with that key, or was signed too long ago.
            BadInput: it is signed, and no batch.
        """
        try:
            self._key.verify(
                base64.b64decode(signature, validate=True), timestamp.encode() + body, ECDSA(SHA256())
            )
        except (InvalidSignature, ValueError, binascii.Error):
            raise NotAllowed("hook-not-signed") from None
        self._check_time(timestamp)
        try:
            return tuple(_notices(json.loads(body)))
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
            raise BadInput("hook-malformed") from None

    def _check_time(self, timestamp: str) -> None:
        signed = (
            datetime.fromtimestamp(int(timestamp), UTC)
            if timestamp.isascii() and timestamp.isdecimal()
            else None
        )
        now = self._clock.now()
        if signed is None or not now - _BEHIND <= signed <= now + _AHEAD:
            raise NotAllowed("hook-out-of-time")


def _notices(batch: Any) -> Iterator[Notice]:
    for event in batch:
        fate, mark = _FATES.get(event.get("event")), event.get(MARK)
        if fate is None or not isinstance(mark, str):
            continue
        yield Notice(
            mark=mark,
            # Ours has always the same length, whatever theirs is.
            event=hashlib.sha256(str(event["sg_event_id"]).encode()).hexdigest(),
            fate=fate,
            at=datetime.fromtimestamp(int(event["timestamp"]), UTC),
        )
