"""The table of edits of plans: in codes; the reason, and the limb of harm beside it, sealed under the case's key."""

from __future__ import annotations

from sqlalchemy import ARRAY, Column, Date, DateTime, ForeignKey, Index, Integer, LargeBinary, Table, Text

from cases.tables import register

plan_edits = Table(
    "plan_edits",
    register,
    Column("id", Text, primary_key=True),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    Column("version", Integer, nullable=False),  # of the plan that was edited; the next one shows it
    Column("digest", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("table_name", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("was", Text, nullable=False),
    Column("becomes", Text, nullable=False),
    Column("ground", Text, nullable=False),
    Column("until", Date),
    Column("numbers", ARRAY(Integer), nullable=False),  # in the plan that was edited; none for the whole line
    Column("marks", ARRAY(Text), nullable=False),  # of those records: keyed hashes of their places
    Column("items", Integer, nullable=False),
    Column("undoes", Text, ForeignKey("plan_edits.id")),
    Column("by", Text, nullable=False),
    Column("reason", LargeBinary, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("dropped", DateTime(timezone=True)),
    Column("lost", Integer),  # the version of the plan in which it was told that some of it is lost
    Index("ix_plan_edits_case", "case_id"),
)
