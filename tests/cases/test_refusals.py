"""The record of refusals (s.39 ¶1(7)): once each, in the officers' words, found by the person, outliving the case."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from domain.aftermath import Owed
from domain.errors import KeyShredded
from domain.holds import OrderKind
from domain.identifiers import IdentifierKind, identifier
from domain.outcomes import Ending
from domain.ports import Proposal
from domain.refusals import Refusal, Refused, Scope
from domain.rights import Right
from domain.states import State
from security.ports import KeyPurpose
from tests.cases.conftest import EMAIL, START, House
from tests.cases.samples import planned
from tests.cases.test_register import events_of

MALEE = identifier(IdentifierKind.EMAIL, EMAIL)
WHY, AGREED = "สัญญาของคุณมาลียังไม่สิ้นสุด", "เห็นด้วย คุณมาลีใช้บริการอยู่"
KEEP = date(2036, 11, 22)
WHOLE = Refused(
    scope=Scope.WHOLE, ground="R30-LAW", section="s.30 ¶2", demanded=True, units=("U01",), items=3
)


def decided(house: House, *, approved: bool = False, ground: str = "R30-LAW") -> str:
    """A case whose plan two officers decided on."""
    [case] = house.open(Right.ACCESS)
    for state in (*(State.RESOLVING, State.VERIFYING, State.LOCATING, State.PLANNING, State.DECIDING),):
        house.room.register.enter(case.id, state)
    digest = house.room.plans.write(case.id, [planned(1)]).digest
    proposal = Proposal(digest=digest, approved=approved, actor="S-1", reason=WHY, ground=ground)
    house.room.plans.propose(case.id, proposal, confirm=True)
    house.room.plans.confirm(case.id, actor="S-2", reason=AGREED)
    return case.id


def record(house: House, case: str, *refused: Refused, letter: str = "L6") -> tuple[Refusal, ...]:
    house.room.refusals.record(case, refused, [MALEE], letter=letter, policy="1+ab", keep_until=KEEP)
    return house.room.refusals.all(case, reasons=True)


def test_a_refusal_stands_once_with_those_who_refused_and_their_words(house: House) -> None:
    case = decided(house)
    record(house, case, WHOLE)
    [entry] = record(house, case, WHOLE)
    assert entry.refused == WHOLE
    assert (entry.proposer, entry.confirmer, entry.reasons) == ("S-1", "S-2", (WHY, AGREED))
    assert (entry.right, entry.reference) == ("access", house.room.register.view(case).case.reference)
    assert entry.received >= START - timedelta(days=1)
    assert (entry.decided, entry.keep_until, entry.told) == (house.clock.at, KEEP, None)
    told = [facts for name, _, facts in events_of(house, case) if name == "refusal:recorded"]
    assert told == [
        {"scope": "whole", "ground": "R30-LAW", "items": 3, "policy": "1+ab", "until": "2036-11-22"}
    ]
    [silent] = house.room.refusals.all(case)
    assert silent.reasons == ()


def test_the_person_heard_of_it_when_the_letter_left_or_was_handed_over(house: House) -> None:
    sent, handed = decided(house), decided(house)
    letters, register = house.room.letters, house.room.register
    for case in (sent, handed):
        record(house, case, WHOLE)
    mail = letters.queue(sent, "L6", "letters/L6.pdf", "ab" * 32)
    letters.sent(mail.id, house.clock.at)
    letters.queue(handed, "L6", "letters/L6.pdf", "ab" * 32)
    register.open_task(handed, "hand-over-L6")
    assert house.room.refusals.all(handed)[0].told is None
    house.clock.pass_by(days=2)
    [task] = house.room.tasks.of(handed)
    house.room.tasks.close(task.id, actor="S-1", reason=WHY, done=False)
    [entry] = house.room.refusals.all(handed)
    assert entry.told is None, "nobody was at the door"
    register.open_task(handed, "hand-over-L6", once=True)
    [task] = house.room.tasks.of(handed)
    house.room.tasks.close(task.id, actor="S-1", reason=WHY)
    [by_mail], [by_hand] = house.room.refusals.all(sent), house.room.refusals.all(handed)
    assert by_mail.told == house.clock.at - timedelta(days=2)
    assert by_hand.told == house.clock.at


def test_what_was_left_out_is_recorded_with_the_two_who_left_it_out(house: House) -> None:
    case, register = house.case(), house.room.register
    register.park(case, State.LOCATING, "stripe", "credentials-refused")
    said: dict[str, Any] = {"ground": "EX-CLAIM", "reason": WHY}
    assert not register.leaving_out(case, "stripe", actor="S-3", **said).complete
    assert register.leaving_out(case, "stripe", actor="S-4", ground="EX-CLAIM", reason=AGREED).complete
    register.repaired(case, "stripe", actor="S-4", **said)
    left = Refused(scope=Scope.SYSTEM, ground="EX-CLAIM", section="s.33 ¶2", system="stripe")
    held = Refused(scope=Scope.RECORDS, ground="EX-LAW", section="s.33 ¶2", laws=("Act s.14",), items=2)
    unverified = Refused(scope=Scope.WHOLE, ground="P-UNVERIFIED")
    entries = {one.refused.scope: one for one in record(house, case, left, held, unverified, letter="L5")}
    ours = entries[Scope.SYSTEM]
    assert (ours.proposer, ours.confirmer, ours.reasons) == ("S-3", "S-4", (WHY, AGREED))
    assert ours.decided == house.clock.at
    assert entries[Scope.RECORDS].refused == held
    assert (entries[Scope.WHOLE].proposer, entries[Scope.WHOLE].decided) == ("", None)


def test_it_outlives_the_case_s_key_and_ends_with_its_own(house: House) -> None:
    case = decided(house)
    [before] = record(house, case, WHOLE)
    with house.app.connect() as connection:
        row = connection.execute(text("SELECT * FROM refusals WHERE case_id = :c"), {"c": case}).one()
        hashes = connection.execute(
            text("SELECT digest FROM refusal_hashes WHERE refusal_id = :r"), {"r": row.id}
        ).scalars()
        known = connection.execute(
            text("SELECT digest FROM identifier_hashes WHERE case_id = :c"), {"c": case}
        ).scalars()
        assert set(hashes) <= set(known)
    stored = b"".join(value for value in row if isinstance(value, bytes)) + repr(row).encode()
    for said in (EMAIL, "มาลี", "สัญญา"):
        assert said.encode() not in stored
    house.ring.shred(house.ring.for_owner(KeyPurpose.CASE, case).key_id, "case-over")
    assert house.room.refusals.all(case, reasons=True) == (before,)
    house.ring.shred(house.ring.for_owner(KeyPurpose.RECORD, case).key_id, "kept-long-enough")
    [after] = house.room.refusals.all(case, reasons=True)
    assert after == before.model_copy(update={"reasons": ()})


@pytest.mark.parametrize("statement", ["UPDATE refusals SET ground = 'x'", "DELETE FROM refusals"])
def test_the_application_can_only_add(house: House, statement: str) -> None:
    record(house, decided(house), WHOLE)
    with house.app.connect() as connection, pytest.raises(Exception, match="permission denied"):
        connection.execute(text(statement))


def closed(house: House) -> str:
    """A case that ended with a refusal which was recorded."""
    case = decided(house)
    record(house, case, WHOLE)
    house.room.register.enter(case, State.ANSWERING)
    house.room.register.close(case, Ending.REFUSED)
    return case


def test_the_record_ends_after_its_years_and_its_words_with_it(own_house: House) -> None:
    case, refusals = closed(own_house), own_house.room.refusals
    assert case not in refusals.over(KEEP)
    assert not refusals.end(case, KEEP)
    after = KEEP + timedelta(days=1)
    assert case in refusals.over(after)
    assert refusals.end(case, after)
    assert not refusals.end(case, after)
    assert case not in refusals.over(after)
    with pytest.raises(KeyShredded):
        own_house.ring.for_owner(KeyPurpose.RECORD, case)
    [entry] = refusals.all(case, reasons=True)
    assert (entry.reasons, entry.refused) == ((), WHOLE)
    with own_house.app.connect() as connection:
        left = text("SELECT count(*) FROM refusal_hashes WHERE refusal_id = :id")
        assert connection.scalar(left, {"id": entry.id}) == 0
    told = [facts for name, _, facts in events_of(own_house, case) if name == "key:shredded"]
    assert told == [{"purpose": "record", "reason_code": "record-over"}]
    own_house.room.audit.verify()


def test_the_record_stays_while_anything_of_its_case_is_open(own_house: House) -> None:
    refusals, room, after = own_house.room.refusals, own_house.room, KEEP + timedelta(days=1)
    running = decided(own_house)
    record(own_house, running, WHOLE)
    owing = closed(own_house)
    owed = room.obligations.add(owing, Owed.BACKUPS, after, system="crm")

    def stays(case: str) -> bool:
        ended = case in refusals.over(after) or refusals.end(case, after)
        return not ended and refusals.all(case, reasons=True)[0].reasons == (WHY, AGREED)

    assert stays(running)
    assert stays(owing)
    room.obligations.meet(owed.id)
    assert refusals.over(after) == (owing,)
    order = room.holds.place(owing, "สคส. 7", actor="S-1", reason="s.73", kind=OrderKind.COMPLAINT)
    assert stays(owing)
    room.holds.release(order, actor="S-2", reason="settled")
    assert refusals.end(owing, after)


def test_a_record_whose_ending_was_cut_short_is_ended_by_the_next_telling(own_house: House) -> None:
    case, after = closed(own_house), KEEP + timedelta(days=1)
    own_house.ring.shred(own_house.ring.for_owner(KeyPurpose.RECORD, case).key_id, "record-over")
    assert own_house.room.refusals.end(case, after)
    assert own_house.room.refusals.over(after) == ()
