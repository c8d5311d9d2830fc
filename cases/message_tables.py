"""The tables of messages between persons and the office; text, files and addresses are sealed under the case's key."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from cases.tables import register

messages = Table(
    "messages",
    register,
    Column("id", Text, primary_key=True),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    Column("no", Integer, nullable=False),
    Column("side", Text, nullable=False),
    Column("address_hash", Text, nullable=False),
    Column("address", LargeBinary, nullable=False),
    Column("text", LargeBinary, nullable=False),
    Column("files", LargeBinary, nullable=False),
    Column("dedup", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("read", DateTime(timezone=True)),
    Column("mailed", DateTime(timezone=True)),  # the office's: when the e-mail about it left
    UniqueConstraint("case_id", "no", name="uq_messages_no"),
    UniqueConstraint("case_id", "dedup", name="uq_messages_dedup"),
    Index("ix_messages_thread", "case_id", "address_hash", "at"),
    Index("ix_messages_unmailed", "at", postgresql_where=text("side = 'office' AND mailed IS NULL")),
)
message_links = Table(
    "message_links",
    register,
    Column("delivery_id", Text, ForeignKey("deliveries.id"), primary_key=True),
    Column("message_id", Text, ForeignKey("messages.id"), nullable=False),
    Index("ix_message_links_message", "message_id"),
)
