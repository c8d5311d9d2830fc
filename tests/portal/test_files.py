"""A file of a plan is opened, marked without a script, looked at, burnt, and takes the original's place."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, cast

import httpx
import pytest
from PIL import Image

from activities.file_redaction import Burnt, burn
from domain.connector import Capability, Connector
from domain.errors import TooLate
from domain.item import Attached, Basis, Column, Found, Item, Label, Record, Table
from domain.item import Role as Held
from domain.outcomes import Outcome
from domain.plan import PlanRow
from domain.ports import PlannedItem
from domain.staffing import Role
from domain.states import State
from portal import words
from tests.portal.desk_world import DeskWorld, press
from tests.support.papers import NAME, SECRET, document, picture

TO_DECIDING = (State.RESOLVING, State.VERIFYING, State.LOCATING, State.PLANNING, State.DECIDING)
SAID = words.load()["th"]
PATH = "files/store/000001-slip.pdf"


@dataclass
class Store:
    """A system of one table whose records are files."""

    held: dict[int, bytes]
    opened: list[int] = field(default_factory=list)
    name: str = "store"
    capabilities: frozenset[Capability] = frozenset({Capability.COPY})

    def describe(self) -> tuple[Table, ...]:
        label = Label(th="สลิป", en="Slips")
        columns = (Column(name="key", label=label), Column(name="file", label=label))
        return (
            Table(
                system=self.name,
                name="slips",
                label=label,
                unit="U05",
                role=Held.CONTROLLER,
                basis=Basis.CONTRACT,
                source=label,
                columns=columns,
            ),
        )

    def fields(self) -> dict[str, Any]:
        return {}

    def copy(self, items: Iterator[Item]) -> Iterator[Record]:
        for item in items:
            yield self.record(item.found.no)

    def record(self, no: int) -> Record:
        path = PATH.replace("1", str(no))
        file = Attached(path=path, ref={"no": no}, size=len(self.held[no]))
        values: dict[str, Any] = {"key": f"slip-{no}", "file": path}
        return Record(system=self.name, table="slips", unit="U05", no=no, values=values, files=(file,))

    def open(self, file: Attached) -> Iterator[bytes]:
        no = file.ref["no"]
        assert isinstance(no, int)
        self.opened.append(no)
        yield from (self.held[no][at : at + 4096] for at in range(0, len(self.held[no]), 4096))


def line(no: int) -> PlannedItem:
    about: dict[str, Any] = {
        "no": no,
        "system": "store",
        "table": "slips",
        "unit": "U05",
        "role": Held.CONTROLLER,
        "basis": Basis.CONTRACT,
    }
    item = Item(found=Found(**about), locator={"key": f"slip-{no}"}, content_hash=f"h{no}")
    return PlannedItem(row=PlanRow(**about, planned=Outcome.COPY), item=item)


@dataclass
class Filed:
    """A case whose plan hands over files."""

    world: DeskWorld
    store: Store
    reference: str
    case: str

    @property
    def at(self) -> str:
        return f"/desk/case/{self.reference}/files"

    @property
    def tools(self) -> Any:
        return self.world.tools

    def handed(self, no: int = 1) -> tuple[Record, bytes]:
        """A record as the package has it, and its file."""
        record, ref = self.store.record(no), f"attached/store/{no}"
        with self.tools.files.write(self.case, ref) as out:
            out.write(self.store.held[no])
        told = Burnt(self.tools, self.case).put(record, [ref])
        if not told.files:
            return told, b""
        with self.tools.files.read(self.case, ref) as source:
            return told, source.read()


def filed(world: DeskWorld, *held: bytes) -> Filed:
    store = Store(dict(enumerate(held, 1)))
    assert world.tools is not None
    world.tools = replace(world.tools, connectors={"store": cast("Connector", store)})
    case = world.case(*TO_DECIDING).case
    world.room.plans.write(case.id, [line(no) for no in store.held])
    return Filed(world, store, case.reference, case.id)


async def opened(client: httpx.AsyncClient, files: Filed, no: int = 1) -> httpx.Response:
    """The first page of that file."""
    answer = await press(client, await client.get(files.at), files.at, no=no)
    assert answer.status_code == 303, answer.text
    return await client.get(answer.headers["location"])


async def marked(client: httpx.AsyncClient, page: httpx.Response, **values: object) -> httpx.Response:
    answer = await press(client, page, page.url.path, **values)
    if answer.status_code != 303:
        return answer
    return await client.get(answer.headers["location"])


async def test_words_are_found_and_burnt_and_the_redacted_file_takes_the_original_s_place(
    desk_world: DeskWorld,
) -> None:
    original = document("Malee Jaidee", NAME, pages=2)
    files = filed(desk_world, original)
    async with desk_world.signed(Role.OFFICER) as client:
        case_page = await client.get(f"/desk/case/{files.reference}")
        assert f'href="{files.at}"' in case_page.text
        page = await opened(client, files)
        page = await marked(client, page, do="words", words=f"{NAME}\nnobody")
        assert SAID("files.mark.added", count=2) in page.text
        assert NAME not in page.text
        here = page.url.path
        seen = await client.get(f"{here}/picture")
        assert (seen.headers["content-type"], seen.headers["cache-control"]) == ("image/jpeg", "no-store")
        assert Image.open(io.BytesIO(seen.content)).width == 1000
        check = f"{here.rpartition('/')[0]}/check"
        looked = await client.get(check)
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', looked.text)[:3])
        empty = await client.post(check, data=hidden)
        assert (empty.status_code, SAID("files.errors.missing") in empty.text) == (422, True)
        done = await client.post(check, data={**hidden, "reason": "สลิปแสดงข้อมูลลูกค้ารายอื่น"})
        assert done.headers["location"] == f"{files.at}?done=burnt"
        again = await client.post(check, data={**hidden, "reason": "x"})
        assert SAID("files.errors.file-burnt-already") in again.text
        listed = await client.get(files.at)
    digest = hashlib.sha256(original).hexdigest()
    assert digest in listed.text
    assert desk_world.of(Role.OFFICER).member not in listed.text

    record, given = files.handed()
    [file] = record.files
    assert (file.redacted, file.size) == (2, len(given))
    assert given.startswith(b"%PDF-")
    assert not any(hidden_.encode() in given for hidden_ in (NAME, SECRET, "Malee"))
    [one] = files.tools.file_redactions.of(files.case)
    assert (one.original, one.redacted) == (digest, hashlib.sha256(given).hexdigest())
    told = [(event, facts) for event, _, facts in desk_world.events() if facts.get("document") == one.id]
    assert [event for event, _ in told] == ["file:opened", "staff:looked", "file:redacted"]
    assert told[-1][1]["count"] == 2
    # the copy that was marked is gone with it
    with pytest.raises(Exception, match="sealed file unknown"):
        files.tools.files.read(files.case, f"redaction/{one.id}")


async def test_the_grid_a_place_and_a_whole_page_mark_and_are_taken_back(desk_world: DeskWorld) -> None:
    files = filed(desk_world, picture())
    async with desk_world.signed(Role.OFFICER) as client:
        page = await opened(client, files)
        assert SAID("files.mark.words") not in page.text, "a picture has no words to look for"
        for values in (
            {"do": "grid", "cell": ["0", "1"]},
            {"do": "box", "left": "50,5", "top": "50", "width": "20", "height": "20"},
            {"do": "whole"},
        ):
            page = await marked(client, page, **values)
            assert page.status_code == 200
        stale = re.findall(r'name="marks" value="(\w+)"', page.text)[0]
        page = await marked(client, page, do="back", number="3", marks=stale)
        page = await marked(client, page, do="back", number="1", marks=stale)
        assert (page.status_code, SAID("files.errors.shown-is-older") in page.text) == (422, True)
        for values, code in (
            ({"do": "grid"}, "nothing-marked"),
            ({"do": "grid", "cell": ["140"]}, "other"),
            ({"do": "box", "left": "90", "top": "0", "width": "20", "height": "20"}, "region-outside-page"),
            ({"do": "box", "left": "x", "top": "0", "width": "20", "height": "20"}, "not-a-number"),
            ({"do": "words", "words": "มาลี"}, "words-not-found"),
        ):
            wrong = await marked(client, page, **values)
            assert (wrong.status_code, SAID(f"files.errors.{code}") in wrong.text) == (422, True), code
    [one] = files.tools.file_redactions.of(files.case)
    assert [(region.left, region.width) for region in one.regions] == [(0, 20), (50.5, 20)]


async def test_what_cannot_be_redacted_is_given_or_left_out_and_nothing_of_it_is_kept(
    desk_world: DeskWorld,
) -> None:
    files = filed(desk_world, b"PK\x03\x04 a word processor's file")
    async with desk_world.signed(Role.OFFICER) as client:
        answer = await press(client, await client.get(files.at), files.at, no=1)
        unknown = await press(client, answer, files.at, no=7)
    assert (answer.status_code, SAID("files.errors.file-not-redactable") in answer.text) == (422, True)
    assert unknown.status_code == 422
    assert files.tools.file_redactions.of(files.case) == ()


async def burn_all(client: httpx.AsyncClient, files: Filed, no: int = 1) -> None:
    page = await marked(client, await opened(client, files, no), do="whole")
    check = f"{page.url.path.rpartition('/')[0]}/check"
    looked = await client.get(check)
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', looked.text)[:3])
    await client.post(check, data={**hidden, "reason": "x"})


async def test_the_original_enters_no_package_by_another_way(desk_world: DeskWorld) -> None:
    same = picture("PNG")
    files = filed(desk_world, same, same, picture("JPEG"))
    async with desk_world.signed(Role.OFFICER) as client:
        await burn_all(client, files)
    # the same document under another record, and under a newer plan
    for _ in range(2):
        record, given = files.handed(2)
        assert record.files[0].redacted == 1
        assert Image.open(io.BytesIO(given)).convert("RGB").getextrema() == ((0, 0),) * 3
        files.world.room.plans.write(files.case, [line(no) for no in files.store.held])
    assert files.handed(3) == (files.store.record(3), files.store.held[3])


async def test_another_file_in_the_place_of_what_was_redacted_is_not_handed_over(
    desk_world: DeskWorld,
) -> None:
    files = filed(desk_world, picture("PNG"))
    async with desk_world.signed(Role.OFFICER) as client:
        await burn_all(client, files)
    files.store.held[1] = picture("PNG", (410, 300))
    record, given = files.handed()
    assert (given, record.withheld, record.values["file"]) == (b"", {"file": "third-party"}, None)


async def test_a_discarded_redaction_leaves_the_file_to_its_review(desk_world: DeskWorld) -> None:
    files = filed(desk_world, picture("PNG"))
    async with desk_world.signed(Role.OFFICER) as client:
        await burn_all(client, files)
        [one] = files.tools.file_redactions.of(files.case)
        check = f"{files.at}/{one.id}/check"
        answer = await press(client, await client.get(check), check, do="drop")
        assert answer.headers["location"] == f"{files.at}?done=dropped"
        assert (await client.get(check)).status_code == 404
    assert files.handed() == (files.store.record(1), files.store.held[1])


async def test_nothing_is_opened_or_burnt_once_the_package_is_being_made(desk_world: DeskWorld) -> None:
    files = filed(desk_world, picture("PNG"))
    async with desk_world.signed(Role.OFFICER) as client:
        before = await client.get(files.at)
        desk_world.room.register.enter(files.case, State.FULFILLING)
        answer = await press(client, before, files.at, no=1)
    assert SAID("files.errors.fulfilment-has-begun") in answer.text
    assert files.store.opened == []


async def test_what_was_marked_and_never_burnt_is_not_handed_over(desk_world: DeskWorld) -> None:
    files = filed(desk_world, picture("PNG"), picture("JPEG"))
    async with desk_world.signed(Role.OFFICER) as client:
        await marked(client, await opened(client, files), do="whole")
        await opened(client, files, 2)
    record, given = files.handed()
    assert (given, record.withheld) == (b"", {"file": "third-party"})
    assert files.handed(2)[1] == files.store.held[2], "looked at, and nothing was found in it"


async def test_a_package_that_is_begun_while_a_file_is_drawn_is_not_told_to_be_redacted(
    desk_world: DeskWorld,
) -> None:
    files = filed(desk_world, picture("PNG"))
    async with desk_world.signed(Role.OFFICER) as client:
        await marked(client, await opened(client, files), do="whole")
    [one] = files.tools.file_redactions.of(files.case)

    class BegunMeanwhile:
        def burn(self, *asked: Any) -> None:
            files.tools.burner.burn(*asked)
            desk_world.room.register.enter(files.case, State.FULFILLING)

    drawing = replace(files.tools, burner=BegunMeanwhile())
    actor = desk_world.of(Role.OFFICER).member
    with pytest.raises(TooLate):
        burn(drawing, one, actor=actor, reason="x")
    assert [each.burnt for each in files.tools.file_redactions.of(files.case)] == [None]
    with pytest.raises(TooLate):
        files.tools.file_redactions.drop(files.case, one.id, actor=actor)
