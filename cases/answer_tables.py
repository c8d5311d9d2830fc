"""The table of links by which people answer without an account; addresses and what they wrote are sealed."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from cases.tables import register

answer_links = Table(
    "answer_links",
    register,
    Column("id", Text, primary_key=True),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    Column("errand_id", BigInteger, ForeignKey("errands.id")),  # either an errand
    Column("recipient", Text, nullable=False),  # or what a recipient was told (L11)
    Column("address", LargeBinary),  # none where an officer hands the link over
    Column("token_hash", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("made", DateTime(timezone=True), nullable=False),
    Column("expires", DateTime(timezone=True), nullable=False),
    Column("sent", DateTime(timezone=True)),
    Column("opened", Integer, nullable=False),
    Column("used", DateTime(timezone=True)),
    Column("could_not", LargeBinary),  # why it could not be done, as they wrote it
    Column("draft", LargeBinary),  # what was typed so far
    Column("revoked", DateTime(timezone=True)),
    Column("revoked_by", Text),
    UniqueConstraint("token_hash", name="uq_answer_links_token"),
    Index("ix_answer_links_case", "case_id"),
)
