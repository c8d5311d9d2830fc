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


class _Reply(Identifier):
    """An address for answers as it is sealed; `claimed` while nobody but who acts for the person named it."""

    claimed: bool = False


_REPLIES: TypeAdapter[tuple[_Reply, ...]] = TypeAdapter(tuple[_Reply, ...])
_COLUMNS: dict[str, TypeAdapter[Any]] = {
    "name": TEXT,
    "message": TEXT,
    "changes": JSON_OBJECT,
    "given": IDENTIFIERS,
    "replies": _REPLIES,
    "silent": IDENTIFIERS,
    "agent": TEXT,
    "authority": TEXT,
}


AMENDED = ("changes", "replies", "silent", "agent", "authority")
"""What may change after the request came in; nothing else of it does."""


class Told(Personal):
    """The words of a request. `replies` are addresses for answers, which an amendment named or who acts for the person.

    They are challenged as those given are, and nobody is searched for by them: an address for answers may be a
    lawyer's. `claimed` are those of them that came with the request itself, from who acts: they hear what to show,
    and no answer with data goes there while no amendment names them. `silent` are addresses that somebody named who acts no more: searched by as before, where they are
    surely hers, and never challenged or written to.
    """

    given: tuple[Identifier, ...]
    name: str
    message: str
    changes: Mapping[str, JsonValue] = {}
    agent: str
    authority: str
    replies: tuple[Identifier, ...] = ()
    claimed: tuple[Identifier, ...] = ()
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
        column: sealing.put(key, _COLUMNS[column], _value(told, column), _place(column, key.owner))
        for column in columns
    }


def _value(told: Told, column: str) -> object:
    if column != "replies":
        return getattr(told, column)
    return tuple(_Reply(kind=one.kind, value=one.value, claimed=one in told.claimed) for one in told.replies)


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
    found = sealing.take(row._mapping[column], _COLUMNS[column], _place(column, row.case_id))  # noqa: SLF001 - SQLAlchemy's own name
    return found if column != "replies" else tuple(map(_plain, found))


def claimed(sealing: Sealing, row: Row[Any]) -> tuple[Identifier, ...]:
    """Those addresses for answers that no amendment named. Raises `KeyShredded`, `SealBroken`."""
    found = sealing.take(row.replies, _REPLIES, _place("replies", row.case_id))
    return tuple(_plain(one) for one in found if one.claimed)


def _plain(reply: _Reply) -> Identifier:
    return Identifier(kind=reply.kind, value=reply.value)


def read(connection: Connection, sealing: Sealing, case: str) -> Told:
    """All of it. Raises `NotFound`, `KeyShredded`."""
    row = row_of(connection, case)
    words = {column: opened(sealing, row, column) for column in _COLUMNS}
    return Told(**words, claimed=claimed(sealing, row))


def _place(column: str, case: str) -> str:
    return f"vault.{column}:{case}"
