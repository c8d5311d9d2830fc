"""Reports at the desk: what came, how it ended, how long it took; the same in a table and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta

import pytest

from domain.outcomes import Ending
from domain.rights import Right
from domain.staffing import Role
from domain.states import State
from tests.portal.desk_world import DeskWorld, open_world
from tests.support.databases import Database


@pytest.fixture(scope="module", autouse=True)
def closed(desk_world: DeskWorld) -> None:
    """Access: after 5, 10 and 40 days of 30; erasure after 89 of 90; one from long ago that is open still."""
    now = desk_world.clock.at
    for days, right, ending in (
        (5, Right.ACCESS, Ending.FULFILLED),
        (10, Right.ACCESS, Ending.FULFILLED),
        (40, Right.ACCESS, Ending.REFUSED),
        (89, Right.ERASURE, Ending.PARTIAL),
    ):
        case = desk_world.case(State.ANSWERING, right=right, received=now - timedelta(days=days))
        desk_world.room.register.close(case.case.id, ending)
    desk_world.case(right=Right.OBJECTION, received=now - timedelta(days=500))


async def read(desk_world: DeskWorld, query: str = "") -> list[list[str]]:
    async with desk_world.signed(Role.AUDITOR) as client:
        got = await client.get(f"/desk/reports.csv{query}")
    assert (got.status_code, got.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    return list(csv.reader(io.StringIO(got.content.decode("utf-8-sig"))))


async def test_days_are_counted_against_the_limit(desk_world: DeskWorld) -> None:
    rows = {row[0]: row[1:] for row in reversed(await read(desk_world))}  # the first of a name stands
    assert rows["access"] == ["3", "3", "2", "1", "10", "40", "30"]
    assert rows["erasure"] == ["1", "1", "1", "0", "89", "89", "90"]
    assert rows["objection"] == ["0"] * 7
    assert (rows["fulfilled"], rows["refused"], rows["partial"]) == (["2"], ["1"], ["1"])


async def test_endings_by_right_and_months_add_up(desk_world: DeskWorld) -> None:
    table = await read(desk_world)
    at = table.index(["right", "ending", "cases"])
    ended = table[at + 1 : table.index(["month", "received", "closed"])]
    assert ended == [["access", "fulfilled", "2"], ["access", "refused", "1"], ["erasure", "partial", "1"]]
    months = {row[0]: row[1:] for row in table[table.index(["month", "received", "closed"]) + 1 :]}
    assert (months["2026-11"][1], months["2026-08"], months["2026-09"]) == ("4", ["1", "0"], ["0", "0"])
    assert sum(int(months[f"2026-{month:02}"][0]) for month in (8, 9, 10, 11)) == 4


def forecast(table: list[list[str]]) -> tuple[dict[str, str], list[tuple[int, int]]]:
    at = table.index(["forecast_of", "late_now", "closed_a_week", "due_later"])
    weeks = table[at + 3 :]
    assert len(weeks) == 8
    return dict(zip(table[at], table[at + 1], strict=True)), [(int(row[2]), int(row[3])) for row in weeks]


async def test_what_falls_due_is_held_against_what_was_closed_of_late(
    register_database: Callable[[], Database], tmp_path_factory: pytest.TempPathFactory
) -> None:
    for world in open_world(register_database, tmp_path_factory.mktemp("ahead")):
        now = world.clock.at
        world.clock.at = now - timedelta(days=20)
        for _ in range(8):
            done = world.case(State.ANSWERING, received=now - timedelta(days=30))
            world.room.register.close(done.case.id, Ending.FULFILLED)
        world.clock.at = now
        assert forecast(await read(world))[0]["closed_a_week"] == "1.00"
        world.case(received=now - timedelta(days=40))  # late already
        for days in (29, 28, 16, 15, 14):  # due in 1 and 2, and in 14 to 16 days
            world.case(received=now - timedelta(days=days))
        world.case(right=Right.ERASURE)  # due in 90 days: after the eight weeks
        told, weeks = forecast(await read(world))
        assert told["late_now"] == "1"
        assert told["due_later"] == "1"
        assert weeks == [(2, 2), (0, 1), (3, 3), (0, 2), (0, 1), (0, 0), (0, 0), (0, 0)]
        async with world.signed(Role.AUDITOR) as client:
            page = await client.get("/desk/reports?lang=en")
        assert "1 overdue now." in page.text
        assert "as many as 2 would be overdue" in page.text
        assert "closed 1.0 cases a week" in page.text


async def test_a_span_takes_both_its_days(desk_world: DeskWorld) -> None:
    rows = {row[0]: row[1:] for row in await read(desk_world, "?since=13/11/2569&until=18/11/2569")}
    assert rows["since"] == ["2026-11-13", "until", "2026-11-18"]
    assert rows["access"] == ["2", "0", "0", "0", "0", "0", "0"]


async def test_the_page_says_it_in_words_and_draws_it(desk_world: DeskWorld) -> None:
    async with desk_world.signed(Role.AUDITOR) as client:
        page = await client.get("/desk/reports?lang=en")
        assert "half took at most 10 days, the longest 40, the limit is 30" in page.text
        assert "1 late" in page.text
        assert 'style="' not in page.text
        for wrong in ("since=soon", "since=2/1/2569&until=1/1/2569"):
            answer = await client.get(f"/desk/reports?{wrong}")
            assert (answer.status_code, "days-error" in answer.text) == (422, True)
            assert (await client.get(f"/desk/reports.csv?{wrong}")).status_code == 400
        empty = await client.get("/desk/reports?since=1/1/2560&until=2/1/2560")
        assert "No case was closed in these days." in empty.text
