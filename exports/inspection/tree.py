"""The nodes of a Merkle tree in files, a level each, so that proofs over any number of leaves need little memory."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Self

from domain.merkle import Tree, joined

_HASH = 32
_BATCH = 4096


class TreeFile:
    """Takes leaf hashes in order; gives any complete node back. Hashes are no secret, so they may lie on a disk."""

    def __init__(self) -> None:
        self._levels: list[IO[bytes]] = []
        self._odd: list[list[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for level in self._levels:
            level.close()

    def grow(self, leaves: Iterable[bytes]) -> Tree:
        """Take all leaves, and give the tree over them."""
        size, waiting = 0, iter(leaves)
        while batch := list(islice(waiting, _BATCH)):
            size += len(batch)
            self._add(0, batch)
        return Tree(size, self._node)

    def _add(self, level: int, nodes: list[bytes]) -> None:
        """Nodes of a level in their order; each pair makes one of the level above, an odd one waits."""
        if not nodes:
            return
        if level == len(self._levels):
            self._levels.append(TemporaryFile())  # noqa: SIM115 - closed with the tree
            self._odd.append([])
        self._levels[level].write(b"".join(nodes))
        nodes = self._odd[level] + nodes
        self._odd[level] = nodes[len(nodes) & ~1 :]
        self._add(level + 1, [joined(*pair) for pair in zip(nodes[::2], nodes[1::2], strict=False)])

    def _node(self, level: int, place: int) -> bytes:
        file = self._levels[level]
        file.seek(place * _HASH)
        found = file.read(_HASH)
        file.seek(0, 2)
        return found
