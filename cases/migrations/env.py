"""Runs the migrations on the connection that `cases.migrate` hands over: one transaction for all of them."""

from __future__ import annotations

from alembic import context

from cases.tables import register

context.configure(connection=context.config.attributes["connection"], target_metadata=register)
context.run_migrations()
