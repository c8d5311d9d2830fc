"""What people are asked where no program can look."""

from __future__ import annotations

from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"

_TABLE = """
CREATE TABLE errands (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id text NOT NULL REFERENCES cases (id),
    system text NOT NULL,
    key text NOT NULL,
    asks text NOT NULL,
    question bytea NOT NULL,
    due_on date NOT NULL,
    asked timestamptz NOT NULL,
    overdue timestamptz,
    answered timestamptz,
    answered_by text,
    answer bytea,
    CONSTRAINT uq_errands UNIQUE (case_id, system, key)
);
CREATE INDEX ix_errands_open ON errands (due_on) WHERE answered IS NULL;
"""


def upgrade() -> None:
    op.execute(_TABLE)
    role = postgresql.dialect().identifier_preparer.quote_identifier(  # type: ignore[no-untyped-call]
        context.config.attributes["app_role"]
    )
    changed = "overdue, answered, answered_by, answer"
    op.execute(f"GRANT SELECT, INSERT, UPDATE ({changed}) ON errands TO {role}")


def downgrade() -> None:
    op.execute("DROP TABLE errands")
