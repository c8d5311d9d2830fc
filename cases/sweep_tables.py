"""The tables of retention sweeps; where the records stand is sealed, every other column is clear."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from cases.tables import register

sweeps = Table(
    "sweeps",
    register,
    Column("id", Text, primary_key=True),
    Column("day", Date, nullable=False),
    Column("policy", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("items", Integer, nullable=False),
    Column("counts", JSONB, nullable=False),
    Column("must_approve", Boolean, nullable=False),
    Column("approved_by", Text),
    Column("approved_why", LargeBinary),
    Column("approved", DateTime(timezone=True)),
    Column("planned", DateTime(timezone=True), nullable=False),
    Column("done", DateTime(timezone=True)),
    Column("erased", JSONB, nullable=False),
    Column("departure_id", Text, ForeignKey("departures.id")),
    Column("dropped", DateTime(timezone=True)),
    # One of the company's own at a time, and one a departure.
    Index(
        "uq_sweeps_open",
        text("coalesce(departure_id, '')"),
        unique=True,
        postgresql_where=text("done IS NULL"),
    ),
)
sweep_items = Table(
    "sweep_items",
    register,
    # No foreign key: the records are written before their sweep's own row, whose digest they make.
    Column("sweep_id", Text, primary_key=True),
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("system", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("since", Text, nullable=False),
    Column("row", JSONB, nullable=False),
    Column("place", Text, nullable=False),  # keyed, under the key of the sweep
    Column("item", LargeBinary, nullable=False),
    Column("going", Boolean, nullable=False),  # found again, just before anything was erased
    Column("achieved", Text),
    Column("stayed", Text),
    Index("ix_sweep_items_place", "sweep_id", "place"),
)
sweep_intents = Table(
    "sweep_intents",
    register,
    Column("key", Text, primary_key=True),
    Column("sweep_id", Text, ForeignKey("sweeps.id"), nullable=False),
    Column("foreseen", LargeBinary, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
sweep_receipts = Table(
    "sweep_receipts",
    register,
    Column("key", Text, primary_key=True),
    Column("sweep_id", Text, ForeignKey("sweeps.id"), nullable=False),
    Column("system", Text, nullable=False),
    Column("achieved", JSONB, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
