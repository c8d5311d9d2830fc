"""Requests and cases: references without races, moves along the table, all or nothing."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from cases import open_room
from domain.deadlines import Terms
from domain.errors import BadInput, Conflict, Integrity, NotFound, SitthiError, Unavailable
from domain.events import Event
from domain.outcomes import Ending
from domain.rights import Right
from domain.states import State
from tests.cases.conftest import EMAIL, PROMISED, TERMS, House, intake


def events_of(house: House, case: str) -> list[tuple[str, str, dict[str, object]]]:
    with house.app.connect() as connection:
        rows = connection.execute(
            text("SELECT event, actor, facts FROM events WHERE case_id = :case ORDER BY case_seq"),
            {"case": case},
        )
        return [(row.event, row.actor, row.facts) for row in rows]


def names_of(house: House, case: str) -> list[str]:
    return [event for event, _, _ in events_of(house, case)]


def test_a_request_owns_a_case_a_right(house: House) -> None:
    access, erasure = house.open(
        Right.ACCESS, Right.ERASURE, channel="letter", language="en", controllers=("t7",)
    )
    assert re.fullmatch(r"DSR-2569-\d{6}", access.reference)
    assert int(erasure.reference[-6:]) == int(access.reference[-6:]) + 1
    assert access.terms == TERMS
    first, second = (house.room.register.view(name) for name in (access.reference, erasure.id))
    assert first.request == second.request
    assert (first.channel, first.language, first.tenant) == ("letter", "en", "t7")
    assert (first.state, first.ending, first.closed, first.started) == (State.RECEIVED, None, None, False)
    assert names_of(house, access.id) == ["case:opened", "terms:set"]
    assert house.room.register.views(limit=2) == (second, first)


def test_the_year_of_a_reference_is_bangkok_s(house: House) -> None:
    [before] = house.open(received=datetime(2027, 12, 31, 16, 59, 59, tzinfo=UTC))
    [after] = house.open(received=datetime(2027, 12, 31, 17, 0, tzinfo=UTC))
    assert (before.reference, after.reference) == ("DSR-2570-000001", "DSR-2571-000001")


def test_references_have_neither_gaps_nor_doubles(own_house: House) -> None:
    """Forty intakes at once, every third of which fails at its very end."""
    together = threading.Barrier(10)

    def one(number: int) -> str | None:
        together.wait()
        try:
            actor = "not an actor" if number % 3 == 0 else "person"
            return own_house.open(actor=actor)[0].reference
        except SitthiError:
            return None

    with ThreadPoolExecutor(10) as pool:
        taken = sorted(reference for reference in pool.map(one, range(40)) if reference)
    assert taken == [f"DSR-2569-{number:06d}" for number in range(1, 27)]
    assert own_house.room.audit.verify().count == 26 * 3


def test_numbers_of_a_request_that_fails_late_are_given_back(own_house: House) -> None:
    own_house.open()
    with own_house.owner.begin() as connection:  # the last of its rows is refused
        connection.execute(text("ALTER TABLE events ADD CONSTRAINT no_more CHECK (seq < 5) NOT VALID"))
    with pytest.raises(Integrity) as refused:
        own_house.open(Right.ACCESS, Right.ERASURE)
    assert refused.value.facts == {"sqlstate": "23514", "constraint": "no_more"}
    with own_house.owner.begin() as connection:
        connection.execute(text("ALTER TABLE events DROP CONSTRAINT no_more"))
        for table in ("requests", "cases", "terms", "vault"):
            assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 1
    assert own_house.open()[0].reference == "DSR-2569-000002"


def test_a_double_submit_is_one_request(own_house: House) -> None:
    together = threading.Barrier(8)
    shredded = text("SELECT count(*) FROM data_keys WHERE reason = 'never-used' AND wrapped IS NULL")
    in_use = text("SELECT count(*) FROM data_keys WHERE purpose = 'case' AND wrapped IS NOT NULL")
    with own_house.store._engine.connect() as connection:
        before, gone = connection.scalar(in_use) or 0, connection.scalar(shredded) or 0

    def submit(_: int) -> tuple[str, ...]:
        together.wait()
        opened = own_house.open(Right.ACCESS, Right.ERASURE, dedup="form-1")
        return tuple(case.reference for case in opened)

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(submit, range(8)))
    assert answers == {("DSR-2569-000001", "DSR-2569-000002")}
    assert len(own_house.room.register.views()) == 2
    with own_house.app.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM requests WHERE dedup LIKE '%form-1%'")) == 0
    assert own_house.open(dedup="form-2")[0].reference == "DSR-2569-000003"
    with own_house.store._engine.connect() as connection:  # the losers' keys were never used, and are gone
        assert ((connection.scalar(shredded) or 0) - gone) % 2 == 0
        assert connection.scalar(in_use) == before + 3


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"rights": ()}, "rights-malformed"),
        ({"rights": (Right.ACCESS, Right.ACCESS)}, "rights-malformed"),
        ({"identifiers": ()}, "identifier-missing"),
        ({"changes": {"purpose": "news"}}, "wish-unknown"),
        ({"received": datetime(2026, 11, 22)}, "time-without-zone"),  # noqa: DTZ001
    ],
)
def test_what_is_malformed_opens_nothing(house: House, changed: dict[str, object], code: str) -> None:
    before = len(house.room.register.views())
    with pytest.raises(BadInput) as refused:
        house.room.register.open_request(intake(**changed), PROMISED)
    assert refused.value.code == code
    assert len(house.room.register.views()) == before


def test_a_right_without_terms_opens_nothing(house: House) -> None:
    with pytest.raises(BadInput, match="terms missing"):
        house.room.register.open_request(intake(), {})


def test_an_unknown_reference_is_told_only_if_it_is_one(house: House) -> None:
    with pytest.raises(NotFound) as unknown:
        house.room.register.view("DSR-2569-999999")
    assert unknown.value.facts == {"reference": "DSR-2569-999999"}
    with pytest.raises(NotFound) as personal:
        house.room.register.view(EMAIL)
    assert EMAIL not in f"{personal.value!r} {personal.value} {personal.value.facts}"


def test_a_case_moves_along_the_table(house: House) -> None:
    case = house.case(State.RESOLVING)
    house.room.register.enter(case, State.RESOLVING)
    with pytest.raises(Conflict, match="no such move"):
        house.room.register.enter(case, State.FULFILLING)
    house.room.register.enter(case, State.VERIFYING)
    assert events_of(house, case)[2:] == [
        ("case:entered", "engine", {"from": "received", "to": "resolving"}),
        ("case:entered", "engine", {"from": "resolving", "to": "verifying"}),
    ]


def test_a_case_closes_once_with_its_ending(house: House) -> None:
    case = house.case()
    house.room.register.enter(case, State.ANSWERING)
    with pytest.raises(Conflict, match="close needs an ending"):
        house.room.register.enter(case, State.CLOSED)
    house.room.register.close(case, Ending.NO_DATA)
    house.room.register.close(case, Ending.NO_DATA)
    with pytest.raises(Conflict, match="already closed"):
        house.room.register.close(case, Ending.FULFILLED)
    with pytest.raises(Conflict, match="no such move"):
        house.room.register.enter(case, State.ANSWERING)
    view = house.room.register.view(case)
    assert (view.ending, view.closed) == (Ending.NO_DATA, house.clock.at)
    assert names_of(house, case).count("case:closed") == 1
    assert case not in {each.case.id for each in house.room.register.views(open_only=True)}


def test_the_sweep_finds_cases_whose_start_was_lost(own_house: House) -> None:
    lost, running, over = (own_house.case() for _ in range(3))
    register = own_house.room.register
    register.started(running)
    register.close(over, Ending.WITHDRAWN)
    own_house.clock.pass_by(minutes=5)
    young = own_house.case()
    assert [case.id for case in register.unstarted(own_house.clock.at)] == [lost]
    register.started(lost, recovered=True)
    register.started(lost)
    assert names_of(own_house, lost)[-1] == "case:start-recovered"
    assert register.view(lost).started
    assert [case.id for case in register.unstarted(own_house.clock.at + timedelta(seconds=1))] == [young]


def test_a_parked_system_waits_until_it_is_answered(house: House) -> None:
    register, case = house.room.register, house.case()
    register.park(case, State.LOCATING, "crm", "connector-unavailable")
    register.park(case, State.LOCATING, "crm", "connector-unavailable")
    register.park(case, State.LOCATING, "crm", "connector-refused")
    [parked] = register.view(case).parked
    assert (parked.system, parked.code, parked.step) == ("crm", "connector-refused", State.LOCATING)
    why: dict[str, Any] = {"ground": "NG-33-1", "reason": "ลูกค้ายกเลิกระบบแล้ว"}
    register.leaving_out(case, "crm", actor="S-2", **why)
    register.leaving_out(case, "crm", actor="S-1", **why)
    for _ in range(2):
        register.repaired(case, "crm", actor="S-1", **why)
    with pytest.raises(Conflict, match="not parked"):
        register.repaired(case, "crm", actor="S-2")
    assert register.view(case).parked == ()
    register.park(case, State.FULFILLING, "crm", "drift")
    assert len(register.view(case).parked) == 1
    skipped = ["system:skip-proposed", "system:skip-confirmed", "system:repaired"]
    assert names_of(house, case)[2:] == ["system:parked"] * 2 + skipped + ["system:parked"]


def test_an_answer_ends_only_the_wait_that_it_was_given_to(house: House) -> None:
    """The repair was accepted and has failed again before the register heard of it: the system waits still."""
    register, case = house.room.register, house.case()
    register.park(case, State.LOCATING, "crm", "credentials-refused")
    [first] = register.view(case).parked
    register.park(case, State.LOCATING, "crm", "credentials-refused")
    [second] = register.view(case).parked
    assert second.since > first.since
    for _ in range(2):
        register.repaired(case, "crm", actor="S-1", reason="ต่ออายุแล้ว", seen=first.since)
        assert register.view(case).parked == (second,)
    with pytest.raises(Conflict, match="not parked"):
        register.repaired(case, "crm", actor="S-2", seen=first.since)
    with pytest.raises(Conflict, match="not parked"):
        register.repaired(case, "crm", actor="S-1", seen=first.since - timedelta(seconds=1))
    for _ in range(2):
        register.repaired(case, "crm", actor="S-1", reason="ต่ออายุอีกครั้ง", seen=second.since)
    assert register.view(case).parked == ()
    assert names_of(house, case)[2:] == ["system:parked", "system:repaired"] * 2


def test_a_wait_that_was_given_up_asks_nobody_anything(house: House) -> None:
    register, case = house.room.register, house.case()
    register.park(case, State.LOCATING, "crm", "credentials-refused")
    [waits] = register.view(case).parked
    for _ in range(2):
        register.unparked(case, "crm")
    assert register.view(case).parked == ()
    for seen in (None, waits.since):
        with pytest.raises(Conflict, match="not parked"):
            register.repaired(case, "crm", actor="S-1", seen=seen)
    register.park(case, State.LOCATING, "crm", "credentials-refused")
    assert len(register.view(case).parked) == 1
    assert names_of(house, case)[2:] == ["system:parked", "system:unparked", "system:parked"]


def test_parking_told_twice_by_one_failing_call_is_ended_by_one_answer(house: House) -> None:
    register, case = house.room.register, house.case()
    for _ in range(3):
        register.park(case, State.LOCATING, "crm", "credentials-refused")
    [waits] = register.view(case).parked
    register.repaired(case, "crm", actor="S-1", seen=waits.since)
    assert register.view(case).parked == ()
    assert names_of(house, case)[2:] == ["system:parked", "system:repaired"]


def test_a_parked_system_is_in_somebody_s_hands(house: House) -> None:
    register, case = house.room.register, house.case()
    with pytest.raises(Conflict, match="not parked"):
        register.hand(case, "crm", "S-2", actor="S-1")
    second, third = (house.room.staff.add(name, "officer")[0] for name in ("สอง", "สาม"))
    register.park(case, State.LOCATING, "crm", "credentials-refused")
    assert register.view(case).parked[0].hand == ""
    for to in (second, second, third):
        register.hand(case, "crm", to, actor="S-1")
    register.park(case, State.LOCATING, "crm", "credentials-refused")  # it failed again: the hand stays
    assert [parked.hand for parked in register.view(case).parked] == [third]
    assert events_of(house, case)[3:] == [
        ("system:handed", "S-1", {"staff": second, "system": "crm"}),
        ("system:handed", "S-1", {"staff": third, "system": "crm"}),
    ]
    register.repaired(case, "crm", actor="S-3")
    register.park(case, State.FULFILLING, "crm", "drift")  # another wait is in nobody's
    assert register.view(case).parked[0].hand == ""


def test_nothing_is_given_to_nobody(house: House) -> None:
    register, case = house.room.register, house.case()
    register.park(case, State.LOCATING, "crm", "credentials-refused")
    left, _ = house.room.staff.add("ลาออก", "officer")
    house.room.staff.disable(left, actor="S-1")
    for to in ("S-none", left):
        with pytest.raises(NotFound, match="staff unknown"):
            register.hand(case, "crm", to, actor="S-1")
    assert register.view(case).parked[0].hand == ""


@pytest.mark.parametrize("to", ["person", "engine", "คุณวิชัย", "Wichai"])
def test_a_hand_is_a_member_of_staff(house: House, to: str) -> None:
    case = house.case()
    house.room.register.park(case, State.LOCATING, "crm", "credentials-refused")
    with pytest.raises(BadInput):
        house.room.register.hand(case, "crm", to, actor="S-1")
    assert house.room.register.view(case).parked[0].hand == ""


def retimed(version: int, **days: int) -> Terms:
    later = timedelta(**days)
    return TERMS.model_copy(
        update={"version": version, "strict": TERMS.strict + later, "due": TERMS.due + later}
    )


def test_a_promise_is_never_made_earlier(house: House) -> None:
    register, case = house.room.register, house.case()
    with pytest.raises(Conflict, match="promise shortened"):
        register.retime(case, retimed(2, days=-1), actor="S-1", reason="x")
    with pytest.raises(Conflict, match="terms out of turn"):
        register.retime(case, retimed(3, days=1), actor="S-1", reason="x")
    for _ in range(2):
        register.retime(case, retimed(2, days=30), actor="S-1", reason="ขอขยายเวลา")
    assert register.view(case).case.terms == retimed(2, days=30)
    assert names_of(house, case).count("terms:retimed") == 1


def test_terms_that_no_workflow_heard_are_found(own_house: House) -> None:
    house, register = own_house, own_house.room.register
    lost, heard, over, fresh = (house.case() for _ in range(4))
    for case in (lost, heard, over):
        register.started(case)
        register.retime(case, retimed(2, days=30), actor="S-1", reason="ขอขยายเวลา")
    for _ in range(2):
        register.terms_heard(heard, 2)
    register.close(over, Ending.WITHDRAWN)
    register.started(fresh)  # with the terms that it was started with
    assert register.unheard_terms(house.clock.at) == ()
    later = house.clock.at + timedelta(seconds=1)
    assert register.unheard_terms(later) == ((lost, retimed(2, days=30)),)
    register.retime(heard, retimed(3, days=31), actor="S-1", reason="ขอขยายเวลา")
    assert dict(register.unheard_terms(later))[heard].version == 3


def test_a_task_is_opened_once(house: House) -> None:
    case = house.case()
    for _ in range(2):
        house.room.register.open_task(case, "restrict-by-hand", "crm")
    house.room.register.open_task(case, "restrict-by-hand", "billing")
    assert names_of(house, case).count("task:opened") == 2


def test_a_note_needs_a_case_and_clean_facts(house: House) -> None:
    case = house.case()
    house.room.register.note(case, Event.DEADLINE_NEAR, "S-1", days=7)
    assert events_of(house, case)[-1] == ("deadline:near", "S-1", {"days": 7})
    with pytest.raises(NotFound):
        house.room.register.note("c-none", Event.DEADLINE_NEAR)
    with pytest.raises(BadInput, match="fact refused"):
        house.room.register.note(case, Event.DEADLINE_NEAR, code=EMAIL)
    assert names_of(house, case).count("deadline:near") == 1


def test_a_database_that_is_away_is_told_without_its_address(house: House) -> None:
    away = open_room(
        "postgresql+psycopg://sitthi_app:hunter2@127.0.0.1:1/register",
        house.ring,
        house.clock,
        house.policy,
    )
    with pytest.raises(Unavailable) as told:
        away.register.views()
    assert told.value.code == "database-unreachable"
    assert told.value.mend
    assert "hunter2" not in f"{told.value!r}{told.value}"
    assert told.value.__cause__ is None
    assert told.value.__suppress_context__


def test_an_address_that_is_none_is_not_shown(house: House) -> None:
    for url in ("hunter2", "postgresql+nothing://u:hunter2@h/d"):
        with pytest.raises(BadInput) as told:
            open_room(url, house.ring, house.clock, house.policy)
        assert "hunter2" not in f"{told.value!r}{told.value}"


def test_a_connection_cut_in_the_middle_leaves_nothing_half_done(own_house: House) -> None:
    """The server process of the transaction is ended when all is written but not yet committed."""
    case = own_house.case()
    with own_house.owner.begin() as watcher:
        watcher.execute(text("SELECT pg_advisory_xact_lock(1)"))
        watcher.execute(
            text("""
                CREATE FUNCTION wait_here() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END $$;
                CREATE TRIGGER wait_here AFTER INSERT ON events EXECUTE FUNCTION wait_here();
            """)
        )
    before = own_house.room.audit.head()
    with ThreadPoolExecutor(1) as pool, own_house.owner.connect() as blocker:
        blocker.execute(text("SELECT pg_advisory_lock(1)"))
        moving = pool.submit(own_house.room.register.enter, case, State.RESOLVING)
        _cut_whoever_waits(own_house)
        with pytest.raises(Unavailable, match="database unreachable"):
            moving.result()
        blocker.execute(text("SELECT pg_advisory_unlock(1)"))
    assert own_house.room.register.view(case).state is State.RECEIVED
    assert own_house.room.audit.verify() == before
    own_house.room.register.enter(case, State.RESOLVING)
    assert own_house.room.audit.verify().count == before.count + 1


def _cut_whoever_waits(house: House) -> None:
    cut = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND usename = 'sitthi_app' AND wait_event_type = 'Lock'"
    )
    # Only the application's own role may end its backends, next to the superuser.
    for _ in range(500):
        with house.app.connect() as connection:
            if connection.execute(cut).all():
                return
        threading.Event().wait(0.01)
    raise AssertionError("nobody waited")
