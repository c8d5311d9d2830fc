"""Tenants whose contracts ended: what is swept of theirs, and the certificates of it."""

from __future__ import annotations

from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"

_TABLES = """
CREATE TABLE departures (
    id text PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    tenant text NOT NULL,
    ended_on date NOT NULL,
    seen timestamptz NOT NULL,
    contact bytea,
    contact_by text,
    contact_why bytea,
    told text,
    told_on date,
    told_by text,
    told_why bytea,
    back timestamptz
);
CREATE UNIQUE INDEX uq_departures_standing ON departures (tenant) WHERE back IS NULL;

ALTER TABLE sweeps ADD COLUMN departure_id text REFERENCES departures (id);
ALTER TABLE sweeps ADD COLUMN dropped timestamptz;
ALTER TABLE sweeps DROP CONSTRAINT ck_sweeps_approved;
ALTER TABLE sweeps ADD CONSTRAINT ck_sweeps_approved
    CHECK (done IS NULL OR NOT must_approve OR approved IS NOT NULL OR dropped IS NOT NULL);
DROP INDEX uq_sweeps_open;
CREATE UNIQUE INDEX uq_sweeps_open ON sweeps (coalesce(departure_id, '')) WHERE done IS NULL;

CREATE TABLE tenant_certificates (
    sweep_id text PRIMARY KEY REFERENCES sweeps (id),
    departure_id text NOT NULL REFERENCES departures (id),
    proof text NOT NULL,
    sha256 text NOT NULL,
    pdf bytea NOT NULL,
    issued timestamptz NOT NULL,
    sent timestamptz
);
CREATE INDEX ix_tenant_certificates_proof ON tenant_certificates (proof);
"""

_GRANTS = {
    "departures": "SELECT, INSERT, UPDATE (contact, contact_by, contact_why, told, told_on, told_by, told_why, back)",
    "tenant_certificates": "SELECT, INSERT, UPDATE (sent)",
}

_BACK = """
DROP TABLE tenant_certificates;
DROP INDEX uq_sweeps_open;
ALTER TABLE sweeps DROP CONSTRAINT ck_sweeps_approved;
ALTER TABLE sweeps DROP COLUMN departure_id, DROP COLUMN dropped;
ALTER TABLE sweeps ADD CONSTRAINT ck_sweeps_approved
    CHECK (done IS NULL OR NOT must_approve OR approved IS NOT NULL);
CREATE UNIQUE INDEX uq_sweeps_open ON sweeps ((done IS NULL)) WHERE done IS NULL;
DROP TABLE departures;
"""


def upgrade() -> None:
    op.execute(_TABLES)
    for table, rights in _GRANTS.items():
        op.execute(f"GRANT {rights} ON {table} TO {_role()}")
    op.execute(f"GRANT UPDATE (dropped) ON sweeps TO {_role()}")


def downgrade() -> None:
    op.execute(_BACK)


def _role() -> str:
    quoted: str = postgresql.dialect().identifier_preparer.quote_identifier(  # type: ignore[no-untyped-call]
        context.config.attributes["app_role"]
    )
    return quoted
