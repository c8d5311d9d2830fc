"""Messages between persons and the office: kept sealed, in a thread for each address, told without their words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Row, func, insert, select, update

from cases import asking
from cases.deliveries import Bound, keep_link
from cases.ids import new_id
from cases.message_tables import message_links, messages
from cases.proofs import ADDRESS
from cases.sealing import TEXT, Sealing
from cases.tables import deliveries, tasks
from cases.unit_of_work import Transaction, UnitOfWork
from domain.delivery import Link
from domain.errors import Conflict, NotFound, RateLimited
from domain.events import Event
from domain.identifiers import Identifier
from domain.messages import AN_HOUR, ARRIVED, IN_ALL, Attached, Side, Written

_FILES: TypeAdapter[tuple[Attached, ...]] = TypeAdapter(tuple[Attached, ...])
_HOUR = timedelta(hours=1)
_OTHER = {Side.PERSON: Side.OFFICE, Side.OFFICE: Side.PERSON}


class MessageRegister:
    """Implements `domain.messages.Messages`."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def keep(
        self,
        case: str,
        side: Side,
        address: Identifier,
        text: str,
        files: Sequence[Attached],
        *,
        dedup: str,
        actor: str,
    ) -> Written:
        """Keep a message; the first again for the same `dedup`, and then these files are not kept.

        One from a person opens a task of the office, and one from the office answers it.

        Raises:
            RateLimited: that address wrote too many within the hour.
            Conflict: it wrote too many in all.
        """
        made, hashed = new_id("w"), self.thread_of(address)
        with self._work.begin() as tx:
            tx.lock_case(case)
            known = tx.connection.execute(
                select(messages).where(messages.c.case_id == case, messages.c.dedup == dedup)
            ).one_or_none()
            if known is not None:
                return self._opened(known)
            if side is Side.PERSON:
                _bounded(tx, case, hashed)
            last = select(func.coalesce(func.max(messages.c.no), 0)).where(messages.c.case_id == case)
            key = self._sealing.case_key(case)
            row = {
                "id": made,
                "case_id": case,
                "no": int(tx.connection.scalar(last) or 0) + 1,
                "side": side.value,
                "address_hash": hashed,
                "address": self._sealing.put(key, ADDRESS, address, f"messages.address:{made}"),
                "text": self._sealing.put(key, TEXT, text, f"messages.text:{made}"),
                "files": self._sealing.put(key, _FILES, tuple(files), f"messages.files:{made}"),
                "dedup": dedup,
                "actor": actor,
                "at": tx.now,
            }
            kept = tx.connection.execute(insert(messages).values(row).returning(messages)).one()
            facts = {"serial": kept.no, "items": len(files), "size": sum(one.size for one in files)}
            if side is Side.PERSON:
                tx.tell(Event.MESSAGE_RECEIVED, case, actor, **facts)
                asking.open_task(tx, ARRIVED, case)
            else:
                tx.tell(Event.MESSAGE_WRITTEN, case, actor, **facts)
                _answered(tx, case, actor)
        return self._opened(kept)

    def thread(self, case: str, address: Identifier) -> tuple[Written, ...]:
        """What was exchanged with one address, the oldest first. Raises `KeyShredded`."""
        return self._read(messages.c.case_id == case, self._with(address))

    def all(self, case: str) -> tuple[Written, ...]:
        """What was exchanged about a case, the oldest first. Raises `KeyShredded`."""
        return self._read(messages.c.case_id == case)

    def read(self, case: str, side: Side, address: Identifier | None = None) -> int:
        """That side opened what the other wrote, to one address or all; noted and told once a message. How many."""
        new = messages.c.case_id == case, messages.c.side == _OTHER[side].value, messages.c.read.is_(None)
        wanted = (*new, self._with(address)) if address else new
        with self._work.begin() as tx:
            tx.lock_case(case)
            opened = update(messages).where(*wanted).values(read=tx.now).returning(messages.c.no)
            numbers = sorted(tx.connection.scalars(opened))
            for no in numbers if side is Side.PERSON else ():  # a look of the office is told with its reason
                tx.tell(Event.MESSAGE_READ, case, Side.PERSON.value, serial=no)
        return len(numbers)

    def thread_of(self, address: Identifier) -> str:
        """The name of an address's thread: a keyed hash."""
        return self._sealing.hash_of(address.kind.value, address.value)

    def unmailed(self) -> tuple[tuple[str, str], ...]:
        """Messages of the office about which no e-mail left yet: case and id, the oldest first."""
        mine = messages.c.side == Side.OFFICE.value, messages.c.mailed.is_(None)
        wanted = select(messages.c.case_id, messages.c.id).where(*mine).order_by(messages.c.at, messages.c.id)
        with self._work.read() as connection:
            return tuple((row.case_id, row.id) for row in connection.execute(wanted))

    def one(self, message: str) -> Written:
        """One message. Raises `NotFound`, `KeyShredded`."""
        found = self._read(messages.c.id == message)
        if not found:
            raise NotFound("message-unknown")
        return found[0]

    def link(self, message: str, *, expires: datetime, proved: bool) -> Link | None:
        """A fresh link for the e-mail about a message of the office; None when that left.

        One made whose e-mail was never noted is made anew with the same `dedup`, as `Deliveries.link` does. Raises
        `NotFound`, `KeyShredded`.
        """
        written = self.one(message)
        with self._work.begin() as tx:
            tx.lock_case(written.case)
            if _row(tx, message).mailed is not None:
                return None
            made_before = (
                select(deliveries.c.id)
                .join(message_links, message_links.c.delivery_id == deliveries.c.id)
                .where(message_links.c.message_id == message)
                .order_by(deliveries.c.made, deliveries.c.id)
                .limit(1)
            )
            before = tx.connection.scalar(made_before) or ""
            bound = Bound(written.case, None, written.address, (), expires, proved)
            made = keep_link(tx, self._sealing, bound, before=before)
            tx.connection.execute(insert(message_links).values(delivery_id=made.id, message_id=message))
        return made

    def mailed(self, message: str, link: str) -> None:
        """The e-mail with the link of that id left; told once. Raises `NotFound`."""
        with self._work.begin() as tx:
            row = _row(tx, message)
            if row.mailed is None:
                tx.connection.execute(update(messages).where(messages.c.id == message).values(mailed=tx.now))
                tx.connection.execute(update(deliveries).where(deliveries.c.id == link).values(sent=tx.now))
                tx.tell(Event.MESSAGE_MAILED, row.case_id, serial=row.no, delivery=link)

    def _with(self, address: Identifier) -> ColumnElement[bool]:
        return messages.c.address_hash == self.thread_of(address)

    def _read(self, *which: ColumnElement[bool]) -> tuple[Written, ...]:
        wanted = select(messages).where(*which).order_by(messages.c.case_id, messages.c.no)
        with self._work.read() as connection:
            rows = connection.execute(wanted).all()
        return tuple(self._opened(row) for row in rows)

    def _opened(self, row: Row[Any]) -> Written:
        return Written(
            id=row.id,
            case=row.case_id,
            no=row.no,
            side=Side(row.side),
            thread=row.address_hash,
            address=self._sealing.take(row.address, ADDRESS, f"messages.address:{row.id}"),
            text=self._sealing.take(row.text, TEXT, f"messages.text:{row.id}"),
            files=self._sealing.take(row.files, _FILES, f"messages.files:{row.id}"),
            actor=row.actor,
            at=row.at,
            read=row.read,
            mailed=row.mailed,
        )


