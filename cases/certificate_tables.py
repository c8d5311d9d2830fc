"""The table of certificates issued. Nothing in it is personal, and it outlives the case's key."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Identity, Index, Table, Text

from cases.tables import register

certificates = Table(
    "certificates",
    register,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    Column("proof", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("issued", DateTime(timezone=True), nullable=False),
    Index("ix_certificates_proof", "proof"),
)
