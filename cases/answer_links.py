"""Links by which people answer without an account: tokens rest as keyed hashes, each good for one answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Connection, Row, and_, exists, insert, select, update

from cases import asking, holds
from cases.answer_tables import answer_links
from cases.errand_tables import errands
from cases.errands import ErrandRegister
from cases.facts import checked_actor
from cases.ids import new_id
from cases.proofs import ADDRESS
from cases.recipient_tables import recipients
from cases.recipients import RecipientRegister
from cases.sealing import TEXT, Sealing
from cases.tables import cases
from cases.unit_of_work import Transaction, UnitOfWork
from cases.waited_for import WAITED_FOR
from domain.answer_links import COULD_NOT, RECIPIENT, About, AnswerLink
from domain.errands import Answer, Asks, Evidence
from domain.errors import BadInput, Conflict, NotAllowed, NotFound
from domain.events import Event
from domain.identifiers import Identifier
from domain.ports import ENGINE, PERSON
from domain.recipients import Said
from domain.self_links import Draft
from security.tokens import TokenUse, hash_token, new_link_token

_DRAFT: TypeAdapter[dict[str, tuple[str, ...]]] = TypeAdapter(dict[str, tuple[str, ...]])
_MOST_DRAFTED = 256 * 1024
_GOOD = (answer_links.c.used.is_(None), answer_links.c.revoked.is_(None))


class AnswerLinkRegister:
    """Implements `domain.answer_links.AnswerLinks`."""

    def __init__(
        self, work: UnitOfWork, sealing: Sealing, asked: ErrandRegister, told: RecipientRegister
    ) -> None:
        self._work = work
        self._sealing = sealing
        self._errands = asked
        self._recipients = told

    def for_errand(
        self, errand: int, address: Identifier | None, *, actor: str, expires: datetime
    ) -> AnswerLink:
        """A link to answer an errand; those before it are void. Raises `NotFound`, `Conflict`: nobody waits for it."""
        mine = select(errands.c.case_id).where(errands.c.id == errand)
        with self._work.begin() as tx:
            case = tx.connection.scalar(mine)
            if case is None:
                raise NotFound("errand-unknown", "look it up in the list of errands")
            tx.lock_case(case)
            if _errand(tx.connection, errand) is None:
                raise Conflict("errand-answered", "nobody waits for it any more", number=errand)
            return self._make(tx, case, errand, "", address, actor=actor, expires=expires)

    def for_recipient(
        self, case: str, recipient: str, address: Identifier | None, *, actor: str, expires: datetime
    ) -> AnswerLink:
        """A link to answer L11; those before it are void. Raises `NotFound`, `Conflict`: it has answered."""
        with self._work.begin() as tx:
            reference = tx.lock_case(case).reference
            row = _recipient(tx.connection, case, recipient)
            if row is None:
                mend = "look it up in the list of recipients"
                raise NotFound("recipient-not-told", mend, reference=reference, system=recipient)
            if row.answered is not None:
                raise Conflict("recipient-answered", "look at what it said", system=recipient)
            return self._make(tx, case, None, recipient, address, actor=actor, expires=expires)

    def sent(self, link: str) -> None:
        """The message with it left; told once. Raises `NotFound`."""
        with self._work.begin() as tx:
            wanted = select(answer_links).where(answer_links.c.id == link).with_for_update()
            row = tx.connection.execute(wanted).one_or_none()
            if row is None:
                raise NotFound("link-unknown")
            if row.sent is None:
                _change(tx, row, sent=tx.now)
                tx.tell(Event.ANSWER_LINK_SENT, row.case_id, row.actor, **_which(row))

    def about(self, token: str) -> About:
        """What it is about; looking changes nothing. Raises `NotAllowed`."""
        with self._work.begin() as tx:
            return self._good(tx, token)[1]

    def opened(self, token: str) -> About:
        """The same, for who is about to see whom it concerns: counted and told first. Raises `NotAllowed`."""
        with self._work.begin() as tx:
            row, about = self._good(tx, token, lock=True)
            _change(tx, row, opened=row.opened + 1)
            tx.tell(Event.ANSWER_LINK_OPENED, row.case_id, PERSON, **_which(row))
        return about

    def keep(self, token: str, typed: Draft) -> None:
        """Keep what was typed, sealed, in place of what was kept before. Raises `NotAllowed`; `BadInput`: too much."""
        content = dict(typed)
        if len(_DRAFT.dump_json(content)) > _MOST_DRAFTED:
            raise BadInput("draft-too-large", "type less")
        with self._work.begin() as tx:
            row, _ = self._good(tx, token)
            sealed = self._sealing.put(
                self._sealing.case_key(row.case_id), _DRAFT, content, f"answer_links.draft:{row.id}"
            )
            # Asked once more in one breath with the writing: no draft outlives an answer that is given meanwhile.
            mine = update(answer_links).where(answer_links.c.id == row.id, *_GOOD)
            tx.connection.execute(mine.values(draft=sealed))

    def kept(self, token: str) -> Draft:
        """What was typed so far; nothing where nothing was kept. Raises `NotAllowed`."""
        with self._work.begin() as tx:
            row, _ = self._good(tx, token)
        if row.draft is None:
            return {}
        return self._sealing.take(row.draft, _DRAFT, f"answer_links.draft:{row.id}")

    def answer_errand(self, token: str, answer: Answer) -> About:
        """The answer, checked already; the link is used up with it, in one change. Raises `NotAllowed`."""
        with self._work.begin() as tx:
            row, about = self._good(tx, token, lock=True)
            self._errands.take(tx, about.errand, answer, actor=PERSON)
            _change(tx, row, used=tx.now, draft=None)
        return about

    def answer_recipient(self, token: str, said: Said, evidence: Sequence[Evidence], why: str) -> About:
        """A recipient's answer; the link is used up with it. Raises `NotAllowed`; `BadInput`: nothing shows it."""
        with self._work.begin() as tx:
            row, about = self._good(tx, token, lock=True)
            case, code = row.case_id, row.recipient
            self._recipients.take(tx, case, code, said, evidence, actor=PERSON, reason=why)
            _change(tx, row, used=tx.now, draft=None)
        return about

    def could_not(self, token: str, why: str) -> About:
        """It cannot be done, and why: sealed, a task for officers; the errand stays open. Raises `NotAllowed`."""
        with self._work.begin() as tx:
            row, about = self._good(tx, token, lock=True)
            key = self._sealing.case_key(row.case_id)
            sealed = self._sealing.put(key, TEXT, why, f"answer_links.could_not:{row.id}")
            _change(tx, row, used=tx.now, draft=None, could_not=sealed)
            tx.tell(Event.COULD_NOT, row.case_id, PERSON, **_which(row))
            asking.open_task(tx, COULD_NOT, row.case_id, about.system)
        return about

    def unasked(self, systems: Sequence[str]) -> tuple[tuple[int, str], ...]:
        """Errands of these systems, with the system, that somebody waits for and for which no link ever left.

        One that an officer handed over, or answered, counts as having left.
        """
        engine_only = (answer_links.c.actor == ENGINE, answer_links.c.sent.is_(None))
        left = exists().where(answer_links.c.errand_id == errands.c.id, ~and_(*engine_only))
        wanted = (
            select(errands.c.id, errands.c.system)
            .join(cases, cases.c.id == errands.c.case_id)
            .where(errands.c.system.in_(systems), WAITED_FOR, ~left)
            .order_by(errands.c.id)
        )
        with self._work.read() as connection:
            return tuple((row.id, row.system) for row in connection.execute(wanted))

    def reasons(self, errand: int) -> tuple[str, ...]:
        """Why it could not be done, as those who were asked wrote, the oldest first. Raises `KeyShredded`."""
        wanted = select(answer_links.c.id, answer_links.c.could_not).where(
            answer_links.c.errand_id == errand, answer_links.c.could_not.is_not(None)
        )
        with self._work.read() as connection:
            rows = connection.execute(wanted.order_by(answer_links.c.used, answer_links.c.id)).all()
        return tuple(
            self._sealing.take(row.could_not, TEXT, f"answer_links.could_not:{row.id}") for row in rows
        )

    def revoke(self, case: str, *, errand: int = 0, recipient: str = "", actor: str) -> int:
        """Void the links of one question; how many that were good."""
        checked_actor(actor)
        with self._work.begin() as tx:
            tx.lock_case(case)
            return self._void(tx, case, errand or None, recipient, actor)

    def _make(
        self,
        tx: Transaction,
        case: str,
        errand: int | None,
        recipient: str,
        address: Identifier | None,
        *,
        actor: str,
        expires: datetime,
    ) -> AnswerLink:
        made, token = new_id("a"), new_link_token()
        self._void(tx, case, errand, recipient, checked_actor(actor))
        key, place = self._sealing.case_key(case), f"answer_links.address:{made}"
        row = {
            "id": made,
            "case_id": case,
            "errand_id": errand,
            "recipient": recipient,
            "address": self._sealing.put(key, ADDRESS, address, place) if address else None,
            "token_hash": self._hash(token),
            "actor": actor,
            "made": tx.now,
            "expires": expires,
            "opened": 0,
        }
        written = tx.connection.execute(insert(answer_links).values(row).returning(answer_links)).one()
        tx.tell(Event.ANSWER_LINK_MADE, case, actor, **_which(written))
        return AnswerLink(id=made, case=case, token=token, expires=expires, address=address)

    def _void(self, tx: Transaction, case: str, errand: int | None, recipient: str, actor: str) -> int:
        """End the good links of one question, of a case that is locked."""
        same = (answer_links.c.case_id == case, answer_links.c.recipient == recipient)
        whose: ColumnElement[bool] = answer_links.c.errand_id == errand
        if errand is None:
            whose = answer_links.c.errand_id.is_(None)
        good = select(answer_links).where(*same, whose, *_GOOD, answer_links.c.expires > tx.now)
        rows = tx.connection.execute(good.order_by(answer_links.c.id)).all()
        for row in rows:
            _change(tx, row, revoked=tx.now, revoked_by=actor, draft=None)
            tx.tell(Event.ANSWER_LINK_REVOKED, case, actor, **_which(row))
        return len(rows)

    def _good(self, tx: Transaction, token: str, *, lock: bool = False) -> tuple[Row[Any], About]:
        """The link and what it is about. One word for every link that is not good: none tells which it is.

        With `lock` the case is locked before it is read: of two presses one comes second, and finds the link used.
        """
        mine = select(answer_links).where(answer_links.c.token_hash == self._hash(token))
        row = tx.connection.execute(mine).one_or_none()
        if row is not None and lock:
            tx.lock_case(row.case_id)
            row = tx.connection.execute(mine).one()
        over = row is None or row.used is not None or row.revoked is not None or row.expires <= tx.now
        about = _about(tx.connection, row) if row is not None and not over else None
        if row is None or about is None:
            raise NotAllowed("link-not-good", "ask the company for a new link")
        return row, about

    def _hash(self, token: str) -> str:
        return hash_token(self._sealing.engine_key(), TokenUse.ANSWER, token)


