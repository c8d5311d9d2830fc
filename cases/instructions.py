"""What tenants instruct: links to their contacts, the answers to them, and what officers saw in writing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from cases import asking
from cases.ids import new_id
from cases.instruction_tables import instructions, invitations
from cases.proofs import ADDRESS
from cases.sealing import Sealing
from cases.tables import cases, tasks
from cases.unit_of_work import Transaction, UnitOfWork
from domain.errors import BadInput, Conflict, NotAllowed, NotFound
from domain.events import Event
from domain.identifiers import Identifier
from domain.instructions import (
    AWAIT,
    CARRY_OUT_BY_HAND,
    ESCALATE,
    Instruction,
    Invitation,
    Invited,
    Source,
    Told,
)
from domain.ports import ENGINE, PERSON
from domain.rights import Right
from security.tokens import TokenUse, hash_token, new_code, new_link_token, token_matches

_MEND = "ask the company for a new link"


class InstructionRegister:
    """Implements `domain.instructions.Instructions`; `attempts` is how many codes may be tried on one link."""

    def __init__(self, work: UnitOfWork, sealing: Sealing, *, attempts: int) -> None:
        self._work = work
        self._sealing = sealing
        self._attempts = attempts

    def invite(self, case: str, address: Identifier, *, actor: str, expires: datetime) -> Invitation:
        """A fresh link and code; those before it are void. Raises `BadInput`, `Conflict`."""
        made, token, code = new_id("n"), new_link_token(), new_code()
        engine = self._sealing.engine_key()
        with self._work.begin() as tx:
            _must_be_open_to_word(tx, case)
            void = update(invitations).where(invitations.c.case_id == case, invitations.c.expires > tx.now)
            tx.connection.execute(void.values(expires=tx.now))
            place = f"invitations.address:{made}"
            tx.connection.execute(
                insert(invitations).values(
                    id=made,
                    case_id=case,
                    address=self._sealing.put(self._sealing.case_key(case), ADDRESS, address, place),
                    token_hash=hash_token(engine, TokenUse.INSTRUCTION, token),
                    code_hash=hash_token(engine, TokenUse.CODE, code, made),
                    attempts=0,
                    actor=actor,
                    made=tx.now,
                    expires=expires,
                )
            )
        return Invitation(id=made, case=case, address=address, token=token, code=code, expires=expires)

    def sent(self, invitation: str) -> None:
        """The message with that invitation left; told once. Raises `NotFound`."""
        with self._work.begin() as tx:
            wanted = select(invitations).where(invitations.c.id == invitation).with_for_update()
            row = tx.connection.execute(wanted).one_or_none()
            if row is None:
                raise NotFound("invitation-unknown")
            if row.sent is None:
                _change(tx, row, sent=tx.now)
                tx.tell(Event.INSTRUCTION_ASKED, row.case_id, row.actor, challenge=row.id)

    def invited(self, token: str) -> Invited:
        """What a link is about. Raises `NotAllowed`."""
        with self._work.begin() as tx:
            row = tx.connection.execute(self._by_token(token)).one_or_none()
            if row is None or (row.answered is None and self._dead(tx, row)):
                raise NotAllowed("invitation-not-good", _MEND)
            wanted = select(cases.c.reference, cases.c.right).where(cases.c.id == row.case_id)
            case = tx.connection.execute(wanted).one()
        return Invited(case=row.case_id, reference=case.reference, right=Right(case.right))

    def answer(self, token: str, code: str, told: Told) -> Instruction:
        """The contact's word; the same again is once. Raises `NotAllowed`."""
        with self._work.begin() as tx:
            row = tx.connection.execute(self._by_token(token).with_for_update()).one_or_none()
            refusal = self._try(tx, row, code)
            given = self._take(tx, row, told) if row is not None and not refusal else None
        # Raised only now: inside, it would undo the counting.
        if given is None:
            raise NotAllowed(refusal or "invitation-used", _MEND)
        return given

    def enter(self, case: str, told: Told, source: Source, *, actor: str, reason: str) -> Instruction:
        """What an officer saw; the same word again is once. Raises `BadInput`, `Conflict`."""
        with self._work.begin() as tx:
            tx.lock_case(case)
            for one in _of(tx.connection, case):
                if (one.told, one.source, one.opened) == (told, source, ""):
                    return one
            _must_be_open_to_word(tx, case)
            return self._write(tx, case, told, source, actor=actor, reason=reason)

    def of(self, case: str) -> tuple[Instruction, ...]:
        """The instructions on a case, the oldest first."""
        with self._work.read() as connection:
            return _of(connection, case)

    def behind(self, case: str) -> Instruction | None:
        """The instruction that a case carries out."""
        with self._work.read() as connection:
            row = connection.execute(select(instructions).where(instructions.c.opened == case)).one_or_none()
        return _instruction(row) if row else None

    def contact(self, instruction: str) -> Identifier | None:
        """The address from which it was given. Raises `KeyShredded`."""
        with self._work.read() as connection:
            return contact_of(connection, self._sealing, instruction)

    def _by_token(self, token: str) -> Select[Any]:
        hashed = hash_token(self._sealing.engine_key(), TokenUse.INSTRUCTION, token)
        return select(invitations).where(invitations.c.token_hash == hashed)

    def _dead(self, tx: Transaction, row: Row[Any]) -> bool:
        return bool(row.expires <= tx.now or row.attempts >= self._attempts)

    def _try(self, tx: Transaction, row: Row[Any] | None, code: str) -> str:
        """Why the answer is refused; empty if the code is right. Counts a wrong one."""
        if row is None or row.attempts >= self._attempts:
            return "invitation-not-good"
        if row.answered is None and row.expires <= tx.now:
            return "invitation-not-good"
        if not token_matches(self._sealing.ring, row.code_hash, TokenUse.CODE, code, row.id):
            _change(tx, row, attempts=row.attempts + 1)
            tx.tell(Event.CHALLENGE_FAILED, row.case_id, PERSON, challenge=row.id, attempts=row.attempts + 1)
            return "code-wrong"
        return ""

    def _take(self, tx: Transaction, row: Row[Any], told: Told) -> Instruction | None:
        """Write the answer down; None where another word was given by that link, or stands by another way."""
        tx.lock_case(row.case_id)
        if row.answered is not None:
            wanted = select(instructions).where(instructions.c.invitation_id == row.id)
            standing = _instruction(tx.connection.execute(wanted).one())
            return standing if standing.told is told else None
        if _stands(tx.connection, row.case_id):
            return None
        _change(tx, row, answered=tx.now)
        return self._write(tx, row.case_id, told, Source.LINK, actor=PERSON, invitation=row.id)

    def _write(
        self,
        tx: Transaction,
        case: str,
        told: Told,
        source: Source,
        *,
        actor: str,
        reason: str = "",
        invitation: str | None = None,
    ) -> Instruction:
        made = new_id("w")
        sealed = self._sealing.reason(case, reason, f"instructions.reason:{made}") if reason else None
        row = {
            "id": made,
            "case_id": case,
            "invitation_id": invitation,
            "told": told.value,
            "source": source.value,
            "actor": actor,
            "reason": sealed,
            "given": tx.now,
        }
        tx.connection.execute(insert(instructions).values(row))
        tx.tell(Event.INSTRUCTION_GIVEN, case, actor, kind=told, method=source, request=made)
        for waits in (AWAIT, ESCALATE):  # late or not, nobody need reach it any more
            _close(tx, self._sealing, case, waits, actor=actor, because="the tenant instructed")
        if told is Told.CARRY_OUT:
            # Whatever dies before a case is opened for it, people are asked: no tenant's word gets lost.
            asking.open_task(tx, CARRY_OUT_BY_HAND, case)
        return Instruction(id=made, case=case, told=told, source=source, by=actor, given=tx.now)


