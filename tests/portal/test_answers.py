"""Answering by a link: reading consumes nothing, the person is shown by a press alone, and one answer counts once."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from sqlalchemy import create_engine, text

from activities.answering import ask_by_mail
from activities.tools import Tools
from connectors.manual import ManualConnector
from connectors.manual_map import load_manual_map
from demo.person import mails
from domain.answer_links import COULD_NOT, About, Job, Reply
from domain.errands import Answer, Asks, Errand, Question, Result, Wanted
from domain.errors import Unavailable
from domain.identifiers import IdentifierKind, identifier
from domain.recipients import Said
from domain.uploads import LARGEST
from exports.room import Documents
from policy.load import load_policy
from portal import words
from portal.app import create_app
from portal.safety import Throttle
from tests.portal.conftest import Challenges
from tests.portal.reading import Page
from tests.portal.world import HERS, LIFE, World
from workflows.by_link import AnswersByLink

MAP = Path(__file__).parents[1] / "contract" / "manual.map.yaml"
NAME = "มาลี ใจดี"
ARCHIVE = identifier(IdentifierKind.EMAIL, "archive@siamcrm.example")
RECORDS = (
    Wanted(kind="personnel_file", ref="HR-1", values={"phone": "0899999999"}),
    Wanted(kind="call", ref="C-7"),
)
PDF = b"%PDF-1.7\n1 0 obj\n%%EOF\n"
th = words.load()["th"]


@pytest.fixture
def service(world: World) -> AnswersByLink:
    room = world.room
    tools = SimpleNamespace(
        answer_links=room.answer_links,
        files=world.files,
        connectors={"archive": ManualConnector("archive", load_manual_map("archive", MAP), None)},
        register=room.register,
        vault=room.vault,
        identity=room.identity,
        plans=room.plans,
        policy=load_policy(),
    )
    return AnswersByLink(cast("Tools", tools), room.errands)


@asynccontextmanager
async def browsing(service: Any) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(
        Challenges(),
        cast("Any", None),
        company=load_policy().company,
        https=True,
        throttle=Throttle(10_000, 60),
        answers=service,
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://portal.example") as client:
        yield client


def asked(world: World, asks: Asks = Asks.FIND) -> Errand:
    question = Question(asks=asks, identifiers=(HERS,), name=NAME)
    if asks is not Asks.FIND:
        question = Question(asks=asks, records=RECORDS)
    return world.room.errands.ask(world.case(), "archive", f"k-{asks}", question, within_days=7)


def link_to(world: World, errand: Errand) -> str:
    made = world.room.answer_links.for_errand(errand.id, None, actor="S-1", expires=world.clock.at + LIFE)
    return made.token


def told(world: World, case: str) -> list[str]:
    engine = create_engine(world.database.app)
    with engine.connect() as connection:
        wanted = text("select event from events where case_id = :case order by seq")
        names = [str(name) for name in connection.execute(wanted, {"case": case}).scalars()]
    engine.dispose()
    return [name for name in names if name.startswith(("answer-link:", "errand:answered", "recipient:a"))]


async def opened(client: httpx.AsyncClient, token: str) -> Page:
    """Open a link and press for what is to be done."""
    intro = Page(await client.get(f"/e/{token}", follow_redirects=True))
    return Page(await client.post("/answer", data={"proof": intro.value("proof")}))


async def sent(client: httpx.AsyncClient, form: Page, files: Any = None, **said: str) -> httpx.Response:
    data = {"proof": form.value("proof"), **said}
    return await client.post("/answer/send", data=data, files=files or [("evidence", ("", b""))])


async def test_the_person_is_shown_by_a_press_alone_and_each_look_is_told(
    world: World, service: AnswersByLink
) -> None:
    errand = asked(world)
    async with browsing(service) as client:
        intro = await client.get(f"/e/{link_to(world, errand)}", follow_redirects=True)
        assert (intro.status_code, str(intro.url)) == (200, "https://portal.example/answer")
        assert world.reference(errand.case) in intro.text
        assert NAME not in intro.text
        assert HERS.value not in intro.text
        assert told(world, errand.case) == ["answer-link:made"]
        proof = {"proof": Page(intro).value("proof")}
        shown = [await client.post("/answer", data=proof) for _ in range(2)]
        assert all(NAME in page.text and HERS.value in page.text for page in shown)
        assert "ห้องเก็บเอกสาร ชั้น 2" in shown[0].text
    assert told(world, errand.case) == ["answer-link:made", "answer-link:opened", "answer-link:opened"]


async def test_what_was_found_is_taken_once_and_the_link_is_over(
    world: World, service: AnswersByLink
) -> None:
    errand = asked(world)
    token = link_to(world, errand)
    async with browsing(service) as client:
        form = await opened(client, token)
        row = {"kind_0": "personnel_file", "mark_0": "HR-1", "note_0": "สองเล่ม"}
        answer = await sent(client, form, did="found", **row, contract_ended_on_0="31/03/2563")
        assert (answer.status_code, answer.headers["location"]) == (303, "/answer/done")
        assert th("answered.title") in (await client.get("/answer/done")).text
        # A step back and another press find it done.
        again = await sent(client, form, did="none")
        assert (again.status_code, again.headers["location"]) == (303, "/answer/done")
    found = world.room.errands.view(errand.id).answer
    assert found is not None
    [paper] = found.papers
    assert (paper.kind, paper.ref, paper.note) == ("personnel_file", "HR-1", "สองเล่ม")
    assert paper.dates["contract_ended_on"].isoformat() == "2020-03-31"
    async with browsing(service) as other:
        assert (await other.get(f"/e/{token}", follow_redirects=True)).status_code == 410


async def test_two_people_who_press_at_once_have_one_effect(world: World, service: AnswersByLink) -> None:
    errand = asked(world, Asks.DESTROY)
    token = link_to(world, errand)
    async with browsing(service) as one, browsing(service) as two:
        forms = [await opened(one, token), await opened(two, token)]
        said = {"did": "done", "result_0": "done", "result_1": "changed"}
        evidence = [("evidence", ("minute.exe.pdf", PDF))]
        pressed = await asyncio.gather(
            *(sent(client, form, evidence, **said) for client, form in zip((one, two), forms, strict=True))
        )
    assert sorted(each.status_code for each in pressed) == [303, 410]
    answer = world.room.errands.view(errand.id).answer
    assert answer is not None
    assert answer.results == {"HR-1": Result.DONE, "C-7": Result.CHANGED}
    [kept] = answer.files
    assert (kept.title, kept.size) == ("minute.exe.pdf", len(PDF))
    with world.files.read(errand.case, kept.file) as stream:
        assert stream.read() == PDF
    assert told(world, errand.case).count("errand:answered") == 1
    # The loser's file is gone with its answer.
    folder = world.mailbox.parent / "files" / errand.case / "errands" / str(errand.id)
    assert len([one for one in folder.rglob("*") if one.is_file()]) == 1


@pytest.mark.parametrize(
    ("asks", "said", "file_and_code"),
    [
        (Asks.FIND, {}, (None, "answer-missing")),
        (Asks.FIND, {"did": "found"}, (None, "found-or-none")),
        (Asks.FIND, {"did": "none", "mark_0": "HR-1", "kind_0": "call"}, (None, "found-or-none")),
        (Asks.FIND, {"did": "found", "mark_0": "HR-1", "kind_0": "card"}, (None, "other")),
        (Asks.FIND, {"did": "could-not", "why": "  "}, (None, "reason-missing")),
        (Asks.DESTROY, {"did": "done", "result_0": "done", "result_1": "done"}, (None, "evidence-missing")),
        (Asks.DESTROY, {"did": "done", "result_0": "done"}, (PDF, "record-not-answered")),
        (Asks.DESTROY, {"did": "done", "result_0": "done", "result_1": "done"}, (b"MZ", "file-kind-refused")),
        (Asks.COPY, {"did": "done"}, (PDF, "record-not-answered")),
    ],
)
async def test_what_is_no_answer_is_told_and_leaves_the_link_good(
    world: World,
    service: AnswersByLink,
    asks: Asks,
    said: dict[str, str],
    file_and_code: tuple[bytes | None, str],
) -> None:
    file, code = file_and_code
    errand = asked(world, asks)
    token = link_to(world, errand)
    async with browsing(service) as client:
        form = await opened(client, token)
        field = "copy_0" if asks is Asks.COPY else "evidence"
        refused = await sent(client, form, [(field, ("a.pdf", file))] if file else None, **said)
        assert (refused.status_code, th(f"answer.errors.{code}") in refused.text) == (422, True)
    assert world.room.errands.view(errand.id).answer is None
    assert world.room.answer_links.about(token).errand == errand.id


async def test_copies_belong_to_their_records(world: World, service: AnswersByLink) -> None:
    errand = asked(world, Asks.COPY)
    async with browsing(service) as client:
        form = await opened(client, link_to(world, errand))
        files = [("copy_0", ("แฟ้ม.pdf", PDF)), ("copy_0", ("b.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"))]
        files.append(("copy_1", ("../c.txt", PDF)))
        assert (await sent(client, form, files, did="done")).status_code == 303
    answer = world.room.errands.view(errand.id).answer
    assert answer is not None
    assert [(one.ref, one.title) for one in answer.files] == [
        ("HR-1", "แฟ้ม.pdf"),
        ("HR-1", "b.png"),
        ("C-7", "c.pdf"),
    ]


async def test_what_cannot_be_done_leaves_the_errand_open_and_asks_an_officer(
    world: World, service: AnswersByLink
) -> None:
    errand = asked(world, Asks.DESTROY)
    token = link_to(world, errand)
    async with browsing(service) as client:
        form = await opened(client, token)
        assert "0899999999" in form.texts["dd"]
        answer = await sent(client, form, did="could-not", why="น้ำท่วมห้องเก็บเอกสาร")
        assert answer.status_code == 303
    assert world.room.errands.view(errand.id).answer is None
    assert world.room.answer_links.reasons(errand.id) == ("น้ำท่วมห้องเก็บเอกสาร",)
    [task] = [one for one in world.room.tasks.of(errand.case) if one.code == COULD_NOT]
    assert task.system == "archive"
    async with browsing(service) as other:
        assert (await other.get(f"/e/{token}", follow_redirects=True)).status_code == 410


async def test_every_link_that_is_not_good_says_the_same(world: World, service: AnswersByLink) -> None:
    errand = asked(world)
    revoked = link_to(world, errand)
    replaced = link_to(world, errand)  # the one before it is void
    good = link_to(world, errand)
    async with browsing(service) as client:
        dead = [await client.get(f"/e/{each}", follow_redirects=True) for each in (revoked, replaced)]
        dead.append(await client.get(f"/e/{good[:-1]}x", follow_redirects=True))  # forged
        assert world.room.answer_links.revoke(errand.case, errand=errand.id, actor="S-1") == 1
        dead.append(await client.get(f"/e/{good}", follow_redirects=True))
        late = link_to(world, errand)
        form = await opened(client, late)
        world.clock.at += LIFE + timedelta(seconds=1)
        dead.append(await client.get("/answer"))
        dead.append(await sent(client, form, did="none"))
        fresh = link_to(world, errand)
        world.room.errands.answer(errand.id, Answer(), actor="S-1")  # by an officer, meanwhile
        dead.append(await client.get(f"/e/{fresh}", follow_redirects=True))
    assert {page.status_code for page in dead} == {410}
    assert len({page.text for page in dead}) == 1
    assert th("answer_dead.title") in dead[0].text


async def test_a_form_of_another_link_another_site_or_another_form_is_not_taken(
    world: World, service: AnswersByLink
) -> None:
    errand, other = asked(world), asked(world)
    async with browsing(service) as client:
        form = await opened(client, link_to(world, errand))
        # Somebody else's link is opened in this browser: what was written for the first is not sent with it.
        await client.get(f"/e/{link_to(world, other)}", follow_redirects=True)
        assert (await sent(client, form, did="none")).status_code == 403
        theirs = await opened(client, link_to(world, other))
        data = {"proof": theirs.value("proof"), "did": "none"}
        foreign = await client.post("/answer/send", data=data, headers={"Sec-Fetch-Site": "cross-site"})
        assert foreign.status_code == 403
        intro = Page(await client.get("/answer"))
        assert (
            await client.post("/answer/send", data={**data, "proof": intro.value("proof")})
        ).status_code == 403
        assert (await client.post("/answer", data=data)).status_code == 403
    assert world.room.errands.view(other.id).answer is None
    assert world.room.errands.view(errand.id).answer is None


async def test_more_lines_keep_what_was_typed_and_too_much_is_not_read(
    world: World, service: AnswersByLink
) -> None:
    errand = asked(world)
    async with browsing(service) as client:
        form = await opened(client, link_to(world, errand))
        row = {"kind_0": "call", "mark_0": "C-7", "note_0": "", "mark_1": "", "mark_2": ""}
        longer = Page(await sent(client, form, did="found", more="1", **row))
        assert longer.by_id("mark_0")["value"] == "C-7"
        assert longer.by_id("mark_7")["value"] == ""
        large = [("evidence", ("a.pdf", PDF + bytes(LARGEST + (1 << 20))))]
        assert (await sent(client, longer, large, did="none")).status_code == 413
        over = [("evidence", ("a.pdf", PDF + bytes(LARGEST)))]
        assert th("answer.errors.files-too-large") in (await sent(client, longer, over, did="none")).text
    assert world.room.errands.view(errand.id).answer is None


async def test_a_recipient_answers_l11(world: World, service: AnswersByLink) -> None:
    case = world.case()
    room = world.room
    room.recipients.tell(case, "stripe", world.clock.at.date())
    made = room.answer_links.for_recipient(case, "stripe", None, actor="S-1", expires=world.clock.at + LIFE)
    async with browsing(service) as client:
        intro = Page(await client.get(f"/r/{made.token}", follow_redirects=True))
        form = Page(await client.post("/answer", data={"proof": intro.value("proof")}))
        assert "Stripe Inc." in form.texts["dd"]
        bare = await sent(client, form, did="done")
        assert th("answer.errors.evidence-missing") in bare.text
        assert th("answer.errors.reason-missing") in (await sent(client, form, did="kept")).text
        files = [("evidence", ("certificate.pdf", PDF))]
        assert (await sent(client, form, files, did="done", why="ลบแล้ว 22 พ.ย.")).status_code == 303
    [one] = room.recipients.of(case, open_only=False)
    assert (one.said, one.evidence) == (Said.DONE, 1)
    assert told(world, case).count("recipient:answered") == 1


class Away:
    """A register that went away after the link was opened."""

    async def about(self, _token: str) -> About:
        raise Unavailable("database-away")

    async def open(self, _token: str) -> Job:
        raise Unavailable("database-away")

    async def answer(self, _token: str, _reply: Reply) -> About:
        raise Unavailable("database-away")


async def test_what_is_away_is_said(world: World) -> None:
    token = link_to(world, asked(world))
    async with browsing(Away()) as client:
        page = await client.get(f"/e/{token}", follow_redirects=True)
        assert (page.status_code, th("answer_away.title") in page.text) == (503, True)
        assert (await client.post("/answer/send", data={"did": "none"})).status_code == 503


def test_whose_map_says_so_is_asked_by_mail_once(world: World) -> None:
    errand, other = asked(world), asked(world, Asks.DESTROY)
    link_to(world, other)  # an officer handed one over
    kept = replace(load_manual_map("archive", MAP), mail=ARCHIVE)
    tools = SimpleNamespace(
        clock=world.clock,
        policy=load_policy(),
        portal_url="https://portal.example",
        answer_links=world.room.answer_links,
        connectors={"archive": ManualConnector("archive", kept, None)},
        register=world.room.register,
        vault=world.room.vault,
        plans=world.room.plans,
        mailer=world.mail,
        exports=Documents(load_policy(), world.clock),
    )
    mine = (errand.id, "archive")
    unasked = world.room.answer_links.unasked
    assert mine in unasked(("archive",))
    assert (other.id, "archive") not in unasked(("archive",))
    assert unasked(("phone",)) == ()
    world.mail.away = True
    with pytest.raises(Unavailable):
        ask_by_mail(cast("Tools", tools))
    world.mail.away = False
    assert mine in unasked(("archive",))  # made, and never sent: made anew
    assert ask_by_mail(cast("Tools", tools)) > 0
    assert ask_by_mail(cast("Tools", tools)) == 0
    told = [
        each
        for each in mails(world.mailbox.glob("*.eml"), ARCHIVE.value)
        if world.reference(errand.case) in each
    ]
    assert len(told) == 1
    [token] = re.findall(r"https://portal\.example/e/(\S+)", told[0])
    assert world.room.answer_links.about(token).errand == errand.id
    assert NAME not in told[0]


async def test_what_is_typed_is_kept_sealed_until_it_is_answered(
    world: World, service: AnswersByLink
) -> None:
    errand = asked(world)
    token = link_to(world, errand)
    typed = {"did": "found", "mark_0": "แฟ้ม ก-17", "mark_1": "", "note_1": "ชั้นสอง", "why": "ยังไม่ครบ"}
    async with browsing(service) as client:
        form = await opened(client, token)
        saved = await sent(client, form, save="1", **typed)
        assert (saved.status_code, Page(saved).by_id("mark_0")["value"]) == (200, "แฟ้ม ก-17")
    engine = create_engine(world.database.app)
    with engine.connect() as connection:
        wanted = text("select draft, used from answer_links where errand_id = :errand")
        [row] = connection.execute(wanted, {"errand": errand.id}).all()
        assert "ก-17".encode() not in bytes(row.draft)
        assert row.used is None
    async with browsing(service) as another:  # the connection was lost; on another device
        intro = await another.get(f"/e/{token}", follow_redirects=True)
        assert "ก-17" not in intro.text  # a look without a press shows nothing
        form = await opened(another, token)
        assert (form.by_id("mark_0")["value"], form.by_id("note_1")["value"]) == ("แฟ้ม ก-17", "ชั้นสอง")
        assert "ยังไม่ครบ" in form.texts["textarea"]
        # What the script of the page sends while one types.
        data = {"proof": form.value("proof"), **typed, "mark_0": "แฟ้ม ก-18"}
        assert (await another.post("/answer/draft", data=data)).status_code == 204
        assert (await another.post("/answer/draft", data={**data, "proof": "x"})).status_code == 403
        cross = {"Sec-Fetch-Site": "cross-site"}
        assert (await another.post("/answer/draft", data=data, headers=cross)).status_code == 403
        assert (await opened(another, token)).by_id("mark_0")["value"] == "แฟ้ม ก-18"
        done = await sent(another, form, did="none", why="")
        assert (done.status_code, done.headers.get("location")) == (303, "/answer/done")
        another.cookies.set("__Host-sitthi-answer", token, domain="portal.example")
        assert (await another.post("/answer/draft", data=data)).status_code == 410
    with engine.connect() as connection:
        [row] = connection.execute(wanted, {"errand": errand.id}).all()
        assert (row.draft, row.used is None) == (None, False)
    engine.dispose()


async def test_a_form_is_shown_in_the_other_language_with_what_was_typed(
    world: World, service: AnswersByLink
) -> None:
    async with browsing(service) as client:
        form = await opened(client, link_to(world, asked(world)))
        [switch] = [one for one in form.all("button") if one.get("name") == "speak"]
        data = {"proof": form.value("proof"), "did": "found", "mark_0": "ก-17", "speak": "1"}
        shown = await client.post(switch["formaction"], data=data)
        assert (shown.status_code, shown.headers["content-language"]) == (200, "en")
        assert Page(shown).by_id("mark_0")["value"] == "ก-17"
        # What no form is on leads to the nearest page that can be opened, not to where only a form may go.
        stale = Page(await client.post("/answer/send", data={"proof": "x"}))
        [link] = [one for one in stale.all("a") if one.get("class") == "switch"]
        assert link["href"].startswith("/answer?lang=")
        assert (await client.get(link["href"])).status_code == 200


async def test_what_is_too_much_to_be_kept_is_not_said_to_be_kept(
    world: World, service: AnswersByLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cases.answer_links._MOST_DRAFTED", 20)
    token = link_to(world, asked(world))
    async with browsing(service) as client:
        form = await opened(client, token)
        saved = await sent(client, form, save="1", did="found", mark_0="แฟ้ม ก-17")
    assert (saved.status_code, Page(saved).by_id("mark_0")["value"]) == (422, "แฟ้ม ก-17")
    assert words.load()["th"]("draft.text") not in saved.text
    assert words.load()["th"]("answer.errors.draft-too-large") in saved.text
