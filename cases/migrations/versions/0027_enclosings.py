"""Who asked for letters to come with the e-mail itself."""

from __future__ import annotations

from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"

_TABLE = """
CREATE TABLE enclosings (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id text NOT NULL REFERENCES cases (id),
    wanted boolean NOT NULL,
    "by" text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX ix_enclosings_case ON enclosings (case_id);
"""


def upgrade() -> None:
    op.execute(_TABLE)
    role = postgresql.dialect().identifier_preparer.quote_identifier(  # type: ignore[no-untyped-call]
        context.config.attributes["app_role"]
    )
    op.execute(f"GRANT SELECT, INSERT ON enclosings TO {role}")


def downgrade() -> None:
    op.execute("DROP TABLE enclosings")