def take_up(tx: Transaction, sealing: Sealing, instruction: str, case: str) -> None:
    """Note in the transaction that opens it which case carries an instruction out, and whom to answer.

    Raises `Conflict` where it asks for nothing, or another case carries it out.
    """
    wanted = select(instructions).where(instructions.c.id == instruction).with_for_update()
    row = tx.connection.execute(wanted).one_or_none()
    if row is None or row.opened is not None or row.told != Told.CARRY_OUT:
        raise Conflict("instruction-not-to-carry-out", "look at what the tenant said")
    contact = contact_of(tx.connection, sealing, instruction)
    sealed = (
        sealing.put(sealing.case_key(case), ADDRESS, contact, _CONTACT + instruction) if contact else None
    )
    change = update(instructions).where(instructions.c.id == instruction)
    tx.connection.execute(change.values(opened=case, contact=sealed))
    _close(tx, sealing, row.case_id, CARRY_OUT_BY_HAND, actor=ENGINE, because="a case carries it out")


_CONTACT = "instructions.contact:"


def contact_of(connection: Connection, sealing: Sealing, instruction: str) -> Identifier | None:
    """The address from which an instruction was given, sealed for the case that carries it out, else for its own."""
    wanted = select(instructions.c.contact, instructions.c.invitation_id, invitations.c.address)
    found = connection.execute(
        wanted.outerjoin(invitations, invitations.c.id == instructions.c.invitation_id).where(
            instructions.c.id == instruction
        )
    ).one_or_none()
    if found is None or found.invitation_id is None:
        return None
    if found.contact is not None:
        return sealing.take(found.contact, ADDRESS, _CONTACT + instruction)
    return sealing.take(found.address, ADDRESS, f"invitations.address:{found.invitation_id}")


