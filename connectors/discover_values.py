"""What values look like: an e-mail address, a telephone number, a Thai national id, a document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from domain.errors import BadInput
from domain.identifiers import IdentifierKind, identifier, on_file

_MOST = 0.6  # so many of the values must look alike; real columns hold blunders too
_ID_DIGITS = 13
_PHONE = re.compile(r"[+(]?\d[\d ().\-/]{6,18}\d")
_ADDRESS_INSIDE = re.compile(r"[^\s@<>,;:\"()]+@[^\s@<>,;:\"()]+\.[a-z]{2,}", re.IGNORECASE)


class Looks(StrEnum):
    """What most values of a column look like."""

    EMAIL = "email"
    PHONE = "phone"
    THAI_ID = "thai-id"
    EMAIL_INSIDE = "email-inside"
    NOTHING = ""


def looks(values: Iterable[Any]) -> tuple[Looks, int]:
    """What most of the values look like, and how many did."""
    texts = [text for value in values if (text := _text(value))]
    for kind, test in (
        (Looks.EMAIL, _is_email),
        (Looks.THAI_ID, is_thai_id),
        (Looks.PHONE, _is_phone),
    ):
        alike = sum(test(text) for text in texts)
        if texts and alike / len(texts) >= _MOST:
            return kind, alike
    inside = sum(_ADDRESS_INSIDE.search(text) is not None for text in texts)
    return (Looks.EMAIL_INSIDE, inside) if inside else (Looks.NOTHING, 0)


def is_thai_id(text: str) -> bool:
    """Whether thirteen digits have the check digit of a Thai national id (modulo 11 over weights 13 to 2)."""
    digits = [int(char) for char in text if char.isdecimal()]
    if len(digits) != _ID_DIGITS or text.strip("0123456789- "):
        return False
    total = sum(digit * weight for digit, weight in zip(digits, range(_ID_DIGITS, 1, -1), strict=False))
    return digits[0] != 0 and (11 - total % 11) % 10 == digits[-1]


def _text(value: Any) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value.strip() if isinstance(value, str) else ""


def _is_email(text: str) -> bool:
    try:
        identifier(IdentifierKind.EMAIL, text)
    except BadInput:
        return False
    return True


def _is_phone(text: str) -> bool:
    if not _PHONE.fullmatch(text) or text.count(".") == 1 or re.fullmatch(r"\d{4}-\d\d-\d\d.*", text):
        return False
    try:
        on_file(IdentifierKind.PHONE, text)
    except BadInput:
        return False
    return True
