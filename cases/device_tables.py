"""The table of what devices said of cookies; a row a word, under a keyed hash of the device's number."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Identity, Index, Table, Text

from cases.tables import register

device_choices = Table(
    "device_choices",
    register,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("device_hash", Text, nullable=False),
    Column("cookie", Text, nullable=False),
    Column("given", Boolean, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("ix_device_choices_device", "device_hash", "number"),
)
