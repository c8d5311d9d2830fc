"""Reading cases for lists, status pages and the reconcile sweep: never a column of the vault."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, Select, and_, cast, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by

from cases.ids import showable
from cases.tables import cases, parkings, requests, terms
from domain.case import Case, Parked
from domain.deadlines import Terms
from domain.errors import NotFound
from domain.outcomes import Ending
from domain.ports import CaseView
from domain.rights import Right
from domain.states import State

_PARKED: TypeAdapter[tuple[Parked, ...]] = TypeAdapter(tuple[Parked, ...])


def view(connection: Connection, reference: str) -> CaseView:
    """A case by reference or id. Raises `NotFound`."""
    named = or_(cases.c.reference == reference, cases.c.id == reference)
    found = _views(connection, _joined().where(named))
    if not found:
        raise NotFound("case-unknown", "look it up in the list of cases", reference=showable(reference))
    return found[0]


def views(connection: Connection, *, open_only: bool, limit: int) -> tuple[CaseView, ...]:
    """Cases, the newest first."""
    wanted = _joined().order_by(cases.c.opened.desc(), cases.c.reference.desc()).limit(limit)
    return _views(connection, wanted.where(cases.c.state != State.CLOSED.value) if open_only else wanted)


def unstarted(connection: Connection, before: datetime) -> tuple[Case, ...]:
    """Open cases of before that instant whose start nobody noted, the oldest first."""
    lost = and_(cases.c.started.is_(None), cases.c.opened < before, cases.c.state != State.CLOSED.value)
    wanted = _joined().where(lost).order_by(cases.c.opened, cases.c.reference)
    return tuple(_case(row) for row in connection.execute(wanted))


def cases_of_request(connection: Connection, request: str) -> tuple[Case, ...]:
    """The cases of a request, in the order in which they were opened."""
    wanted = _joined().where(cases.c.request_id == request).order_by(cases.c.reference)
    return tuple(_case(row) for row in connection.execute(wanted))


def terms_of(connection: Connection, case: str, version: int) -> Terms:
    """One version of a case's terms."""
    found = connection.execute(
        select(terms.c.terms).where(terms.c.case_id == case, terms.c.version == version)
    )
    return Terms.model_validate(found.scalar_one())


_WAITS = (
    select(
        func.coalesce(
            func.jsonb_agg(
                aggregate_order_by(
                    func.jsonb_build_object(
                        *("system", parkings.c.system),
                        *("code", parkings.c.code),
                        *("since", parkings.c.since),
                        *("step", parkings.c.step),
                    ),
                    parkings.c.id,
                )
            ),
            cast([], JSONB),
        )
    )
    .where(parkings.c.case_id == cases.c.id, parkings.c.repaired.is_(None))
    .correlate(cases)
    .scalar_subquery()
    .label("parked")
)


def _joined() -> Select[Any]:
    return (
        select(
            cases,
            terms.c.terms,
            requests.c.channel,
            requests.c.language,
            requests.c.tenant,
        )
        .join(requests, requests.c.id == cases.c.request_id)
        .join(terms, and_(terms.c.case_id == cases.c.id, terms.c.version == cases.c.terms_version))
    )


def _views(connection: Connection, wanted: Select[Any]) -> tuple[CaseView, ...]:
    return tuple(
        CaseView(
            case=_case(row),
            request=row.request_id,
            channel=row.channel,
            language=row.language,
            tenant=row.tenant,
            state=State(row.state),
            ending=Ending(row.ending) if row.ending else None,
            opened=row.opened,
            closed=row.closed,
            started=row.started is not None,
            parked=_PARKED.validate_python(row.parked),
        )
        for row in connection.execute(wanted.add_columns(_WAITS))
    )


def _case(row: Row[Any]) -> Case:
    return Case(
        id=row.id, reference=row.reference, right=Right(row.right), terms=Terms.model_validate(row.terms)
    )
