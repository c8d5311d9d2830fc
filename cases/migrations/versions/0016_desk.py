"""How staff come in, what they keep at their desk, and the day by which a case is to be answered beside it.

Roles are a closed list from now on: whatever else somebody was called becomes `officer`, who did that work.
"""

from __future__ import annotations

from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"

_TABLES = """
CREATE TABLE staff_doors (
    member text PRIMARY KEY REFERENCES staff (id),
    login text UNIQUE,
    password text,
    secret bytea,
    step bigint NOT NULL,
    enrolled timestamptz
);
CREATE TABLE staff_sessions (
    id text PRIMARY KEY,
    member text NOT NULL REFERENCES staff (id),
    current text NOT NULL,
    before text NOT NULL,
    started timestamptz NOT NULL,
    turned timestamptz NOT NULL,
    ended timestamptz
);
CREATE INDEX ix_staff_sessions_member ON staff_sessions (member) WHERE ended IS NULL;
CREATE TABLE staff_resets (
    id bigserial PRIMARY KEY,
    member text NOT NULL REFERENCES staff (id),
    asked_by text NOT NULL,
    reason bytea NOT NULL,
    asked timestamptz NOT NULL,
    confirmed_by text,
    confirmed timestamptz
);
CREATE UNIQUE INDEX uq_staff_resets_open ON staff_resets (member) WHERE confirmed IS NULL;
CREATE TABLE case_hands (
    case_id text PRIMARY KEY REFERENCES cases (id),
    member text NOT NULL REFERENCES staff (id),
    at timestamptz NOT NULL
);
CREATE INDEX ix_case_hands_member ON case_hands (member);
CREATE TABLE saved_views (
    id bigserial PRIMARY KEY,
    member text NOT NULL REFERENCES staff (id),
    name bytea NOT NULL,
    asks jsonb NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX ix_saved_views_member ON saved_views (member);
ALTER TABLE cases ADD COLUMN due date;
UPDATE cases SET due = (t.terms ->> 'strict')::date
FROM terms t WHERE t.case_id = cases.id AND t.version = cases.terms_version;
ALTER TABLE cases ALTER COLUMN due SET NOT NULL;
CREATE INDEX ix_cases_due ON cases (due, id) WHERE state <> 'closed';
CREATE INDEX ix_cases_closed ON cases (closed, id) WHERE state = 'closed';
UPDATE staff SET role = 'officer'
WHERE role NOT IN ('intake', 'officer', 'approver', 'finance', 'auditor', 'administrator');
"""

_GRANTS = {
    "staff_doors": "SELECT, INSERT, UPDATE (login, password, secret, step, enrolled)",
    "staff_sessions": "SELECT, INSERT, UPDATE (current, before, turned, ended)",
    "staff_resets": "SELECT, INSERT, UPDATE (confirmed_by, confirmed), DELETE",
    "case_hands": "SELECT, INSERT, UPDATE (member, at), DELETE",
    "saved_views": "SELECT, INSERT, DELETE",
}


def upgrade() -> None:
    op.execute(_TABLES)
    role = _role()
    for table, rights in _GRANTS.items():
        op.execute(f"GRANT {rights} ON {table} TO {role}")
    for sequence in ("staff_resets_id_seq", "saved_views_id_seq"):
        op.execute(f"GRANT USAGE ON SEQUENCE {sequence} TO {role}")
    op.execute(f"GRANT UPDATE (role) ON staff TO {role}")
    op.execute(f"GRANT UPDATE (due) ON cases TO {role}")


def downgrade() -> None:
    op.execute(f"REVOKE UPDATE (role) ON staff FROM {_role()}")
    op.execute("ALTER TABLE cases DROP COLUMN due")
    op.execute("DROP INDEX ix_cases_closed")
    for table in reversed(_GRANTS):
        op.execute(f"DROP TABLE {table}")


def _role() -> str:
    quoted: str = postgresql.dialect().identifier_preparer.quote_identifier(  # type: ignore[no-untyped-call]
        context.config.attributes["app_role"]
    )
    return quoted
