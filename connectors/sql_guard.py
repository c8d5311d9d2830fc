"""What deleting a row would take along by itself: seen when it is located, and again before it is deleted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from connectors.sql_keys import Row
from connectors.sql_model import Model
from connectors.sql_paths import Condition, Whose
from connectors.sql_schema import Reference
from connectors.sql_scope import in_scope
from domain.errors import Refused


def _led_by(model: Model, reference: Reference) -> bool:
    """Whether the map follows this very foreign key, so that every child is in the plan with its parent."""
    child = model.map.tables.get(reference.child)
    return child is not None and any(
        lead.hops
        and not lead.where
        and not lead.sole
        and not lead.hops[0].where
        and len(lead.hops) == 1
        and (lead.hops[0].columns, lead.hops[0].table) == (reference.columns, reference.parent)
        for lead in child.leads
    )


Outside = Callable[[Reference, sa.FromClause], Sequence[Condition]]
"""For a child that a foreign key would take along: when it is in no plan; nothing where it always is in one."""


def beyond_plan(model: Model, name: str, row: sa.FromClause, whose: Whose) -> Condition | None:
    """Whether deleting a row would delete or change rows that are not the person's; None if nothing could."""

    def outside(reference: Reference, child: sa.FromClause) -> list[Condition]:
        ways: list[Condition] = []
        if not _led_by(model, reference):
            ways.append(_not_persons(model, reference.child, child, whose))
        if reference.child in model.map.tables:
            ways += _out_of_scope(model, reference.child, child, whose)
        return ways

    return taken_along(model, name, row, outside)


def taken_along(
    model: Model, name: str, row: sa.FromClause, outside: Outside, *, refused_too: bool = False
) -> Condition | None:
    """Whether deleting a row would delete or change rows outside the plan; None if nothing could.

    Follows the cascade down: a child that goes with its parent may take along others in its turn. `refused_too`: also
    whether the database would refuse it, for a row outside the plan refers to it.
    """
    conditions = _beyond(model, name, row, outside, frozenset({name}), refused_too=refused_too)
    return sa.or_(*conditions) if conditions else None


def _beyond(
    model: Model,
    name: str,
    row: sa.FromClause,
    outside: Outside,
    seen: frozenset[str],
    *,
    refused_too: bool,
) -> list[Condition]:
    found: list[Condition] = []
    for reference in model.catalogue.referring_to(name):
        if not (reference.takes_along or refused_too):
            continue
        child = model.catalogue.tables[reference.child].alias()
        reached = [
            child.c[column] == row.c[target]
            for column, target in zip(reference.columns, reference.targets, strict=True)
        ]
        ways = list(outside(reference, child))
        if reference.on_delete == "CASCADE" and reference.child not in seen:
            deeper = seen | {reference.child}
            ways += _beyond(model, reference.child, child, outside, deeper, refused_too=refused_too)
        if ways:
            test = sa.select(sa.literal(1)).where(*reached, sa.or_(*ways))
            found.append(sa.exists(test.correlate(row)))
    return found


def _not_persons(model: Model, name: str, child: sa.FromClause, whose: Whose) -> Condition:
    branches = model.paths.branches(name, child, whose) if name in model.map.tables else []
    if not branches:
        return sa.true()
    mine = sa.or_(*(branch.condition for branch in branches))
    return sa.not_(sa.func.coalesce(mine, sa.false()))


def _out_of_scope(model: Model, name: str, child: sa.FromClause, whose: Whose) -> list[Condition]:
    """A row that is held for somebody else is in no plan of this case, whoever it is about."""
    scope = in_scope(model.paths, model.map.tables[name], child, of_tenant=whose.of_tenant)
    return [sa.not_(sa.func.coalesce(sa.and_(*scope), sa.false()))] if scope else []


def refuse_cascades(connection: sa.Connection, model: Model, name: str, keys: Sequence[Row]) -> None:
    """Stop before a delete that would take along what still refers to these rows.

    What the plan erases of them went before, children first; so whatever is left is beyond the plan.

    Raises:
        Refused: names both tables.
    """
    own = model.keys[name]
    bound: dict[str, Any] = {"going": own.bind(keys)}
    for reference in model.catalogue.referring_to(name):
        if not reference.takes_along:
            continue
        child = model.catalogue.tables[reference.child].alias()
        targets = sa.select(*(own.table.c[column] for column in reference.targets))
        inside = targets.where(own.among(own.table, "going"))
        columns = [child.c[column] for column in reference.columns]
        refers = columns[0].in_(inside) if len(columns) == 1 else sa.tuple_(*columns).in_(inside)
        query = sa.select(sa.literal(1)).select_from(child).where(refers)
        if reference.child == name:
            query = query.where(sa.not_(own.among(child, "going")))
        if connection.execute(query.limit(1), bound).first() is not None:
            raise Refused(
                "cascade-beyond-plan",
                "decide on what refers to it first",
                system=model.system,
                table=name,
                child=reference.child,
            )
