"""Who acts for a person, and what shows that they may; words of a package that are a third person's."""

from __future__ import annotations

from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"

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

CREATE TABLE redactions (
    id text PRIMARY KEY,
    case_id text NOT NULL REFERENCES cases (id),
    words bytea NOT NULL,
    "by" text NOT NULL,
    reason bytea NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX ix_redactions_case ON redactions (case_id);
"""


def upgrade() -> None:
    op.execute(_TABLES)
    role = postgresql.dialect().identifier_preparer.quote_identifier(  # type: ignore[no-untyped-call]
        context.config.attributes["app_role"]
    )
    op.execute(f"GRANT SELECT, INSERT ON actings, redactions TO {role}")


def downgrade() -> None:
    op.execute("DROP TABLE redactions")
    op.execute("DROP TABLE actings")
