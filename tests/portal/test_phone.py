"""A code by text message: to a number on file and no other, and nothing tells whether there is one."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from cases.phone_codes import A_DAY, AN_HOUR, LIFE
from connectors.sms_box import SmsBox
from domain.assurance import Assurance
from domain.case import Case
from domain.errors import NotAllowed, Unavailable
from domain.identifiers import Identifier, IdentifierKind, identifier
from domain.item import Candidate
from domain.ports import Intake
from domain.rights import Right
from domain.texting import Sms
from policy.load import load_policy
from portal import words
from portal.persons import Persons
from tests.portal.asking import asking, front_door
from tests.portal.desk_world import tools_of
from tests.portal.reading import Page
from tests.portal.test_status import Desk, asked, progressing
from tests.portal.world import HERS, World, opened
from workflows.by_phone import ByPhone
from workflows.reception import Reception

th = words.load()["th"]
MOBILE = identifier(IdentifierKind.PHONE, "081-234-5678")
TYPED = identifier(IdentifierKind.PHONE, "089-999-9999")
DESK_PHONE = identifier(IdentifierKind.PHONE, "02-123-4567")


@dataclass
class Line:
    """A box of text messages that may be away, and a desk that hears who is to be woken."""

    place: Path
    away: bool = False
    woken: list[str] = field(default_factory=list)

    def text(self, sms: Sms) -> str:
        if self.away:
            raise Unavailable("sms-away")
        return SmsBox(self.place).text(sms)

    async def __call__(self) -> Line:
        return self

    async def wake(self, case: str) -> None:
        self.woken.append(case)

    def texts(self) -> list[str]:
        return [file.read_text("utf-8") for file in sorted(self.place.glob("*.txt"))]


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path / "sms")


@asynccontextmanager
async def phoning(world: World, line: Line, place: Path) -> AsyncIterator[httpx.AsyncClient]:
    room = world.room
    tools = tools_of(room, world.ring, load_policy(), world.clock, place)  # type: ignore[arg-type]
    by_phone = ByPhone(room.following, room.phone_codes, line, tools, line)
    persons = Persons(front_door(world), status=progressing(world, Desk()), phone=by_phone)
    async with asking(world, persons) as client:
        yield client


def objecting(
    world: World, *on_file: Identifier, proved: bool = True, also: tuple[Identifier, ...] = ()
) -> Case:
    world.clock.at += timedelta(hours=9)  # one number rings so often a day
    intake = Intake(
        rights=(Right.RESTRICTION,),
        channel="web",
        received=world.clock.at,
        language="th",
        identifiers=(HERS, *also),
        changes={"because": "accuracy"},
    )
    [case] = Reception(world.room.register, load_policy(), dict).keep(intake)
    if on_file:
        found = Candidate(system="crm", locator={"id": 1}, shown={}, addresses=(HERS, *on_file))
        world.room.vault.put_candidates(case.id, [found])
    if proved:
        challenge = world.room.identity.challenge(case.id, HERS)
        assert challenge is not None
        world.room.identity.answer(challenge.token, challenge.code)
    return case


async def ask(client: httpx.AsyncClient) -> httpx.Response:
    page = Page(await client.get("/status/phone"))
    return await client.post("/status/phone", data={"proof": page.value("proof")})


async def give(client: httpx.AsyncClient, code: str) -> httpx.Response:
    form = await client.get("/status/phone/code")
    proof = next(a["value"] for a in Page(form).all("input") if a.get("name") == "proof")
    return await client.post("/status/phone/code", data={"proof": proof, "code": code})


def code_in(text: str) -> str:
    [code] = re.findall(r"(?<!\d)\d{6}(?!\d)", re.sub(r"DSR-\d+-\d+|\+\d+", "", text))
    return str(code)


async def test_the_code_goes_to_the_number_on_file_and_makes_two_channels(
    world: World, line: Line, tmp_path: Path
) -> None:
    case = objecting(world, MOBILE, DESK_PHONE, also=(TYPED,))
    token = world.send(case.id, "L1")
    async with phoning(world, line, tmp_path) as client:
        await client.get(f"/d/{token}")
        assert "/status/phone" not in (await client.get("/status")).text  # the link alone asks for nothing
        assert (await client.get("/status/phone")).headers["location"] == "/status"
        await opened(client, world, case.id, token)
        assert "/status/phone" in (await client.get("/status")).text
        assert world.room.identity.standing(case.id).level is Assurance.ADDRESS
        assert (await ask(client)).headers["location"] == "/status/phone/code"
        [text] = line.texts()
        assert text.startswith(f"{MOBILE.value}\n")
        assert TYPED.value not in text
        assert case.reference in text
        sent = text.partition("\n\n")[2].strip()
        assert len(sent) <= 70  # one part of Thai letters
        wrong = f"{(int(code_in(sent)) + 1) % 10**6:06d}"
        assert th("phone.errors.wrong") in (await give(client, wrong)).text
        assert (await give(client, code_in(sent))).headers["location"] == "/status?said=phone"
        assert th("status.said.phone") in (await client.get("/status?said=phone")).text
        assert th("phone.errors.void") in (await give(client, code_in(sent))).text  # once
    assert world.room.identity.standing(case.id).level is Assurance.CHANNELS
    assert line.woken == [case.id]
    assert world.room.identity.decided(case.id) is None  # no officer judged a document
    told = [each.event for each in world.room.histories.events(case.id) if each.event.startswith("identity:")]
    assert told[-3:] == ["identity:challenge-sent", "identity:challenge-failed", "identity:proved"]


@pytest.mark.parametrize("whose", ["nobody", "unproved", "landline", "typed-only", "mail-away"])
async def test_who_has_no_number_on_file_sees_what_everybody_sees(
    world: World, line: Line, tmp_path: Path, whose: str
) -> None:
    pages = []
    for case in (
        objecting(world, MOBILE),
        objecting(
            world,
            *{"nobody": (), "landline": (DESK_PHONE,), "typed-only": (DESK_PHONE,)}.get(whose, (MOBILE,)),
            proved=whose != "unproved",
            also=(TYPED,) if whose == "typed-only" else (),
        ),
    ):
        before = len(line.texts())
        token = world.send(case.id, "L1")
        async with phoning(world, line, tmp_path) as client:
            await opened(client, world, case.id, token)
            seen = [await client.get("/status/phone"), await ask(client)]
            line.away = whose == "mail-away"
            seen += [await ask(client), await client.get("/status/phone/code")]
            wrong = next(
                code for code in ("000000", "000001") if all(code not in one for one in line.texts())
            )
            seen += [await give(client, "12"), *[await give(client, wrong) for _ in range(6)]]
            seen += [await ask(client), await ask(client)]
            line.away = False
        dates = re.compile(r'value="[0-9a-f]{64}"')
        pages.append(
            [
                (
                    one.status_code,
                    one.headers.get("location"),
                    dates.sub("", one.text).replace(case.reference, ""),
                )
                for one in seen
            ]
        )
        sent = len(line.texts()) - before
    assert pages[0] == pages[1]
    assert sent == (1 if whose == "mail-away" else 0)
    assert pages[0][-1][0] == 429


async def test_a_code_ends_and_counts_only_while_its_number_is_on_file(
    world: World, line: Line, tmp_path: Path
) -> None:
    case = objecting(world, MOBILE)
    token = world.send(case.id, "L1")
    async with phoning(world, line, tmp_path) as client:
        await opened(client, world, case.id, token)
        await ask(client)
        first = code_in(line.texts()[0])
        world.clock.at += LIFE
        assert th("phone.errors.void") in (await give(client, first)).text
        await ask(client)
        second = next(code for code in map(code_in, line.texts()) if code != first)
        other = Candidate(system="crm", locator={"id": 1}, shown={}, addresses=(HERS,))
        world.room.vault.put_candidates(case.id, [other])
        assert th("phone.errors.wrong") in (await give(client, second)).text
    assert world.room.identity.standing(case.id).level is Assurance.ADDRESS


async def test_where_two_channels_are_not_enough_or_not_asked_it_is_not_offered(
    world: World, line: Line, tmp_path: Path
) -> None:
    for right in (Right.ACCESS, Right.ERASURE, Right.PORTABILITY, Right.WITHDRAWAL):
        case = asked(world, right)
        token = world.send(case.id, "L1")
        async with phoning(world, line, tmp_path) as client:
            await opened(client, world, case.id, token)
            assert "/status/phone" not in (await client.get("/status")).text
            assert (await client.get("/status/phone")).headers["location"] == "/status"
    assert line.texts() == []


def test_one_number_rings_no_more_a_day_from_however_many_requests(world: World) -> None:
    number = identifier(IdentifierKind.PHONE, "081-765-4321")
    codes = world.room.phone_codes
    cases = [objecting(world, number) for _ in range(A_DAY // AN_HOUR + 1)]
    made = [codes.ask(case.id, HERS) for case in cases for _ in range(AN_HOUR)]
    assert [one.to for one in made] == [number] * A_DAY + [None] * AN_HOUR
    with pytest.raises(NotAllowed, match="code"):  # nor is one that was not sent any good
        codes.answer(made[-1].case, HERS, made[-1].code)
    world.clock.at += timedelta(days=1)
    assert codes.ask(made[-1].case, HERS).to == number
