"""Reading cases for lists, status pages and the reconcile sweep: never a column of the vault."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    Row,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    cast,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by

from cases.ids import showable
from cases.second_tables import seconded
from cases.seconding import skip_of
from cases.tables import amendments, cases, identifier_hashes, links, parkings, requests, terms
from domain.case import Case, Parked
from domain.deadlines import Terms
from domain.errors import NotFound
from domain.links import Relation
from domain.outcomes import Ending
from domain.ports import CaseView
from domain.rights import Right
from domain.states import State

OPENING = frozenset({Relation.FOLLOWS, Relation.REPLACES, Relation.REOPENS, Relation.REVIEWS})
"""Relations in which a further case of a request is opened."""

_PARKED: TypeAdapter[tuple[Parked, ...]] = TypeAdapter(tuple[Parked, ...])
_NAME: BindParameter[str] = bindparam("name")


def view(connection: Connection, reference: str) -> CaseView:
    """A case by reference or id. Raises `NotFound`."""
    row = connection.execute(_NAMED, {"name": reference}).one_or_none()
    if row is None:
        raise NotFound("case-unknown", "look it up in the list of cases", reference=showable(reference))
    return _view(row)


def views(connection: Connection, *, open_only: bool, limit: int) -> tuple[CaseView, ...]:
    """Cases, the newest first."""
    wanted = _joined().order_by(cases.c.opened.desc(), cases.c.reference.desc()).limit(limit)
    return _views(connection, wanted.where(cases.c.state != State.CLOSED.value) if open_only else wanted)


def page(
    connection: Connection, *, state: State | None, due_before: date | None, after: str, limit: int
) -> tuple[CaseView, ...]:
    """So many cases in the order of their references, from after that one; due before that day, where one is given."""
    wanted = _joined().where(cases.c.reference > after).order_by(cases.c.reference).limit(limit)
    if state is not None:
        wanted = wanted.where(cases.c.state == state.value)
    if due_before is not None:
        wanted = wanted.where(cases.c.due < due_before)
    return _views(connection, wanted)


def by_request(connection: Connection, request: str) -> tuple[CaseView, ...]:
    """All cases of a request by its id, in the order in which they were opened; none where there is none."""
    return _views(connection, _joined().where(cases.c.request_id == request).order_by(cases.c.reference))


def unstarted(connection: Connection, before: datetime) -> tuple[Case, ...]:
    """Open cases of before that instant whose start nobody noted, the oldest first."""
    lost = and_(cases.c.started.is_(None), cases.c.opened < before, cases.c.state != State.CLOSED.value)
    wanted = _joined().where(lost).order_by(cases.c.opened, cases.c.reference)
    return tuple(_case(row) for row in connection.execute(wanted))


def of_request(connection: Connection, case: str) -> tuple[CaseView, ...]:
    """All cases of the request of a case, in the order in which they were opened."""
    request = select(cases.c.request_id).where(cases.c.id == case).scalar_subquery()
    return _views(connection, _joined().where(cases.c.request_id == request).order_by(cases.c.reference))


def cases_of_request(connection: Connection, request: str) -> tuple[Case, ...]:
    """The cases that a request came with, in their order; not those opened for it later."""
    later = select(links.c.case_id).where(links.c.relation.in_(each.value for each in OPENING))
    wanted = _joined().where(cases.c.request_id == request, cases.c.id.not_in(later))
    return tuple(_case(row) for row in connection.execute(wanted.order_by(cases.c.reference)))


def like(connection: Connection, case: str) -> tuple[CaseView, ...]:
    """Open cases of other requests that share an identifier and the right with this one, the oldest first."""
    own, shared = cases.alias("own"), identifier_hashes.alias("shared")
    found = (
        select(identifier_hashes.c.case_id)
        .join(shared, shared.c.digest == identifier_hashes.c.digest)
        .where(shared.c.case_id == case)
    )
    wanted = (
        _joined()
        .join(own, and_(own.c.id == case, own.c.right == cases.c.right))
        .where(own.c.request_id != cases.c.request_id, cases.c.state != State.CLOSED.value)
        .where(cases.c.id.in_(found))
        .order_by(cases.c.opened, cases.c.reference)
    )
    return _views(connection, wanted)


def naming(connection: Connection, digests: Iterable[str], but: str) -> tuple[CaseView, ...]:
    """Open cases that know one of these identifiers, the oldest first, save those of the request `but`."""
    found = select(identifier_hashes.c.case_id).where(identifier_hashes.c.digest.in_(tuple(digests)))
    wanted = _joined().where(cases.c.id.in_(found), cases.c.request_id != but)
    wanted = wanted.where(cases.c.state != State.CLOSED.value)
    return _views(connection, wanted.order_by(cases.c.opened, cases.c.reference))


def terms_of(connection: Connection, case: str, version: int) -> Terms:
    """One version of a case's terms."""
    found = connection.execute(
        select(terms.c.terms).where(terms.c.case_id == case, terms.c.version == version)
    )
    return Terms.model_validate(found.scalar_one())


