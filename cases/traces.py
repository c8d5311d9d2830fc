"""What stands beside a case and no port tells: proposals that wait for a second person, what became of links."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import func, select

from cases.decisions import Decisions
from cases.fate_tables import delivery_fates, posts
from cases.tables import deliveries
from cases.unit_of_work import UnitOfWork
from domain.case import Decision
from domain.value import Value


class Links(Value):
    """The links that one letter went out with: how many, how often opened, how many documents were fetched."""

    sent: int = 0
    opened: int = 0
    fetched: int = 0
    revoked: int = 0
    fate: str = ""
    """What the mail provider told last of any of them; nothing where it told nothing."""
    posted: date | None = None


class Traces:
    """Reads them for a status."""

    def __init__(self, work: UnitOfWork, made: Decisions) -> None:
        self._work = work
        self._decisions = made

    def proposed(self, case: str) -> Decision | None:
        """What waits for a second person, on the newest plan."""
        return self._decisions.proposed(case)

    def links(self, case: str) -> Mapping[str, Links]:
        """What became of the links of a case, by letter."""
        counted = (
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
        told = (
            select(deliveries.c.letter_id, delivery_fates.c.fate)
            .join(delivery_fates, delivery_fates.c.delivery_id == deliveries.c.id)
            .where(deliveries.c.case_id == case)
            .order_by(delivery_fates.c.at, delivery_fates.c.event)
        )
        by_post = select(posts.c.letter_id, posts.c.posted_on).where(posts.c.case_id == case)
        with self._work.read() as connection:
            fates = {row.letter_id: row.fate for row in connection.execute(told)}
            posted = {row.letter_id: row.posted_on for row in connection.execute(by_post)}
            rows = {row.letter_id: row for row in connection.execute(counted)}
        return {
            letter: Links(
                **(
                    {"sent": row.sent, "opened": row.opened, "fetched": row.fetched, "revoked": row.revoked}
                    if (row := rows.get(letter))
                    else {}
                ),
                fate=fates.get(letter, ""),
                posted=posted.get(letter),
            )
            for letter in rows.keys() | posted.keys()
        }
