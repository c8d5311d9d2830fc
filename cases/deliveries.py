"""Links to what was sent, the codes that open them and the sessions that fetch: random, and kept as hashes only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, Select, func, insert, select, update

from cases.database import insert_once
from cases.fate_tables import delivery_marks
from cases.ids import new_id
from cases.sealing import Sealing
from cases.tables import cases, deliveries, delivery_codes, letters
from cases.unit_of_work import Transaction, UnitOfWork
from domain.delivery import Code, Document, Link, Opened, Sent, mark_of
from domain.errors import NotAllowed, NotFound, RateLimited
from domain.events import Event
from domain.identifiers import Identifier
from domain.ports import PERSON
from security.tokens import TokenUse, hash_token, new_code, new_link_token, token_matches

CODE_LIFE = timedelta(minutes=15)
SESSION_LIFE = timedelta(minutes=30)
CODES_AN_HOUR = 5
"""Codes to one address of a case, over all its links: nobody's mailbox is flooded by who found a link."""
CODES_A_LINK = 20
"""Codes of one link in all. With five tries each, who has the link but not the mailbox succeeds once in 10,000."""

_ADDRESS: TypeAdapter[Identifier] = TypeAdapter(Identifier)
_DOCUMENTS: TypeAdapter[tuple[Document, ...]] = TypeAdapter(tuple[Document, ...])
_HOUR = timedelta(hours=1)
_MEND = "ask the company for a new link"


@dataclass(frozen=True)
class Bound:
    """What a link is bound to: a case, an address, and what it brings; `letter` is none where it brings no letter."""

    case: str
    letter: str | None
    address: Identifier
    documents: tuple[Document, ...]
    expires: datetime
    proved: bool


