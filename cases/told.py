"""What a person told with a request, as the vault keeps it: column by column under the case's key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import JsonValue, TypeAdapter
from sqlalchemy import Connection, Row, bindparam, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from cases.sealing import IDENTIFIERS, JSON_OBJECT, TEXT, Sealing
from cases.tables import cases, identifier_hashes, requests, vault
from domain.errors import NotFound
from domain.identifiers import Identifier
from domain.value import Personal
from security.keyring import DataKey

_COLUMNS: dict[str, TypeAdapter[Any]] = {
    "name": TEXT,
    "message": TEXT,
    "changes": JSON_OBJECT,
    "given": IDENTIFIERS,
    "replies": IDENTIFIERS,
    "silent": IDENTIFIERS,
    "agent": TEXT,
    "authority": TEXT,
}


AMENDED = ("changes", "replies", "silent", "agent", "authority")
"""What may change after the request came in; nothing else of it does."""


class Told(Personal):
    """The words of a request. `replies` are addresses that an amendment named for answers.

    They are challenged as those given are, and nobody is searched for by them: an address for answers may be a
    lawyer's. `silent` are addresses that somebody named who acts no more: searched by as before, where they are
    surely hers, and never challenged or written to.
    """

    given: tuple[Identifier, ...]
    name: str
    message: str
    changes: Mapping[str, JsonValue] = {}
    agent: str
    authority: str
    replies: tuple[Identifier, ...] = ()
    silent: tuple[Identifier, ...] = ()


def write(connection: Connection, sealing: Sealing, key: DataKey, told: Told) -> None:
    """The vault row of a case, and the hashes by which other cases of the same person are found."""
    case = key.owner
    row = {"case_id": case, "found": sealing.put(key, IDENTIFIERS, (), f"vault.found:{case}")}
    connection.execute(insert(vault).values(row | sealed(sealing, key, told)))
    rows = [{"case_id": case, **hashed.model_dump()} for hashed in sealing.hashes(told.given)]
    connection.execute(upsert(identifier_hashes).on_conflict_do_nothing(), rows)


def sealed(
    sealing: Sealing, key: DataKey, told: Told, columns: Iterable[str] = tuple(_COLUMNS)
) -> dict[str, bytes]:
    """The columns of the vault in which that stands, or some of them."""
    return {
        column: sealing.put(key, _COLUMNS[column], getattr(told, column), _place(column, key.owner))
        for column in columns
    }


# Built once: every step asks for it, and to build it anew costs more than the database takes to answer it.
_ROW = (
    select(vault, requests.c.language, cases.c.tenant)
    .join(cases, cases.c.id == vault.c.case_id)
    .join(requests, requests.c.id == cases.c.request_id)
    .where(vault.c.case_id == bindparam("case"))
)


def row_of(connection: Connection, case: str) -> Row[Any]:
    """The vault row of a case, with its request's language and its tenant. Raises `NotFound`."""
    row = connection.execute(_ROW, {"case": case}).one_or_none()
    if row is None:
        raise NotFound("case-unknown", "look it up in the list of cases")
    return row


def opened(sealing: Sealing, row: Row[Any], column: str) -> Any:
    """One column of it. Raises `KeyShredded`, `SealBroken`."""
    return sealing.take(row._mapping[column], _COLUMNS[column], _place(column, row.case_id))  # noqa: SLF001 - SQLAlchemy's own name


def read(connection: Connection, sealing: Sealing, case: str) -> Told:
    """All of it. Raises `NotFound`, `KeyShredded`."""
    row = row_of(connection, case)
    return Told(**{column: opened(sealing, row, column) for column in _COLUMNS})


def _place(column: str, case: str) -> str:
    return f"vault.{column}:{case}"
