"""Boards that members of staff keep under names of their own."""

from __future__ import annotations

from sqlalchemy import delete, insert, select, update

from cases.board import Asks
from cases.desk_tables import saved_views
from cases.sealing import TEXT, Sealing
from cases.unit_of_work import UnitOfWork
from domain.errors import NotFound
from domain.value import Personal

_MOST = 20


class SavedView(Personal):
    """A board that a member of staff keeps under a name."""

    id: int
    name: str
    asks: Asks
    opens: bool = False
    """The board opens with it."""


class SavedViews:
    """Keeps them, each for who saved it."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def save(self, member: str, name: str, asks: Asks) -> None:
        """Keep a board under a name, sealed; the oldest of more than 20 goes."""
        told = {
            "member": member,
            "asks": asks.model_dump(mode="json", exclude_defaults=True),
            "opens": False,
        }
        with self._work.begin() as tx:
            sealed = self._sealing.put(self._sealing.engine_key(), TEXT, name, _place(member))
            tx.connection.execute(insert(saved_views).values(told | {"name": sealed, "at": tx.now}))
            mine = select(saved_views.c.id).where(saved_views.c.member == member)
            newest = mine.order_by(saved_views.c.id.desc()).limit(_MOST)
            rest = (saved_views.c.member == member, saved_views.c.id.not_in(newest))
            tx.connection.execute(delete(saved_views).where(*rest))

    def of(self, member: str) -> tuple[SavedView, ...]:
        """What a member keeps, the oldest first."""
        wanted = select(saved_views).where(saved_views.c.member == member).order_by(saved_views.c.id)
        with self._work.read() as connection:
            rows = connection.execute(wanted).all()
        take = self._sealing.take
        return tuple(
            SavedView(
                id=row.id,
                name=take(row.name, TEXT, _place(member)),
                asks=Asks.model_validate(row.asks),
                opens=row.opens,
            )
            for row in rows
        )

    def first(self, member: str) -> Asks | None:
        """With what the board opens for a member; None where they keep none for that."""
        wanted = select(saved_views.c.asks).where(saved_views.c.member == member, saved_views.c.opens)
        with self._work.read() as connection:
            asks = connection.scalar(wanted)
        return Asks.model_validate(asks) if asks is not None else None

    def open_with(self, member: str, view: int | None) -> None:
        """Let the board open with that view, or with none. Raises `NotFound` for what is not theirs."""
        mine = saved_views.c.member == member
        with self._work.begin() as tx:
            tx.connection.execute(update(saved_views).where(mine, saved_views.c.opens).values(opens=False))
            if view is not None:
                chosen = update(saved_views).where(mine, saved_views.c.id == view)
                if tx.connection.execute(chosen.values(opens=True)).rowcount != 1:
                    raise NotFound("view-unknown")

    def drop(self, member: str, view: int) -> None:
        """Keep it no longer. Raises `NotFound` for what is not theirs."""
        mine = (saved_views.c.id == view, saved_views.c.member == member)
        with self._work.begin() as tx:
            if tx.connection.execute(delete(saved_views).where(*mine)).rowcount != 1:
                raise NotFound("view-unknown")


def _place(member: str) -> str:
    return f"saved_views.name:{member}"
