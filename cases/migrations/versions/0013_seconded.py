"""What takes effect once two said the same: a system that is left out. One from before stands on one word."""

from __future__ import annotations

from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"

_TABLE = """
CREATE TABLE seconded (
    case_id text NOT NULL REFERENCES cases (id),
    about text NOT NULL,
    no integer NOT NULL,
    code text NOT NULL,
    actor text NOT NULL,
    reason bytea NOT NULL,
    at timestamptz NOT NULL,
    confirmer text NOT NULL,
    confirmed_why bytea,
    completed timestamptz,
    PRIMARY KEY (case_id, about, no)
);
"""


def upgrade() -> None:
    op.execute(_TABLE)
    more = "UPDATE (confirmer, confirmed_why, completed)"
    op.execute(f"GRANT SELECT, INSERT, {more} ON seconded TO {_role()}")


def downgrade() -> None:
    op.execute("DROP TABLE seconded")


def _role() -> str:
    quoted: str = postgresql.dialect().identifier_preparer.quote_identifier(  # type: ignore[no-untyped-call]
        context.config.attributes["app_role"]
    )
    return quoted
