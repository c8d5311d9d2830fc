"""The table of who asked for letters to come with the e-mail itself; the newest word of a case counts."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, DateTime, ForeignKey, Identity, Index, Table, Text

from cases.tables import register

enclosings = Table(
    "enclosings",
    register,
    Column("id", BigInteger, Identity(always=True), primary_key=True),  # in the order of the words
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    Column("wanted", Boolean, nullable=False),
    Column("by", Text, nullable=False),  # whom the person told
    Column("at", DateTime(timezone=True), nullable=False),
    Index("ix_enclosings_case", "case_id"),
)
