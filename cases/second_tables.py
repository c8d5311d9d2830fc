"""The table of what two members of staff have to say alike: who said what, and who the same. Reasons are sealed."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, ForeignKey, Integer, LargeBinary, Table, Text

from cases.tables import register

seconded = Table(
    "seconded",
    register,
    Column("case_id", Text, ForeignKey("cases.id"), primary_key=True),
    Column("about", Text, primary_key=True),  # the wait of a system that is to be left out, or the death
    Column("no", Integer, primary_key=True),  # the newest word stands
    Column("code", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", LargeBinary, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("confirmer", Text, nullable=False),
    Column("confirmed_why", LargeBinary),
    Column("completed", DateTime(timezone=True)),
)
