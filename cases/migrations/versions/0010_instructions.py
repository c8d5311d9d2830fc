"""What tenants instruct about requests that were passed on to them, and the links by which they are asked."""

from __future__ import annotations

from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"

_TABLES = """
CREATE TABLE invitations (
    id text PRIMARY KEY,
    case_id text NOT NULL REFERENCES cases (id),
    address bytea NOT NULL,
    token_hash text NOT NULL,
    code_hash text NOT NULL,
    attempts integer NOT NULL,
    actor text NOT NULL,
    made timestamptz NOT NULL,
    expires timestamptz NOT NULL,
    sent timestamptz,
    answered timestamptz,
    CONSTRAINT uq_invitations_token UNIQUE (token_hash)
);
CREATE INDEX ix_invitations_case ON invitations (case_id);

CREATE TABLE instructions (
    id text PRIMARY KEY,
    case_id text NOT NULL REFERENCES cases (id),
    invitation_id text REFERENCES invitations (id),
    told text NOT NULL,
    source text NOT NULL,
    actor text NOT NULL,
    reason bytea,
    contact bytea,
    given timestamptz NOT NULL,
    opened text REFERENCES cases (id),
    CONSTRAINT uq_instructions_opened UNIQUE (opened)
);
CREATE INDEX ix_instructions_case ON instructions (case_id);
"""


def upgrade() -> None:
    op.execute(_TABLES)
    role = postgresql.dialect().identifier_preparer.quote_identifier(  # type: ignore[no-untyped-call]
        context.config.attributes["app_role"]
    )
    op.execute(f"GRANT SELECT, INSERT ON invitations, instructions TO {role}")
    op.execute(f"GRANT UPDATE (attempts, expires, sent, answered) ON invitations TO {role}")
    op.execute(f"GRANT UPDATE (contact, opened) ON instructions TO {role}")


def downgrade() -> None:
    op.execute("DROP TABLE instructions; DROP TABLE invitations")
