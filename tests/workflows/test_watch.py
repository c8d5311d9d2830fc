"""Who was erased and is there again, and a correction that a sync took back: told to people, and nothing is changed."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from activities.watch import Watch
from bootstrap import House
from demo.schema import metadata
from domain.identifiers import IdentifierKind, identifier
from domain.outcomes import Ending
from domain.rights import Right
from domain.states import State
from domain.suppression import Verdict
from tests.support.people import People
from tests.workflows.company import PAYS, READS, WRITES, Cast, Somebody
from workflows.calls import CASES
from workflows.watch import WATCH_ID
from workflows.watch import Watch as Watching

pytestmark = pytest.mark.slow

SYSTEM = "siamcrm"


def stands(house: House, email: str) -> Verdict:
    [verdict] = house.room.suppressions.check([(identifier(IdentifierKind.EMAIL, email),)])
    return verdict


def back_again(cast: Cast, row: dict[str, object], number: int) -> None:
    with cast.crm.begin() as connection:
        connection.execute(insert(metadata.tables["users"]).values({**row, "id": number, "address_id": None}))


async def erased(people: People, who: Somebody, **changes: str) -> str:
    reference = await people.ask(Right.ERASURE, who.email, changes=changes)
    await people.identify(who.email, reference)
    await people.decide(reference)
    await people.went_on(reference)
    return reference


async def test_who_was_erased_and_is_loaded_again_is_told(people: People, house: House, cast: Cast) -> None:
    who = cast.user(READS, f"not {PAYS}")
    cast.leaves(who)
    [row] = [row for (table, _), row in cast.rows(who).items() if table == "users"]
    assert stands(house, who.email) == Verdict()
    reference = await erased(people, who)
    view = house.room.register.view(reference)
    assert stands(house, who.email).erased
    watch = Watch(house.tools)
    assert SYSTEM in watch.systems()
    quiet = watch.watch(SYSTEM)
    assert quiet.people > 100
    assert (quiet.reappeared, quiet.unread) == (0, 0)
    back_again(cast, row, who.id + 90_000_000)
    assert watch.watch(SYSTEM).reappeared == 1
    assert watch.watch(SYSTEM).reappeared == 0
    assert "erased-person-reappeared" in people.tasks(view)
    assert cast.value("select count(*) from users where id = :id", id=who.id + 90_000_000) == 1
    handle = await people.client.start_workflow(Watching.run, id=WATCH_ID, task_queue=CASES)
    assert await handle.result() == 0


async def test_a_correction_that_a_sync_takes_back_is_told(people: People, house: House, cast: Cast) -> None:
    who = cast.user(WRITES)
    was = cast.value("select full_name_th from users where id = :id", id=who.id)
    reference = await people.ask(Right.RECTIFICATION, who.email, changes={"name-th": "นางสาวรุ่งอรุณ ตั้งใจดี"})
    await people.identify(who.email, reference)
    await people.decide(reference)
    view = await people.closed(reference)
    watch = Watch(house.tools)
    assert watch.watch(SYSTEM).reverted == 0
    cast.run("update users set full_name_th = :was where id = :id", was=was, id=who.id)
    assert watch.watch(SYSTEM).reverted == 1
    assert watch.watch(SYSTEM).reverted == 0
    assert "corrected-value-reverted" in people.tasks(view)


async def test_who_objects_to_marketing_is_kept_from_imports_on_the_day(people: People, house: House) -> None:
    stranger = "never.known.here@example.org"
    reference = await people.ask(Right.OBJECTION, stranger, changes={"against": "marketing"})
    await people.until(reference, State.VERIFYING)
    assert stands(house, stranger) == Verdict(objected=("marketing",))


async def test_an_objection_upheld_binds_imports_and_who_is_a_customer_still_may_be_loaded(
    people: People, house: House, cast: Cast
) -> None:
    who = cast.user(READS)
    reference = await people.ask(Right.OBJECTION, who.email, changes={"against": "interest"})
    await people.identify(who.email, reference)
    await people.decide(reference)
    assert (await people.closed(reference)).ending in {Ending.FULFILLED, Ending.PARTIAL}
    assert stands(house, who.email) == Verdict(objected=("interest",))
    stays = cast.user(READS, f"not {PAYS}")
    await erased(people, stays)
    assert not stands(house, stays.email).erased
    parted = cast.user(READS, f"not {PAYS}")
    cast.leaves(parted)
    await erased(people, parted, units="U07")
    assert not stands(house, parted.email).erased
