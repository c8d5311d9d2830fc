"""In which role a row is held, and for which tenant: the scope of a case, as conditions.

What the company holds for a tenant it may touch on that tenant's word alone (s.40): no path and no identifier
leads from a case of its own into a tenant's rows, nor from one tenant's into another's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from connectors.datamap import TableMap
from domain.item import Role

if TYPE_CHECKING:
    from connectors.sql_paths import Condition, Paths

TENANT = "tenant"


def held_as_controller(paths: Paths, table: TableMap, row: sa.FromClause) -> Condition | None:
    """Whether the company holds a row as controller; None where all rows of the table are held alike."""
    from connectors.sql_paths import equals  # it asks us for the scope of identifiers

    rule = table.role
    if rule.when is None:
        return None
    return sa.func.coalesce(
        paths.value_is(rule.when, row, lambda column: equals(column, rule.equals)), sa.false()
    )


def in_scope(paths: Paths, table: TableMap, row: sa.FromClause, *, of_tenant: bool) -> list[Condition]:
    """What a row must fulfil: in the company's own scope to be held as controller, in a tenant's to be its."""
    controller = held_as_controller(paths, table, row)
    if not of_tenant:
        if controller is not None:
            return [controller]
        return [] if table.role.fixed is Role.CONTROLLER else [sa.false()]
    if controller is None and table.role.fixed is Role.CONTROLLER:
        return [sa.false()]
    found: list[Condition] = [] if controller is None else [sa.not_(controller)]
    if table.tenant is not None:
        asked = sa.bindparam(TENANT, type_=sa.String)
        found.append(paths.value_is(table.tenant, row, lambda column: sa.cast(column, sa.String) == asked))
    return found
