"""What programs said and are told: keyed hashes of what came under a key, subscriptions, and messages that are due."""

from __future__ import annotations

from sqlalchemy import ARRAY, Column, DateTime, ForeignKey, Index, Integer, LargeBinary, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from cases.tables import register

said_once = Table(
    "said_once",
    register,
    Column("request_id", Text, ForeignKey("requests.id"), primary_key=True),
    Column("said", Text, nullable=False),
)
webhooks = Table(
    "webhooks",
    register,
    Column("id", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("events", ARRAY(Text), nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("added_by", Text, nullable=False),
    Column("added", DateTime(timezone=True), nullable=False),
    Column("revoked", DateTime(timezone=True)),
    Column("revoked_by", Text),
)
webhook_messages = Table(
    "webhook_messages",
    register,
    Column("id", Text, primary_key=True),
    Column("webhook_id", Text, ForeignKey("webhooks.id"), nullable=False),
    Column("told", Text, nullable=False),
    Column("case_id", Text, ForeignKey("cases.id")),
    Column("facts", JSONB, nullable=False),  # codes, as the audit chain has them
    Column("at", DateTime(timezone=True), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("due", DateTime(timezone=True)),  # none once it was taken or given up
    Column("code", Text, nullable=False),  # of the newest try
    Column("tried", DateTime(timezone=True)),
    Column("taken", DateTime(timezone=True)),
    Index("ix_webhook_messages_due", "due", postgresql_where=text("due IS NOT NULL")),
    Index("ix_webhook_messages_webhook", "webhook_id", "tried"),
)
