"""What recipients were told to do, and what they answered."""

from __future__ import annotations

from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"

_TABLE = """
CREATE TABLE recipients (
    case_id text NOT NULL REFERENCES cases (id),
    recipient text NOT NULL,
    by_day date NOT NULL,
    told timestamptz NOT NULL,
    said text,
    answered timestamptz,
    answered_by text,
    files integer NOT NULL,
    evidence bytea,
    reason bytea,
    PRIMARY KEY (case_id, recipient)
);
"""


def upgrade() -> None:
    op.execute(_TABLE)
    role = postgresql.dialect().identifier_preparer.quote_identifier(  # type: ignore[no-untyped-call]
        context.config.attributes["app_role"]
    )
    changed = "said, answered, answered_by, files, evidence, reason"
    op.execute(f"GRANT SELECT, INSERT, UPDATE ({changed}) ON recipients TO {role}")


def downgrade() -> None:
    op.execute("DROP TABLE recipients")
