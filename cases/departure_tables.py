"""The tables of tenants whose contracts ended: when each was told, and the certificates of what was erased for it.

A tenant is named in clear, as in its cases; its contact's address is sealed under the engine's key.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Table,
    Text,
    text,
)

from cases.tables import register

departures = Table(
    "departures",
    register,
    Column("id", Text, primary_key=True),
    Column("number", BigInteger, Identity(always=True), nullable=False),
    Column("tenant", Text, nullable=False),
    Column("ended_on", Date, nullable=False),
    Column("seen", DateTime(timezone=True), nullable=False),
    Column("contact", LargeBinary),
    Column("contact_by", Text),
    Column("contact_why", LargeBinary),
    Column("told", Text),
    Column("told_on", Date),
    Column("told_by", Text),
    Column("told_why", LargeBinary),
    Column("back", DateTime(timezone=True)),
    Index("uq_departures_standing", "tenant", unique=True, postgresql_where=text("back IS NULL")),
)
tenant_certificates = Table(
    "tenant_certificates",
    register,
    Column("sweep_id", Text, ForeignKey("sweeps.id"), primary_key=True),
    Column("departure_id", Text, ForeignKey("departures.id"), nullable=False),
    Column("proof", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("pdf", LargeBinary, nullable=False),
    Column("issued", DateTime(timezone=True), nullable=False),
    Column("sent", DateTime(timezone=True)),
    Index("ix_tenant_certificates_proof", "proof"),
)
"""Certificates of what was erased for a tenant; the file itself is sealed, for it names the tenant."""
