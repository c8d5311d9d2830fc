"""The tables of incidents: codes, counts and instants in clear; what officers write sealed under the case's key."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)

from cases.tables import register

incidents = Table(
    "incidents",
    register,
    Column("id", Text, primary_key=True),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("about", Text, nullable=False),  # tells two of a kind in one case apart
    Column("noticed", DateTime(timezone=True), nullable=False),  # the clock of s.37(4) runs from here
    Column("due", DateTime(timezone=True), nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", LargeBinary, nullable=False),
    Column("opened", DateTime(timezone=True), nullable=False),
    Column("frozen", Boolean, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("closed_by", Text, nullable=False),
    Column("closed_why", LargeBinary),
    Column("closed", DateTime(timezone=True)),
    Index(
        "ix_incidents_open", "case_id", "kind", "about", unique=True, postgresql_where=text("closed IS NULL")
    ),
)
assessments = Table(
    "incident_assessments",
    register,
    Column("incident_id", Text, ForeignKey("incidents.id"), primary_key=True),
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("risk", Text, nullable=False),
    Column("units", ARRAY(Text), nullable=False),
    Column("people", Integer, nullable=False),
    Column("told", LargeBinary, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
notices = Table(
    "incident_notices",
    register,
    Column("incident_id", Text, ForeignKey("incidents.id"), primary_key=True),
    Column("heard", Text, primary_key=True),
    Column("told", DateTime(timezone=True), nullable=False),
    Column("by", Text, nullable=False),
    Column("evidence", LargeBinary, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
