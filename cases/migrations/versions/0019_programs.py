"""What programs said under a key of their own, and what they are told of without asking."""

from __future__ import annotations

from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"

_TABLES = """
CREATE TABLE said_once (
    request_id text PRIMARY KEY REFERENCES requests (id),
    said text NOT NULL
);
CREATE TABLE webhooks (
    id text PRIMARY KEY,
    url text NOT NULL,
    events text[] NOT NULL,
    secret bytea NOT NULL,
    added_by text NOT NULL,
    added timestamptz NOT NULL,
    revoked timestamptz,
    revoked_by text
);
CREATE TABLE webhook_messages (
    id text PRIMARY KEY,
    webhook_id text NOT NULL REFERENCES webhooks (id),
    told text NOT NULL,
    case_id text REFERENCES cases (id),
    facts jsonb NOT NULL,
    at timestamptz NOT NULL,
    tries integer NOT NULL,
    due timestamptz,
    code text NOT NULL,
    tried timestamptz,
    taken timestamptz
);
CREATE INDEX ix_webhook_messages_due ON webhook_messages (due) WHERE due IS NOT NULL;
CREATE INDEX ix_webhook_messages_webhook ON webhook_messages (webhook_id, tried);
"""

_GRANTS = {
    "said_once": "SELECT, INSERT",
    "webhooks": "SELECT, INSERT, UPDATE (revoked, revoked_by)",
    "webhook_messages": "SELECT, INSERT, DELETE, UPDATE (tries, due, code, tried, taken)",
}


def upgrade() -> None:
    op.execute(_TABLES)
    for table, rights in _GRANTS.items():
        op.execute(f"GRANT {rights} ON {table} TO {_role()}")


def downgrade() -> None:
    for table in reversed(_GRANTS):
        op.execute(f"DROP TABLE {table}")


def _role() -> str:
    quoted: str = postgresql.dialect().identifier_preparer.quote_identifier(  # type: ignore[no-untyped-call]
        context.config.attributes["app_role"]
    )
    return quoted
