"""What becomes of things in later years: what of an obligation is lost, who settled it, which records of refusals ended.

Reasons are sealed, every other column is clear.
"""

from __future__ import annotations

from sqlalchemy import ARRAY, Column, DateTime, ForeignKey, Index, Integer, LargeBinary, Table, Text, text

from cases.tables import register

lost_records = Table(
    "lost_records",
    register,
    Column("obligation_id", Text, ForeignKey("obligations.id"), primary_key=True),
    Column("numbers", ARRAY(Integer), nullable=False),  # of its records, as the last look found them
    Column("seen", DateTime(timezone=True), nullable=False),
)
settlements = Table(
    "settlements",
    register,
    Column("id", Text, primary_key=True),
    Column("obligation_id", Text, ForeignKey("obligations.id"), nullable=False),
    Column("numbers", ARRAY(Integer), nullable=False),
    Column("proposer", Text, nullable=False),
    Column("proposed_why", LargeBinary, nullable=False),
    Column("proposed", DateTime(timezone=True), nullable=False),
    Column("confirmer", Text),
    Column("confirmed_why", LargeBinary),
    Column("confirmed", DateTime(timezone=True)),
    Index("uq_settlements_open", "obligation_id", unique=True, postgresql_where=text("confirmed IS NULL")),
)
ended_records = Table(
    "ended_records",
    register,
    Column("case_id", Text, ForeignKey("cases.id"), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
)
