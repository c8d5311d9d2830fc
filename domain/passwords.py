"""What a password must be: long, and none of those that everybody tries first (NIST SP 800-63B, 5.1.1.2).

No rule about kinds of characters and no change by the calendar: both make people choose worse ones.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from domain.errors import BadInput

LEAST, MOST = 12, 200
"""Characters."""

_DIFFERENT, _NAME_LEAST = 5, 4


def check_password(password: str, login: str) -> None:
    """Refuse one that would be guessed.

    Raises:
        BadInput: it is shorter than 12 characters, longer than 200, among the commonest, of one character or a run of
            them, or holds the sign-in name. Field `password`; the value is not shown.
    """
    if not LEAST <= len(password) <= MOST:
        raise BadInput("password-length", f"use {LEAST} to {MOST} characters", field="password")
    bare = password.casefold()
    plain = re.sub(r"[\W\d_]+$", "", bare)  # "password2026!" is "password"
    name = login.partition("@")[0]
    named = len(name) >= _NAME_LEAST and name in bare
    if bare in _common() or plain in _common() or len(set(bare)) < _DIFFERENT or named:
        raise BadInput("password-common", "use a few words that nobody would guess", field="password")


@cache
def _common() -> frozenset[str]:
    return frozenset(Path(__file__).with_name("passwords.txt").read_text("utf-8").split())
