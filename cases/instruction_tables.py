"""The tables of what tenants instruct, and of the links by which they are asked; what is personal in them is sealed."""

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
)

from cases.tables import register

invitations = Table(
    "invitations",
    register,
    Column("id", Text, primary_key=True),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    Column("address", LargeBinary, nullable=False),
    Column("token_hash", Text, nullable=False),
    Column("code_hash", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("actor", Text, nullable=False),
    Column("made", DateTime(timezone=True), nullable=False),
    Column("expires", DateTime(timezone=True), nullable=False),
    Column("sent", DateTime(timezone=True)),
    Column("answered", DateTime(timezone=True)),
    UniqueConstraint("token_hash", name="uq_invitations_token"),
    Index("ix_invitations_case", "case_id"),
)
"""Links to tenants' contacts; tokens and codes rest as keyed hashes."""

instructions = Table(
    "instructions",
    register,
    Column("id", Text, primary_key=True),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    Column("invitation_id", Text, ForeignKey("invitations.id")),
    Column("told", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", LargeBinary),
    Column("contact", LargeBinary),
    Column("given", DateTime(timezone=True), nullable=False),
    Column("opened", Text, ForeignKey("cases.id")),
    UniqueConstraint("opened", name="uq_instructions_opened"),
    Index("ix_instructions_case", "case_id"),
)
"""What tenants said. `contact` is sealed under the key of the case that was `opened`, for its answer."""
