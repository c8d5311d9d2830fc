"""Traffic data is kept for ninety days from its entry (Computer Crime Act s.26 ¶1; S01, S50), and then goes by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bootstrap import House
from domain.aftermath import Owed
from domain.calendar import day_in_bangkok
from domain.outcomes import Ending, Outcome
from tests.support.house import Installation
from tests.support.people import People
from tests.workflows.company import CONSENTED_TO_NOTHING, PAYS, Cast, Somebody
from tests.workflows.test_release import due_now, erased, release

OLD, NEW = 9_000_001, 9_000_002
ENTERED_DAYS_AGO = {OLD: 100, NEW: 5}

pytestmark = pytest.mark.slow  # the people of its kind run out where the whole suite draws on one company


def log_in(cast: Cast, who: Somebody, number: int, days_ago: int) -> None:
    cast.run(
        "insert into login_events (id, user_id, happened_at, outcome, ip_address, user_agent)"
        " values (:id, :user, now() - make_interval(days => :days), 'ok', '192.0.2.7', 'Firefox')",
        id=number,
        user=who.id,
        days=days_ago,
    )


def logins(cast: Cast, who: Somebody) -> set[object]:
    return {key[0] for table, key in cast.rows(who) if table == "login_events"}


async def test_a_log_in_of_the_last_ninety_days_outlives_the_account(
    people: People, house: House, cast: Cast, installation: Installation
) -> None:
    who, today = cast.user(f"not {PAYS}", CONSENTED_TO_NOTHING), day_in_bangkok(house.tools.clock.now())
    cast.run("update users set status = 'disabled' where id = :id", id=who.id)
    cast.run("delete from login_events where user_id = :id", id=who.id)
    for number, days_ago in ENTERED_DAYS_AGO.items():
        log_in(cast, who, number, days_ago)
    view = await erased(people, who)
    assert view.ending is Ending.PARTIAL
    [kept] = [row for row in house.room.plans.results(view.case.id) if row.planned is Outcome.HOLD]
    last = today + timedelta(days=90 - ENTERED_DAYS_AGO[NEW])
    free = house.policy.calendar.rolled(last) + timedelta(days=1)
    assert (kept.table, kept.ground, kept.until) == ("login_events", "EX-LAW", free)
    assert [hold.rule for hold in kept.holds] == ["H-CCA-T"]
    assert logins(cast, who) == {NEW}
    [owed] = [one for one in house.room.obligations.of(view.case.id) if one.kind == Owed.HELD]
    assert owed.due_on == free
    await release(people)
    assert logins(cast, who) == {NEW}

    cast.run("update login_events set happened_at = now() - interval '120 days' where id = :id", id=NEW)
    due_now(installation, owed, today)
    await release(people)
    assert logins(cast, who) == set()
    assert house.room.obligations.view(owed.id).met
