"""Where the measuring is done: real servers in a directory of its own, the demonstration company on them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import sqlalchemy as sa

from bench.reading import SYSTEM
from bootstrap import House
from connectors.sql import SqlConnector
from demo import company
from embedded.postgres import PostgresServer
from embedded.temporal import TemporalServer
from tests.support.house import Installation, install


@dataclass
class Place:
    """One installation, furnished."""

    installation: Installation
    temporal: TemporalServer
    crm: sa.Engine
    house: House

    @cached_property
    def connector(self) -> SqlConnector:
        found = self.house.tools.connectors[SYSTEM]
        if not isinstance(found, SqlConnector):
            raise TypeError(SYSTEM)
        return found


@contextmanager
def furnished() -> Iterator[Place]:
    """Servers as `make run` starts them, every write on the disk when it says so; nothing is left behind."""
    home = Path(tempfile.mkdtemp(prefix="sitthi-bench-"))
    home.chmod(0o711)  # as root PostgreSQL runs as nobody, who must be able to pass
    postgres = PostgresServer(home / "postgres", options={"max_connections": "200"})
    temporal = TemporalServer(home / "temporal")
    try:
        postgres.start()
        temporal.start()
        for role in ("sitthi_owner", "sitthi_app"):
            postgres.ensure_role(role)
        installation = install("bench", home / "var", postgres, temporal)
        crm = installation.engine()
        company.build(crm)
        house = installation.house()
        try:
            yield Place(installation, temporal, crm, house)
        finally:
            house.close()
            crm.dispose()
    finally:
        temporal.stop()
        postgres.stop()
        shutil.rmtree(home, ignore_errors=True)
