"""Links that are handed to known customers, with what they typed so far."""

from __future__ import annotations

from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0016"

_TABLE = """
CREATE TABLE self_links (
    id text PRIMARY KEY,
    token_hash text NOT NULL,
    rights text NOT NULL,
    language text NOT NULL,
    about bytea,
    draft bytea,
    drafted timestamptz,
    vouched timestamptz,
    made_by text NOT NULL,
    made timestamptz NOT NULL,
    expires timestamptz NOT NULL,
    used timestamptz,
    case_id text REFERENCES cases (id),
    revoked timestamptz,
    revoked_by text,
    CONSTRAINT uq_self_links_token UNIQUE (token_hash)
);
CREATE INDEX ix_self_links_made ON self_links (made);
"""


def upgrade() -> None:
    op.execute(_TABLE)
    changed = "UPDATE (about, draft, drafted, used, case_id, revoked, revoked_by)"
    op.execute(f"GRANT SELECT, INSERT, {changed} ON self_links TO {_role()}")


def downgrade() -> None:
    op.execute("DROP TABLE self_links")


def _role() -> str:
    quoted: str = postgresql.dialect().identifier_preparer.quote_identifier(  # type: ignore[no-untyped-call]
        context.config.attributes["app_role"]
    )
    return quoted
