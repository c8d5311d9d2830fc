"""One of our own programs (worker, portal, ...) as a child."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from domain.errors import Unavailable
from embedded.ports import is_open
from embedded.process import Child

_STOP_SECONDS = 20.0


class Program:
    """A command with the environment that it is given at each start.

    With a `port` it counts as started when that answers on loopback, otherwise as soon as it runs. It runs in the
    directory `home`, or where we run.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        *,
        child: Child,
        environment: Callable[[], Mapping[str, str]],
        port: int | None = None,
        home: Path | None = None,
    ) -> None:
        self.name = name
        self._argv = list(argv)
        self._child = child
        self._environment = environment
        self._port = port
        self._home = home

    @property
    def pid(self) -> int | None:
        """Its process number, while it lives."""
        return self._child.pid

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return self._child.log

    def start(self, *, seconds: float = 30.0) -> None:
        """Start it, if it does not run.

        Raises:
            Unavailable: It ended, or its port was silent for so long; facts name the log.
        """
        if self.alive():
            return
        self._child.spawn(self._argv, env=self._environment(), cwd=self._home or Path.cwd())
        if self._port is None:
            return
        deadline = time.monotonic() + seconds
        while not is_open(self._port):
            if not self.alive() or time.monotonic() > deadline:
                self._child.kill()
                raise Unavailable(
                    "program-does-not-start", "read its log", program=self.name, log=str(self.log)
                )
            time.sleep(0.05)

    def stop(self) -> None:
        """Ask it to finish what it has in hand (SIGTERM); kill it when it takes over 20 s."""
        self._child.stop(grace=_STOP_SECONDS)

    def kill(self) -> None:
        """End it at once with SIGKILL."""
        self._child.kill()

    def alive(self) -> bool:
        """Tell whether its process runs."""
        return self._child.alive()
