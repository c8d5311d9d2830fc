"""Signing what is sent to programs (Standard Webhooks, v1), so that a receiver knows whose word it is, and when it was."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

PREFIX = "whsec_"
_BYTES = 32


def new_webhook_secret() -> str:
    """Give 256 random bits, in Base64 with a prefix by which log redaction and secret scanners know it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def signature(secret: str, message: str, timestamp: int, body: bytes) -> str:
    """Give `v1,` and the Base64 of HMAC-SHA256 over `id.timestamp.body`, under the bytes that the secret stands for."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
