"""The table of codes by text message: hashes alone, for numbers are in the vault."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, ForeignKey, Index, Integer, Table, Text

from cases.tables import register

phone_codes = Table(
    "phone_codes",
    register,
    Column("id", Text, primary_key=True),
    Column("no", Integer, nullable=False),  # counts those of the case
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    Column("address_hash", Text, nullable=False),  # of the mailbox from which it was asked for
    Column("phone_hash", Text),  # none where nobody is sent one
    Column("code_hash", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("made", DateTime(timezone=True), nullable=False),
    Column("expires", DateTime(timezone=True), nullable=False),
    Column("sent", DateTime(timezone=True)),
    Column("answered", DateTime(timezone=True)),
    Index("ix_phone_codes_case", "case_id", "made"),
)
