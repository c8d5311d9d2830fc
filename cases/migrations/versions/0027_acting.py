"""Who acts for a person, and what shows that they may."""

from __future__ import annotations

from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0002"

_TABLES = """
CREATE TABLE actings (
    id text PRIMARY KEY,
    case_id text NOT NULL REFERENCES cases (id),
    request_id text NOT NULL REFERENCES requests (id),
    no integer NOT NULL,
    capacity text NOT NULL,
    shown text[] NOT NULL,
    covers text[] NOT NULL,
    born_on bytea,
    "by" text NOT NULL,
    seconded text NOT NULL,
    reason bytea,
    at timestamptz NOT NULL,
    CONSTRAINT uq_actings_no UNIQUE (request_id, no)
);
"""


def upgrade() -> None:
    op.execute(_TABLES)
    role = postgresql.dialect().identifier_preparer.quote_identifier(  # type: ignore[no-untyped-call]
        context.config.attributes["app_role"]
    )
    op.execute(f"GRANT SELECT, INSERT ON actings TO {role}")


def downgrade() -> None:
    op.execute("DROP TABLE actings")