def unheard_terms(connection: Connection, before: datetime) -> tuple[tuple[str, Terms], ...]:
    """The newest terms of running cases, made later than their first, before that instant, and not heard."""
    lost = and_(terms.c.version > 1, terms.c.heard.is_(None), terms.c.at < before)
    wanted = (
        select(cases.c.id, terms.c.terms)
        .join(terms, and_(terms.c.case_id == cases.c.id, terms.c.version == cases.c.terms_version))
        .where(lost, cases.c.started.is_not(None), cases.c.state != State.CLOSED.value)
        .order_by(terms.c.at, cases.c.id)
    )
    return tuple((row.id, Terms.model_validate(row.terms)) for row in connection.execute(wanted))


def _skip(column: Column[str]) -> ScalarSelect[str]:
    """Of the newest word that this wait is to be left out; NULL where nobody said so, or the request changed since."""
    ours = (seconded.c.case_id == cases.c.id, seconded.c.about == func.concat(skip_of(""), parkings.c.id))
    newest = select(column).where(*ours).order_by(seconded.c.no.desc()).limit(1)
    return (
        newest.where(or_(seconded.c.completed.is_not(None), ~_lapsed()))
        .correlate(parkings, cases)
        .scalar_subquery()
    )


def _lapsed() -> ColumnElement[bool]:
    """Whether a word was said of another request than stands (as `cases.seconding.amended_since`)."""
    since = (amendments.c.at > seconded.c.at, amendments.c.dropped.is_(None))
    return exists().where(amendments.c.case_id == seconded.c.case_id, *since).correlate(seconded)


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
                        *("hand", parkings.c.hand),
                        *("ground", func.coalesce(_skip(seconded.c.code), "")),
                        *("proposer", func.coalesce(_skip(seconded.c.actor), "")),
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
    awaited = cases.alias("awaited")
    after = (
        select(awaited.c.id)
        .join(links, links.c.other_id == awaited.c.id)
        .where(links.c.case_id == cases.c.id, links.c.relation == Relation.AFTER.value)
        .order_by(awaited.c.reference)
        .correlate(cases)
    )
    return (
        select(
            cases,
            terms.c.terms,
            requests.c.channel,
            requests.c.language,
            func.array(after.scalar_subquery()).label("after"),
        )
        .join(requests, requests.c.id == cases.c.request_id)
        .join(terms, and_(terms.c.case_id == cases.c.id, terms.c.version == cases.c.terms_version))
    )


# Built once: every step asks for its case, and building this costs more than the database takes to answer it.
_NAMED = _joined().add_columns(_WAITS).where(or_(cases.c.reference == _NAME, cases.c.id == _NAME))


def _views(connection: Connection, wanted: Select[Any]) -> tuple[CaseView, ...]:
    return tuple(_view(row) for row in connection.execute(wanted.add_columns(_WAITS)))


def _view(row: Row[Any]) -> CaseView:
    return CaseView(
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


def _case(row: Row[Any]) -> Case:
    return Case(
        id=row.id,
        reference=row.reference,
        right=Right(row.right),
        terms=Terms.model_validate(row.terms),
        after=tuple(row.after),
        consent_only=row.consent_only,
    )
