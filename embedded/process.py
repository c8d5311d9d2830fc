"""A child process that is remembered on disk, so that whoever comes after a crash can find and end it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_PROC = Path("/proc")
_LOG_LIMIT = 10_000_000  # bytes; a log larger than this is moved aside once at the next start


@dataclass(frozen=True)
class Account:
    """The system user and group that a child runs as."""

    uid: int
    gid: int


def birth(pid: int) -> str | None:
    """Return a mark that tells this process from a later one under the same number; None when it is dead.

    A zombie counts as dead: it holds nothing, but answers `kill -0` until its parent reaps it.
    """
    if (_PROC / "self" / "stat").exists():
        try:
            after_name = (_PROC / str(pid) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        state, started = after_name[0], after_name[19]
        return None if state in "ZX" else started
    shown = subprocess.run(  # noqa: S603 - fixed words and a number
        ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    state, _, started = shown.stdout.strip().partition(" ")
    return None if not state or state.startswith("Z") else started.strip()


class Child:
    """One process in its own session, with its log and its number on disk.

    Its own session keeps a Ctrl-C in the terminal from it: the supervisor stops its children in order.
    """

    def __init__(self, name: str, *, memory: Path, log: Path) -> None:
        self.name = name
        self.log = log
        self._memory = memory
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @property
    def pid(self) -> int | None:
        """Its process number, while it lives."""
        return self._process.pid if self._process is not None and self.alive() else None

    def alive(self) -> bool:
        """Tell whether it runs; a dead one is reaped by asking."""
        return self._process is not None and self._process.poll() is None

    def spawn(
        self,
        argv: Sequence[str | Path],
        *,
        env: Mapping[str, str],
        cwd: Path,
        account: Account | None = None,
    ) -> None:
        """Start it with exactly this environment, as `account` where one is given."""
        self._memory.parent.mkdir(parents=True, exist_ok=True)
        with self._open_log() as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own programs, no shell
                [str(word) for word in argv],
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )
        known = {"pid": self._process.pid, "birth": birth(self._process.pid)}
        self._memory.write_text(json.dumps(known), "utf-8")

    def said(self) -> str:
        """Return what it wrote to its log since it was last started (the last 20 kB of it)."""
        with self.log.open("rb") as log:
            end = log.seek(0, os.SEEK_END)
            log.seek(max(self._log_start, end - 20_000))
            return log.read().decode("utf-8", "replace")

    def stop(self, how: signal.Signals = signal.SIGTERM, *, grace: float = 15.0) -> None:
        """Ask it to end with signal `how`; after `grace` seconds, kill it."""
        if self._process is not None and self.alive():
            _signal_group(self._process.pid, how)
            try:
                self._process.wait(grace)
            except subprocess.TimeoutExpired:
                self.kill()
        self._forget()

    def kill(self) -> None:
        """End it and its process group with SIGKILL, and reap it."""
        if self._process is not None and self.alive():
            _signal_group(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._forget()

    def reap_stale(self, how: signal.Signals = signal.SIGTERM, *, grace: float = 15.0) -> int | None:
        """End what a killed supervisor left running; return the number it had, whether it still lived or not."""
        try:
            known = json.loads(self._memory.read_text("utf-8"))
            pid, born = int(known["pid"]), known["birth"]
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None
        for sent, patience in ((how, grace), (signal.SIGKILL, 5.0)):
            if born is None or birth(pid) != born:
                break
            _signal_group(pid, sent)
            _wait_until_dead(pid, born, patience)
        self._memory.unlink(missing_ok=True)
        return pid

    def _forget(self) -> None:
        self._process = None
        self._memory.unlink(missing_ok=True)

    def _open_log(self) -> BinaryIO:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        log = self.log.open("ab")
        self._log_start = log.tell()
        return log


def _signal_group(pid: int, how: signal.Signals) -> None:
    try:
        os.killpg(pid, how)
    except ProcessLookupError:
        return  # it went first


def _wait_until_dead(pid: int, born: str | None, patience: float) -> None:
    deadline = time.monotonic() + patience
    while birth(pid) == born and time.monotonic() < deadline:
        time.sleep(0.05)
