"""Recipients without an API: told by L11, reminded when they are silent, taken up when they stay so, let be when they answered."""

from __future__ import annotations

import io
import re

import pytest
from pypdf import PdfReader

from activities.casefile import case_file
from activities.others import ANSWER_WITHIN, instruct_recipients
from activities.release import Release
from bootstrap import House
from domain.aftermath import Obligation
from domain.calendar import day_in_bangkok
from domain.case import Due
from domain.errors import NotAllowed
from domain.recipients import Said
from domain.rights import Right
from security.tokens import LINK_PREFIX
from tests.support.people import People
from tests.workflows.company import PAYS, WRITES, Cast


def owed(house: House, case: str, code: str) -> Obligation:
    [found] = [one for one in house.room.obligations.of(case) if one.code == code]
    return found


def open_tasks(house: House, case: str) -> set[str]:
    return {task.code for task in house.room.tasks.of(case)}


def link_in(house: House, case: str, recipient: str) -> str:
    """The link that stands in the letter to a recipient."""
    with house.tools.files.read(case, f"letters/L11-{recipient}.pdf") as file:
        pages = PdfReader(io.BytesIO(file.read())).pages
    text = "".join("".join(page.extract_text() for page in pages).split())
    [link] = set(re.findall(rf"http://127\.0\.0\.1:9/e/{LINK_PREFIX}[\w-]{{43}}", text))
    return str(link)


@pytest.mark.slow
async def test_who_is_silent_is_reminded_and_then_taken_up(people: People, house: House, cast: Cast) -> None:
    who = cast.user(PAYS, WRITES)
    reference = await people.ask(Right.RECTIFICATION, who.email, changes={"name-th": "นางสาวรุ่งอรุณ ตั้งใจดี"})
    await people.identify(who.email, reference)
    await people.decide(reference)
    case = (await people.closed(reference)).case.id
    told = {one.recipient for one in house.room.recipients.of(case)}
    assert {"sendgrid", "stripe"} <= told
    release = Release(house.tools)
    by_letter = {recipient: link_in(house, case, recipient) for recipient in told}
    instruct_recipients(house.tools, case, case_file(house.tools, case))  # as a retry does: it voids no link
    for recipient, link in by_letter.items():
        about = house.room.answer_links.about(link.rpartition("/")[2])
        assert (about.case, about.recipient) == (case, recipient)
    assert {recipient: link_in(house, case, recipient) for recipient in told} == by_letter
    for recipient in sorted(told):
        house.room.tasks.close(
            next(t.id for t in house.room.tasks.of(case) if t.code == f"hand-over-L11-{recipient}"),
            actor=people.officer,
            reason="sent by registered mail",
        )
    house.room.recipients.answer(case, "sendgrid", Said.NOTHING, (), actor=people.officer, reason="by mail")
    for recipient in sorted(told):
        release.release(Due(id=owed(house, case, f"confirm-{recipient}").id))
    asked = open_tasks(house, case)
    assert {"confirm-stripe", "hand-over-L11-stripe"} <= asked
    assert not {"confirm-sendgrid", "hand-over-L11-sendgrid"} & asked
    again = owed(house, case, "recipient-silent-stripe")
    assert again.due_on == day_in_bangkok(house.tools.clock.now()) + ANSWER_WITHIN
    release.release(Due(id=again.id))
    assert "recipient-silent-stripe" in open_tasks(house, case)
    house.room.recipients.answer(case, "stripe", Said.REFUSED, (), actor=people.officer, reason="by mail")
    assert not {"confirm-stripe", "recipient-silent-stripe"} & open_tasks(house, case)
    with pytest.raises(NotAllowed):  # nobody waits for its answer any more
        house.room.answer_links.about(by_letter["stripe"].rpartition("/")[2])
