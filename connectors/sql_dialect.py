"""What databases say differently: how a text is searched by a pattern."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa


@dataclass(frozen=True, slots=True)
class Dialect:
    """One database's way of saying things; `name` is SQLAlchemy's for it."""

    name: str

    def text(self, column: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
        """A column as text, documents and lists included."""
        if isinstance(column.type, sa.Text | sa.String) or self.name in {"mysql", "mariadb"}:
            return column
        return sa.cast(column, sa.Text)

    def matches(self, text: sa.ColumnElement[str], pattern: sa.BindParameter[str]) -> sa.ColumnElement[bool]:
        """Whether a text matches a pattern that is written in small letters (`connectors.mentions`).

        In PostgreSQL a trigram index on the column, or on its text, serves it.
        """
        if self.name == "postgresql":
            return text.bool_op("~*")(pattern)
        return sa.func.lower(text).regexp_match(pattern)
