"""Nobody handles a case about themselves, and what is confidential is closed to all but its handlers and approvers."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from cases.board import Reader
from cases.closed import CONFIDENTIAL, OWN, TO_THEM
from domain.case import Case
from domain.errors import BadInput, Conflict, NotAllowed
from domain.events import Event
from domain.identifiers import Identifier, IdentifierKind, identifier
from domain.rights import Right
from domain.states import State
from tests.cases.conftest import EMAIL, House
from tests.cases.test_register import events_of
from workflows.desk import Desk

THEIRS = "wichai.own@example.com"


def email(address: str) -> Identifier:
    return identifier(IdentifierKind.EMAIL, address)


@dataclass
class Office:
    """A register with two officers, an approver and others; `own` is a case about the first officer."""

    house: House
    officer: str
    second: str
    approver: str
    auditor: str
    own: Case
    other: Case

    def why(self, case: Case, member: str) -> str:
        """The code for which a case is closed to somebody; none where it is open."""
        closed = self.house.room.access.closed_to(member) if member.startswith("S-") else {}
        code, told = "", closed.get(case.id, "")
        try:
            self.house.room.register.view(case.reference, member)
        except NotAllowed as refused:
            code = refused.code
        assert code == told
        return code


@pytest.fixture(scope="module")
def office(make_house: Callable[[], House]) -> Office:
    house = make_house()
    roles = ("officer", "officer", "approver", "auditor")
    officer, second, approver, auditor = (house.room.staff.add(role, role)[0] for role in roles)
    house.room.access.know_oneself(officer, (email("Wichai.Own@example.com"),))
    [own] = house.open(Right.ACCESS, identifiers=(email(EMAIL), email(THEIRS)))
    [other] = house.open(Right.ACCESS)
    return Office(house, officer, second, approver, auditor, own, other)


def test_what_staff_are_known_by_rests_as_a_keyed_hash_and_is_told_as_a_count(office: Office) -> None:
    with office.house.app.connect() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM staff_selves").all()
        facts = connection.exec_driver_sql("SELECT facts FROM events WHERE event = 'staff:knew-themselves'")
        assert [row.facts for row in facts] == [{"staff": office.officer, "identifiers": 1}]
    assert len(rows) == 1
    assert "wichai" not in str(rows)
    assert office.house.room.access.known_by(office.officer) == (IdentifierKind.EMAIL,)


def test_ones_own_case_is_closed_and_confidential_to_the_rest(office: Office) -> None:
    expected = {
        office.officer: OWN,
        office.second: CONFIDENTIAL,
        office.auditor: CONFIDENTIAL,
        office.approver: "",
        "person": "",
        "engine": "",
    }
    assert {member: office.why(office.own, member) for member in expected} == expected
    assert {office.why(office.other, member) for member in expected} == {""}
    office.house.room.access.must_be_open("DSR-2569-999999", office.officer)  # of none nothing is closed


def test_the_board_shows_it_not(office: Office) -> None:
    board, access = office.house.room.board, office.house.room.access
    for member, sees in ((office.officer, False), (office.second, False), (office.approver, True)):
        reader = Reader(member=member, hidden=frozenset(access.closed_to(member)))
        shown = (
            board.named([office.own.reference], reader),
            [one for one in board.of_person([email(THEIRS)], reader) if one.id == office.own.id],
        )
        assert [bool(lines) for lines in shown] == [sees, sees]
        assert (board.tally(reader).open - board.tally().open) == (0 if sees else -1)


ACTS: dict[str, Callable[[Office, str], object]] = {
    "view": lambda o, who: o.house.room.register.view(o.own.id, who),
    "look": lambda o, who: o.house.room.register.note(
        o.own.id, Event.STAFF_LOOKED, who, command="portal-person"
    ),
    "look-by-trail": lambda o, who: o.house.room.audit.note(
        Event.STAFF_LOOKED, {"actor": who, "case": o.own.id, "command": "locate"}
    ),
    "task": lambda o, who: o.house.room.tasks.close(
        o.house.room.tasks.of(o.own.id)[0].id, actor=who, reason="done"
    ),
    "take-task": lambda o, who: o.house.room.tasks.hand(
        o.house.room.tasks.of(o.own.id)[0].id, who, actor=who
    ),
    "take-case": lambda o, who: o.house.room.hands.give(o.own.id, who, actor=who),
    "hold": lambda o, who: o.house.room.holds.place(o.own.id, "7/2569", actor=who, reason="court"),
    "redact": lambda o, who: o.house.room.vault.redact(o.own.id, ["Somchai"], actor=who, reason="third"),
    "confide": lambda o, who: o.house.room.access.confide(o.own.id, [who], actor=who, reason="mine"),
}


@pytest.mark.parametrize("act", ACTS)
def test_no_act_gets_through_by_any_door(office: Office, act: str) -> None:
    office.house.room.register.open_task(office.own.id, "post-L1", once=True)
    before = events_of(office.house, office.own.id)
    for who, code in ((office.officer, {OWN, TO_THEM}), (office.second, {CONFIDENTIAL, TO_THEM})):
        with pytest.raises(NotAllowed) as refused:
            ACTS[act](office, who)
        assert refused.value.code in code
    assert events_of(office.house, office.own.id) == before


def test_it_can_be_given_to_nobody_whom_it_is_about(office: Office) -> None:
    room = office.house.room
    room.register.open_task(office.own.id, "post-L1", once=True)
    [task] = room.tasks.of(office.own.id)
    with pytest.raises(NotAllowed, match=TO_THEM.replace("-", " ")):
        room.hands.give(office.own.id, office.officer, actor=office.approver)
    with pytest.raises(NotAllowed, match=TO_THEM.replace("-", " ")):
        room.tasks.hand(task.id, office.officer, actor=office.approver)
    with pytest.raises(NotAllowed, match=OWN.replace("-", " ")):
        room.access.confide(office.own.id, [office.officer], actor=office.approver, reason="x")


def test_an_approver_names_who_handles_it_and_it_never_opens_to_its_subject(own_house: House) -> None:
    room = own_house.room
    officer, _ = room.staff.add("วิชัย", "officer")
    second, _ = room.staff.add("สมศรี", "officer")
    approver, _ = room.staff.add("ยืนยัน", "approver")
    room.access.know_oneself(officer, (email(THEIRS),))
    [case] = own_house.open(Right.ACCESS, identifiers=(email(THEIRS),))
    about = Office(own_house, officer, second, approver, second, case, case)
    room.hands.give(case.id, second, actor=approver)
    assert about.why(case, second) == ""
    room.hands.give(case.id, "", actor=approver)
    assert about.why(case, second) == CONFIDENTIAL
    room.access.confide(case.id, [second], actor=approver, reason="เป็นเจ้าหน้าที่")
    assert about.why(case, second) == ""
    confidence = room.access.confidence(case.id)
    assert confidence is not None
    assert (confidence.of_staff, confidence.handlers) == (True, (second,))
    with pytest.raises(Conflict, match="case is of staff"):
        room.access.open_up(case.id, actor=approver, reason="x")
    # Once they are known by it no more, what officers said stands still.
    room.access.know_oneself(officer, ())
    assert about.why(case, officer) == CONFIDENTIAL
    room.access.open_up(case.id, actor=approver, reason="x")
    assert (about.why(case, officer), room.access.confidence(case.id)) == ("", None)
    with pytest.raises(Conflict, match="case not confidential"):
        room.access.open_up(case.id, actor=approver, reason="x")


def test_an_officer_makes_a_case_confidential_and_needs_somebody_to_handle_it(own_house: House) -> None:
    room = own_house.room
    officer, second = (room.staff.add(name, "officer")[0] for name in ("ก", "ข"))
    case = own_house.case(State.RESOLVING)
    view = room.register.view(case)
    about = Office(own_house, officer, second, officer, officer, view.case, view.case)
    for nobody in ([], [f"S-{number}" for number in range(11)]):
        with pytest.raises(BadInput, match="handlers malformed"):
            room.access.confide(case, nobody, actor=officer, reason="VIP")
    room.access.confide(case, [officer], actor=officer, reason="ผู้บริหาร คุณมาลี")
    assert [about.why(view.case, who) for who in (officer, second)] == ["", CONFIDENTIAL]
    with pytest.raises(NotAllowed):
        room.access.confide(case, [second], actor=second, reason="let me in")
    told = [facts for name, _, facts in events_of(own_house, case) if name == "case:confided"]
    assert told == [{"staff": officer}]
    assert {about.why(view.case, who) for who in ("engine", "person")} == {""}


def test_who_receives_a_colleagues_request_may_and_nobody_their_own(own_house: House) -> None:
    room = own_house.room
    clerk, colleague = (room.staff.add(name, "intake")[0] for name in ("ก", "ข"))
    room.access.know_oneself(colleague, (email(THEIRS),))
    [case] = own_house.open(Right.ACCESS, identifiers=(email(THEIRS),), actor=clerk)
    assert room.access.closed_to(clerk) == {case.id: CONFIDENTIAL}
    with pytest.raises(NotAllowed, match=OWN.replace("-", " ")):
        own_house.open(Right.ACCESS, identifiers=(email(THEIRS),), actor=colleague)
    with pytest.raises(NotAllowed, match=OWN.replace("-", " ")):
        room.access.must_be_askable((email(THEIRS),), colleague)
    with pytest.raises(NotAllowed, match=CONFIDENTIAL.replace("-", " ")):
        room.access.must_be_askable((email(EMAIL), email(THEIRS)), clerk)
    assert len(room.register.views()) == 1


def test_every_deed_of_the_desk_asks_for_whom_the_case_is_opened() -> None:
    """What takes a reference and who acts reads the case in their name before anything else (`Front.view`)."""
    asked = 0
    for name, deed in inspect.getmembers(Desk, inspect.iscoroutinefunction):
        taken = inspect.signature(deed).parameters
        if name.startswith("_") or not {"reference", "actor"} <= taken.keys() or name == "view":
            continue
        source = inspect.getsource(deed)
        assert "self.view(reference, actor)" in source or "self._open_case(reference, actor)" in source, name
        assert "self.view(reference)" not in source, name
        asked += 1
    assert asked > 20
