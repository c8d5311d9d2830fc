"""Certificates of erasure that can be checked."""

from __future__ import annotations

from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"

_TABLE = """
CREATE TABLE certificates (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id text NOT NULL REFERENCES cases (id),
    proof text NOT NULL,
    sha256 text NOT NULL,
    issued timestamptz NOT NULL
);
CREATE INDEX ix_certificates_proof ON certificates (proof);
"""


def upgrade() -> None:
    op.execute(_TABLE)
    role = postgresql.dialect().identifier_preparer.quote_identifier(  # type: ignore[no-untyped-call]
        context.config.attributes["app_role"]
    )
    op.execute(f"GRANT SELECT, INSERT ON certificates TO {role}")


def downgrade() -> None:
    op.execute("DROP TABLE certificates")
