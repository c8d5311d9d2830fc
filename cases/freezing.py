"""Whether a case is frozen: an open incident of a wrong recipient stops whatever is decided or done of it."""

from __future__ import annotations

from sqlalchemy import Connection, select

from cases.incident_tables import incidents
from domain.errors import Conflict
from domain.incidents import FROZEN


def is_frozen(connection: Connection, case: str) -> bool:
    """Whether an open incident freezes it."""
    mine = (incidents.c.case_id == case, incidents.c.frozen.is_(True), incidents.c.closed.is_(None))
    return connection.scalar(select(incidents.c.id).where(*mine).limit(1)) is not None


def must_not_be_frozen(connection: Connection, case: str, reference: str) -> None:
    """Nothing is decided of what may be in the wrong hands. Raises `Conflict`."""
    if is_frozen(connection, case):
        raise Conflict(FROZEN, "close its incident first", reference=reference)