class DeliveryRegister:
    """Implements `domain.delivery.Deliveries`; `attempts` is how many codes may be tried on one."""

    def __init__(self, work: UnitOfWork, sealing: Sealing, *, attempts: int) -> None:
        self._work = work
        self._sealing = sealing
        self._attempts = attempts

    def link(
        self,
        letter: str,
        address: Identifier,
        documents: Sequence[Document],
        *,
        expires: datetime,
        proved: bool,
    ) -> Link | None:
        """A fresh link to what a letter brings to an address; None when one went out. Raises `NotFound`.

        One made but never noted as `sent` is made anew. Its message may have left all the same, and then the
        mailer, given the same `dedup`, sends no second: so the first token must stay good beside the second.
        """
        hashed = self._sealing.hash_of(address.kind.value, address.value)
        with self._work.begin() as tx:
            case = tx.connection.scalar(select(letters.c.case_id).where(letters.c.id == letter))
            if case is None:
                raise NotFound("letter-unknown", letter=letter)
            tx.lock_case(case)
            before = tx.connection.execute(_of_letter(letter, hashed)).all()
            if any(row.sent is not None for row in before):
                return None
            bound = Bound(case, letter, address, tuple(documents), expires, proved)
            made = keep_link(tx, self._sealing, bound, before=before[0].id if before else "")
            insert_once(
                tx.connection, delivery_marks, {"mark": mark_of(made.dedup), "delivery_id": made.dedup}
            )
        return made

    def sent(self, link: str) -> None:
        """The e-mail with the link of that id left; told once. Raises `NotFound`."""
        with self._work.begin() as tx:
            row = tx.connection.execute(
                select(deliveries).where(deliveries.c.id == link).with_for_update()
            ).one_or_none()
            if row is None:
                raise NotFound("delivery-unknown", delivery=link)
            if row.sent is None:
                _change(tx, link, sent=tx.now)
                tx.tell(Event.DELIVERY_LINK_SENT, row.case_id, delivery=link, letter=row.letter_id or "")

    def case(self, token: str) -> str:
        """The case of a link; looking changes nothing. Raises `NotAllowed`."""
        with self._work.begin() as tx:
            return str(self._good(tx, token).case_id)

    def code(self, token: str) -> Code:
        """A fresh code; the one before it is void.

        Raises:
            NotAllowed: the link is not good, or had all its codes.
            RateLimited: the address was sent too many within the hour.
            KeyShredded: the case's key was destroyed, and with it where to send to.
        """
        code = new_code()
        with self._work.begin() as tx:
            row = self._good(tx, token)
            tx.lock_case(row.case_id)
            self._bound(tx, row)
            made = tx.connection.scalar(
                insert(delivery_codes)
                .values(
                    delivery_id=row.id,
                    code_hash=self._hash(TokenUse.CODE, code, row.id),
                    attempts=0,
                    made=tx.now,
                    expires=tx.now + CODE_LIFE,
                )
                .returning(delivery_codes.c.id)
            )
            address = self._sealing.take(row.address, _ADDRESS, f"deliveries.address:{row.id}")
            expires = tx.now + CODE_LIFE
        return Code(id=int(made or 0), case=row.case_id, address=address, code=code, expires=expires)

    def code_sent(self, code: int) -> None:
        """The e-mail with the code of that id left; told once. Raises `NotFound`."""
        with self._work.begin() as tx:
            row = tx.connection.execute(
                select(delivery_codes, deliveries.c.case_id)
                .join(deliveries, deliveries.c.id == delivery_codes.c.delivery_id)
                .where(delivery_codes.c.id == code)
                .with_for_update(of=delivery_codes)
            ).one_or_none()
            if row is None:
                raise NotFound("code-unknown")
            if row.sent is None:
                _change_code(tx, code, sent=tx.now)
                tx.tell(Event.DELIVERY_CODE_SENT, row.case_id, delivery=row.delivery_id)

    def open(self, token: str, code: str) -> str:
        """A session for the newest code, which is then spent; its token is new, whatever the browser brought.

        Raises:
            NotAllowed: `code-wrong` while another try may succeed; `code-void` when the code was spent, is
                older than 15 minutes, or was tried too often; any other when the link itself is not good.
                Every wrong code is counted, whatever is raised.
        """
        session = new_link_token()
        with self._work.begin() as tx:
            row = self._good(tx, token)
            refusal = self._try(tx, row, code, session)
        # Raised only now: inside, it would undo the counting.
        if refusal:
            raise NotAllowed(refusal, "ask for a new code")
        return session

    def opened(self, session: str) -> Opened:
        """What the session may read, the newest first. Raises `NotAllowed`."""
        with self._work.begin() as tx:
            row = self._session(tx, session)
            return Opened(case=row.case_id, expires=row.session_ends, documents=_readable(tx, row))

    def fetch(self, session: str, name: str) -> tuple[str, Document]:
        """The case and a document of that name; counted and told before its first byte leaves.

        Raises:
            NotAllowed: the session is not good.
            NotFound: no document of that name was sent to its address.
        """
        with self._work.begin() as tx:
            row = self._session(tx, session)
            found = next((each.document for each in _readable(tx, row) if each.document.name == name), None)
            if found is None:
                raise NotFound("document-unknown")
            _change(tx, row.id, fetched=deliveries.c.fetched + 1)
            tx.tell(
                Event.DELIVERY_FETCHED,
                row.case_id,
                PERSON,
                delivery=row.id,
                document=found.kind,
                sha256=found.sha256,
                size=found.size,
            )
        return row.case_id, found

    def leave(self, session: str) -> None:
        """End a session; ending it twice, or none, is as good."""
        hashed = self._hash(TokenUse.SESSION, session)
        with self._work.begin() as tx:
            mine = update(delivery_codes).where(delivery_codes.c.session_hash == hashed)
            tx.connection.execute(mine.values(session_ends=func.least(delivery_codes.c.session_ends, tx.now)))

    def revoke(self, case: str, *, actor: str, reason: str) -> int:
        """Void every link of a case, its codes and sessions; returns how many links that were good."""
        with self._work.begin() as tx:
            is_open = tx.lock_case(case).closed is None
            good = select(deliveries.c.id).where(deliveries.c.case_id == case, deliveries.c.revoked.is_(None))
            if not is_open:
                good = good.where(deliveries.c.expires > tx.now)
            ids = tx.connection.scalars(good.with_for_update()).all()
            for link in ids:
                why = self._sealing.reason(case, reason, f"deliveries.revoked_why:{link}")
                _change(tx, link, revoked=tx.now, revoked_by=actor, revoked_why=why)
                tx.tell(Event.DELIVERY_REVOKED, case, actor, delivery=link)
        return len(ids)

    def _hash(self, use: TokenUse, token: str, bound_to: str = "") -> str:
        return hash_token(self._sealing.engine_key(), use, token, bound_to)

    def _good(self, tx: Transaction, token: str) -> Row[Any]:
        """A link's row. While its case is open the person acts by it, though what it brought can be read no more."""
        hashed = self._hash(TokenUse.DELIVERY, token)
        wanted = (
            select(deliveries, cases.c.closed)
            .join(cases, cases.c.id == deliveries.c.case_id)
            .where(deliveries.c.token_hash == hashed)
        )
        row = tx.connection.execute(wanted).one_or_none()
        over = row is None or (row.closed is not None and row.expires <= tx.now)
        if row is None or row.revoked is not None or over:
            raise NotAllowed("link-not-good", _MEND)
        return row

    def _bound(self, tx: Transaction, row: Row[Any]) -> None:
        """No more codes than are good for anybody. The case is locked, so that two at once are counted."""
        made = select(delivery_codes.c.made).where(delivery_codes.c.delivery_id == row.id)
        if len(tx.connection.scalars(made).all()) >= CODES_A_LINK:
            raise NotAllowed("link-used-up", _MEND)
        recent = tx.connection.scalars(
            select(delivery_codes.c.made)
            .join(deliveries, deliveries.c.id == delivery_codes.c.delivery_id)
            .where(
                deliveries.c.case_id == row.case_id,
                deliveries.c.address_hash == row.address_hash,
                delivery_codes.c.made > tx.now - _HOUR,
            )
            .order_by(delivery_codes.c.made)
        ).all()
        if len(recent) >= CODES_AN_HOUR:
            free = recent[-CODES_AN_HOUR] + _HOUR - tx.now
            raise RateLimited("codes-too-many", "use the newest, or wait", retry_after=free.total_seconds())

    def _try(self, tx: Transaction, link: Row[Any], code: str, session: str) -> str:
        """Why the code is refused; empty if it is right. Spends or counts it."""
        newest = (
            select(delivery_codes)
            .where(delivery_codes.c.delivery_id == link.id)
            .order_by(delivery_codes.c.id.desc())
            .limit(1)
            .with_for_update()
        )
        row = tx.connection.execute(newest).one_or_none()
        if row is None or row.session_hash is not None or row.expires <= tx.now:
            return "code-void"
        if row.attempts >= self._attempts:
            return "code-void"
        if not token_matches(self._sealing.ring, row.code_hash, TokenUse.CODE, code, link.id):
            _change_code(tx, row.id, attempts=row.attempts + 1)
            tx.tell(
                Event.DELIVERY_CODE_FAILED, link.case_id, PERSON, delivery=link.id, attempts=row.attempts + 1
            )
            return "code-wrong" if row.attempts + 1 < self._attempts else "code-void"
        ends = tx.now + SESSION_LIFE
        if link.expires > tx.now:  # else its case is open, and it reads nothing of its own
            ends = min(ends, link.expires)
        _change_code(tx, row.id, session_hash=self._hash(TokenUse.SESSION, session), session_ends=ends)
        _change(tx, link.id, opened=deliveries.c.opened + 1)
        tx.tell(Event.DELIVERY_OPENED, link.case_id, PERSON, delivery=link.id)
        return ""

    def _session(self, tx: Transaction, session: str) -> Row[Any]:
        hashed = self._hash(TokenUse.SESSION, session)
        row = tx.connection.execute(
            select(deliveries, delivery_codes.c.session_ends)
            .join(delivery_codes, delivery_codes.c.delivery_id == deliveries.c.id)
            .where(delivery_codes.c.session_hash == hashed)
        ).one_or_none()
        if row is None or row.session_ends <= tx.now or row.revoked is not None:
            raise NotAllowed("session-not-good", "open the link again")
        return row


