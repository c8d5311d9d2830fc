"""A company that keeps an archive: its people are asked, the CRM goes on meanwhile, and evidence is what counts."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from activities.reconcile import Reconcile
from bootstrap import House, answers_of, connect
from domain.answer_links import Reply, Upload
from domain.errands import Answer, Asks, Errand, Evidence, Paper, Result
from domain.outcomes import Ending, Outcome
from domain.ports import CaseView
from domain.rights import Right
from domain.states import State
from embedded.postgres import PostgresServer
from embedded.temporal import TemporalServer
from tests.support.house import fresh_company, hurried, install
from tests.support.people import People
from tests.workflows.company import PAYS, READS, Cast
from worker import workers

pytestmark = pytest.mark.slow

ARCHIVE, CRM = "archive", "siamcrm"
MAP = Path(__file__).parents[1] / "contract" / "manual.map.yaml"
FILE = Paper(kind="personnel_file", ref="HR-2560-0012", note="สองเล่ม")
LIFE = timedelta(days=14)
SCAN = b"%PDF-1.7 scanned by hand"


@pytest.fixture(scope="module")
def archived(
    tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer, temporal: TemporalServer
) -> Iterator[tuple[House, Cast]]:
    """An installation whose company keeps an archive beside its CRM."""
    place = tmp_path_factory.mktemp("archived")
    made = install("archived", place, postgres, temporal, policy=hurried(cooling_hours=0))
    crm = fresh_company(made)
    systems = made.settings.systems
    assert systems is not None
    told = yaml.safe_load(systems.read_text("utf-8"))
    told["systems"].append({"name": ARCHIVE, "kind": "manual", "map": str(MAP)})
    systems.write_text(yaml.safe_dump(told, allow_unicode=True), "utf-8")
    house = made.house()
    yield house, Cast(crm)
    house.close()
    crm.dispose()


@pytest.fixture(scope="module")
async def office(archived: tuple[House, Cast]) -> AsyncIterator[People]:
    house, _ = archived
    client = await connect(house)
    async with AsyncExitStack() as stack:
        for worker in workers(house, client):
            await stack.enter_async_context(worker)
        yield await People.at(house, client)


async def waiting(office: People, reference: str, asks: Asks) -> Errand:
    """The question that the case waits with, parked in its system alone."""

    def there(view: CaseView) -> bool:
        found = office.house.room.errands.of(view.case.id, ARCHIVE)
        asked = any(one.question.asks is asks and one.answer is None for one in found)
        return asked and [parked.system for parked in view.parked] == [ARCHIVE]

    view = await office.seen(reference, there)
    assert view.parked[0].code == "people-asked"
    [errand] = [one for one in office.house.room.errands.of(view.case.id, ARCHIVE) if one.answer is None]
    return errand


async def answered(office: People, reference: str, errand: Errand, answer: Answer) -> None:
    office.house.room.errands.answer(errand.id, answer, actor=office.officer)
    await office.desk.repair(reference, ARCHIVE, retry=True, actor=office.officer, reason="errand answered")


async def answered_by_link(house: House, office: People, errand: Errand) -> None:
    """Somebody without an account shows that it was destroyed; the sweep goes on with the case, and once."""
    links, tools = house.room.answer_links, house.tools
    link = links.for_errand(errand.id, None, actor=office.officer, expires=tools.clock.now() + LIFE)
    minute = Upload(title="minute.pdf", size=len(SCAN), content=io.BytesIO(SCAN))
    reply = Reply(results={FILE.ref: Result.DONE}, files=(minute,))
    await answers_of(house).answer(link.token, reply)
    sweep = Reconcile(tools.register, tools.plans, office.desk, tools.clock, tools.errands, (), timedelta(0))
    assert await sweep.reconcile() == 1
    assert await sweep.reconcile() == 0


def shown(office: People, errand: Errand, ref: str = "") -> Evidence:
    name = f"errands/{errand.id}/1"
    with office.house.tools.files.write(errand.case, name) as out:
        out.write(SCAN)
    digest = hashlib.sha256(SCAN).hexdigest()
    return Evidence(file=name, title="แฟ้ม.pdf", size=len(SCAN), sha256=digest, ref=ref)


async def test_an_erasure_waits_for_people_and_counts_what_they_showed(
    office: People, archived: tuple[House, Cast]
) -> None:
    house, cast = archived
    who = cast.user(READS, f"not {PAYS}")
    cast.leaves(who)
    reference = await office.ask(Right.ERASURE, who.email)
    await office.identify(who.email, reference)
    find = await waiting(office, reference, Asks.FIND)
    assert who.email in {one.value for one in find.question.identifiers}
    case = find.case
    assert {one.system for one in house.room.findings.manifests(case)} == {CRM}
    assert house.room.register.view(reference).state is State.LOCATING
    await answered(office, reference, find, Answer(papers=(FILE,)))
    await office.decide(reference)
    destroy = await waiting(office, reference, Asks.DESTROY)
    assert [one.ref for one in destroy.question.records] == [FILE.ref]
    assert {one.system for one in house.room.effects.receipts(case)} == {CRM}
    assert ARCHIVE not in {
        row.system for row in house.room.plans.results(case) if row.planned is Outcome.ERASE
    }
    await answered_by_link(house, office, destroy)
    view = await office.closed(reference)
    assert view.ending in {Ending.FULFILLED, Ending.PARTIAL}
    results = [row for row in house.room.plans.results(case) if row.system == ARCHIVE]
    assert [(row.table, row.planned) for row in results] == [("personnel_file", Outcome.ERASE)]
    assert [task for task in house.room.tasks.of(case) if task.system == ARCHIVE] == []


@pytest.mark.slow
async def test_a_copy_is_what_people_scanned(office: People, archived: tuple[House, Cast]) -> None:
    house, cast = archived
    who = cast.user(READS, f"not {PAYS}")
    reference = await office.ask(Right.ACCESS, who.email)
    await office.identify(who.email, reference)
    find = await waiting(office, reference, Asks.FIND)
    await answered(office, reference, find, Answer(papers=(FILE,)))
    await office.decide(reference)
    copy = await waiting(office, reference, Asks.COPY)
    await answered(office, reference, copy, Answer(files=(shown(office, copy, FILE.ref),)))
    await office.closed(reference)
    bundle = house.room.letters.bundle(find.case)
    assert bundle is not None
    with (
        house.tools.files.read(find.case, bundle.ref) as source,
        zipfile.ZipFile(io.BytesIO(source.read())) as packed,
    ):
        scanned = [name for name in packed.namelist() if name.startswith(f"files/{ARCHIVE}/")]
        assert [packed.read(name) for name in scanned] == [SCAN]


@pytest.mark.slow
async def test_where_nobody_finds_anything_the_case_goes_on(
    office: People, archived: tuple[House, Cast]
) -> None:
    _, cast = archived
    who = cast.user(READS, f"not {PAYS}")
    reference = await office.ask(Right.ACCESS, who.email)
    await office.identify(who.email, reference)
    find = await waiting(office, reference, Asks.FIND)
    await answered(office, reference, find, Answer())
    await office.decide(reference)
    assert (await office.closed(reference)).ending is Ending.FULFILLED


@pytest.mark.slow
async def test_use_rests_before_people_are_asked_about_somebody_who_has_shown_nothing(
    office: People, archived: tuple[House, Cast]
) -> None:
    house, cast = archived
    who = cast.user(READS, f"not {PAYS}")
    reference = await office.ask(Right.OBJECTION, who.email, changes={"against": "interest"})
    view = await office.until(reference, State.VERIFYING)
    assert {one.system for one in house.room.effects.receipts(view.case.id)} == {CRM}
    assert house.room.errands.of(view.case.id, ARCHIVE) == ()
    await office.identify(who.email, reference)
    find = await waiting(office, reference, Asks.FIND)
    await answered(office, reference, find, Answer())
    await office.until(reference, State.DECIDING)
