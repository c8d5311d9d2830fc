"""Decisions on plans: one officer proposes, and a second confirms what is irreversible or refused."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, insert, select, update
from sqlalchemy import func as sql

from cases.freezing import must_not_be_frozen
from cases.ids import new_id
from cases.plan_edited import must_not_be_edited
from cases.sealing import Sealing
from cases.tables import cases, decisions, plans
from cases.unit_of_work import UnitOfWork
from domain.case import Decision
from domain.errors import BadInput, Conflict, SamePerson, StalePlan
from domain.events import Event
from domain.ports import Proposal
from domain.states import State


class Decisions:
    """Proposals and confirmations. A version of a plan is decided once, and only while its case decides."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def propose(self, case: str, proposal: Proposal, *, confirm: bool) -> Decision | None:
        """See `cases.plans.PlanRegister.propose`."""
        if not proposal.approved and not proposal.ground:
            raise BadInput("refusal-without-ground", "name the ground of the refusal", field="ground")
        second = confirm or not proposal.approved
        with self._work.begin() as tx:
            at_case = tx.lock_case(case)
            version, newest = _newest_plan(tx.connection, case, at_case.reference)
            if proposal.digest != newest:
                raise StalePlan("plan-is-older", "read the newest plan and decide on it", version=version)
            must_not_be_edited(tx.connection, case, version)
            must_not_be_frozen(tx.connection, case, at_case.reference)
            standing = _of_version(tx.connection, case, version)
            _must_be_valid(standing, version)
            _must_be_open(at_case, standing)
            decided = new_id("d")
            why = self._sealing.reason(case, proposal.reason, f"decisions.proposed_why:{decided}")
            row = {
                "id": decided,
                "case_id": case,
                "version": version,
                "digest": newest,
                "approved": int(proposal.approved),
                "ground": proposal.ground,
                "proposer": proposal.actor,
                "confirmer": "",
                "proposed_why": why,
                "proposed": tx.now,
                "completed": None if second else tx.now,
            }
            tx.connection.execute(insert(decisions).values(row))
            tx.tell(
                Event.DECISION_PROPOSED,
                case,
                proposal.actor,
                decision=decided,
                digest=newest,
                approved=int(proposal.approved),
                ground=proposal.ground,
                **({} if second else {"done": 1}),
            )
        return None if second else _decision(row)

    def confirm(self, case: str, *, actor: str, reason: str, decision: str = "") -> Decision:
        """See `cases.plans.PlanRegister.confirm`."""
        with self._work.begin() as tx:
            at_case = tx.lock_case(case)
            version, _ = _newest_plan(tx.connection, case, at_case.reference)
            must_not_be_edited(tx.connection, case, version)
            must_not_be_frozen(tx.connection, case, at_case.reference)
            row = _last(tx.connection, case)
            if row is None:
                raise Conflict("nothing-proposed", "propose a decision first", reference=at_case.reference)
            if row.version != version or (decision and row.id != decision):
                raise StalePlan("plan-is-older", "read the newest plan and propose on it", version=version)
            _must_be_valid(row, version)
            if row.completed is not None:
                raise Conflict("already-decided", reference=at_case.reference, decision=row.id)
            if at_case.state != State.DECIDING.value:
                raise Conflict("not-deciding", reference=at_case.reference, state=at_case.state)
            if actor == row.proposer:
                raise SamePerson("same-person", "let another member of staff confirm", decision=row.id)
            why = self._sealing.reason(case, reason, f"decisions.confirmed_why:{row.id}")
            tx.connection.execute(
                update(decisions)
                .where(decisions.c.id == row.id)
                .values(confirmer=actor, confirmed_why=why, completed=tx.now)
            )
            tx.tell(
                Event.DECISION_CONFIRMED,
                case,
                actor,
                decision=row.id,
                digest=row.digest,
                approved=row.approved,
                ground=row.ground,
            )
        return _decision({**row._mapping, "confirmer": actor})  # noqa: SLF001 - SQLAlchemy's own name

    def standing(self, case: str) -> Decision | None:
        """The complete decision on the newest version, if there is one."""
        with self._work.read() as connection:
            newest = select(sql.max(plans.c.version)).where(plans.c.case_id == case).scalar_subquery()
            row = connection.execute(
                select(decisions).where(
                    decisions.c.case_id == case,
                    decisions.c.version == newest,
                    decisions.c.completed.is_not(None),
                    decisions.c.voided.is_(None),
                )
            ).one_or_none()
        return _decision(row._mapping) if row else None  # noqa: SLF001 - SQLAlchemy's own name

    def complete(self, case: str) -> tuple[Decision, ...]:
        """Every complete decision that was not voided, the oldest first, on whichever version of the plan."""
        wanted = (
            select(decisions)
            .where(decisions.c.case_id == case)
            .where(decisions.c.completed.is_not(None), decisions.c.voided.is_(None))
            .order_by(decisions.c.version)
        )
        with self._work.read() as connection:
            return tuple(_decision(row._mapping) for row in connection.execute(wanted))  # noqa: SLF001

    def proposed(self, case: str) -> Decision | None:
        """What stands proposed on the newest version and waits for a second person."""
        with self._work.read() as connection:
            row = _last(connection, case)
            newest = connection.scalar(select(sql.max(plans.c.version)).where(plans.c.case_id == case))
        waits = row is not None and row.completed is None and row.voided is None and row.version == newest
        return _decision(row._mapping) if row is not None and waits else None  # noqa: SLF001

    def undelivered(self, before: datetime) -> tuple[tuple[str, Decision], ...]:
        """Decisions completed before then whose case still stands in deciding, the oldest first."""
        newest = (
            select(plans.c.case_id, sql.max(plans.c.version).label("version"))
            .group_by(plans.c.case_id)
            .subquery()
        )
        waiting = (
            select(decisions)
            .join(cases, cases.c.id == decisions.c.case_id)
            .join(newest, and_(newest.c.case_id == cases.c.id, newest.c.version == decisions.c.version))
            .where(cases.c.state == State.DECIDING.value, decisions.c.completed < before)
            .where(decisions.c.voided.is_(None))
            .order_by(decisions.c.completed, decisions.c.id)
        )
        with self._work.read() as connection:
            return tuple((row.case_id, _decision(row._mapping)) for row in connection.execute(waiting))  # noqa: SLF001


