"""Ports that nobody fixed: chosen free, remembered, replaced when taken."""

from __future__ import annotations

import json
import random
import socket
import threading
from pathlib import Path

LOOPBACK = "127.0.0.1"

# Below the range that Linux (32768 up) and macOS (49152 up) give to outgoing connections. Inside it, a client
# that retries against a killed server can be given the server's own port as its source and connect to itself.
_LOWEST, _HIGHEST = 15_000, 32_000

_random = random.SystemRandom()


def is_free(port: int) -> bool:
    """Tell whether a server could listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the servers do; without it, connections of a server just killed keep its port for a minute.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def is_open(port: int) -> bool:
    """Tell whether something answers on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((LOOPBACK, port)) == 0


class Ports:
    """The ports of one stack by name, kept in a small JSON file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()

    def take(self, name: str) -> int:
        """Return the remembered port of `name` if it is free, otherwise another one, remembered from now on."""
        with self._lock:
            known = self._read()
            port = known.get(name)
            if port is None or not is_free(port):
                port = _choose(set(known.values()))
                self._write({**known, name: port})
            return port

    def known(self, name: str) -> int | None:
        """Return the remembered port of `name`, free or not; None where there is none."""
        with self._lock:
            return self._read().get(name)

    def _read(self) -> dict[str, int]:
        try:
            stored = json.loads(self._file.read_text("utf-8"))["ports"]
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return {}  # nothing lost: every port can be chosen again
        return {str(name): port for name, port in stored.items() if isinstance(port, int)}

    def _write(self, known: dict[str, int]) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps({"ports": known}, indent=2, sort_keys=True) + "\n", "utf-8")
        fresh.replace(self._file)


def _choose(spoken_for: set[int]) -> int:
    while True:
        port = _random.randrange(_LOWEST, _HIGHEST)
        if port not in spoken_for and is_free(port):
            return port
