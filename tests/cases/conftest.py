"""A migrated register on the session's PostgreSQL, with its key store beside it and a clock that stands still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine

from cases import Room, migrate, open_keystore, open_room, prepare_keystore
from cases.keystore import SqlKeyStore
from domain.case import Case
from domain.deadlines import Authority, Terms
from domain.identifiers import IdentifierKind, identifier
from domain.ports import Intake
from domain.rights import Right
from domain.states import State
from policy.load import load_policy
from policy.model import Policy
from security.keyfile import LocalKeyFile
from security.keyring import KeyRing
from tests.support.databases import Database

APP = "sitthi_app"
_POLICY = Path(__file__).parents[2] / "policy"
START = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
EMAIL = "malee.jaidee@example.com"
TERMS = Terms(
    received_on=date(2026, 11, 22),
    strict=date(2026, 12, 22),
    rolled=date(2026, 12, 22),
    target=date(2026, 12, 22),
    decide_by=date(2026, 12, 1),
    verify_by=START + timedelta(days=7),
    due=START + timedelta(days=30),
    authority=Authority.STATUTE,
    reference="s.30 ¶4",
    policy="1",
    calendar="1",
)
PROMISED = dict.fromkeys(Right, TERMS)


class StandingClock:
    """Stands until it is moved."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        return self.at

    def pass_by(self, **span: float) -> None:
        self.at += timedelta(**span)


@dataclass(frozen=True)
class House:
    """A register and all that a test may want to reach behind it."""

    room: Room
    ring: KeyRing
    store: SqlKeyStore
    clock: StandingClock
    policy: Policy
    database: Database
    owner: Engine
    app: Engine

    def open(self, *rights: Right, **changed: object) -> tuple[Case, ...]:
        return self.room.register.open_request(intake(*rights, **changed), PROMISED)

    def case(self, *states: State, right: Right = Right.ERASURE) -> str:
        """A fresh case that went through these states."""
        [case] = self.open(right)
        for state in states:
            self.room.register.enter(case.id, state)
        return case.id


def intake(*rights: Right, **changed: object) -> Intake:
    value = {
        "rights": rights or (Right.ACCESS,),
        "channel": "web",
        "received": START,
        "language": "th",
        "identifiers": (identifier(IdentifierKind.EMAIL, EMAIL),),
        "name": "มาลี ใจดี",
        "message": "ขอสำเนาข้อมูลของฉัน",
        **changed,
    }
    return Intake.model_validate(value)


@pytest.fixture(scope="session")
def keys_database(register_database: Callable[[], Database]) -> Database:
    """The key store's database, beside the registers."""
    keys = register_database()
    prepare_keystore(keys.owner, APP)
    return keys


@pytest.fixture(scope="session")
def store(keys_database: Database) -> Iterator[SqlKeyStore]:
    store = open_keystore(keys_database.app)
    yield store
    store.close()


@pytest.fixture(scope="session")
def ring(store: SqlKeyStore, tmp_path_factory: pytest.TempPathFactory) -> KeyRing:
    return KeyRing(store, LocalKeyFile(tmp_path_factory.mktemp("keys") / "keys.json"))


@pytest.fixture(scope="session")
def make_house(
    register_database: Callable[[], Database], store: SqlKeyStore, ring: KeyRing
) -> Iterator[Callable[[], House]]:
    """Each call makes a register of its own, empty; the key store is everybody's."""
    made: list[House] = []
    policy = load_policy(_POLICY).model_copy(update={"challenge_attempts": 3})

    def make() -> House:
        database, clock = register_database(), StandingClock()
        migrate.upgrade(database.owner, APP)
        house = House(
            room=open_room(database.app, ring, clock, policy),
            ring=ring,
            store=store,
            clock=clock,
            policy=policy,
            database=database,
            owner=create_engine(database.owner),
            app=create_engine(database.app),
        )
        made.append(house)
        return house

    yield make
    for house in made:
        house.room.close()
        house.owner.dispose()
        house.app.dispose()


@pytest.fixture(scope="session")
def shared_house(make_house: Callable[[], House]) -> House:
    return make_house()


@pytest.fixture
def house(shared_house: House) -> House:
    """The register that most tests share; the clock goes on, as clocks do."""
    shared_house.clock.pass_by(seconds=1)
    return shared_house


@pytest.fixture
def own_house(make_house: Callable[[], House]) -> House:
    """A register for this test alone, for those that count or break things."""
    return make_house()
