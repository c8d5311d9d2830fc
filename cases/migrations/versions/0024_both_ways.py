"""Messages between persons and the office, links to them, which bring no letter; codes by text message."""

from __future__ import annotations

from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"

_TABLES = """
ALTER TABLE deliveries ALTER COLUMN letter_id DROP NOT NULL;
CREATE TABLE messages (
    id text PRIMARY KEY,
    case_id text NOT NULL REFERENCES cases (id),
    no integer NOT NULL,
    side text NOT NULL,
    address_hash text NOT NULL,
    address bytea NOT NULL,
    text bytea NOT NULL,
    files bytea NOT NULL,
    dedup text NOT NULL,
    actor text NOT NULL,
    at timestamptz NOT NULL,
    read timestamptz,
    mailed timestamptz,
    CONSTRAINT uq_messages_no UNIQUE (case_id, no),
    CONSTRAINT uq_messages_dedup UNIQUE (case_id, dedup)
);
CREATE INDEX ix_messages_thread ON messages (case_id, address_hash, at);
CREATE INDEX ix_messages_unmailed ON messages (at) WHERE side = 'office' AND mailed IS NULL;
CREATE TABLE message_links (
    delivery_id text PRIMARY KEY REFERENCES deliveries (id),
    message_id text NOT NULL REFERENCES messages (id)
);
CREATE INDEX ix_message_links_message ON message_links (message_id);
CREATE TABLE phone_codes (
    id text PRIMARY KEY,
    no integer NOT NULL,
    case_id text NOT NULL REFERENCES cases (id),
    address_hash text NOT NULL,
    phone_hash text,
    code_hash text NOT NULL,
    attempts integer NOT NULL,
    made timestamptz NOT NULL,
    expires timestamptz NOT NULL,
    sent timestamptz,
    answered timestamptz
);
CREATE INDEX ix_phone_codes_case ON phone_codes (case_id, made);
"""

_GRANTS = {
    "messages": "SELECT, INSERT, UPDATE (read, mailed)",
    "message_links": "SELECT, INSERT",
    "phone_codes": "SELECT, INSERT, UPDATE (attempts, sent, answered)",
}


def upgrade() -> None:
    op.execute(_TABLES)
    for table, rights in _GRANTS.items():
        op.execute(f"GRANT {rights} ON {table} TO {_role()}")


def downgrade() -> None:
    for table in reversed(_GRANTS):
        op.execute(f"DROP TABLE {table}")
    # The version before knows no link without a letter.
    op.execute(
        "DELETE FROM delivery_codes WHERE delivery_id IN (SELECT id FROM deliveries WHERE letter_id IS NULL)"
    )
    op.execute("DELETE FROM deliveries WHERE letter_id IS NULL")
    op.execute("ALTER TABLE deliveries ALTER COLUMN letter_id SET NOT NULL")


def _role() -> str:
    quoted: str = postgresql.dialect().identifier_preparer.quote_identifier(  # type: ignore[no-untyped-call]
        context.config.attributes["app_role"]
    )
    return quoted
