"""What connectors share: the contract itself is `domain.connector.Connector`."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from typing import Any

from domain.connector import Batch, Capability, Foreseen
from domain.errors import BadInput, CapabilityMissing, Refused


def require(capability: Capability, claimed: Iterable[Capability], system: str) -> None:
    """Stop when more is asked than the connector claims.

    Raises:
        CapabilityMissing: it never claimed that.
    """
    if capability not in frozenset(claimed):
        raise CapabilityMissing(
            "capability-missing", "do it by hand or leave it out", system=system, capability=capability
        )


def write_cursor(parts: Sequence[Any]) -> str:
    """An opaque cursor. It is stored in the clear: put no personal data in it."""
    return base64.urlsafe_b64encode(json.dumps(list(parts)).encode()).decode()


def read_cursor(cursor: str, length: int) -> list[Any]:
    """What `write_cursor` was given.

    Raises:
        BadInput: no connector of this version wrote that.
    """
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except ValueError:
        parts = None
    if not isinstance(parts, list) or len(parts) != length:
        raise BadInput("malformed-cursor", "start again from the first page")
    return parts


def intended(batch: Batch, foreseen: Sequence[Foreseen], system: str) -> dict[int, str]:
    """The after-hash of every order of a batch.

    Raises:
        Refused: the intent speaks of other orders than the batch.
    """
    after = {one.no: one.hash_after for one in foreseen}
    if after.keys() != {order.no for order in batch.orders}:
        raise Refused("intent-differs-from-batch", "plan again", system=system)
    return after