def _must_be_open_to_word(tx: Transaction, case: str) -> None:
    row = tx.lock_case(case)
    if not row.tenant or _is_instruction(tx.connection, case):
        mend = "only a request that names a tenant is passed on to one"
        raise BadInput("no-tenant-named", mend, reference=row.reference)
    if _stands(tx.connection, case):
        raise Conflict("instruction-stands", "it is being carried out", reference=row.reference)


def _is_instruction(connection: Connection, case: str) -> bool:
    return connection.scalar(select(instructions.c.id).where(instructions.c.opened == case)) is not None


def _stands(connection: Connection, case: str) -> bool:
    """Whether one is to be carried out, or is being: what was stopped or left undone the tenant may say again."""
    wanted = (
        select(instructions.c.id)
        .outerjoin(cases, cases.c.id == instructions.c.opened)
        .where(instructions.c.case_id == case, instructions.c.told == Told.CARRY_OUT.value)
        .where(cases.c.closed.is_(None))
    )
    return connection.scalar(wanted.limit(1)) is not None


def must_be_a_persons(connection: Connection, case: str) -> None:
    """What a tenant instructed is changed and looked at again on its word alone. Raises `BadInput`."""
    if _is_instruction(connection, case):
        mend = "the tenant says it again; what was entered by mistake is stopped"
        raise BadInput("tenant-instructs", mend)


def _of(connection: Connection, case: str) -> tuple[Instruction, ...]:
    wanted = select(instructions).where(instructions.c.case_id == case)
    rows = connection.execute(wanted.order_by(instructions.c.given, instructions.c.id))
    return tuple(_instruction(row) for row in rows)


def _instruction(row: Row[Any]) -> Instruction:
    return Instruction(
        id=row.id,
        case=row.case_id,
        told=Told(row.told),
        source=Source(row.source),
        by=row.actor,
        given=row.given,
        opened=row.opened or "",
    )


def _close(tx: Transaction, sealing: Sealing, case: str, code: str, *, actor: str, because: str) -> None:
    """Nobody need see to it any more."""
    waits = select(tasks.c.id).where(tasks.c.case_id == case, tasks.c.code == code, tasks.c.closed.is_(None))
    for task in tx.connection.scalars(waits).all():
        why = sealing.reason(case, because, f"tasks.reason:{task}")
        over = {"closed": tx.now, "closed_by": actor, "undone": False, "reason": why}
        tx.connection.execute(update(tasks).where(tasks.c.id == task).values(over))
        tx.tell(Event.TASK_CLOSED, case, actor, task=task, code=code, done=1)


def _change(tx: Transaction, row: Row[Any], **values: object) -> None:
    tx.connection.execute(update(invitations).where(invitations.c.id == row.id).values(**values))
