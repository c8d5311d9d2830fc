"""The nodes of a Merkle tree in files, a level each, so that proofs over any number of leaves need little memory."""

from __future__ import annotations

from collections.abc import Iterable
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Self

from domain.merkle import Tree, joined

_HASH = 32


class TreeFile:
    """Takes leaf hashes in order; gives any complete node back. Hashes are no secret, so they may lie on a disk."""

    def __init__(self) -> None:
        self._levels: list[IO[bytes]] = []
        self._last: list[bytes | None] = []
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for level in self._levels:
            level.close()

    def grow(self, leaves: Iterable[bytes]) -> Tree:
        """Take all leaves, and give the tree over them."""
        for leaf in leaves:
            self._size += 1
            self._add(leaf)
        return Tree(self._size, self._node)

    def _add(self, node: bytes) -> None:
        level = 0
        while True:
            if level == len(self._levels):
                self._levels.append(TemporaryFile())  # noqa: SIM115 - closed with the tree
                self._last.append(None)
            self._levels[level].write(node)
            left = self._last[level]
            if left is None:
                self._last[level] = node
                return
            self._last[level], node, level = None, joined(left, node), level + 1

    def _node(self, level: int, place: int) -> bytes:
        file = self._levels[level]
        file.seek(place * _HASH)
        found = file.read(_HASH)
        file.seek(0, 2)
        return found
