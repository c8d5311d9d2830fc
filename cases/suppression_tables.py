"""Whom not to load again, and what a nightly look compares the systems with: digests under the look-up key.

No identifier stands here; items and reasons are sealed under their case's key.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, DateTime, ForeignKey, Index, Integer, LargeBinary, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from cases.tables import register

suppressions = Table(
    "suppressions",
    register,
    Column("case_id", Text, ForeignKey("cases.id"), primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("why", Text, primary_key=True),
    Column("purpose", Text, primary_key=True),  # "" for who was erased
    Column("tenant", Text, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("normaliser", Integer, nullable=False),
    Column("entered", DateTime(timezone=True), nullable=False),
    Column("lifted", DateTime(timezone=True)),
    Column("lifted_by", Text),
    Column("lifted_why", LargeBinary),
    Index("ix_suppressions_digest", "digest"),
)
watched_systems = Table(
    "watched_systems",
    register,
    Column("case_id", Text, ForeignKey("cases.id"), primary_key=True),
    Column("system", Text, primary_key=True),
    Column("since", DateTime(timezone=True), nullable=False),
)
watched_places = Table(
    "watched_places",
    register,
    Column("case_id", Text, ForeignKey("cases.id"), primary_key=True),
    Column("system", Text, primary_key=True),
    Column("digest", Text, primary_key=True),  # of a place there, never of what it holds
    Column(
        "told", Boolean, nullable=False
    ),  # it came back and was told; else it stood there when the case ended
    Column("seen", DateTime(timezone=True), nullable=False),
)
corrected_records = Table(
    "corrected_records",
    register,
    Column("case_id", Text, ForeignKey("cases.id"), primary_key=True),
    Column("system", Text, primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("item", LargeBinary, nullable=False),
    Column("before", JSONB, nullable=False),  # digests of values, by column
    Column("after", JSONB),  # of those that changed; none while it is under way
    Column("reverted", Boolean, nullable=False),  # and told
    Column("at", DateTime(timezone=True), nullable=False),
    Index("ix_corrected_records_place", "system", "digest"),
)
service_tokens = Table(
    "service_tokens",
    register,
    Column("id", Text, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("purpose", Text, nullable=False),  # a word: which program it was made for
    Column("token_hash", Text, nullable=False, unique=True),
    Column("added_by", Text, nullable=False),
    Column("added", DateTime(timezone=True), nullable=False),
    Column("revoked", DateTime(timezone=True)),
    Column("revoked_by", Text),
)
