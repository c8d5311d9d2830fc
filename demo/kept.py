"""What a stand-in knows, in a file: it outlives the process, and who checks the demonstration reads it there."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

Object = dict[str, Any]


def read(file: Path) -> Object:
    """What was kept."""
    found: Object = json.loads(file.read_text("utf-8"))
    return found


def write(file: Path, told: Object) -> None:
    """Keep it, readable by its owner only; at once, so that nobody reads half of it."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        json.dump(told, out, ensure_ascii=False, sort_keys=True)
    fresh.replace(file)
