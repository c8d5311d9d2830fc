"""What the register keeps and no port tells yet, read for the screen: proposals that wait, what became of links.

And one lock: what two terminals must not do at the same time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select

from cases.database import engine_for, speaking
from cases.tables import decisions, deliveries, plans
from domain.errors import BadInput
from domain.value import Value

if TYPE_CHECKING:
    from bootstrap import House

_FIRST_OF_STAFF = 0x53544146


class Proposed(Value):
    """What an officer proposed on the newest plan, and a second person has not confirmed."""

    approved: bool
    ground: str
    proposer: str
    digest: str


class Links(Value):
    """The links that one letter went out with: how many, how often opened, how many documents were fetched."""

    sent: int = 0
    opened: int = 0
    fetched: int = 0
    revoked: int = 0


class Traces:
    """Reads in one connection, for as long as a command lasts."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def proposed(self, case: str) -> Proposed | None:
        """What waits for a second person, on the newest plan."""
        newest = select(func.max(plans.c.version)).where(plans.c.case_id == case).scalar_subquery()
        row = self._connection.execute(
            select(decisions).where(
                decisions.c.case_id == case,
                decisions.c.version == newest,
                decisions.c.completed.is_(None),
                decisions.c.voided.is_(None),
            )
        ).one_or_none()
        if row is None:
            return None
        return Proposed(
            approved=bool(row.approved), ground=row.ground, proposer=row.proposer, digest=row.digest
        )

    def links(self, case: str) -> dict[str, Links]:
        """What became of the links of a case, by letter."""
        found = self._connection.execute(
            select(
                deliveries.c.letter_id,
                func.count(deliveries.c.sent).label("sent"),
                func.sum(deliveries.c.opened).label("opened"),
                func.sum(deliveries.c.fetched).label("fetched"),
                func.count(deliveries.c.revoked).label("revoked"),
            )
            .where(deliveries.c.case_id == case)
            .group_by(deliveries.c.letter_id)
        )
        return {
            row.letter_id: Links(sent=row.sent, opened=row.opened, fetched=row.fetched, revoked=row.revoked)
            for row in found
        }

    def alone(self) -> None:
        """Wait until nobody else adds to the staff; let go at the end of the connection."""
        self._connection.execute(select(func.pg_advisory_xact_lock(_FIRST_OF_STAFF)))


@contextmanager
def traces(house: House) -> Iterator[Traces]:
    """A reading of the register. Raises `Unavailable`."""
    address = house.settings.database_url
    if address is None:
        raise BadInput("setting-missing", "set it", variable="DATABASE_URL")
    engine = engine_for(address.get_secret_value(), connections=1)
    try:
        with speaking(), engine.connect() as connection:
            yield Traces(connection)
    finally:
        engine.dispose()
