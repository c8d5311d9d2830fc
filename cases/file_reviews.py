"""Who looked at the files that a plan hands over, and which are left out (s.30 ¶2)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert, select

from cases.facts import checked_actor
from cases.file_review_tables import file_reviews
from cases.ids import new_id
from cases.sealing import Sealing
from cases.unit_of_work import UnitOfWork
from domain.events import Event
from domain.third_persons import FileReview


class FileReviewRegister:
    """Implements `domain.third_persons.FileReviews`."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def enter(self, case: str, digest: str, without: Sequence[int], *, actor: str, reason: str) -> None:
        """Note a review of the plan of that digest; a later one takes its place. Raises `KeyShredded`, `NotFound`."""
        checked_actor(actor)
        made, left_out = new_id("x"), sorted(set(without))
        with self._work.begin() as tx:
            tx.lock_case(case)
            why = self._sealing.reason(case, reason, f"file_reviews.reason:{made}")
            row = {"id": made, "case_id": case, "digest": digest, "by": actor, "reason": why}
            tx.connection.execute(insert(file_reviews).values(**row, without=left_out, at=tx.now))
            tx.tell(Event.FILES_REVIEWED, case, actor, digest=digest, left=len(left_out))

    def of(self, case: str, digest: str) -> FileReview | None:
        """The newest review of that plan; None where there is none."""
        mine = (file_reviews.c.case_id == case, file_reviews.c.digest == digest)
        newest = (
            select(file_reviews).where(*mine).order_by(file_reviews.c.at.desc(), file_reviews.c.id.desc())
        )
        with self._work.read() as connection:
            row = connection.execute(newest.limit(1)).one_or_none()
        if row is None:
            return None
        return FileReview(case=case, digest=digest, without=tuple(row.without), by=row.by, at=row.at)
