"""The table of scans of requests; what they are called is not kept, for people write names into file names."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Table, Text

from cases.tables import register

request_scans = Table(
    "request_scans",
    register,
    Column("case_id", Text, ForeignKey("cases.id"), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
