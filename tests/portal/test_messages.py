"""Messages both ways: the link lets write, the code lets read, the desk answers; sealed, told without words, once."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from activities.messaging import mail_messages
from demo.person import mails
from domain.documents import Message
from domain.errors import Refused, Unavailable
from domain.identifiers import Identifier, IdentifierKind, identifier
from domain.incidents import Closing, IncidentKind
from domain.item import Candidate
from domain.messages import AN_HOUR, ARRIVED, Side
from domain.ports import CaseView
from domain.rights import Right
from domain.staffing import Role
from exports.handover import Handover
from portal import words
from portal.app import create_app
from portal.persons import Persons
from portal.safety import Throttle
from security.ports import KeyPurpose
from tests.portal.conftest import Challenges
from tests.portal.desk_world import ORIGIN, DeskWorld, open_world, proof_of
from tests.portal.reading import Page
from tests.support.databases import Database
from workflows.correspondence import Correspondence
from workflows.letterbox import Letterbox
from workflows.reception import FrontDoor, Reception
from workflows.whereabouts import Progressing

th = words.load()["th"]
HIS = identifier(IdentifierKind.EMAIL, "somchai.rakdee@example.com")
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40
REPLY = PDF + b"answer"
WORDS = "ขอส่งหลักฐานเพิ่มเติมค่ะ <b>เลขที่บัญชี 123-4-56789-0</b>"
ANSWER = "ได้รับหลักฐานแล้ว ขอบคุณครับ"


@dataclass
class Office:
    """A desk, and a portal on which persons follow and write."""

    world: DeskWorld
    place: Path

    def case(self, email: str) -> CaseView:
        return self.world.case(right=Right.ACCESS, email=email)

    def link(self, case: str, address: Identifier, code: str = "L1") -> str:
        room = self.world.room
        letter = room.letters.queue(case, f"{code}-{address.value[:2]}", f"letters/{code}.pdf", "0" * 64)
        expires = self.world.clock.now() + timedelta(days=14)
        link = room.deliveries.link(letter.id, address, [], expires=expires, proved=False)
        assert link is not None
        room.deliveries.sent(link.id)
        return link.token

    def known(self, case: str, address: Identifier) -> None:
        found = Candidate(system="crm", locator={"id": 1}, shown={}, addresses=(address,))
        self.world.room.vault.put_candidates(case, [found])
        challenge = self.world.room.identity.challenge(case, address)
        assert challenge is not None
        self.world.room.identity.answer(challenge.token, challenge.code)

    def mails(self, address: str) -> list[str]:
        """What came to an address, the newest first."""
        files = sorted((self.place / "mail").glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
        return list(mails(files[::-1], address))

    def told(self) -> list[tuple[str, str, dict[str, object]]]:
        return [each for each in self.world.events() if each[0].startswith("message:")]

    @asynccontextmanager
    async def browser(self, throttle: Throttle | None = None) -> AsyncIterator[httpx.AsyncClient]:
        room, tools = self.world.room, self.world.tools
        assert tools is not None

        async def start(_case: object) -> None:
            raise Unavailable("temporal-unreachable")

        reception = Reception(room.register, self.world.policy, dict)
        app = create_app(
            Challenges(),
            Letterbox(
                room.deliveries, room.register, tools.files, tools.mailer, tools.exports, room.certificates
            ),
            company=self.world.policy.company,
            https=True,
            throttle=throttle or Throttle(10_000, 60),
            persons=Persons(
                FrontDoor(reception, self.world.clock, start),
                status=Progressing(
                    room.following, room.register, room.identity, room.letters, self.world.found
                ),
                messages=Correspondence(room.following, tools),
            ),
        )
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
            yield client


@pytest.fixture(scope="module")
def office(
    register_database: Callable[[], Database], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    place = tmp_path_factory.mktemp("messages")
    for world in open_world(register_database, place):
        yield Office(world, place)


async def opened(client: httpx.AsyncClient, token: str) -> httpx.Response:
    await client.get(f"/d/{token}")
    return await client.get("/status/messages")


async def send(client: httpx.AsyncClient, page: httpx.Response, text: str, *files: bytes) -> httpx.Response:
    said = Page(page)
    hidden = {"key": said.value("key"), "proof": proof_of(page, "/status/messages")}
    sent = [("files", (f"หลักฐาน {n}.exe", content, "text/html")) for n, content in enumerate(files)]
    return await client.post("/status/messages", data={**hidden, "text": text}, files=sent or None)


async def proved(client: httpx.AsyncClient, office: Office, page: httpx.Response, address: str) -> None:
    """The code to the same mailbox."""
    asked = await client.post("/documents", data={"proof": proof_of(page, "/documents")})
    form = await client.get(asked.headers["location"])
    [code] = re.findall(r"(?<!\d)\d{6}(?!\d)", re.sub(r"DSR-\d+-\d+", "", office.mails(address)[0]))
    proof = proof_of(form, "/documents/code")
    assert (await client.post("/documents/code", data={"proof": proof, "code": code})).status_code == 303


async def at_desk(client: httpx.AsyncClient, reference: str) -> httpx.Response:
    page = await client.get(f"/desk/case/{reference}")
    at = f"/desk/messages/{reference}"
    return await client.post(at, data={"proof": proof_of(page, at)})


async def read_and_answer(office: Office, reference: str) -> None:
    """Intake reads what came, fetches its file, and answers with another; pressed twice, written once."""
    async with office.world.signed(Role.INTAKE) as staff:
        shown = await at_desk(staff, reference)
        assert "&lt;b&gt;เลขที่บัญชี" in shown.text
        assert "หลักฐาน 0.pdf" in shown.text  # by its first bytes, whatever it was called
        at = f"/desk/messages/{reference}"
        fetched = await staff.post(
            f"{at}/file", data={"proof": proof_of(shown, f"{at}/file"), "no": "1", "index": "0"}
        )
        assert fetched.content == PDF
        assert fetched.headers["content-disposition"] == f'attachment; filename="{reference}-message-1-1.pdf"'
        hidden = {
            "proof": proof_of(shown, f"{at}/send"),
            "key": Page(shown).value("key"),
            "to": Page(shown).value("to"),
        }
        answered = {**hidden, "text": ANSWER}
        for _ in range(2):
            answer = await staff.post(f"{at}/send", data=answered, files=[("files", ("ตอบ.pdf", REPLY))])
            assert answer.headers["location"] == f"/desk/case/{reference}?done=correspond"
        assert th("correspond.done") in (await staff.get(answer.headers["location"])).text


async def test_a_person_writes_and_the_office_answers_with_files_both_ways(office: Office) -> None:
    email = "first.talk@example.com"
    view = office.case(email)
    case, reference, hers = view.case.id, view.case.reference, identifier(IdentifierKind.EMAIL, email)
    office.known(case, hers)
    token = office.link(case, hers)
    async with office.browser() as client:
        page = await opened(client, token)
        sent = await send(client, page, WORDS, PDF)
        assert sent.headers["location"] == "/status/messages?said=sent"
        after = await client.get(sent.headers["location"])
        assert th("messages.sent") in after.text
        assert WORDS[:20] not in after.text  # the link alone shows nothing of it
        assert not Page(after).all("ol")
        await client.get(f"/d/{token}")
        assert "/status/messages" in (await client.get("/status")).text
    assert [task.code for task in office.world.room.tasks.of(case)] == [ARRIVED]
    async with office.world.signed(Role.OFFICER) as staff:
        assert th("correspond.waits") in (await staff.get("/desk")).text

    await read_and_answer(office, reference)
    assert office.world.room.tasks.of(case) == ()
    async with office.world.signed(Role.OFFICER) as staff:
        assert th("correspond.waits") not in (await staff.get("/desk")).text

    [news] = [text for text in office.mails(email) if "/d/" in text]
    assert reference in news
    assert ANSWER not in news
    [link] = re.findall(rf"{ORIGIN}(/d/\S+)", news)
    async with office.browser() as client:
        await client.get(link)
        page = await client.get("/status/messages")
        assert ANSWER not in page.text
        await proved(client, office, page, email)
        page = await client.get("/status/messages")
        assert ANSWER in page.text
        assert WORDS.partition(" <")[0] in page.text
        files = [a["href"] for a in Page(page).all("a") if "/status/messages/" in a.get("href", "")]
        assert (await client.get(files[-1])).content == REPLY
        assert (await client.get("/status/messages/9/0")).status_code == 404

    told = office.told()
    assert [event for event, _, _ in told if event != "message:file-fetched"] == [
        *("message:received", "message:written", "message:mailed", "message:read"),
    ]
    assert told[0][2] == {"serial": 1, "items": 1, "size": len(PDF)}
    every = json.dumps(office.world.events(), ensure_ascii=False)
    assert all(word not in every for word in ("หลักฐาน", ANSWER, email))


async def test_the_same_form_twice_makes_one_message_and_what_is_wrong_keeps_the_words(
    office: Office,
) -> None:
    email = "twice@example.com"
    view, hers = office.case(email), identifier(IdentifierKind.EMAIL, email)
    case = view.case.id
    async with office.browser() as client:
        page = await opened(client, office.link(case, hers))
        for text, file, code in (
            ("", None, "message-empty"),
            (WORDS, b"<html><script>", "file-kind-refused"),
            ("ก" * 3001, None, "message-too-long"),
        ):
            wrong = await send(client, page, text, *([file] if file else []))
            assert wrong.status_code == 422
            assert th(f"messages.errors.{code}") in wrong.text
            assert text.partition("<")[0][:3000] in wrong.text
        for _ in range(2):
            assert (await send(client, wrong, WORDS, PDF)).status_code == 303
        other = await client.post("/status/messages", data={"text": WORDS, "key": "x", "proof": "y"})
        assert (other.status_code, WORDS.partition("<")[0] in other.text) == (403, True)
        form = {"text": WORDS, "key": Page(page).value("key"), "proof": proof_of(page, "/status/messages")}
        foreign = await client.post("/status/messages", data=form, headers={"Sec-Fetch-Site": "cross-site"})
        assert foreign.status_code == 403
    [written] = office.world.room.messages.all(case)
    sealed = [path for path in (office.place / "files" / case / "messages").iterdir() if path.is_file()]
    assert [path.name for path in sealed] == [written.files[0].ref.rpartition("/")[2]]
    assert PDF[:200] not in sealed[0].read_bytes()


async def test_one_address_writes_no_more_than_is_good_for_anybody(office: Office) -> None:
    email = "many@example.com"
    view, hers = office.case(email), identifier(IdentifierKind.EMAIL, email)
    async with office.browser() as client:
        token = office.link(view.case.id, hers)
        for n in range(AN_HOUR):
            assert (await send(client, await opened(client, token), f"ข้อความที่ {n}")).status_code == 303
        limited = await send(client, await opened(client, token), WORDS)
        assert (limited.status_code, limited.headers["retry-after"]) == (429, "3600")
        assert "เลขที่บัญชี" in limited.text
        office.world.clock.pass_by(hours=1)
        assert (await send(client, limited, WORDS)).status_code == 303
    async with office.browser(Throttle(1, 600)) as client:
        page = await opened(client, token)
        assert (await send(client, page, "หนึ่ง")).status_code == 303
        assert (await send(client, await client.get("/status/messages"), "สอง")).status_code == 429


async def test_one_address_sends_no_more_files_than_fill_no_disk(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflows.correspondence.BYTES_IN_ALL", len(PDF) + 10)
    email = "files@example.com"
    view, hers = office.case(email), identifier(IdentifierKind.EMAIL, email)
    async with office.browser() as client:
        token = office.link(view.case.id, hers)
        assert (await send(client, await opened(client, token), WORDS, PDF)).status_code == 303
        full = await send(client, await opened(client, token), WORDS, PDF)
        assert (full.status_code, th("messages.errors.files-in-all") in full.text) == (422, True)
        assert "เลขที่บัญชี" in full.text
        assert (await send(client, full, WORDS)).status_code == 303
    assert [len(one.files) for one in office.world.room.messages.all(view.case.id)] == [1, 0]


async def test_each_address_reads_its_own_thread_and_the_page_tells_nobody_who_is_known(
    office: Office,
) -> None:
    email = "own.thread@example.com"
    hers = identifier(IdentifierKind.EMAIL, email)
    view = office.case(email)
    case, room = view.case.id, office.world.room
    room.vault.add_identifiers(case, [HIS])
    tokens = office.link(case, hers), office.link(case, HIS)
    async with office.browser() as client:
        before = [(await opened(client, token)).text for token in tokens]
        await send(client, await opened(client, tokens[0]), WORDS)
        office.known(case, hers)
        after = [(await opened(client, token)).text for token in tokens]

    def alike(text: str) -> str:
        return re.sub(r'value="[^"]+"', "", text)

    assert {alike(text) for text in before} == {alike(text) for text in after}
    assert len({alike(text) for text in before}) == 1
    async with office.browser() as client:
        page = await opened(client, tokens[1])
        await proved(client, office, page, HIS.value)
        page = await client.get("/status/messages")
        assert th("messages.none") in page.text
        assert (await client.get("/status/messages/1/0")).status_code == 404
    async with office.browser() as client:  # a link alone fetches nothing
        await opened(client, tokens[0])
        assert (await client.get("/status/messages/1/0")).headers["location"] == "/status/messages"
    async with office.world.signed(Role.OFFICER) as staff:
        shown = await at_desk(staff, view.case.reference)
        at = f"/desk/messages/{view.case.reference}/send"
        hidden = {"proof": proof_of(shown, at), "key": Page(shown).value("key")}
        refused = await staff.post(at, data={**hidden, "text": ANSWER, "to": room.messages.thread_of(HIS)})
        assert refused.status_code == 422  # who was found on the way is never written to
        assert ANSWER in refused.text
    told = [facts for event, _, facts in office.world.events() if event == "staff:looked"]
    assert told[-1] == {"command": "portal-messages", "reason_code": "answer"}


async def test_while_the_mail_is_away_the_sweep_tells_it_later_and_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    email = "later@example.com"
    view, hers = office.case(email), identifier(IdentifierKind.EMAIL, email)
    tools = office.world.tools
    assert tools is not None
    async with office.browser() as client:
        await send(client, await opened(client, office.link(view.case.id, hers)), WORDS)
    async with office.world.signed(Role.OFFICER) as staff:
        shown = await at_desk(staff, view.case.reference)
        at = f"/desk/messages/{view.case.reference}/send"
        sheet = {name: Page(shown).value(name) for name in ("key", "to")}

        def away(_self: object, _message: object) -> str:
            raise Unavailable("mail-away")

        with monkeypatch.context() as patch:
            patch.setattr(type(tools.mailer), "send", away)
            answer = await staff.post(at, data={**sheet, "text": ANSWER, "proof": proof_of(shown, at)})
        assert answer.status_code == 303
    assert office.mails(email) == []
    assert mail_messages(tools) == 1
    assert mail_messages(tools) == 0
    assert len(office.mails(email)) == 1


async def test_one_that_cannot_leave_keeps_back_no_other_and_none_leaves_a_frozen_case(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = office.world.tools
    assert tools is not None
    emails = ("refused@example.com", "frozen@example.com", "behind@example.com")
    cases = []
    for email in emails:
        view, hers = office.case(email), identifier(IdentifierKind.EMAIL, email)
        office.world.clock.pass_by(seconds=1)
        tools.messages.keep(view.case.id, Side.OFFICE, hers, ANSWER, (), dedup=email, actor="S-1")
        cases.append(view.case.id)
    kind = IncidentKind.WRONG_RECIPIENT
    made = tools.incidents.open(cases[1], kind, actor="S-1", reason="ส่งผิดคน", freeze=True)
    send = type(tools.mailer).send

    def refusing(mailer: object, message: Message) -> str:
        if message.to.value == emails[0]:
            raise Refused("address-refused")
        return send(mailer, message)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(type(tools.mailer), "send", refusing)
        mail_messages(tools)
    assert [len(office.mails(email)) for email in emails] == [0, 0, 1]
    tools.incidents.close(made.id, Closing.MISTAKE, actor="S-2", reason="ไม่ผิด")
    mail_messages(tools)
    assert [len(office.mails(email)) for email in emails] == [1, 1, 1]


async def test_of_a_frozen_case_no_message_sends_a_link_until_it_goes_on(office: Office) -> None:
    email = "icy@example.com"
    view, hers, tools = office.case(email), identifier(IdentifierKind.EMAIL, email), office.world.tools
    assert tools is not None
    async with office.browser() as client:
        await send(client, await opened(client, office.link(view.case.id, hers)), WORDS)
    said: dict[str, Any] = {"actor": office.world.of(Role.OFFICER).member, "reason": "x"}
    kind = IncidentKind.WRONG_RECIPIENT
    incident = tools.incidents.open(view.case.id, kind, freeze=True, **said)
    async with office.world.signed(Role.OFFICER) as staff:
        shown = await at_desk(staff, view.case.reference)
        at = f"/desk/messages/{view.case.reference}/send"
        sheet = {name: Page(shown).value(name) for name in ("key", "to")}
        answer = await staff.post(at, data={**sheet, "text": ANSWER, "proof": proof_of(shown, at)})
        assert answer.status_code == 303
    mail_messages(tools)
    assert office.mails(email) == []
    tools.incidents.close(incident.id, Closing.MISTAKE, **said)
    mail_messages(tools)
    assert len(office.mails(email)) == 1


async def test_it_is_handed_over_with_the_case_and_ends_with_its_key(office: Office, tmp_path: Path) -> None:
    email = "handed.over@example.com"
    view, hers = office.case(email), identifier(IdentifierKind.EMAIL, email)
    case, room, tools = view.case.id, office.world.room, office.world.tools
    assert tools is not None
    token = office.link(case, hers)
    async with office.browser() as client:
        await send(client, await opened(client, token), WORDS, PDF)
        # The letter itself was never written in this world: what was written about the case is what is looked at.
        room_letters = type(
            "NoLetters", (), {"of": lambda _self, _case: (), "bundle": lambda _self, _case: None}
        )
        handover = Handover(room.register, room_letters(), room.scans, tools.files, room.messages)
        handover.export(view, tmp_path, actor=office.world.of(Role.OFFICER).member)
        folder = tmp_path / view.case.reference
        [told] = json.loads((folder / "messages.json").read_text("utf-8"))
        assert (told["side"], told["text"], told["address"]) == ("person", WORDS, email)
        assert (folder / told["files"][0]["file"]).read_bytes() == PDF
        # others may have written too: what is made for the person has no messages, which nobody reviewed
        member = office.world.of(Role.OFFICER).member
        assert handover.archive(view, tmp_path, "a passphrase", actor=member) == ()
        ring = office.world.ring
        ring.shred(ring.for_owner(KeyPurpose.CASE, case).key_id, "case-over")
        assert (await opened(client, token)).status_code == 410
    async with office.world.signed(Role.OFFICER) as staff:
        page = await staff.get(f"/desk/case/{view.case.reference}")
        assert th("correspond.open") not in page.text
