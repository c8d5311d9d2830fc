"""What officers do on the page of a case: edits of its plan, notes, and incidents with their clock (s.37(4))."""

from __future__ import annotations

from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"

_TABLES = """
ALTER TABLE plan_items ADD COLUMN edit text NOT NULL DEFAULT '';
CREATE TABLE plan_edits (
    id text PRIMARY KEY,
    case_id text NOT NULL REFERENCES cases (id),
    version integer NOT NULL,
    digest text NOT NULL,
    system text NOT NULL,
    table_name text NOT NULL,
    unit text NOT NULL,
    was text NOT NULL,
    becomes text NOT NULL,
    ground text NOT NULL,
    until date,
    numbers integer[] NOT NULL,
    marks text[] NOT NULL,
    items integer NOT NULL,
    undoes text REFERENCES plan_edits (id),
    by text NOT NULL,
    reason bytea NOT NULL,
    at timestamptz NOT NULL,
    dropped timestamptz,
    lost integer
);
CREATE INDEX ix_plan_edits_case ON plan_edits (case_id);
CREATE TABLE case_notes (
    id text PRIMARY KEY,
    case_id text NOT NULL REFERENCES cases (id),
    by text NOT NULL,
    body bytea NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX ix_case_notes_case ON case_notes (case_id);
CREATE TABLE incidents (
    id text PRIMARY KEY,
    case_id text NOT NULL REFERENCES cases (id),
    kind text NOT NULL,
    about text NOT NULL,
    noticed timestamptz NOT NULL,
    due timestamptz NOT NULL,
    by text NOT NULL,
    reason bytea NOT NULL,
    opened timestamptz NOT NULL,
    frozen boolean NOT NULL,
    outcome text NOT NULL,
    closed_by text NOT NULL,
    closed_why bytea,
    closed timestamptz
);
CREATE UNIQUE INDEX ix_incidents_open ON incidents (case_id, kind, about) WHERE closed IS NULL;
CREATE TABLE incident_assessments (
    incident_id text NOT NULL REFERENCES incidents (id),
    no integer NOT NULL,
    risk text NOT NULL,
    units text[] NOT NULL,
    people integer NOT NULL,
    told bytea NOT NULL,
    by text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (incident_id, no)
);
CREATE TABLE incident_notices (
    incident_id text NOT NULL REFERENCES incidents (id),
    heard text NOT NULL,
    told timestamptz NOT NULL,
    by text NOT NULL,
    evidence bytea NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (incident_id, heard)
);
"""

_GRANTS = {
    "plan_edits": "SELECT, INSERT, UPDATE (dropped, lost)",
    "case_notes": "SELECT, INSERT",
    "incidents": "SELECT, INSERT, UPDATE (frozen, outcome, closed_by, closed_why, closed)",
    "incident_assessments": "SELECT, INSERT",
    "incident_notices": "SELECT, INSERT",
}


def upgrade() -> None:
    op.execute(_TABLES)
    for table, rights in _GRANTS.items():
        op.execute(f"GRANT {rights} ON {table} TO {_role()}")


def downgrade() -> None:
    for table in reversed(_GRANTS):
        op.execute(f"DROP TABLE {table}")
    op.execute("ALTER TABLE plan_items DROP COLUMN edit")


def _role() -> str:
    quoted: str = postgresql.dialect().identifier_preparer.quote_identifier(  # type: ignore[no-untyped-call]
        context.config.attributes["app_role"]
    )
    return quoted
