"""The idempotency formula: doing a thing twice under one key is doing it once.

`case:step:system:verb[:batch]`. Never a run id or an activity id, which change on retry. The same
key is UNIQUE in the register and passed on to vendors that take one.
"""

from __future__ import annotations

from domain.errors import BadInput

SEPARATOR = ":"


def idempotency_key(case: str, step: str, system: str = "", verb: str = "", batch: str = "") -> str:
    """The key of one effect; empty parts at the end are left out.

    Raises:
        BadInput: a part holds the separator, or a later part stands without the earlier one.
    """
    parts = [case, step, system, verb, batch]
    if any(SEPARATOR in part for part in parts):
        raise BadInput("key-part-with-separator", f"names must not hold {SEPARATOR!r}")
    while parts and not parts[-1]:
        parts.pop()
    if not parts or not all(parts):
        raise BadInput("key-part-missing", "give every part before the last one")
    return SEPARATOR.join(parts)
