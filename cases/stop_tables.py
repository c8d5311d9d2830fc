"""The table of stops: who said that a case is to be stopped, and for what. Reasons are sealed."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, ForeignKey, Integer, LargeBinary, Table, Text

from cases.tables import register

stops = Table(
    "stops",
    register,
    Column("case_id", Text, ForeignKey("cases.id"), primary_key=True),
    Column("no", Integer, primary_key=True),  # the newest word stands
    Column("mistake", Text, nullable=False),
    Column("ground", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", LargeBinary, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("confirmer", Text, nullable=False),
    Column("confirmed_why", LargeBinary),
    Column("completed", DateTime(timezone=True)),
)
