"""The table of files that are redacted before they are handed over; reasons are sealed under the case's key.

Regions are places on a page and nothing that stands there; what was looked for to find them is not kept.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Index, Integer, LargeBinary, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from cases.tables import register

file_redactions = Table(
    "file_redactions",
    register,
    Column("id", Text, primary_key=True),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    Column("digest", Text, nullable=False),  # of the plan
    Column("no", Integer, nullable=False),  # its line
    Column("original", Text, nullable=False),  # SHA-256 of the file as it was opened
    Column("sheets", JSONB, nullable=False),
    Column("regions", JSONB, nullable=False),
    Column("by", Text, nullable=False),
    Column("opened", DateTime(timezone=True), nullable=False),
    Column("burnt", DateTime(timezone=True)),
    Column("burnt_by", Text),
    Column("reason", LargeBinary),
    Column("redacted", Text),  # SHA-256 of what is handed over
    Column("size", BigInteger),
    Column("ref", Text),  # where it lies sealed
    Column("dropped", DateTime(timezone=True)),
    Index("ix_file_redactions_case", "case_id"),
)
