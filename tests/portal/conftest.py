"""A small desk that behaves as the register does, and a browser's view of the portal over it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.applications import Starlette

from cases import migrate, open_keystore, open_room, prepare_keystore
from domain.certificates import Certified
from domain.errors import NotAllowed, NotFound
from policy.load import load_policy
from policy.model import Company
from portal.app import create_app
from portal.safety import Throttle
from security.case_files import CaseFiles
from security.files import SealedFiles
from security.keyfile import LocalKeyFile
from security.keyring import ENGINE_OWNER, LOOKUP_OWNER, KeyRing
from security.ports import KeyPurpose
from security.tokens import new_link_token
from tests.support.databases import Database

if TYPE_CHECKING:
    from tests.portal.desk_world import DeskWorld
    from tests.portal.world import World

RIGHT_CODE, WRONG_CODE = "012345", "999999"
ATTEMPTS = 5

Browser = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


class Challenges:
    """Links with one code, a bound on tries and an end."""

    def __init__(self) -> None:
        self.token, self.other, self.expired = new_link_token(), new_link_token(), new_link_token()
        self.tries: dict[str, int] = {self.token: 0, self.other: 0, self.expired: 0}
        self.proved: list[str] = []
        self.asked = 0
        self.failure: Exception | None = None

    async def answer_challenge(self, token: str, code: str) -> str:
        self.asked += 1
        if self.failure is not None:
            raise self.failure
        if token not in self.tries:
            raise NotAllowed("challenge-unknown")
        if token in self.proved:
            raise NotAllowed("challenge-used")
        if token == self.expired:
            raise NotAllowed("challenge-expired")
        if self.tries[token] >= ATTEMPTS:
            raise NotAllowed("challenge-exhausted")
        if code != RIGHT_CODE:
            self.tries[token] += 1
            raise NotAllowed("code-wrong")
        self.proved.append(token)
        return "c-1"


class NoDeliveries:
    """A letterbox to which every link is a dead one."""

    async def _refused(self, *_said: str) -> Any:
        raise NotAllowed("link-not-good")

    reference = request_code = open_documents = documents = fetch = leave = _refused

    async def certified(self, _proof: str) -> Certified:
        raise NotFound("certificate-unknown")


@pytest.fixture
def desk() -> Challenges:
    return Challenges()


@pytest.fixture(scope="session")
def company() -> Company:
    return load_policy().company


@pytest.fixture
def app(desk: Challenges, company: Company) -> Starlette:
    return create_app(desk, NoDeliveries(), company=company, https=True)


@pytest.fixture
def browser(desk: Challenges, company: Company) -> Browser:
    """Opens a browser on the portal: cookies kept, redirects followed only when asked."""

    @asynccontextmanager
    async def opened(
        *, https: bool = True, throttle: Throttle | None = None, address: str = "203.0.113.7"
    ) -> AsyncIterator[httpx.AsyncClient]:
        app = create_app(desk, NoDeliveries(), company=company, https=https, throttle=throttle)
        # Errors reach the client as a page, as they do under a server.
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 50_000))
        base = "https://portal.example" if https else "http://portal.example"
        async with httpx.AsyncClient(transport=transport, base_url=base) as client:
            yield client

    return opened


@pytest.fixture(scope="module")
def world(
    register_database: Callable[[], Database], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    from tests.portal.world import Clock, Mail, World  # it stands on this file

    place = tmp_path_factory.mktemp("world")
    database, keys, clock = register_database(), register_database(), Clock()
    migrate.upgrade(database.owner, "sitthi_app")
    prepare_keystore(keys.owner, "sitthi_app")
    store = open_keystore(keys.app)
    ring = KeyRing(store, LocalKeyFile(place / "keys.json"))
    ring.ensure(KeyPurpose.ENGINE, ENGINE_OWNER)
    ring.ensure(KeyPurpose.LOOKUP, LOOKUP_OWNER)
    room = open_room(database.app, ring, clock, load_policy())
    files = CaseFiles(SealedFiles(place / "files", ring), ring)
    yield World(room, ring, files, Mail(place / "mail", clock), place / "mail", clock, database)
    room.close()
    store.close()


@pytest.fixture(scope="module")
def desk_world(
    register_database: Callable[[], Database], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DeskWorld]:
    """A desk of the module's own."""
    from tests.portal.desk_world import open_world

    yield from open_world(register_database, tmp_path_factory.mktemp("desk"))