def _bounded(tx: Transaction, case: str, hashed: str) -> None:
    """No more of one address than are good for anybody; the case is locked, so that two at once are counted."""
    mine = (
        messages.c.case_id == case,
        messages.c.address_hash == hashed,
        messages.c.side == Side.PERSON.value,
    )
    written = tx.connection.scalars(select(messages.c.at).where(*mine).order_by(messages.c.at)).all()
    if len(written) >= IN_ALL:
        raise Conflict("messages-too-many", "write or telephone to the data protection officer")
    recent = [at for at in written if at > tx.now - _HOUR]
    if len(recent) >= AN_HOUR:
        free = recent[-AN_HOUR] + _HOUR - tx.now
        raise RateLimited("messages-too-fast", "write again later", retry_after=free.total_seconds())


def _answered(tx: Transaction, case: str, actor: str) -> None:
    mine = tasks.c.case_id == case, tasks.c.code == ARRIVED, tasks.c.closed.is_(None)
    over = update(tasks).where(*mine).values(closed=tx.now, closed_by=actor).returning(tasks.c.id)
    for task in tx.connection.scalars(over):
        tx.tell(Event.TASK_CLOSED, case, actor, task=task, code=ARRIVED, system="", done=1)


def _row(tx: Transaction, message: str) -> Row[Any]:
    row = tx.connection.execute(
        select(messages).where(messages.c.id == message).with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound("message-unknown")
    return row
