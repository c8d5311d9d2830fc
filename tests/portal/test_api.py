"""What programs call: requests brought once, cases asked after, and who may do which of it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from domain.outcomes import Ending
from domain.programs import Scope
from domain.states import State
from tests.portal.asking import Temporal
from tests.portal.calling import calling, token_of
from tests.portal.world import World

EMAIL = "malee.jaidee@example.com"
OPENING: dict[str, Any] = {
    "rights": ["access", "erasure"],
    "identifiers": [{"kind": "email", "value": EMAIL}, {"kind": "phone", "value": "081-234-5678"}],
    "name": "มาลี ใจดี",
    "message": "ขอสำเนาข้อมูลของฉัน",
}


def told(world: World, event: str) -> list[tuple[str, dict[str, Any]]]:
    engine = create_engine(world.database.app)
    with engine.connect() as connection:
        query = text("select actor, facts from events where event = :event order by seq")
        found = [(str(row.actor), dict(row.facts)) for row in connection.execute(query, {"event": event})]
    engine.dispose()
    return found


async def test_a_request_is_opened_with_its_cases_and_told_by_the_token(world: World) -> None:
    temporal, token = Temporal(), token_of(world, Scope.WRITE_REQUESTS, Scope.READ_REQUESTS)
    async with calling(world, token, temporal) as client:
        answer = await client.post("/api/requests", json=OPENING)
        assert answer.status_code == 201
        made = answer.json()
        assert [one["right"] for one in made["cases"]] == ["access", "erasure"]
        assert {one["state"] for one in made["cases"]} == {"received"}
        assert answer.headers["location"] == f"/api/requests/{made['request']}"
        assert (await client.get(answer.headers["location"])).json() == made
        first = made["cases"][0]
        assert (await client.get(f"/api/cases/{first['reference']}")).json() == first
        assert (await client.get(f"/api/requests/{first['reference']}")).json() == made
    assert EMAIL not in answer.text
    assert len(temporal.started) == 2
    [(actor, facts)] = [
        one for one in told(world, "request:received") if one[1]["request"] == made["request"]
    ]
    assert (actor, facts["channel"], facts["token"][:2]) == ("person", "api", "T-")
    kept = world.room.vault.own(world.room.register.view(first["reference"]).case.id)
    assert [one.value for one in kept] == [EMAIL, "+66812345678"]


async def test_it_is_kept_though_temporal_is_away(world: World) -> None:
    async with calling(world, token_of(world, Scope.WRITE_REQUESTS), Temporal(away=True)) as client:
        answer = await client.post("/api/requests", json={**OPENING, "rights": ["access"]})
    assert answer.status_code == 201
    [case] = answer.json()["cases"]
    assert not world.room.register.view(case["reference"]).started


async def test_the_clock_runs_from_the_day_on_which_it_came_in(world: World) -> None:
    came = world.clock.at - timedelta(days=10)
    async with calling(world, token_of(world, Scope.WRITE_REQUESTS)) as client:
        answer = await client.post("/api/requests", json={**OPENING, "received": came.isoformat()})
        assert answer.json()["cases"][0]["received_on"] == came.date().isoformat()
        for wrong in (world.clock.at + timedelta(seconds=1), datetime(2022, 5, 1, tzinfo=UTC)):
            refused = await client.post("/api/requests", json={**OPENING, "received": wrong.isoformat()})
            assert (refused.status_code, refused.json()["field"]) == (422, "received")


async def test_the_same_key_is_the_same_request_and_no_other(world: World) -> None:
    token, other = token_of(world, Scope.WRITE_REQUESTS), token_of(world, Scope.WRITE_REQUESTS)
    key = {"Idempotency-Key": "front-4711"}
    async with calling(world, token) as client:
        first = await client.post("/api/requests", json=OPENING, headers=key)
        world.clock.at += timedelta(minutes=1)
        # In another order it says the same.
        again = await client.post("/api/requests", json=dict(reversed(OPENING.items())), headers=key)
        assert (again.status_code, again.json()) == (201, first.json())
        changed = await client.post("/api/requests", json={**OPENING, "message": "อีกครั้ง"}, headers=key)
        assert (changed.status_code, changed.json()["error"]) == (409, "key-used-otherwise")
        without = await client.post("/api/requests", json=OPENING)
        assert without.json()["request"] != first.json()["request"]
        for bad in ("", "a b", "café", "x" * 129):
            answer = await client.post(
                "/api/requests", json=OPENING, headers=[(b"Idempotency-Key", bad.encode())]
            )
            assert (answer.status_code, answer.json()["error"]) == (400, "key-malformed")
    async with calling(world, other) as client:
        theirs = await client.post("/api/requests", json=OPENING, headers=key)
    assert theirs.json()["request"] != first.json()["request"]


async def test_of_two_with_one_key_at_once_one_is_kept(world: World) -> None:
    key, bodies = {"Idempotency-Key": "at-once"}, [OPENING, {**OPENING, "message": "อีกครั้ง"}] * 3
    async with calling(world, token_of(world, Scope.WRITE_REQUESTS)) as client:
        answers = await asyncio.gather(
            *(client.post("/api/requests", json=body, headers=key) for body in bodies)
        )
    good = [one for one in answers if one.status_code == 201]
    assert {one.status_code for one in answers} == {201, 409}
    assert len(good) == 3
    assert len({one.json()["request"] for one in good}) == 1


async def test_nothing_of_what_was_said_stands_beside_its_key(world: World) -> None:
    async with calling(world, token_of(world, Scope.WRITE_REQUESTS)) as client:
        headers = {"Idempotency-Key": "malee-0812345678"}
        assert (await client.post("/api/requests", json=OPENING, headers=headers)).status_code == 201
    engine = create_engine(world.database.app)
    with engine.connect() as connection:
        kept = str(connection.execute(text("select * from said_once, requests")).all())
    engine.dispose()
    assert "0812345678" not in kept
    assert "มาลี" not in kept


MALFORMED: list[tuple[object, str, str]] = [
    (b"{", "body-not-json", ""),
    (b"\xff", "body-not-json", ""),
    (b"[" * 30_000, "body-not-json", ""),
    ([], "field-malformed", ""),
    ({}, "field-malformed", "rights"),
    ({**OPENING, "rights": []}, "field-malformed", "rights"),
    ({**OPENING, "rights": ["everything"]}, "field-malformed", "rights.0"),
    ({**OPENING, "identifiers": [{"kind": "email", "value": 7}]}, "field-malformed", "identifiers.0.value"),
    ({**OPENING, "identifiers": [{"kind": "name", "value": "มาลี"}]}, "field-malformed", "identifiers.0.kind"),
    ({**OPENING, "มาลี": "x"}, "field-unknown", ""),
    ({**OPENING, "received": "2026-11-22"}, "field-malformed", "received"),
    ({**OPENING, "received": "2026-11-22T01:00:00"}, "field-malformed", "received"),
    ({**OPENING, "controllers": ["บริษัท"]}, "field-malformed", "controllers.0"),
    ({**OPENING, "channel": "instruction"}, "field-malformed", "channel"),
    ({**OPENING, "changes": {"มาลี": 1}}, "field-malformed", "changes"),
]
UNFIT: list[tuple[dict[str, Any], str, str]] = [
    ({"rights": ["access", "access"]}, "right-given-twice", "rights"),
    ({"identifiers": [{"kind": "email", "value": "มาลี"}]}, "malformed-email", "identifiers.0.value"),
    ({"identifiers": [{"kind": "phone", "value": "0812345678"}]}, "identifier-missing", "identifiers"),
    ({"agent": "สมชาย"}, "authority-missing", "authority"),
    ({"changes": {"against": "marketing"}}, "wish-unknown", "changes"),
    ({"changes": {"units": "everything"}}, "unit-unknown", "changes"),
    ({"controllers": ["company", "company"]}, "controller-given-twice", "controllers"),
]


async def test_what_is_wrong_is_named_and_not_repeated(world: World) -> None:
    async with calling(world, token_of(world, Scope.WRITE_REQUESTS)) as client:
        for body, code, field in MALFORMED:
            sent = {"content": body} if isinstance(body, bytes) else {"json": body}
            answer = await client.post("/api/requests", **sent)
            assert (answer.status_code, answer.json()["error"], answer.json()["field"]) == (400, code, field)
            assert "มาลี" not in answer.text
        for change, code, field in UNFIT:
            answer = await client.post("/api/requests", json={**OPENING, **change})
            assert (answer.status_code, answer.json()["error"], answer.json()["field"]) == (422, code, field)
        large = await client.post("/api/requests", content=b" " * 70_000)
        assert (large.status_code, large.json()["error"]) == (413, "body-too-large")


CALLS = (
    ("POST", "/api/requests", Scope.WRITE_REQUESTS),
    ("GET", "/api/requests/DSR-2569-000001", Scope.READ_REQUESTS),
    ("GET", "/api/cases/DSR-2569-000001", Scope.READ_REQUESTS),
    ("GET", "/api/cases", Scope.READ_CASES),
    ("POST", "/api/suppressions/check", Scope.CHECK_SUPPRESSIONS),
    ("POST", "/api/links", Scope.MINT_LINKS),
    ("DELETE", "/api/links/k-5f0c1d2e3a4b5c6d7e8f9a0b", Scope.MINT_LINKS),
)


@pytest.mark.parametrize(("method", "path", "scope"), CALLS)
async def test_a_token_opens_its_scope_and_no_other(
    world: World, method: str, path: str, scope: Scope
) -> None:
    world.case()
    may = {scope, Scope.VOUCH_LINKS} if scope is Scope.MINT_LINKS else {scope}
    others = [each for each in Scope if each not in may]
    before = len(told(world, "program:refused"))
    async with calling(world, token_of(world, *others)) as client:
        refused = await client.request(method, path, json=OPENING)
        assert (refused.status_code, refused.json()["error"]) == (403, "scope-missing")
    facts = told(world, "program:refused")[before:]
    assert [one[1]["scope"].split(",")[0] for one in facts] == [scope]
    for given in ("", "ssv_nobodys"):
        async with calling(world, given) as client:
            shut = await client.request(method, path, json=OPENING)
            assert (shut.status_code, shut.headers["www-authenticate"][:6]) == (401, "Bearer")
    async with calling(world, token_of(world, scope)) as client:
        assert (await client.request(method, path, json=OPENING)).status_code not in {401, 403}


async def test_cases_are_listed_by_pages_that_skip_and_repeat_nothing(world: World) -> None:
    made = [world.reference(world.case()) for _ in range(5)]
    seen: list[str] = []
    cursor = ""
    async with calling(world, token_of(world, Scope.READ_CASES)) as client:
        while True:
            more = {"cursor": cursor} if cursor else {}
            page = (await client.get("/api/cases", params={"limit": "2", **more})).json()
            seen += [one["reference"] for one in page["cases"]]
            if len(seen) == 2:
                made.append(world.reference(world.case()))  # opened while somebody reads
            if page["next"] is None:
                break
            cursor = page["next"]
        assert seen == sorted(set(seen))
        assert set(made) <= set(seen)
        for wrong in (
            "limit=0",
            "limit=101",
            "limit=x",
            "state=asleep",
            "due_before=1700000000",
            "cursor=x",
            "limit=1&limit=2",
            "page=2",
        ):
            answer = await client.get(f"/api/cases?{wrong}")
            assert answer.status_code == 400, wrong


async def test_lists_are_narrowed_by_state_and_by_the_promised_day(world: World) -> None:
    case = world.case()
    view = world.room.register.view(case)
    world.room.register.enter(case, State.RESOLVING)
    world.room.register.enter(case, State.VERIFYING)
    due = view.case.terms.strict
    async with calling(world, token_of(world, Scope.READ_CASES)) as client:

        async def listed(**which: str) -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = (
                await client.get("/api/cases", params={"limit": "100", **which})
            ).json()["cases"]
            return found

        [one] = [c for c in await listed(state="verifying") if c["reference"] == view.case.reference]
        assert one["waits_for"] == "identity"
        assert one["reference"] not in {c["reference"] for c in await listed(state="closed")}
        assert one["reference"] not in {c["reference"] for c in await listed(due_before=due.isoformat())}
        after = (due + timedelta(days=1)).isoformat()
        assert one["reference"] in {c["reference"] for c in await listed(due_before=after)}
        world.room.register.close(case, Ending.UNVERIFIED)
        [one] = [c for c in await listed(state="closed") if c["reference"] == view.case.reference]
    assert (one["waits_for"], one["ending"]) == ("nothing", "unverified")
    assert one["closed"] is not None


async def test_what_is_not_there_is_not_found(world: World) -> None:
    async with calling(world, token_of(world, Scope.READ_REQUESTS)) as client:
        for path in (
            "cases/DSR-2500-000001",
            "requests/r-000000000000000000000000",
            "cases/malee@example.com",
        ):
            answer = await client.get(f"/api/{path}")
            assert (answer.status_code, "malee" in answer.text) == (404, False)


async def test_a_token_calls_so_often_and_no_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.api.routes._TOKEN_ASKS", (3, 1e6))
    async with calling(world, token_of(world, Scope.READ_CASES)) as client:
        answers = [await client.get("/api/cases") for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1


@pytest.mark.parametrize(("method", "path", "scope"), CALLS)
async def test_a_token_is_counted_before_it_is_looked_up(
    world: World, monkeypatch: pytest.MonkeyPatch, method: str, path: str, scope: Scope
) -> None:
    for each in ("_TOKEN_ASKS", "_IMPORT_ASKS"):
        monkeypatch.setattr(f"portal.api.routes.{each}", (3, 1e6))
    token = token_of(world, scope)
    for one in world.room.service_tokens.all():
        if not one.revoked:
            world.room.service_tokens.revoke(one.id, actor="S-1")
    async with calling(world, token) as client:
        answers = [await client.request(method, path, json={}) for _ in range(4)]
    assert [one.status_code for one in answers] == [401, 401, 401, 429]
