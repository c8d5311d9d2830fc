"""A vendor may need time: what still shows is pending while the connector says so, and a leftover only after that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from bootstrap import House
from connectors.sql import SqlConnector
from domain.case import Proof
from domain.connector import Page
from domain.item import Item, Subject
from domain.ports import CaseView
from domain.rights import Right
from domain.states import State
from tests.support.house import Installation, events_of
from tests.support.people import People
from tests.workflows.company import PAYS, READS, Cast

pytestmark = pytest.mark.slow


@contextmanager
def lagging(settles: timedelta) -> Iterator[None]:
    """A system whose search goes on finding a page that was viewed, whatever became of the record."""
    locate, seen = SqlConnector.locate, list[Item]()

    def slow(connector: SqlConnector, subject: Subject, cursor: str = "") -> Page:
        page = locate(connector, subject, cursor)
        seen.extend(one for one in page.items if one.found.table == "page_views")
        gone = [one for one in seen[-1:] if one not in page.items]
        return page.model_copy(update={"items": (*page.items, *gone)})

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(SqlConnector, "locate", slow)
        patched.setattr(SqlConnector, "settles_within", property(lambda _connector: settles))
        yield


async def erasing(people: People, cast: Cast) -> str:
    who = cast.user(READS, f"not {PAYS}")
    reference = await people.ask(Right.ERASURE, who.email)
    await people.identify(who.email, reference)
    await people.decide(reference)
    await people.until(reference, State.COOLING)
    return reference


def proofs(house: House, view: CaseView) -> list[Proof]:
    return [one.proof for one in house.room.findings.proofs(view.case.id)]


async def test_what_a_vendor_still_shows_is_looked_at_again_and_parks_nothing(
    people: People, house: House, cast: Cast, installation: Installation
) -> None:
    reference = await erasing(people, cast)
    with lagging(timedelta(hours=1)):
        await people.desk.call_off(reference, proceed=True)
        view = await people.seen(
            reference, lambda seen: seen.state is State.PROVING and proofs(house, seen) == [Proof.PENDING]
        )
        assert view.parked == ()
    view = await people.closed(reference)
    assert proofs(house, view) == [Proof.CLEAN]
    assert events_of(installation, view.case.id).count("system:proved") == len((Proof.PENDING, Proof.CLEAN))


async def test_what_shows_for_longer_is_left_over_and_a_person_looks(
    people: People, house: House, cast: Cast
) -> None:
    reference = await erasing(people, cast)
    with lagging(timedelta(seconds=1)):
        await people.desk.call_off(reference, proceed=True)
        view = await people.seen(reference, lambda seen: bool(seen.parked))
        assert [one.code for one in view.parked] == ["leftover-found"]
        assert proofs(house, view) == [Proof.LEFTOVER]
    await people.desk.repair(
        reference, "siamcrm", retry=True, actor=people.officer, reason="it shows no more"
    )
    await people.decide(reference)
    await people.closed(reference)
