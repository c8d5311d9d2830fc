"""What became of letters: the marks that their messages travel under, what providers told, what went by post.

A tracking number is sealed, for whoever knows it may be told by the carrier who signed; every other column is clear.
"""

from __future__ import annotations

from sqlalchemy import Column, Date, DateTime, ForeignKey, Index, LargeBinary, Table, Text

from cases.tables import register

delivery_marks = Table(
    "delivery_marks",
    register,
    Column("mark", Text, primary_key=True),
    Column("delivery_id", Text, ForeignKey("deliveries.id"), nullable=False),
    Index("ix_delivery_marks_delivery", "delivery_id"),
)
delivery_fates = Table(
    "delivery_fates",
    register,
    Column("event", Text, primary_key=True),
    Column("delivery_id", Text, ForeignKey("deliveries.id"), nullable=False),
    Column("fate", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("noted", DateTime(timezone=True), nullable=False),
    Index("ix_delivery_fates_delivery", "delivery_id"),
)
posts = Table(
    "posts",
    register,
    Column("letter_id", Text, ForeignKey("letters.id"), primary_key=True),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    Column("posted_on", Date, nullable=False),
    Column("tracking", LargeBinary, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("ix_posts_case", "case_id"),
)
