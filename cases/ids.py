"""Opaque ids: random, without meaning, and told apart by their first letter."""

from __future__ import annotations

import re
import secrets

_NAMED = re.compile(r"c-[0-9a-f]{24}|DSR-\d{4}-\d{6,9}")


def new_id(prefix: str) -> str:
    """A new id such as `c-5f0c...`: 96 random bits, without a colon, so that it can be part of a key."""
    return f"{prefix}-{secrets.token_hex(12)}"


def showable(reference: str) -> str:
    """What somebody gave for a reference, if it is one; else nothing: it might be a person's address."""
    return reference if _NAMED.fullmatch(reference) else ""
