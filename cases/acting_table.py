"""The tables of who acts for a person, and of words that are a third person's; what is personal in them is sealed."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from cases.tables import register

actings = Table(
    "actings",
    register,
    Column("id", Text, primary_key=True),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    Column("request_id", Text, ForeignKey("requests.id"), nullable=False),
    Column("no", Integer, nullable=False),
    Column("capacity", Text, nullable=False),
    Column("shown", ARRAY(Text), nullable=False),
    Column("covers", ARRAY(Text), nullable=False),
    Column("born_on", LargeBinary),
    Column("by", Text, nullable=False),
    Column("seconded", Text, nullable=False),
    Column("reason", LargeBinary),
    Column("at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("request_id", "no", name="uq_actings_no"),
)
redactions = Table(
    "redactions",
    register,
    Column("id", Text, primary_key=True),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    Column("words", LargeBinary, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", LargeBinary, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("ix_redactions_case", "case_id"),
)
