"""A database that is killed and comes back: what was told is there, what was not is not, and work goes on."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cases import migrate, open_keystore, open_room, prepare_keystore
from domain.errors import Unavailable
from domain.states import State
from embedded.postgres import PostgresServer
from policy.load import load_policy
from security.keyfile import LocalKeyFile
from security.keyring import KeyRing
from tests.cases.conftest import APP, PROMISED, StandingClock, intake
from tests.cases.samples import many

OWNER = "sitthi_owner"


@pytest.fixture
def mortal() -> Iterator[PostgresServer]:
    home = Path(tempfile.mkdtemp(prefix="sitthi-crash-"))
    home.chmod(0o711)  # as root PostgreSQL runs as nobody, who must be able to pass
    server = PostgresServer(home / "postgres")
    server.start()
    for role in (OWNER, APP):
        server.ensure_role(role)
    for name in ("register", "keys"):
        server.ensure_database(name, OWNER, guests=(APP,))
    yield server
    server.kill()
    shutil.rmtree(home)


def test_a_killed_database_comes_back_with_what_was_committed(mortal: PostgresServer, tmp_path: Path) -> None:
    migrate.upgrade(mortal.url("register", OWNER), APP)
    prepare_keystore(mortal.url("keys", OWNER), APP)
    store = open_keystore(mortal.url("keys", APP))
    ring = KeyRing(store, LocalKeyFile(tmp_path / "home" / "keys.json"))
    room = open_room(mortal.url("register", APP), ring, StandingClock(), load_policy())
    [case] = room.register.open_request(intake(), PROMISED)
    room.register.enter(case.id, State.RESOLVING)
    before = room.audit.head()

    def killed_in_the_middle() -> Iterator[object]:
        yield from many(100)
        mortal.kill()
        yield from many(100_000)

    with pytest.raises(Unavailable, match="database unreachable"):
        room.plans.write(case.id, killed_in_the_middle())  # type: ignore[arg-type]
    with pytest.raises(Unavailable, match="database unreachable"):
        room.register.view(case.id)
    port = mortal.port
    mortal.start()
    assert mortal.port == port
    assert room.register.view(case.id).state is State.RESOLVING
    assert room.audit.verify() == before
    assert room.plans.write(case.id, many(3)).version == 1
    assert room.vault.subject(case.id).name
    room.close()
    store.close()
