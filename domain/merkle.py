"""The Merkle tree over the audit chain's leaves (RFC 6962, section 2.1), and proofs that anyone can check.

The tree takes the chain's own leaf hashes, so that one hash serves both. Nodes of complete subtrees are asked for by
level and place; where they rest is the caller's affair, so that no proof needs the whole tree in memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

Node = Callable[[int, int], bytes]
"""The hash of the complete subtree of 2**level leaves at that place, both counted from 0."""

EMPTY = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""


def joined(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(size: int) -> int:
    """How many leaves the left side of a tree of that size has: the largest power of two below it."""
    return 1 << (size - 1).bit_length() - 1


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf hashes that pass by once; keeps one hash a level."""
    whole: list[tuple[int, bytes]] = []
    for leaf in leaves:
        level, node = 0, leaf
        while whole and whole[-1][0] == level:
            level, node = level + 1, joined(whole.pop()[1], node)
        whole.append((level, node))
    if not whole:
        return EMPTY
    root = whole.pop()[1]
    while whole:
        root = joined(whole.pop()[1], root)
    return root


class Tree:
    """A tree of `size` leaves whose complete nodes are known."""

    def __init__(self, size: int, node: Node) -> None:
        self.size = size
        self._node = node

    def root(self) -> bytes:
        """The root."""
        return self._over(0, self.size) if self.size else EMPTY

    def inclusion(self, index: int) -> list[bytes]:
        """The audit path of one leaf, counted from 0 (RFC 6962, section 2.1.1)."""
        path, low, high = [], 0, self.size
        while high - low > 1:
            middle = low + split(high - low)
            if index < middle:
                path.append(self._over(middle, high))
                high = middle
            else:
                path.append(self._over(low, middle))
                low = middle
        return path[::-1]

    def consistency(self, old: int) -> list[bytes]:
        """The proof that the first `old` leaves (at least one) were this tree then (RFC 6962, section 2.1.2)."""
        path, low, high, whole = [], 0, self.size, True
        while old != high:
            middle = low + split(high - low)
            if old <= middle:
                path.append(self._over(middle, high))
                high = middle
            else:
                path.append(self._over(low, middle))
                low, whole = middle, False
        if not whole:
            path.append(self._over(low, high))
        return path[::-1]

    def beside(self, first: int, last: int) -> list[bytes]:
        """What a run of leaves (`first` and `last` count from 0, both in it) needs to make the root, from the left."""
        return list(self._beside(0, self.size, first, last + 1))

    def _beside(self, low: int, high: int, first: int, end: int) -> Iterable[bytes]:
        if first <= low and high <= end:
            return
        if high <= first or end <= low:
            yield self._over(low, high)
            return
        middle = low + split(high - low)
        yield from self._beside(low, middle, first, end)
        yield from self._beside(middle, high, first, end)

    def _over(self, low: int, high: int) -> bytes:
        size = high - low
        level = size.bit_length() - 1
        if size == 1 << level and not low % size:
            return self._node(level, low >> level)
        middle = low + split(size)
        return joined(self._over(low, middle), self._over(middle, high))
