"""Canonical JSON (RFC 8785, JSON Canonicalization Scheme): one value, one sequence of bytes."""

from __future__ import annotations

import json
from typing import Any

import rfc8785

_EXACT = 2**53 - 1
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def canonical(value: Any) -> bytes:
    """The canonical bytes of a JSON value.

    The encoder of the standard library writes the same bytes, many times faster, as long as there is no float
    (which JavaScript writes its own way) and keys are ASCII (which both sort alike); all else takes the long way.
    """
    return _encode(value).encode() if _is_plain(value) else rfc8785.dumps(value)


def _is_plain(value: Any) -> bool:
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return True
    if kind is dict:
        for key, it in value.items():
            if not (isinstance(key, str) and key.isascii() and (type(it) is str or _is_plain(it))):
                return False
        return True
    if kind is list:
        return all(map(_is_plain, value))
    if isinstance(value, int):
        return -_EXACT <= value <= _EXACT
    return isinstance(value, str)  # an enum's member is written as its text
