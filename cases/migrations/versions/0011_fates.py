"""What became of letters on their way, and what went by post."""

from __future__ import annotations

from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"

_TABLES = """
CREATE TABLE delivery_marks (
    mark text PRIMARY KEY,
    delivery_id text NOT NULL REFERENCES deliveries (id)
);
CREATE INDEX ix_delivery_marks_delivery ON delivery_marks (delivery_id);
CREATE TABLE delivery_fates (
    event text PRIMARY KEY,
    delivery_id text NOT NULL REFERENCES deliveries (id),
    fate text NOT NULL,
    at timestamptz NOT NULL,
    noted timestamptz NOT NULL
);
CREATE INDEX ix_delivery_fates_delivery ON delivery_fates (delivery_id);
CREATE TABLE posts (
    letter_id text PRIMARY KEY REFERENCES letters (id),
    case_id text NOT NULL REFERENCES cases (id),
    posted_on date NOT NULL,
    tracking bytea NOT NULL,
    by text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX ix_posts_case ON posts (case_id);
"""


def upgrade() -> None:
    op.execute(_TABLES)
    role = postgresql.dialect().identifier_preparer.quote_identifier(  # type: ignore[no-untyped-call]
        context.config.attributes["app_role"]
    )
    op.execute(f"GRANT SELECT, INSERT ON delivery_marks, delivery_fates, posts TO {role}")


def downgrade() -> None:
    op.execute("DROP TABLE posts, delivery_fates, delivery_marks")
