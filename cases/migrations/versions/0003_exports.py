"""The register of exports for the regulator."""

from __future__ import annotations

from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

_TABLE = """
CREATE TABLE audit_exports (
    id text PRIMARY KEY,
    scope jsonb NOT NULL,
    digest text NOT NULL,
    asked_by text NOT NULL,
    asked timestamptz NOT NULL,
    reason_code text NOT NULL,
    order_ref bytea,
    order_scan bytea,
    order_suffix text,
    approved_by text,
    approved timestamptz,
    serial integer UNIQUE,
    made timestamptz,
    sha256 text,
    size bigint,
    CONSTRAINT ck_audit_exports_two CHECK (approved_by <> asked_by)
);
CREATE UNIQUE INDEX uq_audit_exports_open ON audit_exports (digest) WHERE serial IS NULL;
"""


def upgrade() -> None:
    op.execute(_TABLE)
    role = _quoted(context.config.attributes["app_role"])
    changed = "approved_by, approved, serial, made, sha256, size"
    op.execute(f"GRANT SELECT, INSERT, UPDATE ({changed}) ON audit_exports TO {role}")


def downgrade() -> None:
    op.execute("DROP TABLE audit_exports")


def _quoted(role: str) -> str:
    return postgresql.dialect().identifier_preparer.quote_identifier(role)  # type: ignore[no-untyped-call]
