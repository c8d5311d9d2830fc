"""Files that are redacted before they are handed over, copies of identity documents, scans of requests."""

from __future__ import annotations

from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"

_TABLES = """
CREATE TABLE file_redactions (
    id text PRIMARY KEY,
    case_id text NOT NULL REFERENCES cases (id),
    digest text NOT NULL,
    no integer NOT NULL,
    original text NOT NULL,
    sheets jsonb NOT NULL,
    regions jsonb NOT NULL,
    by text NOT NULL,
    opened timestamptz NOT NULL,
    burnt timestamptz,
    burnt_by text,
    reason bytea,
    redacted text,
    size bigint,
    ref text,
    dropped timestamptz
);
CREATE INDEX ix_file_redactions_case ON file_redactions (case_id);
CREATE TABLE identity_documents (
    id text PRIMARY KEY,
    case_id text NOT NULL REFERENCES cases (id),
    address_hash text NOT NULL,
    received timestamptz NOT NULL,
    checked timestamptz,
    checked_by text,
    fault text
);
CREATE INDEX ix_identity_documents_case ON identity_documents (case_id);
CREATE TABLE request_scans (
    case_id text NOT NULL REFERENCES cases (id),
    id text NOT NULL,
    kind text NOT NULL,
    size bigint NOT NULL,
    sha256 text NOT NULL,
    by text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (case_id, id)
);
"""

_GRANTS = {
    "file_redactions": "SELECT, INSERT, UPDATE (regions, burnt, burnt_by, reason, redacted, size, ref, dropped)",
    "request_scans": "SELECT, INSERT",
    "identity_documents": "SELECT, INSERT, UPDATE (checked, checked_by, fault)",
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
