"""What became of an export's time stamp; of exports from before nobody knows any more."""

from __future__ import annotations

from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.execute("ALTER TABLE audit_exports ADD COLUMN timestamp text")
    role = postgresql.dialect().identifier_preparer.quote_identifier(  # type: ignore[no-untyped-call]
        context.config.attributes["app_role"]
    )
    op.execute(f"GRANT UPDATE (timestamp) ON audit_exports TO {role}")


def downgrade() -> None:
    op.execute("ALTER TABLE audit_exports DROP COLUMN timestamp")
