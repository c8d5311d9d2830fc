"""Certificates of erasure that can be checked by whoever holds one, without an account."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from domain.value import Value


class Certified(Value):
    """A certificate as anybody may see it: its proof id, the SHA-256 of the file, and when it was issued."""

    proof: str
    sha256: str
    issued: datetime


class Certificates(Protocol):
    """The certificates that were issued."""

    def issue(self, case: str, proof: str, sha256: str) -> None:
        """Note a certificate and tell it; the same again changes nothing."""
        ...

    def check(self, proof: str) -> Certified:
        """What was issued under that proof id. Raises `NotFound`."""
        ...
