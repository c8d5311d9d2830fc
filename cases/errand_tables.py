"""What people are asked where no program can look, and what they answered; both sealed under the case's key."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from cases.tables import register

errands = Table(
    "errands",
    register,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    Column("system", Text, nullable=False),
    Column("key", Text, nullable=False),  # a digest of what is asked: the same is asked once
    Column("asks", Text, nullable=False),
    Column("question", LargeBinary, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("asked", DateTime(timezone=True), nullable=False),
    Column("overdue", DateTime(timezone=True)),  # and told
    Column("answered", DateTime(timezone=True)),
    Column("answered_by", Text),
    Column("answer", LargeBinary),
    UniqueConstraint("case_id", "system", "key", name="uq_errands"),
    Index("ix_errands_open", "due_on", postgresql_where=text("answered IS NULL")),
)
