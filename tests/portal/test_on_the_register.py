"""The pages over the register itself: what it counts, refuses and takes, a person sees."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from cases import Room, migrate, open_keystore, open_room, prepare_keystore
from domain.assurance import Assurance
from domain.case import Standing
from domain.identifiers import IdentifierKind, identifier
from domain.ports import Challenge, Identity, Intake
from domain.rights import Right
from policy.load import load_policy
from portal.app import create_app
from security.keyfile import LocalKeyFile
from security.keyring import ENGINE_OWNER, LOOKUP_OWNER, KeyRing
from security.ports import KeyPurpose
from tests.portal.conftest import NoDeliveries
from tests.portal.reading import open_form, send_code
from tests.support.databases import Database

RECEIVED = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
ADDRESS = identifier(IdentifierKind.EMAIL, "malee.jaidee@example.com")


class Morning:
    def now(self) -> datetime:
        return RECEIVED


@dataclass(frozen=True)
class RegisterDesk:
    """The part of the desk that needs no workflow."""

    identity: Identity

    async def answer_challenge(self, token: str, code: str) -> str:
        return await asyncio.to_thread(self.identity.answer, token, code)


@pytest.fixture
def room(register_database: Callable[[], Database], tmp_path: Path) -> Iterator[Room]:
    database, keys = register_database(), register_database()
    migrate.upgrade(database.owner, "sitthi_app")
    prepare_keystore(keys.owner, "sitthi_app")
    store = open_keystore(keys.app)
    ring = KeyRing(store, LocalKeyFile(tmp_path / "keys.json"))
    ring.ensure(KeyPurpose.ENGINE, ENGINE_OWNER)
    ring.ensure(KeyPurpose.LOOKUP, LOOKUP_OWNER)
    room = open_room(database.app, ring, Morning(), load_policy())
    yield room
    room.close()
    store.close()


def _challenged(room: Room) -> tuple[str, Challenge]:
    intake = Intake(
        rights=(Right.ACCESS,), channel="web", received=RECEIVED, language="th", identifiers=(ADDRESS,)
    )
    terms = {Right.ACCESS: load_policy().terms(Right.ACCESS, RECEIVED)}
    [case] = room.register.open_request(intake, terms)
    challenge = room.identity.challenge(case.id, ADDRESS)
    assert challenge is not None
    room.identity.sent(challenge.id)
    return case.id, challenge


def _browser(room: Room) -> httpx.AsyncClient:
    desk = RegisterDesk(room.identity)
    app = create_app(desk, NoDeliveries(), company=load_policy().company, https=True)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://portal.example")


def _wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


async def test_a_press_proves_the_address_and_a_second_changes_nothing(room: Room) -> None:
    case, challenge = _challenged(room)
    async with _browser(room) as client:
        form = await open_form(client, challenge.token)
        assert room.identity.standing(case) == Standing(level=Assurance.NONE)
        assert (await send_code(client, form, _wrong(challenge.code))).status_code == 422
        # A double press: both are on their way before the first is answered.
        pressed = await asyncio.gather(*[send_code(client, form, challenge.code) for _ in range(2)])
    assert sorted(answer.status_code for answer in pressed) == [303, 410]
    assert room.identity.standing(case).address_proved


async def test_the_register_ends_a_link_that_is_guessed_at(room: Room) -> None:
    case, challenge = _challenged(room)
    async with _browser(room) as client:
        form = await open_form(client, challenge.token)
        attempts = load_policy().challenge_attempts
        guesses = [await send_code(client, form, _wrong(challenge.code)) for _ in range(attempts)]
        assert {guess.status_code for guess in guesses} == {422}
        assert (await send_code(client, form, challenge.code)).status_code == 410
    assert not room.identity.standing(case).address_proved