def _about(connection: Connection, link: Row[Any]) -> About | None:
    """What a link is about; None where nobody waits for the answer any more."""
    wanted = select(cases.c.reference).where(cases.c.id == link.case_id)
    reference = connection.execute(wanted).scalar_one()
    if link.errand_id is None:
        told = _recipient(connection, link.case_id, link.recipient)
        if told is None or told.answered is not None:
            return None
        return About(
            link=link.id,
            case=link.case_id,
            reference=reference,
            asks=RECIPIENT,
            due=told.by_day,
            recipient=link.recipient,
        )
    asked = _errand(connection, link.errand_id)
    if asked is None:
        return None
    return About(
        link=link.id,
        case=link.case_id,
        reference=reference,
        asks=asked.asks,
        due=asked.due_on,
        errand=asked.id,
        system=asked.system,
        held=asked.asks == Asks.DESTROY and bool(holds.binding(connection, link.case_id)),
    )


def _errand(connection: Connection, errand: int) -> Row[Any] | None:
    """An errand that somebody waits for."""
    wanted = select(errands).join(cases, cases.c.id == errands.c.case_id)
    return connection.execute(wanted.where(errands.c.id == errand, WAITED_FOR)).one_or_none()


def _recipient(connection: Connection, case: str, recipient: str) -> Row[Any] | None:
    mine = (recipients.c.case_id == case, recipients.c.recipient == recipient)
    return connection.execute(select(recipients).where(*mine)).one_or_none()


def _which(link: Row[Any]) -> dict[str, str]:
    return {"token": link.id, "system": link.recipient} if link.recipient else {"token": link.id}


def _change(tx: Transaction, row: Row[Any], **values: object) -> None:
    tx.connection.execute(update(answer_links).where(answer_links.c.id == row.id).values(**values))
