"""Retention sweeps: what was planned, approved and erased because its time was over."""

from __future__ import annotations

from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

_TABLES = """
CREATE TABLE sweeps (
    id text PRIMARY KEY,
    day date NOT NULL,
    policy text NOT NULL,
    digest text NOT NULL,
    items integer NOT NULL,
    counts jsonb NOT NULL,
    must_approve boolean NOT NULL,
    approved_by text,
    approved_why bytea,
    approved timestamptz,
    planned timestamptz NOT NULL,
    done timestamptz,
    erased jsonb NOT NULL,
    CONSTRAINT ck_sweeps_approved CHECK (done IS NULL OR NOT must_approve OR approved IS NOT NULL)
);
CREATE UNIQUE INDEX uq_sweeps_open ON sweeps ((done IS NULL)) WHERE done IS NULL;

CREATE TABLE sweep_items (
    sweep_id text NOT NULL,
    no integer NOT NULL,
    system text NOT NULL,
    unit text NOT NULL,
    since text NOT NULL,
    "row" jsonb NOT NULL,
    place text NOT NULL,
    item bytea NOT NULL,
    going boolean NOT NULL,
    achieved text,
    stayed text,
    PRIMARY KEY (sweep_id, no)
);
CREATE INDEX ix_sweep_items_place ON sweep_items (sweep_id, place);

CREATE TABLE sweep_intents (
    key text PRIMARY KEY,
    sweep_id text NOT NULL REFERENCES sweeps (id),
    foreseen bytea NOT NULL,
    at timestamptz NOT NULL
);

CREATE TABLE sweep_receipts (
    key text PRIMARY KEY,
    sweep_id text NOT NULL REFERENCES sweeps (id),
    system text NOT NULL,
    achieved jsonb NOT NULL,
    at timestamptz NOT NULL
);
"""

_APPEND = "SELECT, INSERT"
_GRANTS = {
    "sweeps": _APPEND + ", UPDATE (approved_by, approved_why, approved, done, erased)",
    "sweep_items": _APPEND + ", UPDATE (going, achieved, stayed)",
    "sweep_intents": _APPEND,
    "sweep_receipts": _APPEND,
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
