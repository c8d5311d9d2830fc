"""One supervisor at a time in one `var`, and a way for other commands to find it."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import BinaryIO

from domain.errors import Conflict, Unavailable
from settings import Settings


class Lock:
    """A lock file that the system releases when its holder dies, however it dies."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._held: BinaryIO | None = None

    def take(self) -> None:
        """Take it, or raise `Conflict` naming the process that has it."""
        held = self._file.open("a+b")
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            held.seek(0)
            holder = held.read(20).decode("ascii", "replace").strip()
            held.close()
            raise Conflict(
                "already-running",
                "use it as it is, or stop it first (Ctrl-C where it was started)",
                pid=holder,
            ) from None
        held.truncate(0)
        held.write(f"{os.getpid()}\n".encode())
        held.flush()
        self._held = held

    def release(self) -> None:
        """Let it go."""
        if self._held is not None:
            self._held.close()
            self._held = None

    def is_held(self) -> bool:
        """Tell whether some process has it."""
        try:
            with self._file.open("rb") as seen:
                fcntl.flock(seen, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return False


def lock_of(settings: Settings) -> Lock:
    """Return the lock of the supervisor of these settings."""
    return Lock(settings.var / "supervisor.lock")


def running_file(settings: Settings) -> Path:
    """Return the file in which a running supervisor tells its addresses; it holds secrets, mode 600."""
    return settings.var / "running.json"


def attach(settings: Settings) -> Settings:
    """Return the settings that the running supervisor completed, for a command beside it.

    In production there is no supervisor, and they come back as they are.

    Raises:
        Unavailable: None is running, or it is still starting.
    """
    if settings.profile == "production":
        return settings
    if lock_of(settings).is_held():
        try:
            told = json.loads(running_file(settings).read_text("utf-8"))
        except FileNotFoundError:
            raise Unavailable("still-starting", "try again in some seconds") from None
        return settings.filled_from(Settings.load(told))
    raise Unavailable("not-running", "start it with `make run`")
