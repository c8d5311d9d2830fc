"""People of the demonstration company whose every word is a mark, so that whatever leaks of them can be found."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from zlib import crc32

from sqlalchemy import CheckConstraint, Column, Engine, LargeBinary, String, Table, Text, insert, update

from demo import check
from demo.columns import Json
from demo.scenarios import Scenario
from demo.schema import metadata

LATIN, THAI, DIGITS = "qzxvukhaojwq", "ฌฎฏฐฑฒฬฆฅฃฑฎ", "8199901"
MARKS = (LATIN, THAI, DIGITS, "81-999-01", "81 999 01")
"""Letters that no other word has; the telephone's digits as people group them."""

_ADDRESSES = frozenset({"email", "requester_email", "billing_email", "from_address", "to_address"})
_LINKS = frozenset({"visitor_id", "sha256"})
"""Columns by which rows find each other without a foreign key."""


def email_of(who: Scenario) -> str:
    """The marked address of a scenario's person."""
    return f"{LATIN}.{who.key}@{LATIN}.example"


def phone_of(who: Scenario) -> str:
    """Their marked telephone."""
    return f"0{DIGITS}{sum(map(ord, who.key)) % 100:02}"


def words_of(who: Scenario) -> str:
    """A marked text, in both scripts."""
    return f"{LATIN} {who.key} {THAI}"


def mark(engine: Engine, who: Scenario) -> int:
    """Write marks over every text, picture and further field of the person's rows; how many values that was."""
    count = 0
    with engine.begin() as connection:
        for name, keys in check.owned_rows(engine, who).items():
            table = metadata.tables[name]
            for number, key in enumerate(sorted(keys, key=repr)):
                values = dict(
                    _marked(table, who, crc32(f"{name} {number} {who.key}".encode()) % 10**7, number)
                )
                count += len(values)
                here = [c == k for c, k in zip(table.primary_key, key, strict=True)]
                if values:
                    connection.execute(update(table).where(*here).values(values))
        suppressed: Mapping[str, Any] = {
            "email": email_of(who),
            "list_code": "marketing",
            "reason": "unsubscribed",
        }
        connection.execute(
            insert(metadata.tables["email_suppressions"]).values(**suppressed, created_at="2026-01-01")
        )
    return count


def _marked(table: Table, who: Scenario, unique: int, number: int) -> Iterator[tuple[Column[Any], Any]]:
    for column in table.columns:
        if column.primary_key or column.foreign_keys or column.name in _LINKS:
            continue
        kind = column.type
        if column.name in _ADDRESSES:
            yield column, email_of(who)
        elif column.name == "phone":
            yield column, phone_of(who)[:-1] + str(number)
        elif isinstance(kind, LargeBinary):
            yield column, words_of(who).encode()
        elif isinstance(kind, type(Json)):
            yield column, {LATIN: THAI}
        elif isinstance(kind, String | Text) and not _ruled(table, column):
            text = f"{unique}{LATIN}" if column.unique else words_of(who)
            if kind.length is None or kind.length >= len(LATIN):
                yield column, text[: kind.length]


def _ruled(table: Table, column: Column[Any]) -> bool:
    rules = (str(c.sqltext) for c in table.constraints if isinstance(c, CheckConstraint))
    return any(re.search(rf"\b{column.name}\b\)? (in|=) ", rule) for rule in rules)
