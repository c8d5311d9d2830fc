"""Identifiers in columns: SQL finds what may be one, Python decides in the engine's normal form."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from connectors.datamap import Stored
from connectors.sql_schema import python_type
from domain.errors import BadInput
from domain.identifiers import Identifier, IdentifierKind, identifier, on_file

PHONE_PUNCTUATION = " -().+/"


def comparable(kind: IdentifierKind, column: sa.ColumnElement[Any], stored: Stored) -> sa.ColumnElement[str]:
    """A column in the form in which `spellings` are looked for."""
    if stored is Stored.NORMAL or python_type(sa.Column("", column.type)) is not str:
        return column
    if kind is IdentifierKind.PHONE:
        bare: sa.ColumnElement[str] = column
        for mark in PHONE_PUNCTUATION:
            bare = sa.func.replace(bare, mark, "")
        return bare
    trimmed = column if stored is Stored.TRIMMED else sa.func.trim(column)
    folds = kind in {IdentifierKind.EMAIL, IdentifierKind.NAME}
    return sa.func.lower(trimmed) if folds else trimmed


def spellings(kind: IdentifierKind, values: Iterable[str], stored: Stored) -> list[str]:
    """What `comparable` may give for these normal forms."""
    if kind is not IdentifierKind.PHONE or stored is Stored.NORMAL:
        return sorted(set(values))
    found: set[str] = set()
    for value in values:
        digits = value.removeprefix("+")
        found |= {digits, "00" + digits}
        if digits.startswith("66"):
            found |= {"0" + digits[2:], "660" + digits[2:]}
    return sorted(found)


def normal(kind: IdentifierKind, stored: Any) -> Identifier | None:
    """What stands in a column as an identifier, or None where it is none."""
    if stored is None:
        return None
    try:
        return identifier(kind, str(stored))
    except BadInput:
        return None


def filed(kind: IdentifierKind, stored: Any) -> Identifier | None:
    """What stands in a column as `on_file` reads it, a number without its country too; None where it is none."""
    if stored is None:
        return None
    try:
        return on_file(kind, str(stored))
    except BadInput:
        return None
