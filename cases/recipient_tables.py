"""What recipients were told, and what they answered; evidence and reasons are sealed under the case's key."""

from __future__ import annotations

from sqlalchemy import Column, Date, DateTime, ForeignKey, Integer, LargeBinary, Table, Text

from cases.tables import register

recipients = Table(
    "recipients",
    register,
    Column("case_id", Text, ForeignKey("cases.id"), primary_key=True),
    Column("recipient", Text, primary_key=True),  # as policy/recipients.yaml names it
    Column("by_day", Date, nullable=False),
    Column("told", DateTime(timezone=True), nullable=False),
    Column("said", Text),
    Column("answered", DateTime(timezone=True)),
    Column("answered_by", Text),
    Column("files", Integer, nullable=False),
    Column("evidence", LargeBinary),
    Column("reason", LargeBinary),
)
