"""The audit chain in the package: its events as they were hashed, and what shows that none is missing or changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from domain.inspection import Head, PublishedHead, Snapshot
from domain.merkle import Tree
from exports.bundle import Package
from exports.inspection.tree import TreeFile

_CHUNK = 1 << 16
_MOST_HEADS = 1000
"""Consistency is shown with so many published heads, the newest."""


def write(
    package: Package, snapshot: Snapshot, published: Sequence[PublishedHead]
) -> tuple[Head, dict[str, Any], int]:
    """Write `chain/events.jsonl`; gives the head, the proof (`chain/proof.json`) and how many events there are."""
    with TreeFile() as file:
        tree = file.grow(snapshot.leaves())
        head = Head(count=snapshot.count, chain=snapshot.chain.hex(), root=tree.root().hex())
        run = snapshot.segment()
        # Where cases were chosen the events between are not given: each shows its own place in the tree.
        alone = tree if run is None else None
        count = 0
        with package.file("chain/events.jsonl") as out:
            waiting = bytearray()
            for line in _lines(snapshot, alone):
                waiting += line
                count += 1
                if len(waiting) >= _CHUNK:
                    out.write(bytes(waiting))
                    waiting.clear()
            out.write(bytes(waiting))
        segment = None
        if run is not None:
            siblings = [each.hex() for each in tree.beside(run.first - 1, run.last - 1)]
            segment = {"first": run.first, "last": run.last, "before": run.before.hex(), "siblings": siblings}
        proof = {
            "format": "sitthi-audit-proof",
            "version": 1,
            "head": head.model_dump(),
            "segment": segment,
            "consistency": _consistency(tree, snapshot, published),
        }
    return head, proof, count


def _lines(snapshot: Snapshot, alone: Tree | None) -> Iterator[bytes]:
    """A line an event. `told` is the event's canonical bytes themselves: who checks hashes them as they stand."""
    for event in snapshot.events():
        if alone is None:
            place = b'{"chain":"' + event.chain.hex().encode()
        else:
            path = '","'.join(each.hex() for each in alone.inclusion(event.seq - 1))
            place = b'{"path":["' + path.encode() + b'"]' if path else b'{"path":[]'
            yield place + b',"told":' + event.canonical + b"}\n"
            continue
        yield place + b'","told":' + event.canonical + b"}\n"


def _consistency(tree: Tree, snapshot: Snapshot, published: Sequence[PublishedHead]) -> list[dict[str, Any]]:
    """For each published head: what it was then, as the register has it now, and the proof that the tree only grew."""
    counts = sorted({head.count for head in published if 0 < head.count <= tree.size})[-_MOST_HEADS:]
    chains = snapshot.chains(counts)
    return [
        {
            "count": count,
            "chain": chains[count].hex(),
            "path": [each.hex() for each in tree.consistency(count)],
        }
        for count in counts
        if count in chains
    ]
