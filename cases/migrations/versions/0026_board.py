"""What a session may be asked again for, and the board that opens for a member of staff.

A session that began before has no browser: the token before its present one is taken for a few seconds, as it was.
"""

from __future__ import annotations

from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    role = _role()
    op.execute("ALTER TABLE staff_sessions ADD COLUMN browser text NOT NULL DEFAULT ''")
    op.execute("ALTER TABLE staff_sessions ALTER COLUMN browser DROP DEFAULT")
    op.execute("ALTER TABLE staff_sessions ADD COLUMN again timestamptz")
    op.execute(f"GRANT UPDATE (again) ON staff_sessions TO {role}")
    op.execute("ALTER TABLE saved_views ADD COLUMN opens boolean NOT NULL DEFAULT false")
    op.execute("ALTER TABLE saved_views ALTER COLUMN opens DROP DEFAULT")
    op.execute(f"GRANT UPDATE (opens) ON saved_views TO {role}")


def downgrade() -> None:
    op.execute("ALTER TABLE saved_views DROP COLUMN opens")
    op.execute("ALTER TABLE staff_sessions DROP COLUMN again, DROP COLUMN browser")


def _role() -> str:
    quoted: str = postgresql.dialect().identifier_preparer.quote_identifier(  # type: ignore[no-untyped-call]
        context.config.attributes["app_role"]
    )
    return quoted
