"""What waits for people: told where it waits, answered once, and gone when nothing waits there any more."""

from __future__ import annotations

from datetime import date

import pytest

from bootstrap import House
from domain.case import Because, Moved, Progress
from domain.documents import CaseFile, Rendered
from domain.errors import Conflict, PolicyInvalid
from domain.rights import Right
from domain.states import State
from exports.room import Documents
from tests.support.people import People
from tests.workflows.company import READS, WRITES, Cast

pytestmark = pytest.mark.slow


async def test_a_step_that_is_given_up_leaves_nothing_to_answer(people: People, cast: Cast) -> None:
    who = cast.user(WRITES)
    reference = await people.ask(Right.ACCESS, who.email, changes={"units": "U06"})
    await people.until(reference, State.VERIFYING)
    cast.run("alter table tickets rename to tickets_away")
    try:
        await people.identify(who.email, reference)
        view = await people.seen(reference, lambda seen: bool(seen.parked))
        assert [one.system for one in view.parked] == ["siamcrm"]
    finally:
        cast.run("alter table tickets_away rename to tickets")
    await people.amend(reference, Moved.SCOPE, changes={"units": "U01"})
    view = await people.planned(reference)
    assert view.parked == ()
    with pytest.raises(Conflict):
        await people.desk.repair(reference, "siamcrm", retry=True, actor=people.officer, reason="mended")
    await people.desk.withdraw(reference)
    await people.closed(reference)


async def test_a_letter_beside_the_steps_waits_under_its_own_name_and_outlives_them(
    people: People, house: House, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = cast.user(READS)
    reference = await people.ask(Right.ACCESS, who.email)
    await people.identify(who.email, reference)
    await people.planned(reference)
    render = Documents.letter

    def broken(documents: Documents, code: str, file: CaseFile) -> Rendered:
        if code == "L3":
            raise PolicyInvalid("template-broken", "a company's own template", template="L3")
        return render(documents, code, file)

    with monkeypatch.context() as patched:
        patched.setattr(Documents, "letter", broken)
        late = Progress(because=Because.VOLUME, expected_on=date(2030, 1, 1))
        await people.desk.progress(reference, late, actor=people.officer)
        await people.seen(reference, lambda seen: [one.system for one in seen.parked] == ["letters"])
        await people.amend(reference, Moved.SCOPE, changes={"units": "U01"})
        view = await people.planned(reference, 2)
        assert [one.system for one in view.parked] == ["letters"]
    await people.desk.repair(reference, "letters", retry=True, actor=people.officer, reason="mended")
    view = await people.seen(reference, lambda seen: "L3" in people.letters(seen))
    assert view.parked == ()
    await people.desk.withdraw(reference)
    await people.closed(reference)
