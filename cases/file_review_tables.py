"""The table of reviews of files before they are handed over; the reason is sealed under the case's key."""

from __future__ import annotations

from sqlalchemy import ARRAY, Column, DateTime, ForeignKey, Index, Integer, LargeBinary, Table, Text

from cases.tables import register

file_reviews = Table(
    "file_reviews",
    register,
    Column("id", Text, primary_key=True),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    Column("digest", Text, nullable=False),  # of the plan whose files were looked at
    Column("without", ARRAY(Integer), nullable=False),  # its lines whose files are left out
    Column("by", Text, nullable=False),
    Column("reason", LargeBinary, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("ix_file_reviews_case", "case_id"),
)
