"""Stops name what they are for, and are confirmed. One from before was complete, for no reason on any list."""

from __future__ import annotations

from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"

_MORE = """
ALTER TABLE stops
    ADD COLUMN no integer NOT NULL DEFAULT 1,
    ADD COLUMN mistake text NOT NULL DEFAULT '',
    ADD COLUMN ground text NOT NULL DEFAULT '',
    ADD COLUMN confirmer text NOT NULL DEFAULT '',
    ADD COLUMN confirmed_why bytea,
    ADD COLUMN completed timestamptz;
UPDATE stops SET completed = at;
ALTER TABLE stops
    ALTER COLUMN no DROP DEFAULT,
    ALTER COLUMN mistake DROP DEFAULT,
    ALTER COLUMN ground DROP DEFAULT,
    ALTER COLUMN confirmer DROP DEFAULT,
    DROP CONSTRAINT stops_pkey,
    ADD PRIMARY KEY (case_id, no);
"""
_LESS = """
DELETE FROM stops WHERE completed IS NULL;
ALTER TABLE stops
    DROP CONSTRAINT stops_pkey,
    ADD PRIMARY KEY (case_id),
    DROP COLUMN no,
    DROP COLUMN mistake,
    DROP COLUMN ground,
    DROP COLUMN confirmer,
    DROP COLUMN confirmed_why,
    DROP COLUMN completed;
"""


def upgrade() -> None:
    op.execute(_MORE)
    op.execute(f"GRANT UPDATE (confirmer, confirmed_why, completed) ON stops TO {_role()}")


def downgrade() -> None:
    op.execute(f"REVOKE UPDATE (confirmer, confirmed_why, completed) ON stops FROM {_role()}")
    op.execute(_LESS)


def _role() -> str:
    quoted: str = postgresql.dialect().identifier_preparer.quote_identifier(  # type: ignore[no-untyped-call]
        context.config.attributes["app_role"]
    )
    return quoted
