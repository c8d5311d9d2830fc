"""The table of links handed to known customers; whom they are about and what was typed are sealed under a key each."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, ForeignKey, Index, LargeBinary, Table, Text, UniqueConstraint

from cases.tables import register

self_links = Table(
    "self_links",
    register,
    Column("id", Text, primary_key=True),
    Column("token_hash", Text, nullable=False),
    Column("rights", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("about", LargeBinary),  # nothing once the link is over
    Column("draft", LargeBinary),
    Column("drafted", DateTime(timezone=True)),
    Column("vouched", DateTime(timezone=True)),  # when the second factor was shown
    Column("made_by", Text, nullable=False),  # S-... or a program's T-...
    Column("made", DateTime(timezone=True), nullable=False),
    Column("expires", DateTime(timezone=True), nullable=False),
    Column("used", DateTime(timezone=True)),
    Column("case_id", Text, ForeignKey("cases.id")),
    Column("revoked", DateTime(timezone=True)),
    Column("revoked_by", Text),
    UniqueConstraint("token_hash", name="uq_self_links_token"),
    Index("ix_self_links_made", "made"),
)
