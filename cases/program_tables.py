"""What a program said under a key of its own: a keyed hash, against which the same key is held when it comes again."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Table, Text

from cases.tables import register

said_once = Table(
    "said_once",
    register,
    Column("request_id", Text, ForeignKey("requests.id"), primary_key=True),
    Column("said", Text, nullable=False),
)