def keep_link(tx: Transaction, sealing: Sealing, bound: Bound, *, before: str = "") -> Link:
    """A fresh link of a case that is locked; `before` is the first that was made for the same and never noted as sent."""
    made, token = new_id("d"), new_link_token()
    address = bound.address
    place = f"deliveries.address:{made}"
    tx.connection.execute(
        insert(deliveries).values(
            id=made,
            case_id=bound.case,
            letter_id=bound.letter,
            address_hash=sealing.hash_of(address.kind.value, address.value),
            address=sealing.put(sealing.case_key(bound.case), _ADDRESS, address, place),
            proved=int(bound.proved),
            documents=_DOCUMENTS.dump_python(bound.documents, mode="json"),
            token_hash=hash_token(sealing.engine_key(), TokenUse.DELIVERY, token),
            made=tx.now,
            expires=bound.expires,
            opened=0,
            fetched=0,
        )
    )
    return Link(id=made, token=token, dedup=before or made)


def _of_letter(letter: str, hashed: str) -> Select[Any]:
    mine = deliveries.c.letter_id == letter, deliveries.c.address_hash == hashed
    return (
        select(deliveries.c.id, deliveries.c.sent).where(*mine).order_by(deliveries.c.made, deliveries.c.id)
    )


def _readable(tx: Transaction, own: Row[Any]) -> tuple[Sent, ...]:
    """What went to the address of a link, in its case, and is not over.

    A link from before identity was shown opens only what went out on the sender's mere word.
    """
    mine = (
        deliveries.c.case_id == own.case_id,
        deliveries.c.address_hash == own.address_hash,
        deliveries.c.proved <= own.proved,
        deliveries.c.revoked.is_(None),
        deliveries.c.expires > tx.now,
        # Its own message left, or nobody would hold the link, though the note of it may have been lost.
        deliveries.c.sent.is_not(None) | (deliveries.c.id == own.id),
    )
    return _documents(tx.connection, select(deliveries).where(*mine).order_by(deliveries.c.made.desc()))


def _documents(connection: Connection, wanted: Select[Any]) -> tuple[Sent, ...]:
    found: dict[str, Sent] = {}
    for row in connection.execute(wanted):
        for document in _DOCUMENTS.validate_python(row.documents):
            found.setdefault(document.name, Sent(document=document, at=row.made, until=row.expires))
    return tuple(found.values())


def _change(tx: Transaction, link: str, **values: object) -> None:
    tx.connection.execute(update(deliveries).where(deliveries.c.id == link).values(**values))


def _change_code(tx: Transaction, code: int, **values: object) -> None:
    tx.connection.execute(update(delivery_codes).where(delivery_codes.c.id == code).values(**values))
