"""Portability (s.31): what rests on consent or a contract, for machines, and sent on to whom the person named."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import zipfile

import pytest
from pypdf import PdfReader

from bootstrap import House
from domain.outcomes import Ending, Outcome
from domain.ports import CaseView
from domain.rights import Right
from tests.support.people import People
from tests.workflows.company import PAYS, READS, Cast
from tests.workflows.receiver import Receiver

pytestmark = pytest.mark.slow

MONEY = {"invoices", "invoice_lines", "payments", "transfer_slips"}
INTERESTS = {"page_views", "login_events", "email_suppressions"}


def package(house: House, view: CaseView) -> bytes:
    bundle = house.room.letters.bundle(view.case.id)
    assert bundle is not None
    with house.tools.files.read(view.case.id, bundle.ref) as sealed:
        return sealed.read()


def letter_text(house: House, view: CaseView) -> str:
    [ref] = [one.ref for one in house.room.letters.of(view.case.id) if one.code in {"L4", "L5"}]
    with house.tools.files.read(view.case.id, ref) as sealed:
        return "".join(page.extract_text() for page in PdfReader(io.BytesIO(sealed.read())).pages)


def outside(owned: set[str]) -> set[str]:
    return owned & (MONEY | INTERESTS)


async def test_what_rests_on_consent_or_a_contract_goes_to_whom_the_person_named(
    people: People, house: House, cast: Cast, receiver: Receiver
) -> None:
    named = ("", "othercrm", "unknowncrm", "downcrm", "fullcrm", "closedcrm")
    everybody = [cast.user(PAYS, READS) for _ in named]
    whole = cast.user(f"not {PAYS}", "u.id % 5 = 0")  # has no cookie, so no visit from before the log-in
    for table in ("page_views", "login_events"):
        cast.run(f"delete from {table} where user_id = :id", id=whole.id)
    everybody[1] = whole
    before = cast.rows(*everybody)
    references = await asyncio.gather(
        *(
            people.ask(Right.PORTABILITY, who.email, language="en", changes={"transfer-to": to} if to else {})
            for who, to in zip(everybody, named, strict=True)
        )
    )
    for who, reference in zip(everybody, references, strict=True):
        await people.identify(who.email, reference)
    await asyncio.gather(*map(people.decide, references))
    views = await asyncio.gather(*map(people.closed, references))
    for who, view in zip(everybody, views, strict=True):
        owned = {table for table, _ in cast.rows(who)}
        part = bool(outside(owned))
        assert part is (who is not whole)
        assert view.ending is (Ending.PARTIAL if part else Ending.FULFILLED)
        assert people.letters(view) == ["L1", "L5" if part else "L4"]
        rows = list(house.room.plans.rows(view.case.id))
        for row in rows:
            rests = row.table not in outside(owned)
            expected = (Outcome.COPY, "S31-1") if rests else (Outcome.NO_GROUND, "R31-SCOPE")
            assert (row.planned, row.ground) == expected, row.table
        assert {row.table for row in rows} == owned
        dossier = json.loads(zipfile.ZipFile(io.BytesIO(package(house, view))).read("dossier.json"))
        assert {each["table"] for each in dossier["counts"] if each["records"]} == owned - outside(owned)

    sent = views[1]
    [arrived] = [got for key, got in receiver.kept.items() if key.startswith(sent.case.id)]
    assert [hashlib.sha256(each).digest() for each in arrived] == [
        hashlib.sha256(package(house, sent)).digest()
    ]
    assert len(receiver.kept) == 1
    by_hand = [people.tasks(one) & {"transfer-refused", "transfer-unreached"} for one in views]
    assert by_hand == [
        set(),
        set(),
        set(),
        {"transfer-unreached"},
        {"transfer-unreached"},
        {"transfer-refused"},
    ]
    said = [" ".join(letter_text(house, view).split()) for view in views]
    assert "were sent to nobody" in said[0]
    assert "The company sent the data to othercrm" in said[1]
    assert "technically impossible" in said[2]
    assert "tried several times to send the data to downcrm" in said[3]
    assert "tried several times to send the data to fullcrm" in said[4]
    assert "offered the data to closedcrm, and that controller did not accept them" in said[5]
    assert len(receiver.asked["full"]) > 1, "who is busy is asked again"
    assert len(receiver.asked["closed"]) == 1, "who said no is not"
    assert cast.changed(before) == {}
