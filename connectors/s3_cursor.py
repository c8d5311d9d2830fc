"""Cursors of a listing. Where it goes on is a key, and keys may hold names: so a cursor is sealed.

Sealed alike every time (AES-SIV): a page that is asked for twice is the same page.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from domain.errors import BadInput
from domain.value import Personal


class Mark(Personal):
    """Where a page ended: in which step of the search, behind which key (and upload), at which number."""

    whose: str
    step: int
    key: str
    upload: str
    number: int


class Cursors:
    """Writes and reads cursors under a key of the installation."""

    def __init__(self, secret: bytes, system: str) -> None:
        self._seal = AESSIV(hashlib.sha512(b"s3-cursor/1" + secret).digest())
        self._about = [system.encode()]

    def write(self, mark: Mark) -> str:
        """The sealed cursor."""
        told = json.dumps([mark.whose, mark.step, mark.key, mark.upload, mark.number]).encode()
        return base64.urlsafe_b64encode(self._seal.encrypt(told, self._about)).decode()

    def read(self, cursor: str) -> Mark:
        """Where that page ended.

        Raises:
            BadInput: this installation did not write it.
        """
        try:
            told: list[Any] = json.loads(self._seal.decrypt(base64.urlsafe_b64decode(cursor), self._about))
        except (ValueError, InvalidTag):
            raise malformed() from None
        whose, step, key, upload, number = told
        return Mark(whose=whose, step=step, key=key, upload=upload, number=number)


def malformed() -> BadInput:
    """The cursor is of another person, another map, or nobody's."""
    return BadInput("malformed-cursor", "start again from the first page")
