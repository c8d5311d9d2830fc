"""Whom not to load again, what came back, corrections that are watched, and tokens of programs that ask."""

from __future__ import annotations

from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"

_TABLES = """
CREATE TABLE suppressions (
    case_id text NOT NULL REFERENCES cases (id),
    digest text NOT NULL,
    why text NOT NULL,
    purpose text NOT NULL,
    tenant text NOT NULL,
    key_id text NOT NULL,
    kind text NOT NULL,
    normaliser integer NOT NULL,
    entered timestamptz NOT NULL,
    lifted timestamptz,
    lifted_by text,
    lifted_why bytea,
    PRIMARY KEY (case_id, digest, why, purpose)
);
CREATE INDEX ix_suppressions_digest ON suppressions (digest);

CREATE TABLE watched_systems (
    case_id text NOT NULL REFERENCES cases (id),
    system text NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (case_id, system)
);
CREATE TABLE watched_places (
    case_id text NOT NULL REFERENCES cases (id),
    system text NOT NULL,
    digest text NOT NULL,
    told boolean NOT NULL,
    seen timestamptz NOT NULL,
    PRIMARY KEY (case_id, system, digest)
);

CREATE TABLE corrected_records (
    case_id text NOT NULL REFERENCES cases (id),
    system text NOT NULL,
    digest text NOT NULL,
    item bytea NOT NULL,
    before jsonb NOT NULL,
    after jsonb,
    reverted boolean NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (case_id, system, digest)
);
CREATE INDEX ix_corrected_records_place ON corrected_records (system, digest);

CREATE TABLE service_tokens (
    id text PRIMARY KEY,
    scope text NOT NULL,
    purpose text NOT NULL,
    token_hash text NOT NULL UNIQUE,
    added_by text NOT NULL,
    added timestamptz NOT NULL,
    revoked timestamptz,
    revoked_by text
);
"""

_GRANTS = {
    "suppressions": "SELECT, INSERT, UPDATE (lifted, lifted_by, lifted_why)",
    "watched_systems": "SELECT, INSERT, UPDATE (since)",
    # What is watched is replaced by the next look, and forgotten when nothing of it changed.
    "watched_places": "SELECT, INSERT, DELETE",
    "corrected_records": "SELECT, INSERT, UPDATE (after, reverted), DELETE",
    "service_tokens": "SELECT, INSERT, UPDATE (revoked, revoked_by)",
}


def upgrade() -> None:
    op.execute(_TABLES)
    role = postgresql.dialect().identifier_preparer.quote_identifier(  # type: ignore[no-untyped-call]
        context.config.attributes["app_role"]
    )
    for table, rights in _GRANTS.items():
        op.execute(f"GRANT {rights} ON {table} TO {role}")


def downgrade() -> None:
    for table in reversed(_GRANTS):
        op.execute(f"DROP TABLE {table}")
