"""How staff come in, and what they keep at their desk. Passwords rest as argon2id, tokens as keyed hashes."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Index, LargeBinary, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from cases.tables import cases, register

doors = Table(
    "staff_doors",
    register,
    Column("member", Text, ForeignKey("staff.id"), primary_key=True),
    Column("login", Text, unique=True),  # the keyed hash of the name that they sign in with
    Column("password", Text),  # none: they have not come in yet, or lost a factor
    Column("secret", LargeBinary),  # of the one-time codes, sealed
    Column("step", BigInteger, nullable=False),  # of the last code taken: none is taken twice
    Column("enrolled", DateTime(timezone=True)),
)
sessions = Table(
    "staff_sessions",
    register,
    Column("id", Text, primary_key=True),
    Column("member", Text, ForeignKey("staff.id"), nullable=False),
    Column("current", Text, nullable=False),  # the hash of the refresh token that is good
    Column("before", Text, nullable=False),  # of the one that it replaced
    Column("started", DateTime(timezone=True), nullable=False),
    Column("turned", DateTime(timezone=True), nullable=False),
    Column("ended", DateTime(timezone=True)),
    Index("ix_staff_sessions_member", "member", postgresql_where=text("ended IS NULL")),
)
resets = Table(
    "staff_resets",
    register,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("member", Text, ForeignKey("staff.id"), nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("reason", LargeBinary, nullable=False),
    Column("asked", DateTime(timezone=True), nullable=False),
    Column("number", Text),  # of the comeback that whoever lost the factor began (`cases.comebacks`)
    Column("confirmed_by", Text),
    Column("confirmed", DateTime(timezone=True)),
    Index("uq_staff_resets_open", "member", unique=True, postgresql_where=text("confirmed IS NULL")),
)
hands = Table(
    "case_hands",
    register,
    Column("case_id", Text, ForeignKey("cases.id"), primary_key=True),
    Column("member", Text, ForeignKey("staff.id"), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("ix_case_hands_member", "member"),
)
saved_views = Table(
    "saved_views",
    register,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("member", Text, ForeignKey("staff.id"), nullable=False, index=True),
    Column("name", LargeBinary, nullable=False),  # sealed: somebody may call it by a person's name
    Column("asks", JSONB, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)

Index("ix_cases_due", cases.c.due, cases.c.id, postgresql_where=text("state <> 'closed'"))
Index("ix_cases_closed", cases.c.closed, cases.c.id, postgresql_where=text("state = 'closed'"))
