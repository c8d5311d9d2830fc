"""SendGrid's side of its signed event webhook, with a key of its own."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"


class Hooked:
    """Signs batches as SendGrid does."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())

    @property
    def public(self) -> str:
        """As its settings show it."""
        der = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(der).decode()

    def over(self, content: bytes) -> str:
        return base64.b64encode(self.key.sign(content, ec.ECDSA(SHA256()))).decode()

    def sign(self, body: bytes, at: datetime) -> tuple[str, str]:
        """Signature and timestamp, as the two headers carry them."""
        stamp = str(int(at.timestamp()))
        return self.over(stamp.encode() + body), stamp

    def headers(self, body: bytes, at: datetime) -> dict[str, str]:
        signature, stamp = self.sign(body, at)
        return {SIGNATURE: signature, TIMESTAMP: stamp, "Content-Type": "application/json"}


def batch_of(*events: dict[str, Any]) -> bytes:
    """A batch as it is posted; what an event does not say is made up, the address always."""
    told = [
        {
            "email": "somying@example.com",
            "timestamp": 1795402800,
            "sg_event_id": f"event-{number}",
            "sg_message_id": f"message-{number}.recvd",
            "smtp-id": "<x@ismtpd>",
            **event,
        }
        for number, event in enumerate(events)
    ]
    return json.dumps(told).encode()
