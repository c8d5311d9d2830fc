"""What a fixture says about a database that it made."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Database:
    """A fresh database: SQLAlchemy addresses for its owner (migrations) and for the application."""

    name: str
    owner: str
    app: str
