"""The register of exports: who took what out of the register for the regulator, on which order, with whose approval."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from cases.tables import register

audit_exports = Table(
    "audit_exports",
    register,
    Column("id", Text, primary_key=True),
    Column("scope", JSONB, nullable=False),
    Column("digest", Text, nullable=False),  # of scope and order: what the second person approves
    Column("asked_by", Text, nullable=False),
    Column("asked", DateTime(timezone=True), nullable=False),
    Column("reason_code", Text, nullable=False),
    Column("order_ref", LargeBinary),
    Column("order_scan", LargeBinary),
    Column("order_suffix", Text),
    Column("approved_by", Text),
    Column("approved", DateTime(timezone=True)),
    Column("serial", Integer, unique=True, autoincrement=False),
    Column("made", DateTime(timezone=True)),
    Column("sha256", Text),
    Column("size", BigInteger),
    Column("timestamp", Text),  # what became of it: as `domain.inspection.Made`
    CheckConstraint("approved_by <> asked_by", name="ck_audit_exports_two"),
    Index("uq_audit_exports_open", "digest", unique=True, postgresql_where=text("serial IS NULL")),
)
