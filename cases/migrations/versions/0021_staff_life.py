"""Cases closed to those whom they are about, deputies, ways back for who lost a factor, and the checks of systems."""

from __future__ import annotations

from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0019"

_TABLES = """
CREATE TABLE staff_selves (
    member text NOT NULL REFERENCES staff (id),
    digest text NOT NULL,
    kind text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (member, digest)
);
CREATE INDEX ix_staff_selves_digest ON staff_selves (digest);
CREATE TABLE case_confidences (
    case_id text PRIMARY KEY REFERENCES cases (id),
    by text NOT NULL,
    reason bytea NOT NULL,
    at timestamptz NOT NULL,
    ended timestamptz
);
CREATE TABLE case_handlers (
    case_id text NOT NULL REFERENCES cases (id),
    member text NOT NULL REFERENCES staff (id),
    PRIMARY KEY (case_id, member)
);
CREATE INDEX ix_case_handlers_member ON case_handlers (member);
CREATE TABLE staff_deputies (
    id bigserial PRIMARY KEY,
    member text NOT NULL REFERENCES staff (id),
    deputy text NOT NULL REFERENCES staff (id),
    since date NOT NULL,
    until date NOT NULL,
    named timestamptz NOT NULL,
    ended timestamptz
);
CREATE INDEX ix_staff_deputies_member ON staff_deputies (member);
CREATE INDEX ix_staff_deputies_deputy ON staff_deputies (deputy);
CREATE TABLE staff_comebacks (
    number text PRIMARY KEY,
    secret text NOT NULL,
    made timestamptz NOT NULL,
    member text REFERENCES staff (id),
    used timestamptz
);
ALTER TABLE staff_resets ADD COLUMN number text;
CREATE TABLE system_checks (
    system text PRIMARY KEY,
    at timestamptz NOT NULL,
    well timestamptz,
    code text NOT NULL,
    tables integer,
    tables_mapped integer,
    columns integer,
    columns_mapped integer
);
"""

_GRANTS = {
    "staff_selves": "SELECT, INSERT, DELETE",
    "case_confidences": 'SELECT, INSERT, UPDATE ("by", reason, at, ended)',
    "case_handlers": "SELECT, INSERT, DELETE",
    "staff_deputies": "SELECT, INSERT, UPDATE (ended)",
    "staff_comebacks": "SELECT, INSERT, UPDATE (member, used), DELETE",
    "system_checks": "SELECT, INSERT, UPDATE (at, well, code, tables, tables_mapped, columns, columns_mapped)",
}


def upgrade() -> None:
    op.execute(_TABLES)
    role = _role()
    for table, rights in _GRANTS.items():
        op.execute(f"GRANT {rights} ON {table} TO {role}")
    op.execute(f"GRANT USAGE ON SEQUENCE staff_deputies_id_seq TO {role}")


def downgrade() -> None:
    op.execute("ALTER TABLE staff_resets DROP COLUMN number")
    for table in reversed(_GRANTS):
        op.execute(f"DROP TABLE {table}")


def _role() -> str:
    quoted: str = postgresql.dialect().identifier_preparer.quote_identifier(  # type: ignore[no-untyped-call]
        context.config.attributes["app_role"]
    )
    return quoted
