"""POST /api/suppressions/check: an import asks before it loads somebody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import create_engine, text

from domain.errors import Unavailable
from domain.suppression import MARKETING, Why
from policy.load import load_policy
from portal.api.imports import BODY_LIMIT, MOST
from portal.app import create_app
from tests.portal.conftest import Challenges
from tests.portal.world import HERS, HIS, World
from workflows.import_check import ImportCheck

PATH = "/api/suppressions/check"


@pytest.fixture
def token(world: World) -> str:
    return world.room.service_tokens.add("suppressions:check", "crm-import", actor="S-1")[1]


class Away(ImportCheck):
    async def check(self, *_asked: Any) -> Any:
        raise Unavailable("database-unreachable")


@asynccontextmanager
async def importing(
    world: World, token: str, kind: type[ImportCheck] = ImportCheck
) -> AsyncIterator[httpx.AsyncClient]:
    room = world.room
    app = create_app(
        Challenges(),
        world.letterbox,
        company=load_policy().company,
        https=True,
        suppressions=kind(room.suppressions, room.service_tokens, room.audit),
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with httpx.AsyncClient(
        transport=transport, base_url="https://portal.example", headers=headers
    ) as client:
        yield client


async def asked(world: World, token: str, *entries: object) -> httpx.Response:
    async with importing(world, token) as client:
        return await client.post(PATH, json={"entries": list(entries)})


async def test_each_entry_is_answered_and_a_malformed_one_by_a_code(world: World, token: str) -> None:
    world.room.suppressions.enter(world.case(), Why.ERASED, (HERS,))
    world.room.suppressions.enter(world.case(), Why.OBJECTED, (HIS,), (MARKETING,))
    entries: list[object] = [
        {"email": HERS.value.upper()},
        {"email": HIS.value},
        {"email": "free@example.com", "phone": "0812345678"},
        {"email": "มาลี"},
        {"name": "มาลี"},
        {"email": 7},
        "malee",
    ]
    answer = await asked(world, token, *entries)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert "มาลี" not in answer.text
    assert [tuple(one.values()) for one in answer.json()["results"]] == [
        (1, "erased", [], ""),
        (2, "objected", ["marketing"], ""),
        (3, "free", [], ""),
        (4, "malformed", [], "malformed-email"),
        (5, "malformed", [], "field-unknown"),
        (6, "malformed", [], "entry-malformed"),
        (7, "malformed", [], "entry-malformed"),
    ]


async def test_each_question_is_told_to_the_audit_chain(world: World, token: str) -> None:
    await asked(world, token, {"email": "free@example.com"})
    engine = create_engine(world.database.app)
    with engine.connect() as connection:
        query = "select facts from events where event = 'suppression:checked' order by seq desc limit 1"
        facts = connection.scalar(text(query))
    engine.dispose()
    assert facts["count"] == 1
    assert facts["token"].startswith("T-")


async def test_nobody_asks_without_a_good_token(world: World, token: str) -> None:
    for one in world.room.service_tokens.all():
        if not one.revoked:
            world.room.service_tokens.revoke(one.id, actor="S-1")
    for given in ("", "ssv_wrong", token):
        answer = await asked(world, given, {"email": HERS.value})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.json()["error"] in {"token-missing", "token-refused"}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "body-not-json"),
        (b"[" * 100_000, 400, "body-not-json"),
        (b"\xff", 400, "body-not-json"),
        (b"[]", 400, "entries-missing"),
        (b'{"entries": [], "more": 1}', 400, "entries-missing"),
        (b'{"entries": [' + b",".join([b"{}"] * (MOST + 1)) + b"]}", 400, "too-many-entries"),
        (b" " * (BODY_LIMIT + 1), 413, "body-too-large"),
    ],
)
async def test_a_body_that_is_none_is_refused(
    world: World, token: str, body: bytes, status: int, code: str
) -> None:
    async with importing(world, token) as client:
        answer = await client.post(PATH, content=body)
    assert (answer.status_code, answer.json()["error"]) == (status, code)


async def test_a_thousand_entries_fit(world: World, token: str) -> None:
    answer = await asked(
        world, token, *({"email": f"somebody.{number}@example.com"} for number in range(MOST))
    )
    assert answer.status_code == 200
    assert len(answer.json()["results"]) == MOST


async def test_a_token_asks_so_often_and_no_more(
    world: World, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.api.routes._IMPORT_ASKS", (3, 1e6))
    async with importing(world, token) as client:
        answers = [await client.post(PATH, json={"entries": []}) for _ in range(4)]
    assert [one.status_code for one in answers[:3]] == [200] * 3
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1


async def test_a_register_that_is_away_says_when_to_come_back(world: World, token: str) -> None:
    async with importing(world, token, Away) as client:
        answer = await client.post(PATH, json={"entries": []})
    assert (answer.status_code, answer.json()["error"]) == (503, "database-unreachable")
    assert int(answer.headers["retry-after"]) >= 1


async def test_it_is_asked_by_post_only_and_in_json_alone(world: World, token: str) -> None:
    async with importing(world, token) as client:
        answer = await client.get(PATH)
    assert (answer.status_code, answer.json()["error"]) == (405, "method-not-allowed")
    assert answer.headers["allow"] == "POST"
