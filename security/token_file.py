"""A token that rests in a file: made on first run, readable by its owner only."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

_BYTES = 32


def token_in(file: Path) -> str:
    """The token of that file, made now if there is none (256 random bits, mode 600 in a directory of mode 700)."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text("utf-8").strip()
    token = secrets.token_urlsafe(_BYTES)
    with os.fdopen(handle, "w", encoding="utf-8") as made:
        made.write(token + "\n")
    return token
