from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from connectors.sql import SqlConnector
from tests.connectors.shop import everything, fill, open_shop


@dataclass
class Shop:
    url: str
    engine: sa.Engine
    connector: SqlConnector

    def all(self) -> dict[str, dict[str, object]]:
        return everything(self.engine)


@pytest.fixture(params=["postgresql", "sqlite"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'shop.db'}"
    else:
        database: Callable[[], str] = request.getfixturevalue("database")
        url = database()
    made = Shop(url, fill(url), open_shop(url))
    yield made
    made.connector.close()
    made.engine.dispose()
