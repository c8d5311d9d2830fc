"""What of an obligation is lost, the word of two officers that lets it go, and records of refusals that ended."""

from __future__ import annotations

from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"

_TABLES = """
CREATE TABLE lost_records (
    obligation_id text PRIMARY KEY REFERENCES obligations (id),
    numbers integer[] NOT NULL,
    seen timestamptz NOT NULL
);

CREATE TABLE settlements (
    id text PRIMARY KEY,
    obligation_id text NOT NULL REFERENCES obligations (id),
    numbers integer[] NOT NULL,
    proposer text NOT NULL,
    proposed_why bytea NOT NULL,
    proposed timestamptz NOT NULL,
    confirmer text,
    confirmed_why bytea,
    confirmed timestamptz,
    CONSTRAINT ck_settlements_two CHECK (confirmer IS NULL OR confirmer <> proposer)
);
CREATE UNIQUE INDEX uq_settlements_open ON settlements (obligation_id) WHERE confirmed IS NULL;

CREATE TABLE ended_records (
    case_id text PRIMARY KEY REFERENCES cases (id),
    at timestamptz NOT NULL
);
"""

_APPEND = "SELECT, INSERT"
_GRANTS = {
    "lost_records": _APPEND + ", UPDATE (numbers, seen)",
    "settlements": _APPEND + ", UPDATE (confirmer, confirmed_why, confirmed)",
    "ended_records": _APPEND,
}


def upgrade() -> None:
    op.execute(_TABLES)
    for table, rights in _GRANTS.items():
        op.execute(f"GRANT {rights} ON {table} TO {_role()}")
    # By whom a refusal could be found goes with its key, when its years are over.
    op.execute(f"GRANT DELETE ON refusal_hashes TO {_role()}")


def downgrade() -> None:
    op.execute(f"REVOKE DELETE ON refusal_hashes FROM {_role()}")
    for table in reversed(_GRANTS):
        op.execute(f"DROP TABLE {table}")


def _role() -> str:
    quote = postgresql.dialect().identifier_preparer.quote_identifier  # type: ignore[no-untyped-call]
    return str(quote(context.config.attributes["app_role"]))
