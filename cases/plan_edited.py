"""Whether a version of a plan was edited: then nothing is decided on it any more."""

from __future__ import annotations

from sqlalchemy import Connection, select

from cases.plan_edit_tables import plan_edits
from domain.errors import StalePlan


def must_not_be_edited(connection: Connection, case: str, version: int) -> None:
    """The plan that an edit makes is on its way: what is said of this version comes too late. Raises `StalePlan`."""
    mine = (plan_edits.c.case_id == case, plan_edits.c.version == version, plan_edits.c.dropped.is_(None))
    if connection.scalar(select(plan_edits.c.id).where(*mine).limit(1)) is not None:
        raise StalePlan("plan-is-older", "it was edited: wait for the plan that follows", version=version)
