"""Links by which people answer without an account, and reviews of files before they are handed over."""

from __future__ import annotations

from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"

_TABLE = """
CREATE TABLE answer_links (
    id text PRIMARY KEY,
    case_id text NOT NULL REFERENCES cases (id),
    errand_id bigint REFERENCES errands (id),
    recipient text NOT NULL,
    address bytea,
    token_hash text NOT NULL,
    actor text NOT NULL,
    made timestamptz NOT NULL,
    expires timestamptz NOT NULL,
    sent timestamptz,
    opened integer NOT NULL,
    used timestamptz,
    could_not bytea,
    revoked timestamptz,
    revoked_by text,
    CONSTRAINT uq_answer_links_token UNIQUE (token_hash)
);
CREATE INDEX ix_answer_links_case ON answer_links (case_id);
CREATE TABLE file_reviews (
    id text PRIMARY KEY,
    case_id text NOT NULL REFERENCES cases (id),
    digest text NOT NULL,
    "without" integer[] NOT NULL,
    "by" text NOT NULL,
    reason bytea NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX ix_file_reviews_case ON file_reviews (case_id);
"""


def upgrade() -> None:
    op.execute(_TABLE)
    role = postgresql.dialect().identifier_preparer.quote_identifier(  # type: ignore[no-untyped-call]
        context.config.attributes["app_role"]
    )
    changed = "sent, opened, used, could_not, revoked, revoked_by"
    op.execute(f"GRANT SELECT, INSERT, UPDATE ({changed}) ON answer_links TO {role}")
    op.execute(f"GRANT SELECT, INSERT ON file_reviews TO {role}")


def downgrade() -> None:
    op.execute("DROP TABLE file_reviews")
    op.execute("DROP TABLE answer_links")
