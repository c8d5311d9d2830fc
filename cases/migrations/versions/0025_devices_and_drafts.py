"""What visitors without an account say of cookies, by device; what was typed so far behind an answer link."""

from __future__ import annotations

from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0023"

_TABLE = """
CREATE TABLE device_choices (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device_hash text NOT NULL,
    cookie text NOT NULL,
    given boolean NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX ix_device_choices_device ON device_choices (device_hash, number);
"""


def upgrade() -> None:
    op.execute(_TABLE)
    op.execute(f"GRANT SELECT, INSERT ON device_choices TO {_role()}")
    op.execute("ALTER TABLE answer_links ADD COLUMN draft bytea")
    op.execute(f"GRANT UPDATE (draft) ON answer_links TO {_role()}")


def downgrade() -> None:
    op.execute("ALTER TABLE answer_links DROP COLUMN draft")
    op.execute("DROP TABLE device_choices")


def _role() -> str:
    quoted: str = postgresql.dialect().identifier_preparer.quote_identifier(  # type: ignore[no-untyped-call]
        context.config.attributes["app_role"]
    )
    return quoted
