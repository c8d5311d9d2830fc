"""What a person may take along (s.31 ¶2): data that rest on consent or on a contract."""

from __future__ import annotations

from domain.item import Basis, Role, Table

_PORTABLE = frozenset({Basis.CONSENT, Basis.CONTRACT})


def is_portable(table: Table) -> bool:
    """Whether a table's records may go into the package."""
    return table.role is Role.CONTROLLER and table.basis in _PORTABLE
