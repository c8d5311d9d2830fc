"""Looks over the shoulder of running programs: their arguments, their temporary files, even those already unlinked."""

from __future__ import annotations

import os
import stat
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self

import psutil

EVERY = 0.1
LOOKS = 10
"""How often a process's arguments are read: it may become another program soon after it began, not later."""

_PROC = Path("/proc")


class Watch:
    """Keeps what it saw; `arguments` of every process of this machine, `files` of those told to `follow`."""

    def __init__(self, *folders: Path) -> None:
        self.arguments: set[bytes] = set()
        self.files: dict[str, bytes] = {}
        self._folders = folders
        self._followed: set[int] = set()
        self._looks: Counter[int] = Counter()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def follow(self, pids: Iterable[int]) -> None:
        """Also see what these processes hold open without a name."""
        self._followed |= set(pids)

    def _run(self) -> None:
        while not self._over.wait(EVERY):
            self._look()
        self._look()

    def _look(self) -> None:
        for pid in psutil.pids():
            self._looks[pid] += 1
            if self._looks[pid] <= LOOKS:
                with suppress(OSError):
                    self.arguments.add((_PROC / str(pid) / "cmdline").read_bytes())
        for folder in self._folders:
            for parent, _, names in os.walk(folder):
                for name in names:
                    self._keep(Path(parent, name))
        for pid in tuple(self._followed):
            for handle in _unlinked(pid):
                self._keep(handle)

    def _keep(self, path: Path) -> None:
        """What a file held at any time counts, so each state of it is kept."""
        with suppress(OSError):
            now = path.stat()
            state = f"{path} ({now.st_size} bytes at {now.st_mtime_ns})"
            if now.st_size and state not in self.files and stat.S_ISREG(now.st_mode):
                self.files[state] = path.read_bytes()


def _unlinked(pid: int) -> Iterator[Path]:
    """Files that a process holds open and that no folder names any more."""
    with suppress(OSError):
        for handle in (_PROC / str(pid) / "fd").iterdir():
            with suppress(OSError):
                target = str(handle.readlink())
                if target.startswith("/") and target.endswith("(deleted)"):
                    yield handle
