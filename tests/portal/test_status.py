"""Where a request is: told to whom it may be told, and changed by who holds link and code."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from domain.case import Case
from domain.deadlines import cooling_ends
from domain.errors import TooLate
from domain.identifiers import Identifier
from domain.item import Candidate
from domain.outcomes import Ending
from domain.ports import Intake
from domain.rights import Right
from domain.states import State
from policy.load import load_policy
from portal import words
from portal.persons import Persons
from portal.status import STAGES
from tests.portal.asking import asking, front_door
from tests.portal.reading import Page
from tests.portal.world import HERS, HIS, LIFE, World, opened
from workflows.reception import Reception
from workflows.whereabouts import Progressing

th = words.load()["th"]
TO_COOLING = (
    *(State.RESOLVING, State.VERIFYING, State.LOCATING),
    *(State.PLANNING, State.DECIDING, State.COOLING),
)


@dataclass
class Desk:
    """Hears what a person says, as `workflows.desk.Desk` does; what comes of it the workflow tests show."""

    heard: list[tuple[str, str]] = field(default_factory=list)
    late: bool = False

    async def __call__(self) -> Desk:
        return self

    async def call_off(self, reference: str, *, proceed: bool) -> None:
        if self.late:
            raise TooLate("not-cooling")
        self.heard.append((reference, "proceed" if proceed else "call-off"))

    async def withdraw(self, reference: str) -> None:
        self.heard.append((reference, "withdraw"))


def progressing(world: World, desk: Desk) -> Progressing:
    room = world.room
    return Progressing(room.following, room.register, room.identity, room.letters, desk)


def persons(world: World, desk: Desk | None = None) -> Persons:
    return Persons(front_door(world), status=progressing(world, desk or Desk()))


def asked(world: World, right: Right = Right.ERASURE, *also: Identifier) -> Case:
    world.clock.at += timedelta(hours=2)
    intake = Intake(
        rights=(right,), channel="web", received=world.clock.at, language="th", identifiers=(HERS, *also)
    )
    [case] = Reception(world.room.register, load_policy(), dict).keep(intake)
    return case


def known(world: World, case: Case, address: Identifier = HERS) -> None:
    """The address is on file, and was proved."""
    found = Candidate(system="crm", locator={"id": 1}, shown={}, addresses=(HERS,))
    world.room.vault.put_candidates(case.id, [found])
    proved(world, case, address)


def proved(world: World, case: Case, address: Identifier) -> None:
    challenge = world.room.identity.challenge(case.id, address)
    assert challenge is not None
    world.room.identity.answer(challenge.token, challenge.code)


def enter(world: World, case: Case, *states: State) -> None:
    for state in states:
        world.room.register.enter(case.id, state)


async def seen(client: httpx.AsyncClient, token: str) -> httpx.Response:
    await client.get(f"/d/{token}")
    return await client.get("/status")


def acts(page: httpx.Response) -> set[str]:
    return {a["href"].rpartition("/")[2] for a in Page(page).all("a") if a["href"].startswith("/status/")}


async def test_every_step_has_words_in_both_languages() -> None:
    assert STAGES.keys() == set(State)
    for stage in STAGES.values():
        for language in words.LANGUAGES:
            assert f"status.stages.{stage}.now" in words.load()[language]


async def test_a_link_shows_where_the_request_is_and_no_more_than_its_letters_told(world: World) -> None:
    case = asked(world, Right.ERASURE, HIS)
    hers, his = world.send(case.id, "L1"), world.send(case.id, "L3", to=HIS)
    async with asking(world, persons(world)) as client:
        page = await seen(client, hers)
        assert page.status_code == 200
        assert case.reference in page.text
        assert th("status.stages.received.now") in page.text
        assert "พ.ศ. 2567" in page.text  # by which law
        assert f"ภายในวันที่\u00a0{th.day(case.terms.strict.isoformat())}" in page.text
        assert HERS.value not in page.text
        assert hers not in page.text
        assert not acts(page)  # whatever changes something asks for the code as well
        # The person is looked for, found, chosen by an officer: to nobody's link is that told.
        enter(world, case, State.RESOLVING, State.CHOOSING)
        assert th("status.stages.verifying.now") in (await client.get("/status")).text
        known(world, case)
        enter(world, case, State.VERIFYING, State.LOCATING)
        assert th("status.stages.searching.now") in (await client.get("/status")).text
        # An address that was only named goes on seeing what everybody sees.
        assert th("status.stages.verifying.now") in (await seen(client, his)).text
        proved(world, case, HIS)
        assert th("status.stages.verifying.now") in (await seen(client, his)).text


async def test_unknown_and_known_look_alike_until_identity_is_shown(world: World) -> None:
    texts = []
    for on_file in (True, False):
        case = asked(world)
        if on_file:
            found = Candidate(system="crm", locator={"id": 1}, shown={}, addresses=(HERS,))
            world.room.vault.put_candidates(case.id, [found])
        # An officer chooses among people who are known; nobody is chosen among none.
        enter(world, case, State.RESOLVING, State.CHOOSING if on_file else State.VERIFYING)
        world.clock.at = world.clock.at.replace(hour=3)
        token = world.send(case.id, "L1")
        async with asking(world, persons(world)) as client:
            page = (await seen(client, token)).text.replace(case.reference, "DSR")
            proof = Page(await client.get("/status")).value("proof")
            for day in (case.terms.received_on, case.terms.strict, case.terms.decide_by):
                page = page.replace(th.day(day.isoformat()), "DAY")
            texts.append(page.replace(proof, "PROOF"))
    assert texts[0] == texts[1]


async def test_a_cooling_erasure_is_called_off_by_link_and_code(world: World) -> None:
    case, desk = asked(world), Desk()
    known(world, case)
    enter(world, case, *TO_COOLING)
    token = world.send(case.id, "DECISION", proved=True)
    letter = world.room.letters.find(case.id, "DECISION")
    assert letter is not None
    world.room.letters.sent(letter.id, world.clock.at)
    async with asking(world, persons(world, desk)) as client:
        page = await seen(client, token)
        assert th.moment(cooling_ends(case.terms, world.clock.at)) in page.text
        assert not acts(page)
        for act in ("call-off", "proceed", "withdraw"):
            assert (await client.post(f"/status/{act}", data={"sure": "1"})).headers["location"] == "/status"
        assert desk.heard == []
        assert (await opened(client, world, case.id, token)).status_code == 200
        assert acts(await client.get("/status")) == {"call-off", "proceed"}
        page = await client.get("/status/call-off")
        assert desk.heard == []  # looking says nothing
        proof = Page(page).value("proof")
        forged = await client.post("/status/call-off", data={"proof": "0" * 64})
        foreign = await client.post(
            "/status/call-off", data={"proof": proof}, headers={"Sec-Fetch-Site": "cross-site"}
        )
        other = await client.post("/status/proceed", data={"proof": proof, "sure": "1"})
        assert {answer.status_code for answer in (forged, foreign, other)} == {403}
        assert desk.heard == []
        # What can't be taken back wants one more sign that it is meant.
        proceed = Page(await client.get("/status/proceed")).value("proof")
        assert (await client.post("/status/proceed", data={"proof": proceed})).status_code == 422
        assert desk.heard == []
        pressed = await client.post("/status/call-off", data={"proof": proof})
        assert pressed.headers["location"] == "/status?said=call-off"
        assert desk.heard == [(case.reference, "call-off")]
        desk.late = True
        assert (await client.post("/status/call-off", data={"proof": proof})).headers["location"] == "/status"
        # The session ends, and with it the person's word; the link goes on showing.
        world.clock.at += timedelta(minutes=30)
        assert not acts(await client.get("/status"))
        assert (await client.post("/status/proceed", data={"proof": proceed, "sure": "1"})).status_code == 303
    assert desk.heard == [(case.reference, "call-off")]


async def test_who_was_only_named_may_take_it_back_until_somebody_showed_who_they_are(world: World) -> None:
    case, desk = asked(world, Right.ACCESS), Desk()
    token = world.send(case.id, "L1")
    async with asking(world, persons(world, desk)) as client:
        await opened(client, world, case.id, token)
        assert acts(await client.get("/status")) == {"withdraw"}
        proof = Page(await client.get("/status/withdraw")).value("proof")
        assert (await client.post("/status/withdraw", data={"proof": proof})).status_code == 303
        assert desk.heard == [(case.reference, "withdraw")]
    other = asked(world, Right.ACCESS, HIS)
    his = world.send(other.id, "L1", to=HIS)
    known(world, other)
    async with asking(world, persons(world, desk)) as client:
        page = await client.get(f"/d/{his}", follow_redirects=True)
        form = await client.post(
            "/documents", data={"proof": Page(page).value("proof")}, follow_redirects=True
        )
        code = world.codes(other.id, HIS)[0]
        proof = next(a["value"] for a in Page(form).all("input") if a.get("name") == "proof")
        await client.post("/documents/code", data={"proof": proof, "code": code})
        assert not acts(await client.get("/status"))


@pytest.mark.parametrize(("letter", "ending"), [("L12", Ending.UNVERIFIED), ("L-CLOSED", Ending.WITHDRAWN)])
async def test_an_end_is_told_where_its_letter_went(world: World, letter: str, ending: Ending) -> None:
    case = asked(world, Right.ACCESS, HIS)
    his = world.send(case.id, "L1", to=HIS)
    enter(world, case, State.ANSWERING)
    token = world.send(case.id, letter)
    world.room.register.close(case.id, ending)
    async with asking(world, persons(world)) as client:
        page = await seen(client, token)
        assert th("status.stages.closed.next") in page.text
        assert not acts(page)
        assert th("status.stages.closed.next") not in (await seen(client, his)).text


async def test_a_link_follows_while_the_case_is_open_and_opens_no_documents_for_longer(world: World) -> None:
    case = asked(world)
    token = world.send(case.id, "L1")
    world.clock.at += LIFE
    async with asking(world, persons(world)) as client:
        assert (await seen(client, token)).status_code == 200
        page = await opened(client, world, case.id, token)
        assert th("documents.none") in page.text
        assert (await client.get("/documents/file/L1.pdf")).status_code == 404
        assert acts(await client.get("/status")) == {"withdraw"}
    enter(world, case, State.ANSWERING)
    world.room.register.close(case.id, Ending.WITHDRAWN)
    async with asking(world, persons(world)) as client:
        assert (await seen(client, token)).status_code == 410
    revoked = asked(world)
    token = world.send(revoked.id, "L1")
    world.room.deliveries.revoke(revoked.id, actor="S-1", reason="ผิดคน")
    dead = []
    for link in (token, "slk_" + "a" * 43, "x"):
        async with asking(world, persons(world)) as client:
            page = await seen(client, link)
            dead.append((page.status_code, page.text))
    assert {status for status, _ in dead} == {410}
    assert len({text for _, text in dead}) == 1


async def test_the_pages_of_documents_lead_to_it(world: World) -> None:
    case = asked(world)
    token = world.send(case.id, "L1")
    async with asking(world, persons(world)) as client:
        page = await client.get(f"/d/{token}", follow_redirects=True)
        assert "/status" in {a["href"] for a in Page(page).all("a")}
        assert "/status" in {a["href"] for a in Page(await opened(client, world, case.id, token)).all("a")}


def test_a_day_and_a_moment_are_written_as_people_write_them() -> None:
    noon = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
    assert th.moment(noon) == "วันที่\u00a023\u00a0พฤศจิกายน\u00a02569 เวลา\u00a012:00\u00a0น."
