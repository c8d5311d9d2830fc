"""What belongs to the life of staff: by what they are known themselves, who stands in for whom, and lost factors."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)

from cases.tables import register

selves = Table(
    "staff_selves",
    register,
    Column("member", Text, ForeignKey("staff.id"), primary_key=True),
    Column(
        "digest", Text, primary_key=True
    ),  # as `identifier_hashes` has it: what it was cannot be read again
    Column("kind", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("ix_staff_selves_digest", "digest"),
)
confidences = Table(
    "case_confidences",
    register,
    Column("case_id", Text, ForeignKey("cases.id"), primary_key=True),
    Column("by", Text, nullable=False),
    Column("reason", LargeBinary, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("ended", DateTime(timezone=True)),
)
handlers = Table(
    "case_handlers",
    register,
    Column("case_id", Text, ForeignKey("cases.id"), primary_key=True),
    Column("member", Text, ForeignKey("staff.id"), primary_key=True),
    Index("ix_case_handlers_member", "member"),
)
deputies = Table(
    "staff_deputies",
    register,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("member", Text, ForeignKey("staff.id"), nullable=False, index=True),
    Column("deputy", Text, ForeignKey("staff.id"), nullable=False, index=True),
    Column("since", Date, nullable=False),
    Column("until", Date, nullable=False),
    Column("named", DateTime(timezone=True), nullable=False),
    Column("ended", DateTime(timezone=True)),
)
comebacks = Table(
    "staff_comebacks",
    register,
    Column("number", Text, primary_key=True),
    Column("secret", Text, nullable=False),  # its hash: the secret itself is in one browser, or one file
    Column("made", DateTime(timezone=True), nullable=False),
    Column("member", Text, ForeignKey("staff.id")),  # whom two colleagues named
    Column("used", DateTime(timezone=True)),
)
system_checks = Table(
    "system_checks",
    register,
    Column("system", Text, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("well", DateTime(timezone=True)),  # when it last answered, and fitted its map
    Column("code", Text, nullable=False),  # empty, or why it did not
    Column("tables", Integer),
    Column("tables_mapped", Integer),
    Column("columns", Integer),
    Column("columns_mapped", Integer),
)
