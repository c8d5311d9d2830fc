"""Where data waits its turn: one temporary file, sealed under a key that exists in memory only.

A zip is written one entry after another, but each record belongs to two of them, JSON and CSV, and the records
come once. Reading them twice would ask every source for a second, maybe different, answer; keeping them in
memory would grow with the data; a plain temporary file would leave personal data on a disk. So CSV waits here:
AES-256-GCM in chunks, the file unlinked as it is made and the key gone with the process.
"""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import TemporaryFile
from types import TracebackType
from typing import Self

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CHUNK = 64 * 1024
_KEY_BITS, _NONCE = 256, 12


class Spool:
    """Named streams of bytes, appended in any order and read back each as a whole."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115 - closed with the spool
        self._cipher = AESGCM(AESGCM.generate_key(_KEY_BITS))
        self._waiting: dict[str, bytearray] = {}
        self._chunks: dict[str, list[tuple[int, int]]] = {}
        self._number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def append(self, name: str, data: bytes) -> None:
        """Add bytes to a stream."""
        waiting = self._waiting.setdefault(name, bytearray())
        waiting += data
        if len(waiting) >= CHUNK:
            self._seal(name)

    def read(self, name: str) -> Iterator[bytes]:
        """A stream from its start, in chunks."""
        if self._waiting.get(name):
            self._seal(name)
        for number, place in self._chunks.get(name, ()):
            self._file.seek(place)
            size = int.from_bytes(self._file.read(4), "big")
            yield self._cipher.decrypt(_nonce(number), self._file.read(size), name.encode())

    def _seal(self, name: str) -> None:
        sealed = self._cipher.encrypt(_nonce(self._number), bytes(self._waiting[name]), name.encode())
        place = self._file.seek(0, 2)
        self._file.write(len(sealed).to_bytes(4, "big") + sealed)
        self._chunks.setdefault(name, []).append((self._number, place))
        self._number += 1
        self._waiting[name].clear()


def _nonce(number: int) -> bytes:
    return number.to_bytes(_NONCE, "big")  # never twice: the key is of this spool alone