def _newest_plan(connection: Connection, case: str, reference: str) -> tuple[int, str]:
    row = connection.execute(
        select(plans.c.version, plans.c.digest)
        .where(plans.c.case_id == case)
        .order_by(plans.c.version.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        raise Conflict("not-deciding", "there is no plan yet", reference=reference)
    return row.version, row.digest


def _must_be_valid(standing: Row[Any] | None, version: int) -> None:
    if standing is not None and standing.voided is not None:
        raise StalePlan("request-amended", "wait for the plan that follows", version=version)


def _must_be_open(at_case: Row[Any], standing: Row[Any] | None) -> None:
    if standing is not None:
        code = "already-decided" if standing.completed is not None else "already-proposed"
        raise Conflict(code, reference=at_case.reference, decision=standing.id)
    if at_case.state != State.DECIDING.value:
        raise Conflict("not-deciding", reference=at_case.reference, state=at_case.state)


def _of_version(connection: Connection, case: str, version: int) -> Row[Any] | None:
    wanted = select(decisions).where(decisions.c.case_id == case, decisions.c.version == version)
    return connection.execute(wanted).one_or_none()


def _last(connection: Connection, case: str) -> Row[Any] | None:
    wanted = select(decisions).where(decisions.c.case_id == case)
    return connection.execute(wanted.order_by(decisions.c.version.desc()).limit(1)).one_or_none()


def _decision(row: Any) -> Decision:
    return Decision(
        id=row["id"],
        digest=row["digest"],
        approved=bool(row["approved"]),
        proposer=row["proposer"],
        confirmer=row["confirmer"],
        ground=row["ground"],
    )
