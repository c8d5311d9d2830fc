"""What recipients answered: once told, with evidence where they say it is done, and the tasks that waited are closed."""

from __future__ import annotations

from datetime import date

import pytest

from domain.errands import Evidence
from domain.errors import BadInput, NotFound
from domain.recipients import Said
from tests.cases.conftest import House
from tests.cases.test_register import events_of

BY = date(2026, 12, 2)
PROOF = Evidence(file="recipients/stripe/1", title="certificate.pdf", size=3, sha256="0" * 64)
WHY = "คุณเจนจากฝ่ายคุ้มครองข้อมูลตอบทางอีเมล"


def test_a_recipient_is_told_once_and_waited_for(own_house: House) -> None:
    register, case = own_house.room.recipients, own_house.case()
    assert register.answered(case, "stripe")
    register.tell(case, "stripe", BY)
    register.tell(case, "stripe", date(2027, 1, 1))
    assert not register.answered(case, "stripe")
    [waits] = register.of()
    assert (waits.recipient, waits.by, waits.said, waits.evidence) == ("stripe", BY, None, 0)
    told = [facts for name, _, facts in events_of(own_house, case) if name == "recipient:told"]
    assert told == [{"system": "stripe", "due": "2026-12-02"}]


def test_an_answer_is_kept_and_closes_what_waited_for_it(own_house: House) -> None:
    room, case = own_house.room, own_house.case()
    for recipient in ("stripe", "sendgrid"):
        room.recipients.tell(case, recipient, BY)
        room.register.open_task(case, f"confirm-{recipient}")
    room.register.open_task(case, "recipient-silent-stripe")
    room.recipients.answer(case, "stripe", Said.DONE, (PROOF,), actor="S-1", reason=WHY)
    assert [one.recipient for one in room.recipients.of(case)] == ["sendgrid"]
    assert [task.code for task in room.tasks.of(case)] == ["confirm-sendgrid"]
    said = {one.recipient: (one.said, one.evidence) for one in room.recipients.of(case, open_only=False)}
    assert said == {"stripe": (Said.DONE, 1), "sendgrid": (None, 0)}
    room.recipients.answer(case, "stripe", Said.KEPT, (), actor="S-1", reason=WHY)
    assert room.recipients.of(case, open_only=False)[-1].said is Said.KEPT


def test_done_needs_something_that_shows_it_and_nobody_answers_who_was_not_told(own_house: House) -> None:
    register, case = own_house.room.recipients, own_house.case()
    register.tell(case, "stripe", BY)
    with pytest.raises(BadInput, match="evidence missing"):
        register.answer(case, "stripe", Said.DONE, (), actor="S-1", reason=WHY)
    with pytest.raises(NotFound, match="recipient not told"):
        register.answer(case, "aws", Said.NOTHING, (), actor="S-1", reason=WHY)
    assert not register.answered(case, "stripe")
