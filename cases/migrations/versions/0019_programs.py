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
"""

_GRANTS = {"said_once": "SELECT, INSERT"}


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
