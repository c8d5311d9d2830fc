"""The table of copies of identity documents that persons sent; `address_hash` is keyed, and says by whom."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, ForeignKey, Index, Table, Text

from cases.tables import register

identity_documents = Table(
    "identity_documents",
    register,
    Column("id", Text, primary_key=True),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    Column("address_hash", Text, nullable=False),
    Column("received", DateTime(timezone=True), nullable=False),
    Column("checked", DateTime(timezone=True)),
    Column("checked_by", Text),
    Column("fault", Text),
    Index("ix_identity_documents_case", "case_id"),
)
